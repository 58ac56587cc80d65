// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command apicheck compares the exported API of the Go library with the recorded API, by the
// rules of the API check of Go's standard library: what is recorded must remain.
//
//	go run ./hack/apicheck            fails if the API differs from the record
//	go run ./hack/apicheck -record    records the API
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"go/importer"
	"go/token"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	module  = "github.com/nodeeni/provider-aws-eni/"
	records = "hack/apicheck/api"
)

func main() {
	record := flag.Bool("record", false, "record the API")
	flag.Parse()
	ok, err := run(context.Background(), *record)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if !ok || err != nil {
		os.Exit(1)
	}
}

// packages are the packages with a recorded API.
func packages() []string { return []string{"pkg/eni", "pkg/eni/enitest"} }

// run checks or records the API, and reports whether it is as recorded.
func run(ctx context.Context, record bool) (bool, error) {
	exports, err := exportFiles(ctx)
	if err != nil {
		return false, err
	}
	imp := importer.ForCompiler(token.NewFileSet(), "gc", func(p string) (io.ReadCloser, error) { return os.Open(exports[p]) })
	same := true
	for _, p := range packages() {
		pkg, err := imp.Import(module + p)
		if err != nil {
			return false, errors.Wrapf(err, "cannot read package %s", p)
		}
		now, internal := describe(pkg)
		if len(internal) > 0 {
			same = false
			fmt.Printf("%s: exported declarations must not have types of internal packages:\n  %s\n", p, strings.Join(internal, "\n  "))
		}
		file := filepath.Join(records, path.Base(p)+".txt")
		if record {
			if err := os.WriteFile(file, []byte(strings.Join(now, "\n")+"\n"), 0o644); err != nil {
				return false, err
			}
			continue
		}
		raw, err := os.ReadFile(file)
		if err != nil {
			return false, err
		}
		report := compare(strings.Split(strings.TrimSpace(string(raw)), "\n"), now)
		if report != "" {
			same = false
			fmt.Printf("%s differs from %s:\n%s", p, file, report)
		}
	}
	return same, nil
}

// exportFiles returns the files with the export data of the packages and their dependencies,
// by import path. They are in Go's build cache.
func exportFiles(ctx context.Context) (map[string]string, error) {
	args := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}={{.Export}}"}
	for _, p := range packages() {
		args = append(args, "./"+p)
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	var problem bytes.Buffer
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		return nil, errors.Wrapf(err, "cannot build the library: %s", problem.String())
	}
	files := map[string]string{}
	for line := range strings.FieldsSeq(string(out)) {
		p, file, _ := strings.Cut(line, "=")
		files[p] = file
	}
	return files, nil
}
