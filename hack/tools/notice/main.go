// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Notice writes to standard output the licences of the modules that are linked into the
// provider and the agent. It fails if a module has no licence that is allowed.
package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"github.com/google/licensecheck"
)

// A module is a dependency with the texts of its licence and notice files.
type module struct {
	path, version, license string
	texts                  []string
}

func main() {
	if err := run(os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(w io.Writer) error {
	modules, err := linked()
	if err != nil {
		return err
	}
	var out bytes.Buffer
	fmt.Fprint(&out, "provider-aws-eni\nCopyright 2026 The provider-aws-eni Authors\n\n"+
		"The binaries of this project contain the following modules.\n"+
		"This file is generated: run `make notice` after a change of go.mod.\n\n")
	byText := map[string][]module{} // by the words: many modules wrap the same text differently
	wording := map[string]string{}
	for _, m := range modules {
		fmt.Fprintf(&out, "%s %s: %s\n", m.path, m.version, m.license)
		for _, text := range m.texts {
			words := strings.ToLower(strings.Join(strings.Fields(text), " "))
			byText[words] = append(byText[words], m)
			wording[words] = text
		}
	}
	texts := slices.SortedFunc(maps.Keys(byText), func(a, b string) int {
		return cmp.Or(cmp.Compare(byText[a][0].path, byText[b][0].path), cmp.Compare(a, b))
	})
	for _, words := range texts {
		fmt.Fprint(&out, "\n", strings.Repeat("=", 79), "\n")
		for _, m := range byText[words] {
			fmt.Fprintln(&out, m.path)
		}
		fmt.Fprint(&out, "\n", wording[words])
	}
	_, err = w.Write(out.Bytes())
	return err
}

// linked returns the modules of the packages that are linked into the commands, by path.
func linked() ([]module, error) {
	cmd := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Version}} {{.Dir}}{{end}}{{end}}", "./cmd/...")
	cmd.Dir = filepath.Join("..", "..")
	cmd.Env = append(os.Environ(), "GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0")
	cmd.Stderr = os.Stderr
	raw, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("cannot list the modules: %w", err)
	}
	var out []module
	for _, line := range slices.Compact(slices.Sorted(strings.Lines(string(raw)))) {
		fields := strings.Fields(line)
		if len(fields) != 3 {
			continue
		}
		m := module{path: fields[0], version: fields[1]}
		if m.license, m.texts, err = license(fields[2]); err != nil {
			return nil, fmt.Errorf("module %s: %w", m.path, err)
		}
		out = append(out, m)
	}
	return out, nil
}

// license returns the identifiers and the texts of the licence files in a directory.
func license(dir string) (string, []string, error) {
	files, err := licenceFiles(dir)
	if err != nil {
		return "", nil, err
	}
	var ids []string
	var texts []string
	for _, f := range files {
		raw, err := os.ReadFile(f)
		if err != nil {
			return "", nil, err
		}
		found := licensecheck.Scan(raw)
		for _, m := range found.Match {
			if !isAllowed(m.ID) {
				return "", nil, fmt.Errorf("%s has the licence %s: it is not allowed", f, m.ID)
			}
			ids = append(ids, m.ID)
		}
		texts = append(texts, strings.Trim(strings.ReplaceAll(string(raw), "\r\n", "\n"), "\n")+"\n")
	}
	if len(ids) == 0 {
		return "", nil, errors.New("it has no licence that is known")
	}
	slices.Sort(ids)
	return strings.Join(slices.Compact(ids), " and "), texts, nil
}

// isAllowed reports whether the file NOTICE meets the terms of a licence, of which id is the
// SPDX identifier, by repeating its text.
func isAllowed(id string) bool {
	switch id {
	case "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "MIT", "MPL-2.0":
		return true
	default:
		return false
	}
}

// licenceFiles returns the files of a directory that hold a licence or a notice.
func licenceFiles(dir string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, e := range entries {
		name := strings.ToUpper(e.Name())
		for _, prefix := range []string{"LICENSE", "LICENCE", "COPYING", "NOTICE"} {
			if !e.IsDir() && strings.HasPrefix(name, prefix) {
				out = append(out, filepath.Join(dir, e.Name()))
				break
			}
		}
	}
	return out, nil
}
