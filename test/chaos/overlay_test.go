// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// An edit replaces text of a source file in a build.
type edit struct{ file, old, new string }

// staleEdits returns a message for each edit whose text does not occur exactly once.
func staleEdits(edits []edit) []string {
	var out []string
	for _, e := range edits {
		source, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), e.file))
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		if n := strings.Count(string(source), e.old); n != 1 {
			out = append(out, fmt.Sprintf("%s contains this text %d times, want once: correct the edit in test/chaos\n%s", e.file, n, e.old))
		}
	}
	return out
}

// overlay writes an overlay file for go build -overlay.
func overlay(t *testing.T, edits ...edit) string {
	t.Helper()
	if p := staleEdits(edits); len(p) > 0 {
		t.Fatal(strings.Join(p, "\n"))
	}
	dir := t.TempDir()
	text := map[string]string{}
	for _, e := range edits {
		if _, ok := text[e.file]; !ok {
			source, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), e.file))
			if err != nil {
				t.Fatal(err)
			}
			text[e.file] = string(source)
		}
		text[e.file] = strings.Replace(text[e.file], e.old, e.new, 1)
	}
	replace := map[string]string{}
	for file, source := range text {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(testbed.RepositoryRoot(), file)] = path
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
