package ec2

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestManyPages asks about ten ENIs, of which each is on a page of its own,
// every five seconds.
func TestManyPages(t *testing.T) {
	const pages = 10
	never := func(int) time.Duration { return 0 }
	cases := map[string]struct {
		reason string
		takes  time.Duration             // what a page takes
		more   func(n int) time.Duration // and the n-th, from 1, beyond that
		within time.Duration             // of which all have had an answer
		calls  int                       // until then, all at the whole
	}{
		"Quick": {reason: "One look is enough for all.", takes: 100 * time.Millisecond, more: never, within: time.Second, calls: pages},
		"Slow":  {reason: "A page may take five seconds, however many there are: none is thrown away.", takes: 5 * time.Second, more: never, within: 51 * time.Second, calls: pages},
		"LongerThanItIsGoodFor": {
			reason: "Where the first page is old when the last one comes, each is good from when it was asked for.",
			takes:  8 * time.Second, more: never, within: 81 * time.Second, calls: pages,
		},
		"OneHangs": {
			reason: "A page that does not come is given up, and those before it are kept.",
			takes:  time.Second, within: 46 * time.Second, calls: 4 + pages,
			more: func(n int) time.Duration {
				if n == 4 {
					return time.Hour
				}
				return 0
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, c := newFakeENIs(pages)
				l.page, l.takes, l.more = 1, tc.takes, tc.more
				began := time.Now()
				want := observedBy(observed{Description: "before"}, all(pages)...)
				answered := map[string]observed{}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				for len(answered) < len(want) && time.Since(began) < tc.within {
					var ask []string
					for _, id := range all(pages) {
						if _, ok := answered[id]; !ok {
							ask = append(ask, id)
						}
					}
					for id, s := range observeAll(ctx, c, ask...) {
						if s.Err == nil {
							answered[id] = s
						}
					}
				}
				if diff := cmp.Diff(want, answered, cmpopts.EquateErrors()); diff != "" {
					t.Errorf("\n%s\nafter %s: -want, +got:\n%s", tc.reason, time.Since(began), diff)
				}
				var looks []describeCall
				for range tc.calls {
					looks = append(looks, full)
				}
				if diff := cmp.Diff(looks, l.taken(), cmp.AllowUnexported(describeCall{})); diff != "" {
					t.Errorf("\n%s\ncalls: -want, +got:\n%s", tc.reason, diff)
				}
				time.Sleep(time.Hour) // looks outlive those who asked
			})
		})
	}
}

// TestRefreshKeepsPages asks about what the first page shows while the others are
// on their way.
func TestRefreshKeepsPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(10)
		l.page, l.takes = 1, 3*time.Second
		_ = observeAll(t.Context(), c, all(10)...)
		began := time.Now()
		if n, err := c.NetworkInterface(t.Context(), idOf(0)); err != nil || n == nil || time.Since(began) > 0 {
			t.Errorf("\nWhat is on a page that has come does not wait for the next one.\nNetworkInterface(...): %v, %v after %s", n, err, time.Since(began))
		}
		if err := modify(t.Context(), c, idOf(0), "after"); err != nil {
			t.Fatal(err)
		}
		if n, err := c.NetworkInterface(t.Context(), idOf(0)); err != nil || n == nil || *n.Description != "after" {
			t.Errorf("\nNo page answers from before our own last change.\nNetworkInterface(...): %v, %v", n, err)
		}
		time.Sleep(time.Minute) // looks outlive those who asked
	})
}
