// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"compress/gzip"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestCollect(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bundle.tar.gz")
	out, err := run(t, t.Context(), world(), "collect", "--file", file)
	if err != nil || !strings.HasSuffix(out, file+"\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := gzip.NewReader(f); err != nil {
		t.Errorf("the bundle is no gzip file: %v", err)
	}
	if _, err := run(t, t.Context(), world(), "collect", "--file", file); err == nil || !strings.HasPrefix(err.Error(), "cannot create the bundle: ") {
		t.Errorf("\nA file that exists is not replaced.\ngot %v", err)
	}
	if out, err := run(t, t.Context(), world(), "collect", "--file=-"); err != nil || !strings.HasPrefix(out, "\x1f\x8b") {
		t.Errorf("\nThe bundle is written to the standard output.\ngot %v", err)
	}
}
