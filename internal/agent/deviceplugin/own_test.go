// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"math/rand/v2"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestOwn reads an owner's pools from files.
func TestOwn(t *testing.T) {
	dpdk := of("dpdk", "vfio-pci", at(6))
	owned := `"additionalInfo":{"*":{"managedBy":"` + owner.Name + `"}}}`
	cases := map[string]struct {
		reason string
		files  map[string]string
		want   []Pool
	}{
		"Own":         {reason: "The owner's pools are returned.", files: map[string]string{"config.json": full}, want: []Pool{dpdk}},
		"Foreign":     {reason: "Foreign pools are not returned.", files: map[string]string{"config.json": `{"resourceList":[` + theirs + `,` + ownDPDK + `]}`}, want: []Pool{dpdk}},
		"None":        {reason: "A missing file has no pools."},
		"Corrupt":     {reason: "A file that the plugin cannot read has no pools.", files: map[string]string{"config.json": `{,`}},
		"Null":        {reason: "A pool without selectors has no devices.", files: map[string]string{"config.json": `{"resourceList":[{"resourceName":"x","selectors":null,` + owned + `]}`}},
		"NoSelectors": {reason: "Selectors that cannot be decoded have no devices.", files: map[string]string{"config.json": `{"resourceList":[{"resourceName":"x","selectors":7,` + owned + `]}`}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, _ := newDir(t, tc.files)
			got, err := f.Own(owner)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("%s -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	if got, err := NewFile(filepath.Join(t.TempDir(), "missing", "config.json")).Own(owner); err != nil || got != nil {
		t.Errorf("A missing directory has no pools: %v, %v", got, err)
	}
	f, _ := newDir(t, nil)
	f.name = "."
	if _, err := f.Own(owner); err == nil {
		t.Error("A file that is a directory is an error.")
	}
}

// TestOwnIsInverse writes random pools, and writes the pools that it reads back. The file
// does not change.
func TestOwnIsInverse(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := random{rand.New(rand.NewPCG(seed, 0))}
	for range 60 {
		file, _ := r.file()
		f, dir := newDir(t, map[string]string{"config.json": file})
		if _, err := f.Apply(r.pools(), owner); err != nil {
			t.Fatal(err)
		}
		pools, err := f.Own(owner)
		if err != nil {
			t.Fatal(err)
		}
		before := list(t, dir)["config.json"]
		a, err := f.Apply(pools, owner)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(before, list(t, dir)["config.json"]); diff != "" || a.Changed {
			t.Fatalf("The file has the same pools: -before, +after:\n%s", diff)
		}
	}
}
