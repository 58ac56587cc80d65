package ec2

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// waits returns how many waits of an action the metrics show, and how long they
// were together.
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

// TestThrottleWaitMetric has both tokens taken that there are, and asks for a third,
// which comes after ten seconds.
func TestThrottleWaitMetric(t *testing.T) {
	// visits is one who comes back each time when he was told to.
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
			reason: "A call that serves many waits where it is.",
			call:   func(ctx context.Context, a account) error { return a.create(ctx) },
		},
		"Visits": {
			reason: "An object that is told to come back has waited since it first asked.",
			call: func(ctx context.Context, a account) error {
				return visits(a.create)(ctx)
			},
		},
		"PaidInAdvance": {
			reason: "What is paid for in advance was waited for too, and counts once.",
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

// TestRateLimited has a hundred calls made for many at once, of which each waits
// for at most 20 seconds.
func TestRateLimited(t *testing.T) {
	// At this share the bucket holds two tokens, and gets one each two and a half
	// seconds.
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
			t.Errorf("\nOne who comes later does not wait for those who were turned away.\ntold to wait %s", wait)
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
			t.Errorf("\nThose whose turn comes within their patience have it.\n%d calls were made, %d turned away", made, away)
		}
		if l := a.level(t, "DescribeSubnets"); l.Waiting > 1 {
			t.Errorf("\nNobody keeps a place to which he does not come back.\n%d wait", l.Waiting)
		}
	})
}
