// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func TestDir(t *testing.T) {
	path := t.TempDir()
	d := NewDir(path)
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(path, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("10-foreign.conf", `{"name": "foreign", "type": "bridge"}`)
	write("20-broken.json", `{`)
	write("readme.txt", `{"name": "no"}`)
	write("provider-aws-eni.eni-2.conflist.new", `{"name": "left by a crash"}`)
	if err := os.Symlink("/nonexistent", filepath.Join(path, "30-dangling.conf")); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(d.Write("eni-1", []byte(`{"name": "old"}`)), d.Write("eni-1", []byte(`{"name": "data"}`)), d.Remove("eni-2"), d.Remove("eni-3")); err != nil {
		t.Fatal(err)
	}
	got, err := d.List()
	if err != nil {
		t.Fatal(err)
	}
	want := []File{
		{Name: "10-foreign.conf", Network: "foreign"},
		{Name: "20-broken.json"},
		{Name: "30-dangling.conf"},
		{Name: "provider-aws-eni.eni-1.conflist", Network: "data", ENI: "eni-1", Content: []byte(`{"name": "data"}`)},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("The directory has foreign files, which are not changed, and the last content of the agent's.\n-want, +got:\n%s", diff)
	}
	if _, err := os.Lstat(filepath.Join(path, "provider-aws-eni.eni-2.conflist.new")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Remove also removes the temporary file of a crash: %v", err)
	}
	if err := d.Remove("eni-1"); err != nil {
		t.Fatal(err)
	}
	if left, err := d.List(); err != nil || len(left) != 3 {
		t.Errorf("Foreign files stay: %v, %v", left, err)
	}
}

func TestNoDir(t *testing.T) {
	d := NewDir(filepath.Join(t.TempDir(), "absent"))
	if _, err := d.List(); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("List returns fs.ErrNotExist: %v", err)
	}
	if err := d.Write("eni-1", nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("Write does not create the directory: %v", err)
	}
	if err := d.Remove("eni-1"); err != nil {
		t.Errorf("Remove has nothing to remove: %v", err)
	}
}
