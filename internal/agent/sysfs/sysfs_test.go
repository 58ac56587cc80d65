// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package sysfs

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// tree creates and opens a directory of attributes.
func tree(t *testing.T, files map[string]string) (*FS, string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		p := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, dir
}

func TestFS(t *testing.T) {
	f, dir := tree(t, map[string]string{"numa_node": "-1\n", "groups/7/type": "DMA\n"})
	for from, to := range map[string]string{"iommu_group": "groups/7", "outside": "../../etc"} {
		if err := os.Symlink(to, filepath.Join(dir, from)); err != nil {
			t.Fatal(err)
		}
	}

	if got, err := f.Read("numa_node"); got != "-1" || err != nil {
		t.Errorf("An attribute is read without its newline: %q, %v", got, err)
	}
	if got, err := f.Read("iommu_group/type"); got != "DMA" || err != nil {
		t.Errorf("Symlinks inside the tree are followed: %q, %v", got, err)
	}
	if got, err := f.Link("iommu_group"); got != "groups/7" || err != nil {
		t.Errorf("Link returns a symlink's target: %q, %v", got, err)
	}
	if got, err := f.Target("iommu_group"); got != "7" || err != nil {
		t.Errorf("Target returns the last element of a symlink's target: %q, %v", got, err)
	}
	if _, err := f.Read("outside/passwd"); err == nil {
		t.Error("Nothing outside the tree is read.")
	}
	got, err := f.ReadDir("groups/../groups/7")
	if diff := cmp.Diff([]string{"type"}, got); diff != "" || err != nil {
		t.Errorf("A directory is listed: %v\n-want, +got:\n%s", err, diff)
	}
	got, err = f.ReadDir(".")
	if diff := cmp.Diff([]string{"groups", "iommu_group", "numa_node", "outside"}, got); diff != "" || err != nil {
		t.Errorf("Names are sorted, and include symlinks: %v\n-want, +got:\n%s", err, diff)
	}
	for _, name := range []string{"outside", "missing", "numa_node"} {
		if got, err := f.ReadDir(name); err == nil {
			t.Errorf("Only directories inside the tree are listed: %q has %q", name, got)
		}
	}
	if err := f.Write("numa_node", "0"); err != nil {
		t.Error(err)
	}
	if got, _ := f.Read("numa_node"); got != "0" {
		t.Errorf("A write replaces the attribute: %q", got)
	}
	err = f.Write("missing", "1")
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("A missing attribute is never created.\n-want, +got:\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
		t.Error("A missing attribute is never created.")
	}
}

func TestSysctls(t *testing.T) {
	f, _ := tree(t, map[string]string{
		"sys/net/ipv4/conf/eth1/rp_filter":    "1\n",
		"sys/net/ipv4/conf/default/rp_filter": "1\n",
		"sys/net/ipv4/conf/all/rp_filter":     "1\n",
		"sys/net/ipv4/ip_forward":             "1\n",
	})
	s := NewSysctls(f, func(f func() error) error { return f() })

	cases := map[string]struct {
		reason  string
		sysctl  Sysctl
		get     string
		ok      bool
		wantErr bool
		set     bool
	}{
		"OfALink":        {reason: "A setting of a link is read and written.", sysctl: Sysctl{"ipv4", "eth1", "rp_filter"}, get: "1", ok: true, set: true},
		"OfANewLink":     {reason: "The default of new links is read and never written.", sysctl: Sysctl{"ipv4", DefaultLink, "rp_filter"}, get: "1", ok: true},
		"OfAllLinks":     {reason: "The setting of all links is rejected.", sysctl: Sysctl{"ipv4", "all", "rp_filter"}, wantErr: true},
		"NotOffered":     {reason: "A setting that the kernel does not have is not found, and is not created.", sysctl: Sysctl{"ipv6", "eth1", "accept_ra"}},
		"ClimbingLink":   {reason: "A link name that leads out of the directory is rejected.", sysctl: Sysctl{"ipv4", "..", "ip_forward"}, wantErr: true},
		"SlashInLink":    {reason: "A link name with a slash is rejected.", sysctl: Sysctl{"ipv4", "a/../b", "rp_filter"}, wantErr: true},
		"UnknownFamily":  {reason: "Only ipv4 and ipv6 are valid families.", sysctl: Sysctl{"ipv5", "eth1", "rp_filter"}, wantErr: true},
		"ClimbingName":   {reason: "A setting name that is a path is rejected.", sysctl: Sysctl{"ipv4", "eth1", "../../ip_forward"}, wantErr: true},
		"NameOfNothing":  {reason: "An empty setting name is rejected.", sysctl: Sysctl{"ipv4", "eth1", ""}, wantErr: true},
		"LinkOfSixteen_": {reason: "An overlong link name is rejected.", sysctl: Sysctl{"ipv4", "sixteen-letters0", "rp_filter"}, wantErr: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok, err := s.Get(tc.sysctl)
			if got != tc.get || ok != tc.ok || (err != nil) != tc.wantErr {
				t.Errorf("%s\nGet: %q, %t, %v", tc.reason, got, ok, err)
			}
			renamed := errors.New("renamed")
			if err := s.Set(tc.sysctl, "9", func() error { return renamed }); tc.set && !errors.Is(err, renamed) {
				t.Errorf("A failed check prevents the write.\nSet: %v", err)
			}
			if again, _, _ := s.Get(tc.sysctl); again == "9" {
				t.Error("A failed check did not prevent the write.")
			}
			if err := s.Set(tc.sysctl, "2", func() error { return nil }); (err == nil) != tc.set {
				t.Errorf("%s\nSet: %v", tc.reason, err)
			}
		})
	}
	if got := (Sysctl{"ipv4", "eth1.5", "rp_filter"}).String(); got != "net.ipv4.conf.eth1/5.rp_filter" {
		t.Errorf("Dots in a link name become slashes, as in sysctl(8): %s", got)
	}
}
