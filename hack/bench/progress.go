// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	pollInterval     = 200 * time.Millisecond
	progressInterval = 10 * time.Second
)

// A progress logs to standard error, so that standard output contains only the table.
type progress struct{ started time.Time }

func (n progress) logf(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "%7.1f s  %s\n", time.Since(n.started).Seconds(), fmt.Sprintf(format, args...))
}

// wait polls until done, and logs the progress periodically. what
// completes the sentence "waiting for".
func (n progress) wait(ctx context.Context, what string, within time.Duration, look func() (done bool, far string, err error)) error {
	begun := time.Now()
	said := begun
	n.logf("waiting for %s, at most %s", what, within.Round(time.Second))
	t := time.NewTicker(pollInterval)
	defer t.Stop()
	for {
		done, far, err := look()
		if err != nil || done {
			return err
		}
		if time.Since(begun) > within {
			return errors.Errorf("timed out waiting for %s after %s: %s", what, within.Round(time.Second), far)
		}
		if time.Since(said) >= progressInterval {
			n.logf("  … %s", far)
			said = time.Now()
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.C:
		}
	}
}
