// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Mutant is a change of one source file with which tests must fail.
type Mutant struct {
	// File is the path of the source file, relative to the root of the module.
	File string `json:"file"`
	// From is text that occurs exactly once in the file, and To replaces it.
	From string `json:"from"`
	To   string `json:"to"`
	// Why is the consequence for a user.
	Why string `json:"why"`
	// Test are arguments of go test, separated by blanks.
	Test string `json:"test"`
}

// check returns an error if a field is missing.
func (m Mutant) check() error {
	for _, f := range []struct{ name, value string }{{"file", m.File}, {"from", m.From}, {"why", m.Why}, {"test", m.Test}} {
		if strings.TrimSpace(f.value) == "" {
			return errors.Errorf("field %q is missing", f.name)
		}
	}
	switch {
	case m.From == m.To:
		return errors.New(`fields "from" and "to" are equal: "to" must change the code`)
	case filepath.IsAbs(m.File) || !filepath.IsLocal(m.File):
		return errors.Errorf("file is %q: it must be a path below the root of the module", m.File)
	case !strings.HasSuffix(m.File, ".go") || strings.HasSuffix(m.File, "_test.go"):
		return errors.Errorf("file is %q: it must be a Go file and not a test", m.File)
	}
	return nil
}

// apply returns the mutated source and the line of the change. stale is not empty if
// From does not occur exactly once.
func (m Mutant) apply(source []byte) (mutated []byte, line int, stale string) {
	if n := bytes.Count(source, []byte(m.From)); n != 1 {
		return nil, 0, fmt.Sprintf("the text occurs %d times in the file, want once", n)
	}
	at := bytes.Index(source, []byte(m.From))
	mutated = slices.Concat(source[:at], []byte(m.To), source[at+len(m.From):])
	return mutated, 1 + bytes.Count(source[:at], []byte("\n")), ""
}

// load reads mutants from files.
func load(files []string) ([]Mutant, error) {
	var out []Mutant
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, errors.Wrap(err, "cannot read mutants")
		}
		for i, line := range bytes.Split(raw, []byte("\n")) {
			if len(bytes.TrimSpace(line)) == 0 {
				continue
			}
			m, err := parse(line)
			if err != nil {
				return nil, errors.Wrapf(err, "%s:%d", file, i+1)
			}
			out = append(out, m)
		}
	}
	return out, nil
}

func parse(line []byte) (Mutant, error) {
	var m Mutant
	d := json.NewDecoder(bytes.NewReader(line))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return m, errors.Wrap(err, `not a JSON object with the fields "file", "from", "to", "why" and "test"`)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return m, errors.New("a line must hold one JSON object")
	}
	return m, m.check()
}
