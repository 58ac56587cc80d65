// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// untimed removes durations from out.
func untimed(out string) string {
	out = regexp.MustCompile(` \([0-9.]+s\)`).ReplaceAllString(out, "")
	return regexp.MustCompile(` ran in [0-9ms]+`).ReplaceAllString(out, " ran")
}

// TestRun runs the mutants of a module with one of each outcome.
func TestRun(t *testing.T) {
	root := filepath.Join("testdata", "fixture")
	before, err := os.ReadFile(filepath.Join(root, "fixture.go"))
	if err != nil {
		t.Fatal(err)
	}
	out := &bytes.Buffer{}
	err = run(t.Context(), []string{"-root", root, "-n", "1", "-only", "fixture.go"}, out)
	if !errors.Is(err, errBad) {
		t.Errorf("\nThe command returns an error if a mutant survives.\nrun(...): %v", err)
	}
	var got []string
	for line := range strings.SplitSeq(untimed(out.String()), "\n") {
		if line != "" && !strings.HasPrefix(line, " ") {
			got = append(got, line)
		}
	}
	want := []string{
		"noticed               fixture.go:9: any key opens the door",
		"SURVIVED              fixture.go:6: a missing key opens a door without an owner",
		"does not compile      fixture.go:9: no slip that a compiler accepts",
		"stale                 fixture.go: the text occurs more than once",
		"tests fail without it fixture.go:9: the tests do not exist",
		"5 of 5 mutants ran: 1 noticed, 1 SURVIVED, 1 does not compile, 1 stale, 1 tests fail without it",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nEach mutant has one line with its outcome.\n-want, +got:\n%s\n%s", diff, out)
	}
	after, err := os.ReadFile(filepath.Join(root, "fixture.go"))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Error("\nThe working tree is not changed.")
	}
}

// TestTimeLimit runs a mutant whose tests do not terminate.
func TestTimeLimit(t *testing.T) {
	out := &bytes.Buffer{}
	err := run(t.Context(), []string{"-root", filepath.Join("testdata", "fixture"), "-only", "loop.go", "-limit", "2s"}, out)
	want := "noticed (timed out)   loop/loop.go:7: the sum is never returned\n1 of 1 mutants ran: 1 noticed (timed out)\n"
	if diff := cmp.Diff(want, untimed(out.String())); err != nil || diff != "" {
		t.Errorf("\nTests that time out count as failed.\nrun(...): %v, -want, +got:\n%s", err, diff)
	}
}

func TestFlags(t *testing.T) {
	root := filepath.Join("testdata", "fixture")
	type want struct {
		Lines []string
		Error string
	}
	cases := map[string]struct {
		reason string
		args   []string
		want   want
	}{
		"Budget": {
			reason: "A budget ends the run before all mutants have run, and the seed of the order is printed.",
			args:   []string{"-seed", "3", "-for", "1ns"},
			want:   want{Lines: []string{"seed 3", "0 of 6 mutants ran: ; repeat the order with -seed 3"}},
		},
		"OnlyOther": {
			reason: "A text that is part of no path is an error.",
			args:   []string{"-only", "other"},
			want:   want{Error: `no mutant is of a file whose path contains "other"`},
		},
		"Argument": {
			reason: "A positional argument is an error.",
			args:   []string{"fixture.go"},
			want:   want{Error: `unexpected argument "fixture.go": use flags only`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			out := &bytes.Buffer{}
			err := run(t.Context(), append([]string{"-root", root}, tc.args...), out)
			got := want{}
			if s := strings.TrimSpace(untimed(out.String())); s != "" {
				got.Lines = strings.Split(s, "\n")
			}
			if err != nil {
				got.Error = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nrun(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	out := &bytes.Buffer{}
	if err := run(t.Context(), []string{"-root", root, "-list"}, out); err != nil || strings.Count(out.String(), "go test .") != 6 {
		t.Errorf("\n-list prints every mutant.\nrun(...): %v\n%s", err, out)
	}
}

func TestParse(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   string
		want   string
	}{
		"Complete":  {reason: "A mutant has five fields.", args: `{"file": "a/b.go", "from": "x", "to": "", "why": "w", "test": "./a"}`},
		"NoReason":  {reason: "A mutant without a reason is rejected.", args: `{"file": "a/b.go", "from": "x", "to": "y", "test": "./a"}`, want: `field "why" is missing`},
		"Misspelt":  {reason: "An unknown field is rejected.", args: `{"fil": "a/b.go"}`, want: `not a JSON object with the fields "file", "from", "to", "why" and "test": json: unknown field "fil"`},
		"NoChange":  {reason: "A mutant changes the source.", args: `{"file": "a/b.go", "from": "x", "to": "x", "why": "w", "test": "./a"}`, want: `fields "from" and "to" are equal: "to" must change the code`},
		"Outside":   {reason: "The file of a mutant is in the module.", args: `{"file": "../b.go", "from": "x", "to": "y", "why": "w", "test": "./a"}`, want: `file is "../b.go": it must be a path below the root of the module`},
		"TestFile":  {reason: "The file of a mutant is not a test.", args: `{"file": "b_test.go", "from": "x", "to": "y", "why": "w", "test": "./a"}`, want: `file is "b_test.go": it must be a Go file and not a test`},
		"TwoOnLine": {reason: "A line holds one mutant.", args: `{"file": "a/b.go", "from": "x", "to": "", "why": "w", "test": "./a"} {}`, want: "a line must hold one JSON object"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := parse([]byte(tc.args))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nparse(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestShuffled(t *testing.T) {
	var in []Mutant
	for f := range strings.SplitSeq("abcdefghijklmnop", "") {
		in = append(in, Mutant{File: f})
	}
	if !slices.Equal(shuffled(in, 7), shuffled(in, 7)) || slices.Equal(shuffled(in, 7), shuffled(in, 8)) {
		t.Error("\nA seed determines the order.")
	}
}

// TestLists checks the mutants of this repository without running them.
func TestLists(t *testing.T) {
	files, err := filepath.Glob("*.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	mutants, err := load(files)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[[3]string]bool{}
	for _, m := range mutants {
		source, err := os.ReadFile(filepath.Join("..", "..", m.File))
		if err != nil {
			t.Error(err)
			continue
		}
		if _, _, stale := m.apply(source); stale != "" {
			t.Errorf("\nThe source text of each mutant exists: correct it in test/mutants when the code changes.\n%s: %s: %s", m.File, stale, firstLine(m.From))
		}
		if k := [3]string{m.File, m.From, m.To}; seen[k] {
			t.Errorf("\nEach mutant is listed once.\n%s: %s", m.File, firstLine(m.From))
		} else {
			seen[k] = true
		}
	}
}
