// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

func TestWaitsEndWithContext(t *testing.T) {
	t.Parallel()
	_, c := serve(t, enitest.Options{})
	free, used := create(t, c), create(t, c)
	attach(t, c, used.ID)
	cases := map[string]struct {
		reason string
		wait   func(ctx context.Context) error
		want   string
	}{
		"Available": {reason: "An attached network interface is not available.", wait: func(ctx context.Context) error { _, err := c.WaitAvailable(ctx, used.ID); return err }, want: "is not available: it is in-use, attached"},
		"Attached":  {reason: "Nothing attaches the network interface.", wait: func(ctx context.Context) error { _, err := c.WaitAttached(ctx, free.ID); return err }, want: "is not attached: it is available"},
		"Detached":  {reason: "Nothing detaches the network interface.", wait: func(ctx context.Context) error { return c.WaitDetached(ctx, used.ID) }, want: "is not detached: it is in-use, attached"},
		"Deleted":   {reason: "Nothing deletes the network interface.", wait: func(ctx context.Context) error { return c.WaitDeleted(ctx, free.ID) }, want: "is not deleted: it is available"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 600*time.Millisecond)
			defer cancel()
			began := time.Now()
			err := tc.wait(ctx)
			if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), tc.want) || eni.IsTransient(err) || time.Since(began) > 5*time.Second {
				t.Errorf("\n%s\nWait%s(...): got %v after %s", tc.reason, name, err, time.Since(began))
			}
			ctx, cancel = context.WithCancel(t.Context())
			cancel()
			if err := tc.wait(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("\n%s\nWait%s(...) with a canceled context: %v", tc.reason, name, err)
			}
		})
	}
}

func TestWaitForMissing(t *testing.T) {
	t.Parallel()
	_, c := serve(t, enitest.Options{})
	const id = "eni-0123456789abcdef0"
	if _, err := c.WaitAttached(t.Context(), id); !eni.IsNotFound(err) {
		t.Errorf("WaitAttached(...): %v", err)
	}
	if err := c.WaitDetached(t.Context(), id); !eni.IsNotFound(err) {
		t.Errorf("WaitDetached(...): %v", err)
	}
	if err := c.WaitDeleted(t.Context(), id); err != nil {
		t.Errorf("WaitDeleted(...): %v", err)
	}
}

// TestWaitContinues waits while EC2 fails, and while it denies access.
func TestWaitContinues(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{})
	n := create(t, c)
	s.Inject(enitest.Fault{Action: "DescribeNetworkInterfaces", Times: 2, Code: "RequestLimitExceeded"})
	if _, err := c.WaitAvailable(t.Context(), n.ID); err != nil {
		t.Errorf("A wait continues after throttling. WaitAvailable(...): %v", err)
	}
	s.Inject(enitest.Fault{Action: "DescribeNetworkInterfaces", Code: "UnauthorizedOperation"})
	if _, err := c.WaitAvailable(t.Context(), n.ID); !eni.IsUnauthorized(err) {
		t.Errorf("A wait ends after an error that does not pass. WaitAvailable(...): %v", err)
	}
}

// TestGetsShareCalls describes many network interfaces at once.
func TestGetsShareCalls(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{})
	const interfaces, gets = 20, 200
	var ids []string
	for range interfaces {
		n, err := c.Create(t.Context(), &eni.CreateInput{SubnetID: enitest.SubnetID})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, n.ID)
	}
	before := s.Calls("DescribeNetworkInterfaces")
	var all sync.WaitGroup
	for i := range gets {
		all.Go(func() {
			if n, err := c.Get(t.Context(), ids[i%interfaces]); err != nil || n.ID != ids[i%interfaces] {
				t.Errorf("Get(...): %v, %v", n, err)
			}
		})
	}
	all.Wait()
	if got := s.Calls("DescribeNetworkInterfaces") - before; got > 5 {
		t.Errorf("%d concurrent Gets made %d calls", gets, got)
	}
}
