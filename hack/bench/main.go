// Command bench measures what the provider and the agent cost, against what
// they may cost at most: EC2 calls against EC2's published token buckets, writes
// to the API server, memory, and the time from a link to a configured one.
//
// It starts etcd, a kube-apiserver with an audit log, the EC2 emulator with
// EC2's throttle, the provider as a process of its own, and agents that only
// answer. Nodes are API objects with instances in the emulator. For the agent's
// rows it runs the real agent in a network namespace, which needs root.
//
// The table goes to standard output as Markdown, progress to standard error. A
// row that misses its target makes the exit code 1. Everything is stopped and
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
	// started it ends. This one lasts as long as the program.
	runtime.LockOSThread()
	log.SetLogger(logr.Discard())

	o := &options{}
	app := kingpin.New(filepath.Base(os.Args[0]), "Measures what the provider and the agent cost, with EC2 emulated at its real request rates.")
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

// run measures and prints. It says whether a row missed its target.
func run(ctx context.Context, o options) (missed bool, err error) {
	if err := o.check(); err != nil {
		return false, err
	}
	s, err := newStage(o)
	if err != nil {
		return false, err
	}
	defer func() {
		// Cleaning up must not be cut short by the interrupt that asks for it.
		if cerr := s.close(context.WithoutCancel(ctx)); cerr != nil && err == nil {
			err = cerr
		}
	}()
	r, err := measure(ctx, s)
	if ctx.Err() != nil {
		return false, errors.New("interrupted")
	}
	if err != nil {
		return false, errors.Join(err, s.logs())
	}
	fmt.Print(r.markdown())
	if o.json != "" {
		if err := r.writeJSON(o.json); err != nil {
			return false, err
		}
	}
	return r.missed(), nil
}
