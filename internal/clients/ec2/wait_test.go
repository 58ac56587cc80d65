// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// waits returns the count and the sum of the wait metric of an action.
func (a account) waits(t *testing.T, action string) (n uint64, sum time.Duration) {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(a.metrics)
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		if f.GetName() != "provider_aws_eni_ec2_throttle_wait_seconds" {
			continue
		}
		for _, m := range f.GetMetric() {
			if m.GetLabel()[0].GetValue() == action {
				h := m.GetHistogram()
				return h.GetSampleCount(), time.Duration(h.GetSampleSum() * float64(time.Second)).Round(100 * time.Millisecond)
			}
		}
	}
	return 0, 0
}

// TestThrottleWaitMetric takes both available tokens and a third, which is available after
// ten seconds.
func TestThrottleWaitMetric(t *testing.T) {
	// visits retries at each returned time.
	visits := func(look func(ctx context.Context) error) func(ctx context.Context) error {
		return func(ctx context.Context) error {
			for {
				ctx, turn := throttle.WithReservation(ctx, "me")
				err := look(ctx)
				if wait := turn.End(); !awserr.IsRateLimited(err) {
					return err
				} else if err := sleep(ctx, wait); err != nil {
					return err
				}
			}
		}
	}
	cases := map[string]struct {
		reason string
		call   func(ctx context.Context, a account) error
	}{
		"OneCall": {
			reason: "A shared call waits in place.",
			call:   func(ctx context.Context, a account) error { return a.create(ctx) },
		},
		"Visits": {
			reason: "The wait of a requeued object counts from its first attempt.",
			call: func(ctx context.Context, a account) error {
				return visits(a.create)(ctx)
			},
		},
		"PaidInAdvance": {
			reason: "The wait for a reserved token counts once.",
			call: func(ctx context.Context, a account) error {
				return visits(func(ctx context.Context) error {
					if err := a.Reserve(ctx, ActionCreate); err != nil {
						return err
					}
					return a.create(ctx)
				})(ctx)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			within(t, 0.02, func(t *testing.T, a account) {
				for range 2 {
					if err := a.create(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				if err := tc.call(t.Context(), a); err != nil {
					t.Fatal(err)
				}
				if n, sum := a.waits(t, ActionCreate); n != 3 || sum != 10*time.Second {
					t.Errorf("\n%s\nthree calls of which one waited ten seconds are shown as %d waits of %s", tc.reason, n, sum)
				}
			})
		})
	}
}

// TestRateLimited makes a hundred concurrent shared calls, each of which waits for at most
// 20 seconds.
func TestRateLimited(t *testing.T) {
	// At this share the bucket holds two tokens and is refilled with one every 2.5 s.
	within(t, 0.02, func(t *testing.T, a account) {
		errs := make(chan error)
		for range 100 {
			go func() { errs <- a.look(t.Context()) }()
		}
		time.Sleep(time.Millisecond)
		ctx, turn := throttle.WithReservation(t.Context(), "me")
		if err := a.look(ctx); !awserr.IsRateLimited(err) {
			t.Errorf("unexpected error: %v", err)
		}
		if wait := turn.End(); wait > maxSharedTokenWait+5*time.Second {
			t.Errorf("\nA later call does not wait for calls that timed out.\ndelayed by %s", wait)
		}
		made, away := 0, 0
		for range 100 {
			switch err := <-errs; {
			case err == nil:
				made++
			case awserr.IsRateLimited(err):
				away++
			default:
				t.Errorf("unexpected error: %v", err)
			}
		}
		if made < 8 || made+away != 100 {
			t.Errorf("\nCalls whose token is available within the maximum wait are sent.\n%d calls were sent, %d timed out", made, away)
		}
		if l := a.level(t, "DescribeSubnets"); l.Waiting > 1 {
			t.Errorf("\nCalls that timed out leave the queue.\n%d wait", l.Waiting)
		}
	})
}
