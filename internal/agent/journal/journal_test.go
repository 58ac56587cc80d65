// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package journal

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

func entry(id string, device uint8) Entry {
	return Entry{
		NetworkInterfaceID: id, MAC: "02:00:00:00:00:01", Address: pci.Address{Device: device}, Vendor: "1d0f", Product: "ec20",
		KernelDriver: "ena", Driver: "vfio-pci", Boot: "b1",
	}
}

func open(t *testing.T, dir string) *Journal {
	t.Helper()
	j, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func TestJournal(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state", "journal")
	j := open(t, dir)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	has := func(reason string, want ...Entry) {
		t.Helper()
		for which, j := range map[string]*Journal{"the same": j, "a reopened": open(t, dir)} {
			got := map[string]Entry{}
			for _, id := range []string{"eni-1", "eni-2"} {
				if e, ok := j.Entry(id); ok {
					got[id] = e
				}
			}
			all := map[string]Entry{}
			for _, e := range want {
				all[e.NetworkInterfaceID] = e
			}
			if diff := cmp.Diff(all, got); diff != "" {
				t.Errorf("%s From %s journal of the directory: -want, +got:\n%s", reason, which, diff)
			}
		}
	}
	has("A missing directory has no entries.")
	must(j.Drop("eni-1"))
	must(j.Put(entry("eni-1", 6)))
	must(j.Put(entry("eni-2", 7)))
	has("Each ENI has an entry.", entry("eni-1", 6), entry("eni-2", 7))
	must(j.Put(entry("eni-1", 8)))
	has("A new entry replaces the entry of the same ENI.", entry("eni-1", 8), entry("eni-2", 7))
	must(j.Drop("eni-1"))
	must(j.Drop("eni-1"))
	has("A dropped entry is removed.", entry("eni-2", 7))
	must(j.Put(entry("eni-1", 7)))
	has("A device has one entry: a new entry replaces the entry at its address.", entry("eni-1", 7))
	if e, ok := j.At(pci.Address{Device: 7}); !ok || e.NetworkInterfaceID != "eni-1" {
		t.Errorf("A device is found by its address: %v, %t", e, ok)
	}
	if _, ok := j.At(pci.Address{Device: 8}); ok || !j.Written("eni-2").IsZero() || j.Written("eni-1").IsZero() {
		t.Error("An unknown address has no entry, and a missing entry has no time.")
	}

	for _, id := range []string{"", "../eni-1", "a/b", ".hidden", "*"} {
		if err := j.Put(entry(id, 1)); err == nil {
			t.Errorf("%q is not a valid ID.", id)
		}
	}
}

// TestDamage reads files that a crash or a full disk truncated. Other entries are not
// affected.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	for id, device := range map[string]uint8{"eni-1": 6, "eni-2": 7} {
		if err := j.Put(entry(id, device)); err != nil {
			t.Fatal(err)
		}
	}
	whole, err := os.ReadFile(filepath.Join(dir, "eni-1.json"))
	if err != nil {
		t.Fatal(err)
	}
	for cut := range whole[:len(whole)-2] { // Without its closing brace.
		if err := os.WriteFile(filepath.Join(dir, "eni-1.json"), whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(dir)
		if _, ok := j.Entry("eni-1"); ok || err == nil {
			t.Fatalf("A file truncated to %d bytes is an error: %v", cut, err)
		}
		if _, ok := j.Entry("eni-2"); !ok {
			t.Fatal("Other entries are read.")
		}
	}
	for name, content := range map[string][]byte{"eni-1.json": whole, "eni-3.json": whole, "eni-1.json.new": []byte("{"), "README": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j, err = Open(dir)
	if err == nil {
		t.Error("A file whose name does not match its ENI is an error.")
	}
	if e, _ := j.Entry("eni-1"); cmp.Diff(entry("eni-1", 6), e) != "" {
		t.Error("A file of an interrupted write is ignored.")
	}
	if err := j.Put(entry("eni-1", 9)); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(names, func(d os.DirEntry) bool { return d.Name() == "eni-1.json.new" }) {
		t.Error("The next write removes the file of an interrupted write.")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte(`{"networkInterfaceID":"eni-1","pciAddress":"0000:00:06.0","boot":"b1"}`))
	f.Add([]byte(`{"networkInterfaceID":"eni-1","pciAddress":6}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, content []byte) {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "eni-1.json"), content, 0o600); err != nil {
			t.Fatal(err)
		}
		j, err := Open(dir)
		e, ok := j.Entry("eni-1")
		if ok == (err != nil) {
			t.Errorf("A file is either an entry or an error: %v, %v", ok, err)
		}
		if ok && e.NetworkInterfaceID != "eni-1" {
			t.Errorf("The entry is of %q.", e.NetworkInterfaceID)
		}
	})
}

// TestDurable records the order of syncs and the files present.
func TestDurable(t *testing.T) {
	dir := t.TempDir()
	j := open(t, dir)
	var synced []string
	full := errors.New("no space left on device")
	var fails error
	j.disk.Sync = func(f *os.File) error {
		names, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		line := strings.TrimPrefix(strings.TrimPrefix(f.Name(), dir), "/") + " beside"
		for _, n := range names {
			line += " " + n.Name()
		}
		synced = append(synced, line)
		return fails
	}
	if err := errors.Join(j.Put(entry("eni-1", 6)), j.Drop("eni-1")); err != nil {
		t.Fatal(err)
	}
	want := []string{"eni-1" + suffix + tempSuffix + " beside eni-1" + suffix + tempSuffix, ". beside eni-1" + suffix, ". beside"}
	if diff := cmp.Diff(want, synced); diff != "" {
		t.Errorf("A file is synced before it is renamed, and the directory after each rename and removal.\n-want, +got:\n%s", diff)
	}
	fails = full
	if diff := cmp.Diff(full, j.Put(entry("eni-1", 6)), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("An entry that cannot be synced is an error.\n-want, +got:\n%s", diff)
	}
	if _, ok := j.Entry("eni-1"); ok {
		t.Error("An entry that cannot be synced is not in the journal.")
	}
}
