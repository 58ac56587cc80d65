// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"net/netip"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestAllocations(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"data/10.0.1.64", "data/2001:db8:1:0:a::5", "data/last_reserved_ip.0", "data/lock", "other/10.0.1.65", "file"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := Allocations(dir, "data")
	if err != nil {
		t.Fatal(err)
	}
	compare := cmp.Comparer(func(a, b netip.Addr) bool { return a == b })
	if diff := cmp.Diff(addresses("10.0.1.64", "2001:db8:1:0:a::5"), got, compare); diff != "" {
		t.Errorf("Only addresses of the network are returned.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff([]string{"data", "other"}, Networks(dir)); diff != "" {
		t.Errorf("Each directory is a network.\n-want, +got:\n%s", diff)
	}
	if got, err := Allocations(dir, "new"); err != nil || got != nil {
		t.Errorf("A network without pods has no addresses: %v, %v", got, err)
	}
	absent := filepath.Join(dir, "absent")
	if got, err := Allocations(absent, "data"); err != nil || got != nil || Networks(absent) != nil {
		t.Errorf("Before the first pod there is no directory: %v, %v", got, err)
	}
}

func TestOffers(t *testing.T) {
	raw, err := Render(network(func(n *Network) { n.Prefixes = prefixes("10.0.1.64/28", "2001:db8:1:0:a::/80") }))
	if err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]bool{"10.0.1.64/28": true, "2001:db8:1:0:a::/80": true, "10.0.1.80/28": false, "10.0.0.0/28": false} {
		if got := Offers(raw, netip.MustParsePrefix(p)); got != want {
			t.Errorf("Offers(%s) is %t, want %t", p, got, want)
		}
	}
	if Offers([]byte("{"), netip.MustParsePrefix("10.0.1.64/28")) {
		t.Error("A broken file offers nothing.")
	}
}
