package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	lookEvery = 200 * time.Millisecond
	sayEvery  = 10 * time.Second
)

// A narrator says on standard error what is being waited for, so that standard
// output holds the table and nothing else.
type narrator struct{ started time.Time }

func (n narrator) sayf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%7.1f s  %s\n", time.Since(n.started).Seconds(), fmt.Sprintf(format, args...))
}

// wait looks again and again until done, and says from time to time how far it
// is. What is waited for ends a sentence that begins with "waiting for".
func (n narrator) wait(ctx context.Context, what string, within time.Duration, look func() (done bool, far string, err error)) error {
	begun := time.Now()
	said := begun
	n.sayf("waiting for %s, at most %s", what, within.Round(time.Second))
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		done, far, err := look()
		if err != nil || done {
			return err
		}
		if time.Since(begun) > within {
			return errors.Errorf("gave up waiting for %s after %s: %s", what, within.Round(time.Second), far)
		}
		if time.Since(said) >= sayEvery {
			n.sayf("  … %s", far)
			said = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}
