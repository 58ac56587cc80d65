// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command bench measures the performance and resource usage of the provider and the
// agent, and compares them with targets: EC2 calls with EC2's documented token buckets, writes
// to the API server, memory, and the time to configure a new link.
//
// It starts etcd, a kube-apiserver with an audit log, the EC2 emulator with
// throttling, the provider as a separate process, and simulated agents.
// Nodes are API objects with instances in the emulator. For the agent's
// rows it runs the real agent in a network namespace, which requires root.
//
// It writes the table to standard output as Markdown, and progress to standard error. A
// row that misses its target sets the exit code to 1. All processes are stopped and all files
// removed at the end, also on Ctrl-C.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"syscall"

	"github.com/alecthomas/kingpin/v2"
	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func main() {
	// The kernel sends a child its parent-death signal when the thread that
	// started it exits. The main thread lasts as long as the program.
	runtime.LockOSThread()
	log.SetLogger(logr.Discard())

	o := &options{}
	app := kingpin.New(filepath.Base(os.Args[0]), "Measures the performance and resource usage of the provider and the agent, with EC2 emulated at its documented request rates.")
	o.register(app)
	kingpin.MustParse(app.Parse(os.Args[1:]))

	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	missed, err := run(ctx, *o)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(2)
	}
	if missed && o.fail {
		os.Exit(1)
	}
}

// run measures and prints the report. It reports whether a row missed its target.
func run(ctx context.Context, o options) (missed bool, err error) {
	if err := o.check(); err != nil {
		return false, err
	}
	s, err := newStage(o)
	if err != nil {
		return false, err
	}
	defer func() {
		// The interrupt that starts the cleanup must not cancel it.
		if cerr := s.close(context.WithoutCancel(ctx)); cerr != nil && err == nil {
			err = cerr
		}
	}()
	var table string
	var r *report
	if o.trace {
		table, err = traceRollout(ctx, s)
	} else {
		r, err = measure(ctx, s)
	}
	if ctx.Err() != nil {
		return false, errors.New("interrupted")
	}
	if err != nil {
		return false, errors.Join(err, s.logs())
	}
	if o.trace {
		fmt.Print(table)
		return false, nil
	}
	fmt.Print(r.markdown())
	if o.json != "" {
		if err := r.writeJSON(o.json); err != nil {
			return false, err
		}
	}
	return r.missed(), nil
}
