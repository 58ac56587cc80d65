// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernelvm

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// unpack lists an archive as init/initramfs.c of the kernel reads it, for the subset of
// the format that is used.
func unpack(t *testing.T, raw []byte) []string {
	t.Helper()
	var out []string
	for {
		if len(raw)%4 != 0 || len(raw) < 110 {
			t.Fatalf("an entry is not aligned to four bytes: %d bytes are left", len(raw))
		}
		field := func(i int) int {
			n, err := strconv.ParseInt(string(raw[6+8*i:14+8*i]), 16, 64)
			if err != nil {
				t.Fatal(err)
			}
			return int(n)
		}
		if magic := string(raw[:6]); magic != "070701" {
			t.Fatalf("an entry begins with %q", magic)
		}
		mode, size, name := field(1), field(6), string(raw[110:110+field(11)])
		if !strings.HasSuffix(name, "\x00") {
			t.Fatalf("name %q has no terminator", name)
		}
		name = strings.TrimSuffix(name, "\x00")
		begin := (110 + len(name) + 1 + 3) &^ 3
		data := raw[begin : begin+size]
		line := fmt.Sprintf("%d %06o %s %q", field(0), mode, name, data)
		if mode&0o170000 == modeCharacter {
			line += fmt.Sprintf(" %d:%d", field(9), field(10))
		}
		out = append(out, line)
		raw = raw[(begin+size+3)&^3:]
		if name == "TRAILER!!!" {
			if len(raw) > 0 {
				t.Errorf("%d bytes follow the trailer", len(raw))
			}
			return out
		}
	}
}

func TestArchive(t *testing.T) {
	var b bytes.Buffer
	a := newArchive(&b)
	a.device("/dev/console", 0o600, 5, 1)
	a.file("/init", 0o755, []byte("program"))
	a.file("/lib/modules/empty", 0o644, nil)
	a.file("/lib/modules/four", 0o644, []byte("four"))
	if err := a.close(); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`1 040755 dev ""`,
		`2 020600 dev/console "" 5:1`,
		`3 100755 init "program"`,
		`4 040755 lib ""`,
		`5 040755 lib/modules ""`,
		`6 100644 lib/modules/empty ""`,
		`7 100644 lib/modules/four "four"`,
		`0 000000 TRAILER!!! ""`,
	}
	if d := cmp.Diff(want, unpack(t, b.Bytes())); d != "" {
		t.Errorf("a directory precedes its content, once: -want, +got:\n%s", d)
	}
}

var errFull = errors.New("no space left")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func TestArchiveCannotBeWritten(t *testing.T) {
	a := newArchive(full{})
	a.file("/init", 0o755, nil)
	if err := a.close(); !errors.Is(err, errFull) {
		t.Errorf("close returns %v, want the first error there was", err)
	}
}
