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

// tree makes a folder of attributes and opens it.
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
		t.Errorf("An attribute is read without its line end: %q, %v", got, err)
	}
	if got, err := f.Read("iommu_group/type"); got != "DMA" || err != nil {
		t.Errorf("Links inside the tree are followed: %q, %v", got, err)
	}
	if got, err := f.Target("iommu_group"); got != "7" || err != nil {
		t.Errorf("A link's target is its last element: %q, %v", got, err)
	}
	if _, err := f.Read("outside/passwd"); err == nil {
		t.Error("Nothing outside the tree is read.")
	}
	got, err := f.ReadDir("groups/../groups/7")
	if diff := cmp.Diff([]string{"type"}, got); diff != "" || err != nil {
		t.Errorf("A folder is listed: %v\n-want, +got:\n%s", err, diff)
	}
	got, err = f.ReadDir(".")
	if diff := cmp.Diff([]string{"groups", "iommu_group", "numa_node", "outside"}, got); diff != "" || err != nil {
		t.Errorf("Names are in order, links among them: %v\n-want, +got:\n%s", err, diff)
	}
	for _, name := range []string{"outside", "missing", "numa_node"} {
		if got, err := f.ReadDir(name); err == nil {
			t.Errorf("Only folders inside the tree are listed: %q has %q", name, got)
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
		t.Errorf("A missing attribute is never made.\n-want, +got:\n%s", diff)
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
		t.Error("A missing attribute is never made.")
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
		reason string
		sysctl Sysctl
		get    string
		ok     bool
		refuse bool
		set    bool
	}{
		"OfALink":        {reason: "A setting of a link is read and written.", sysctl: Sysctl{"ipv4", "eth1", "rp_filter"}, get: "1", ok: true, set: true},
		"OfANewLink":     {reason: "The setting of new links is read and never written.", sysctl: Sysctl{"ipv4", DefaultLink, "rp_filter"}, get: "1", ok: true},
		"OfAllLinks":     {reason: "The setting of all links is refused.", sysctl: Sysctl{"ipv4", "all", "rp_filter"}, refuse: true},
		"NotOffered":     {reason: "A setting that the kernel does not offer is not there, and is not made.", sysctl: Sysctl{"ipv6", "eth1", "accept_ra"}},
		"ClimbingLink":   {reason: "A name that climbs out of its folder is refused.", sysctl: Sysctl{"ipv4", "..", "ip_forward"}, refuse: true},
		"SlashInLink":    {reason: "A name with a slash is refused.", sysctl: Sysctl{"ipv4", "a/../b", "rp_filter"}, refuse: true},
		"UnknownFamily":  {reason: "Only the families of the internet are known.", sysctl: Sysctl{"ipv5", "eth1", "rp_filter"}, refuse: true},
		"ClimbingName":   {reason: "A setting that is a path is refused.", sysctl: Sysctl{"ipv4", "eth1", "../../ip_forward"}, refuse: true},
		"NameOfNothing":  {reason: "A setting has a name.", sysctl: Sysctl{"ipv4", "eth1", ""}, refuse: true},
		"LinkOfSixteen_": {reason: "A name longer than a link's is refused.", sysctl: Sysctl{"ipv4", "sixteen-letters0", "rp_filter"}, refuse: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok, err := s.Get(tc.sysctl)
			if got != tc.get || ok != tc.ok || (err != nil) != tc.refuse {
				t.Errorf("%s\nGet: %q, %t, %v", tc.reason, got, ok, err)
			}
			renamed := errors.New("renamed")
			if err := s.Set(tc.sysctl, "9", func() error { return renamed }); tc.set && !errors.Is(err, renamed) {
				t.Errorf("Nothing is written to another link.\nSet: %v", err)
			}
			if again, _, _ := s.Get(tc.sysctl); again == "9" {
				t.Error("Something was written to another link.")
			}
			if err := s.Set(tc.sysctl, "2", func() error { return nil }); (err == nil) != tc.set {
				t.Errorf("%s\nSet: %v", tc.reason, err)
			}
		})
	}
	if got := (Sysctl{"ipv4", "eth1.5", "rp_filter"}).String(); got != "net.ipv4.conf.eth1/5.rp_filter" {
		t.Errorf("Dots of a link's name are slashes, as sysctl spells them: %s", got)
	}
}
