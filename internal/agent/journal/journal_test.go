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
		for which, j := range map[string]*Journal{"this": j, "another": open(t, dir)} {
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
				t.Errorf("%s By %s journal of the folder: -want, +got:\n%s", reason, which, diff)
			}
		}
	}
	has("A folder that is not there has no entry.")
	must(j.Drop("eni-1"))
	must(j.Put(entry("eni-1", 6)))
	must(j.Put(entry("eni-2", 7)))
	has("Each ENI has an entry.", entry("eni-1", 6), entry("eni-2", 7))
	must(j.Put(entry("eni-1", 8)))
	has("A new entry takes the place of the old.", entry("eni-1", 8), entry("eni-2", 7))
	must(j.Drop("eni-1"))
	must(j.Drop("eni-1"))
	has("What is struck is gone.", entry("eni-2", 7))
	must(j.Put(entry("eni-1", 7)))
	has("A device has one entry: another that was at its address is gone.", entry("eni-1", 7))
	if e, ok := j.At(pci.Address{Device: 7}); !ok || e.NetworkInterfaceID != "eni-1" {
		t.Errorf("A device is found by its address: %v, %t", e, ok)
	}
	if _, ok := j.At(pci.Address{Device: 8}); ok || !j.Written("eni-2").IsZero() || j.Written("eni-1").IsZero() {
		t.Error("What has no entry is at no address, and was not written.")
	}

	for _, id := range []string{"", "../eni-1", "a/b", ".hidden", "*"} {
		if err := j.Put(entry(id, 1)); err == nil {
			t.Errorf("%q is not a name for a file.", id)
		}
	}
}

// What a crash or a full disk leaves is not believed, and nothing else is lost.
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
			t.Fatalf("A file of %d bytes is no entry: %v", cut, err)
		}
		if _, ok := j.Entry("eni-2"); !ok {
			t.Fatal("The other entry is as good as before.")
		}
	}
	for name, content := range map[string][]byte{"eni-1.json": whole, "eni-3.json": whole, "eni-1.json.new": []byte("{"), "README": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	j, err = Open(dir)
	if err == nil {
		t.Error("A file that is about another ENI than its name says is reported.")
	}
	if e, _ := j.Entry("eni-1"); cmp.Diff(entry("eni-1", 6), e) != "" {
		t.Error("What an interrupted write left is passed over.")
	}
	if err := j.Put(entry("eni-1", 9)); err != nil {
		t.Fatal(err)
	}
	names, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	if slices.ContainsFunc(names, func(d os.DirEntry) bool { return d.Name() == "eni-1.json.new" }) {
		t.Error("What an interrupted write left is taken by the next.")
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
			t.Errorf("A file is an entry or an error: %v, %v", ok, err)
		}
		if ok && e.NetworkInterfaceID != "eni-1" {
			t.Errorf("The entry is about %q.", e.NetworkInterfaceID)
		}
	})
}

// TestDurable has the disk report what it is asked to keep.
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
	want := []string{"eni-1" + suffix + pending + " beside eni-1" + suffix + pending, ". beside eni-1" + suffix, ". beside"}
	if diff := cmp.Diff(want, synced); diff != "" {
		t.Errorf("An entry is on the disk before it has its name, and each name, and each removal, before the device is touched.\n-want, +got:\n%s", diff)
	}
	fails = full
	if diff := cmp.Diff(full, j.Put(entry("eni-1", 6)), cmpopts.EquateErrors()); diff != "" {
		t.Errorf("An entry that the disk does not have is not written.\n-want, +got:\n%s", diff)
	}
	if _, ok := j.Entry("eni-1"); ok {
		t.Error("Nor is it known.")
	}
}
