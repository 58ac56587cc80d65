// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// errBad is the error if a mutant survived or must be corrected.
var errBad = errors.New("some mutants survived, do not compile or are stale: add a test, or correct the mutant in test/mutants")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdout)
	stop()
	if errors.Is(err, flag.ErrHelp) {
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("mutants", flag.ContinueOnError)
	root := f.String("root", ".", "root of the module; the mutants are in test/mutants/*.jsonl below it")
	only := f.String("only", "", "run only mutants of files whose path contains this text")
	seed := f.Uint64("seed", 0, "run mutants in the random order of this seed; 0 with -for: a seed from the clock")
	budget := f.Duration("for", 0, "start no mutant after this time; 0: run all")
	parallel := f.Int("n", max(1, runtime.NumCPU()/4), "how many mutants run at the same time")
	limit := f.Duration("limit", 3*time.Minute, "time limit of the tests of one mutant, their build included")
	list := f.Bool("list", false, "print the mutants and run nothing")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 {
		return errors.Errorf("unexpected argument %q: use flags only", f.Arg(0))
	}
	at, err := filepath.Abs(*root)
	if err != nil {
		return errors.Wrap(err, "cannot resolve -root")
	}
	files, err := filepath.Glob(filepath.Join(at, "test", "mutants", "*.jsonl"))
	if err != nil || len(files) == 0 {
		return errors.Errorf("no test/mutants/*.jsonl below %s: run the command in the root of the module", at)
	}
	slices.Sort(files)
	mutants, err := load(files)
	if err != nil {
		return err
	}
	mutants = slices.DeleteFunc(mutants, func(m Mutant) bool { return !strings.Contains(m.File, *only) })
	if len(mutants) == 0 {
		return errors.Errorf("no mutant is of a file whose path contains %q", *only)
	}
	if *list {
		for _, m := range mutants {
			_, _ = fmt.Fprintf(out, "%s: %s\n    - %s\n    + %s\n    go test %s\n", m.File, m.Why, firstLine(m.From), firstLine(m.To), m.Test)
		}
		return nil
	}
	if *seed == 0 && *budget > 0 {
		*seed = uint64(time.Now().UnixNano())
	}
	if *seed != 0 {
		_, _ = fmt.Fprintf(out, "seed %d\n", *seed)
		mutants = shuffled(mutants, *seed)
	}
	began := time.Now()
	r := &runner{root: at, limit: *limit, budget: *budget, parallel: *parallel, out: out, now: time.Now, baselines: map[string]func() error{}}
	counts, err := r.run(ctx, mutants)
	summarize(out, counts, len(mutants), *seed, time.Since(began))
	if err != nil {
		return err
	}
	for o, n := range counts {
		if n > 0 && o.bad() {
			return errBad
		}
	}
	return nil
}

// summarize prints how many mutants ran, by outcome.
func summarize(out io.Writer, counts map[outcome]int, of int, seed uint64, took time.Duration) {
	ran := 0
	var parts []string
	for _, o := range outcomes {
		ran += counts[o]
		if counts[o] > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", counts[o], o))
		}
	}
	s := fmt.Sprintf("%d of %d mutants ran in %s: %s", ran, of, took.Round(time.Second), strings.Join(parts, ", "))
	if seed != 0 {
		s += fmt.Sprintf("; repeat the order with -seed %d", seed)
	}
	_, _ = fmt.Fprintln(out, s)
}
