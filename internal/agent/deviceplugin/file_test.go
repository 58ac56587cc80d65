// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	empty = "{\n  \"resourceList\": []\n}\n"
	full  = "{\n  \"resourceList\": [\n    " + ownDPDK + "\n  ]\n}\n"
)

// newDir creates a directory of files, and returns the plugin's file in it.
func newDir(t *testing.T, files map[string]string) (*File, string) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return NewFile(filepath.Join(dir, "config.json")), dir
}

func list(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(b)
	}
	return files
}

func TestApply(t *testing.T) {
	dpdk := []Pool{of("dpdk", "vfio-pci", at(6))}
	foreign := `{"resourceList":[` + theirs + `]}`
	cases := map[string]struct {
		reason  string
		files   map[string]string
		pools   []Pool
		want    map[string]string
		applied Applied
		err     error
	}{
		"New":   {reason: "A missing file is created.", pools: dpdk, want: map[string]string{"config.json": full}, applied: Applied{Merged: Merged{Changed: true}}},
		"Empty": {reason: "A file without pools is created: the plugin needs a file.", want: map[string]string{"config.json": empty}, applied: Applied{Merged: Merged{Changed: true}}},
		"Same":  {reason: "An unchanged file is not written.", files: map[string]string{"config.json": full}, pools: dpdk, want: map[string]string{"config.json": full}},
		"Added": {
			reason: "Foreign pools are preserved.", files: map[string]string{"config.json": foreign}, pools: dpdk,
			want: map[string]string{"config.json": strings.Replace(foreign, "[", "[\n    "+ownDPDK+",", 1)}, applied: Applied{Merged: Merged{Changed: true}},
		},
		"Crashed": {
			reason: "A temporary file of a crash is overwritten.", files: map[string]string{"config.json": foreign, ".config.json.draft": "{"},
			pools: dpdk, want: map[string]string{"config.json": strings.Replace(foreign, "[", "[\n    "+ownDPDK+",", 1)}, applied: Applied{Merged: Merged{Changed: true}},
		},
		"Corrupt": {
			reason: "A file that the plugin cannot read is backed up and replaced.",
			files:  map[string]string{"config.json": "{,"}, pools: dpdk,
			want:    map[string]string{"config.json": full, "config.json.corrupt-c78d70af": "{,"},
			applied: Applied{Merged: Merged{Changed: true}, Corrupt: ErrCorrupt, BackupName: "config.json.corrupt-c78d70af"},
		},
		"CorruptAgain": {
			reason: "A corrupt file is backed up once.",
			files:  map[string]string{"config.json": "{,", "config.json.corrupt-c78d70af": "{,"}, pools: dpdk,
			want:    map[string]string{"config.json": full, "config.json.corrupt-c78d70af": "{,"},
			applied: Applied{Merged: Merged{Changed: true}, Corrupt: ErrCorrupt, BackupName: "config.json.corrupt-c78d70af"},
		},
		"Large": {
			reason: "An oversized file is not changed.",
			files:  map[string]string{"config.json": strings.Repeat(" ", maxFileBytes+1)}, pools: dpdk,
			want: map[string]string{"config.json": strings.Repeat(" ", maxFileBytes+1)},
			err:  cmpopts.AnyError,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, dir := newDir(t, tc.files)
			got, err := f.Apply(tc.pools, owner)
			if diff := cmp.Diff(tc.err, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.want, list(t, dir)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if err == nil && string(got.File) != tc.want["config.json"] {
				t.Errorf("\n%s\ngot %q", tc.reason, got.File)
			}
			got.File = nil
			if diff := cmp.Diff(tc.applied, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if tc.err != nil {
				return
			}
			again, err := f.Apply(tc.pools, owner)
			if again.Changed || err != nil {
				t.Errorf("Apply is idempotent: %+v, %v", again, err)
			}
		})
	}
}

func TestMode(t *testing.T) {
	f, dir := newDir(t, nil)
	path := filepath.Join(dir, "config.json")
	for _, want := range []fs.FileMode{newMode, 0o640, 0o666} {
		if want != newMode {
			// A umask would clear bits of 0666.
			if err := os.Chmod(path, want); err != nil {
				t.Fatal(err)
			}
		}
		for _, pools := range [][]Pool{{of("dpdk", "vfio-pci", at(6))}, nil} {
			if _, err := f.Apply(pools, owner); err != nil {
				t.Fatal(err)
			}
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("The mode of the file is preserved: want %o, got %o", want, got)
		}
	}
}

func TestUnchangedFile(t *testing.T) {
	f, dir := newDir(t, map[string]string{"config.json": full})
	path := filepath.Join(dir, "config.json")
	before, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Apply([]Pool{of("dpdk", "vfio-pci", at(6))}, owner); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if !os.SameFile(before, after) || before.ModTime() != after.ModTime() {
		t.Error("An unchanged file is not written.")
	}
}

func TestSymlinkIsRejected(t *testing.T) {
	f, dir := newDir(t, map[string]string{"data": empty})
	if err := os.Symlink("data", filepath.Join(dir, "config.json")); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Apply([]Pool{of("dpdk", "vfio-pci", at(6))}, owner); err == nil {
		t.Error("A symlink, as in a ConfigMap volume, is not replaced.")
	}
	if diff := cmp.Diff(map[string]string{"config.json": empty, "data": empty}, list(t, dir)); diff != "" {
		t.Errorf("A rejected call changes nothing.\n-want, +got:\n%s", diff)
	}
}

func TestMissingDirectory(t *testing.T) {
	_, err := NewFile(filepath.Join(t.TempDir(), "pcidp", "config.json")).Apply(nil, owner)
	if diff := cmp.Diff(fs.ErrNotExist, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("The plugin's directory is not created.\n-want, +got:\n%s", diff)
	}
	f, dir := newDir(t, nil)
	if err := os.Mkdir(filepath.Join(dir, ".config.json.draft"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".config.json.draft", "x"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Apply(nil, owner); err == nil {
		t.Error("A directory that is not writable is an error.")
	}
	if _, err := f.Apply(nil, Owner{}); err == nil {
		t.Error("An owner without a name is rejected.")
	}
}

func TestConcurrentWriter(t *testing.T) {
	f, dir := newDir(t, map[string]string{"config.json": empty})
	path := filepath.Join(dir, "config.json")
	foreign := `{"resourceList":[` + theirs + `]}`
	times := 0
	f.beforeRename = func() {
		times++
		if times > 1 {
			return
		}
		if err := os.WriteFile(path, []byte(foreign), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pools := []Pool{of("dpdk", "vfio-pci", at(6))}
	if _, err := f.Apply(pools, owner); err != nil {
		t.Fatal(err)
	}
	want := map[string]string{"config.json": strings.Replace(foreign, "[", "[\n    "+ownDPDK+",", 1)}
	if diff := cmp.Diff(want, list(t, dir)); diff != "" {
		t.Errorf("A concurrent change of another program is not lost.\n-want, +got:\n%s", diff)
	}

	f.beforeRename = func() {
		times++
		if err := os.WriteFile(path, []byte(foreign+strings.Repeat(" ", times)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, []byte(foreign), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Apply(pools, owner); err == nil {
		t.Error("Retries are limited if another program keeps changing the file.")
	}
	if got := list(t, dir); len(got) != 1 {
		t.Errorf("An unused temporary file is removed: %q", got)
	}
}

// TestReaderSeesWholeFiles reads the file while it is replaced: a reader sees either
// the old or the new content.
func TestReaderSeesWholeFiles(t *testing.T) {
	f, dir := newDir(t, map[string]string{"config.json": empty})
	path := filepath.Join(dir, "config.json")
	stop, failed := make(chan struct{}), make(chan error, 1)
	var readers sync.WaitGroup
	readers.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
			}
			b, err := os.ReadFile(path)
			if err == nil && string(b) != empty && !bytes.Contains(b, []byte(ownDPDK+"\n  ]\n}\n")) {
				err = errors.Errorf("read %q", b)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	})
	for i := range 40 {
		pools := []Pool{of("dpdk", "vfio-pci", at(6))}
		if _, err := f.Apply(pools[:i%2], owner); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	readers.Wait()
	select {
	case err := <-failed:
		t.Errorf("A reader saw neither content: %v", err)
	default:
	}
}

// TestFileDurable records the order of syncs.
func TestFileDurable(t *testing.T) {
	dir := t.TempDir()
	f := NewFile(filepath.Join(dir, "config.json"))
	var synced []string
	f.disk.Sync = func(x *os.File) error {
		_, err := os.Stat(filepath.Join(dir, "config.json"))
		synced = append(synced, fmt.Sprintf("%s, in place: %t", filepath.Base(x.Name()), err == nil))
		return nil
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := f.replace(root, nil, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	want := []string{".config.json.draft, in place: false", filepath.Base(dir) + ", in place: true"}
	synced[1] = strings.Replace(synced[1], "., in", filepath.Base(dir)+", in", 1)
	if diff := cmp.Diff(want, synced); diff != "" {
		t.Errorf("A file is synced before it is renamed, and the directory after it.\n-want, +got:\n%s", diff)
	}
}
