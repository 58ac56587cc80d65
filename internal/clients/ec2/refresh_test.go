// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// TestManyPages gets ten ENIs, each on a page of its own, every five seconds.
func TestManyPages(t *testing.T) {
	const pages = 10
	never := func(int) time.Duration { return 0 }
	cases := map[string]struct {
		reason string
		takes  time.Duration             // duration of a page
		more   func(n int) time.Duration // additional duration of the n-th page, from 1
		within time.Duration             // until every get has succeeded
		calls  int                       // calls until then, all of listings
	}{
		"Quick": {reason: "One listing serves all.", takes: 100 * time.Millisecond, more: never, within: time.Second, calls: pages},
		"Slow":  {reason: "A page may take five seconds, regardless of the number of pages.", takes: 5 * time.Second, more: never, within: 51 * time.Second, calls: pages},
		"LongerThanItIsGoodFor": {
			reason: "The age of each page counts from its own request.",
			takes:  8 * time.Second, more: never, within: 81 * time.Second, calls: pages,
		},
		"OneHangs": {
			reason: "A page that times out does not discard the earlier pages.",
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
				var calls []describeCall
				for range tc.calls {
					calls = append(calls, full)
				}
				if diff := cmp.Diff(calls, l.taken(), cmp.AllowUnexported(describeCall{})); diff != "" {
					t.Errorf("\n%s\ncalls: -want, +got:\n%s", tc.reason, diff)
				}
				time.Sleep(time.Hour) // calls outlive their callers
			})
		})
	}
}

// TestRefreshKeepsPages gets an ENI of the first page during the listing.
func TestRefreshKeepsPages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(10)
		l.page, l.takes = 1, 3*time.Second
		_ = observeAll(t.Context(), c, all(10)...)
		began := time.Now()
		if n, err := c.NetworkInterface(t.Context(), idOf(0)); err != nil || n == nil || time.Since(began) > 0 {
			t.Errorf("\nAn ENI of a received page does not wait for the next page.\nNetworkInterface(...): %v, %v after %s", n, err, time.Since(began))
		}
		if err := modify(t.Context(), c, idOf(0), "after"); err != nil {
			t.Fatal(err)
		}
		if n, err := c.NetworkInterface(t.Context(), idOf(0)); err != nil || n == nil || *n.Description != "after" {
			t.Errorf("\nNo page from before the last change is served.\nNetworkInterface(...): %v, %v", n, err)
		}
		time.Sleep(time.Minute) // calls outlive their callers
	})
}

// TestRefreshForStored gets an ENI that the end of a long listing stores after the lookup.
func TestRefreshForStored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, c := newFakeENIs(10)
		l.page, l.takes = 1, 8*time.Second // in all longer than the maximum age
		_ = c.enis.refresh(t.Context())    // times out
		time.Sleep(81*time.Second - batchMaxWait)
		_ = l.taken()
		if err := c.enis.refreshFor(t.Context(), idOf(9)); err != nil {
			t.Error(err)
		}
		if calls := l.taken(); len(calls) > 0 {
			t.Errorf("\nAn ENI that is stored by now needs no listing.\ncalls: %v, want none", calls)
		}
		time.Sleep(time.Minute) // calls outlive their callers
	})
}
