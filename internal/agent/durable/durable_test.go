// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package durable

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// TestDisk records the order and the content of syncs.
func TestDisk(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if err := os.WriteFile(filepath.Join(dir, "a"), []byte("left by a crash, and longer"), 0o600); err != nil {
		t.Fatal(err)
	}

	synced := map[string]string{}
	var fails error
	d := Disk{Sync: func(f *os.File) error {
		b, _ := os.ReadFile(f.Name()) // A directory has no content.
		i, err := f.Stat()
		if err != nil {
			return err
		}
		synced[filepath.Base(f.Name())] = string(b) + " " + i.Mode().Perm().String()
		return errors.Join(f.Sync(), fails)
	}}
	if err := d.Write(root, "a", []byte("new"), 0o640); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]string{"a": "new -rw-r-----"}, synced); diff != "" {
		t.Errorf("A file is synced after its content and mode are written.\n-want, +got:\n%s", diff)
	}
	clear(synced)
	if err := d.SyncDir(root); err != nil {
		t.Fatal(err)
	}
	if len(synced) != 1 {
		t.Errorf("The directory is synced: %v", synced)
	}

	fails = errors.New("input/output error")
	for name, do := range map[string]func() error{
		"Write":   func() error { return d.Write(root, "a", []byte("new"), 0o640) },
		"SyncDir": func() error { return d.SyncDir(root) },
	} {
		if diff := cmp.Diff(fails, do(), cmpopts.EquateErrors()); diff != "" {
			t.Errorf("%s: a failed sync is an error.\n-want, +got:\n%s", name, diff)
		}
	}
	if err := errors.Join((Disk{}).Write(root, "b", []byte("new"), 0o600), (Disk{}).SyncDir(root)); err != nil {
		t.Errorf("The zero Disk syncs with fsync: %v", err)
	}
}
