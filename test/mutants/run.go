// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// An outcome is the result of running a mutant's tests.
type outcome string

const (
	noticed    outcome = "noticed"
	timedOut   outcome = "noticed (timed out)" // the tests hang
	survived   outcome = "SURVIVED"
	uncompiled outcome = "does not compile"
	stale      outcome = "stale"
	unchecked  outcome = "tests fail without it"
)

// bad reports whether an outcome must be corrected.
func (o outcome) bad() bool { return o != noticed && o != timedOut }

// outcomes are in the order of the summary.
var outcomes = []outcome{noticed, timedOut, survived, uncompiled, stale, unchecked} //nolint:gochecknoglobals // a constant list

// A result is the outcome of one mutant.
type result struct {
	mutant  Mutant
	line    int
	outcome outcome
	detail  string
	took    time.Duration
}

// String returns one line, followed by the detail of a bad outcome.
func (r result) String() string {
	where := r.mutant.File
	if r.line > 0 {
		where += fmt.Sprintf(":%d", r.line)
	}
	s := fmt.Sprintf("%-21s %s: %s (%.1fs)", r.outcome, where, r.mutant.Why, r.took.Seconds())
	if r.detail != "" {
		s += "\n    " + strings.ReplaceAll(r.detail, "\n", "\n    ")
	}
	return s
}

// baselineLimit is the time limit of tests without a mutant, including their build,
// which takes minutes if the build cache is empty.
const baselineLimit = 10 * time.Minute

// A runner runs the tests of mutants.
type runner struct {
	root     string        // of the module
	limit    time.Duration // for the tests of one mutant
	budget   time.Duration // 0: none
	parallel int
	out      io.Writer
	now      func() time.Time

	mu        sync.Mutex
	baselines map[string]func() error
}

// run runs mutants in the given order and returns the number of mutants by outcome. It
// starts no mutant after the budget is used up.
func (r *runner) run(ctx context.Context, mutants []Mutant) (map[outcome]int, error) {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, errors.Wrap(err, "cannot create a temporary directory")
	}
	defer os.RemoveAll(dir) //nolint:errcheck // it is temporary
	began := r.now()
	next := make(chan int)
	counts := map[outcome]int{}
	var mu sync.Mutex
	var wg sync.WaitGroup
	for range max(1, r.parallel) {
		wg.Go(func() {
			for i := range next {
				res := r.one(ctx, filepath.Join(dir, fmt.Sprint(i)), mutants[i])
				if ctx.Err() != nil {
					continue // interrupted: the outcome is not valid
				}
				mu.Lock()
				counts[res.outcome]++
				_, _ = fmt.Fprintln(r.out, res)
				mu.Unlock()
			}
		})
	}
	for i := range mutants {
		if ctx.Err() != nil || (r.budget > 0 && r.now().Sub(began) >= r.budget) {
			break
		}
		next <- i
	}
	close(next)
	wg.Wait()
	return counts, ctx.Err()
}

// one runs the tests of one mutant, with its own directory.
func (r *runner) one(ctx context.Context, dir string, m Mutant) result {
	began := r.now()
	res := result{mutant: m}
	res.outcome, res.detail = r.outcome(ctx, dir, &res)
	res.took = r.now().Sub(began)
	return res
}

func (r *runner) outcome(ctx context.Context, dir string, res *result) (outcome, string) {
	m := res.mutant
	path := filepath.Join(r.root, m.File)
	source, err := os.ReadFile(path)
	if err != nil {
		return stale, err.Error()
	}
	mutated, line, why := m.apply(source)
	if why != "" {
		return stale, why + ": " + firstLine(m.From)
	}
	res.line = line
	overlay, err := writeOverlay(dir, path, mutated)
	if err != nil {
		return unchecked, err.Error()
	}
	if err := r.baseline(ctx, m.Test); err != nil {
		return unchecked, err.Error()
	}
	limited, cancel := context.WithTimeout(ctx, r.limit)
	defer cancel()
	out, err := r.command(limited, append([]string{"test", "-overlay=" + overlay, "-count=1", "-failfast", "-vet=off"}, strings.Fields(m.Test)...)...)
	switch {
	case err == nil:
		return survived, "go test " + m.Test + " passes with: " + firstLine(m.To)
	case limited.Err() != nil:
		return timedOut, ""
	case strings.Contains(out, "[build failed]") || strings.Contains(out, "[setup failed]"):
		return uncompiled, tail(out)
	default:
		return noticed, ""
	}
}

// baseline returns an error if tests fail without a mutant. It runs tests once per
// value of test.
func (r *runner) baseline(ctx context.Context, test string) error {
	r.mu.Lock()
	once, ok := r.baselines[test]
	if !ok {
		once = sync.OnceValue(func() error {
			limited, cancel := context.WithTimeout(ctx, baselineLimit)
			defer cancel()
			out, err := r.command(limited, append([]string{"test", "-count=1", "-failfast", "-vet=off"}, strings.Fields(test)...)...)
			switch {
			case limited.Err() != nil:
				return errors.Errorf("go test %s did not finish within %s", test, baselineLimit)
			case err != nil:
				return errors.Errorf("go test %s fails:\n%s", test, tail(out))
			case strings.Contains(out, "no tests to run") || strings.Contains(out, "no test files"):
				return errors.Errorf("go test %s runs no test in some package: correct its arguments\n%s", test, tail(out))
			}
			return nil
		})
		r.baselines[test] = once
	}
	r.mu.Unlock()
	return once()
}

// command runs the go command in the root of the module. When ctx is done it kills the
// go command and its child processes.
func (r *runner) command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = r.root
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// writeOverlay writes a mutated file and the overlay file that replaces the original
// with it.
func writeOverlay(dir, path string, mutated []byte) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", errors.Wrap(err, "cannot create a directory for a mutant")
	}
	replacement := filepath.Join(dir, "mutated.go")
	raw, err := json.Marshal(map[string]map[string]string{"Replace": {path: replacement}})
	if err != nil {
		return "", errors.Wrap(err, "cannot encode an overlay")
	}
	overlay := filepath.Join(dir, "overlay.json")
	for name, content := range map[string][]byte{replacement: mutated, overlay: raw} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			return "", errors.Wrap(err, "cannot write a mutant")
		}
	}
	return overlay, nil
}

// shuffled returns mutants in a random order that the seed determines.
func shuffled(mutants []Mutant, seed uint64) []Mutant {
	out := slices.Clone(mutants)
	rand.New(rand.NewPCG(seed, 0)).Shuffle(len(out), func(i, j int) { out[i], out[j] = out[j], out[i] })
	return out
}

func firstLine(s string) string {
	line, _, more := strings.Cut(strings.TrimSpace(s), "\n")
	if more {
		line += " …"
	}
	return line
}

// tail returns the last lines of out.
func tail(out string) string {
	lines := strings.Split(strings.TrimSpace(out), "\n")
	return strings.Join(lines[max(0, len(lines)-15):], "\n")
}
