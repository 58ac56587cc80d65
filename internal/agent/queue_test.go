// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	stdcmp "cmp"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

// added is a request of a queue, and the time it was received.
type added struct {
	Name  string
	After time.Duration
}

func TestQueue(t *testing.T) {
	limiter := workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request]
	cases := map[string]struct {
		reason string
		do     func(q queue)
		want   []added
	}{
		"Now": {reason: "An added request is available at once, and only once.", do: func(q queue) {
			q.Add(request("a"))
			q.AddAfter(request("a"), 0)
		}, want: []added{{"a", 0}}},
		"Later": {reason: "A delayed request is available after its delay.", do: func(q queue) { q.AddAfter(request("a"), time.Minute) }, want: []added{{"a", time.Minute}}},
		"Sooner": {
			reason: "The earliest of several delays applies, in any order.",
			do: func(q queue) {
				q.AddAfter(request("a"), time.Hour)
				q.AddAfter(request("a"), time.Minute)
				q.AddAfter(request("a"), 2*time.Minute)
				q.AddAfter(request("b"), 30*time.Second)
			},
			want: []added{{"b", 30 * time.Second}, {"a", time.Minute}},
		},
		"Both": {
			reason: "A delayed request that is also added at once is available twice.",
			do: func(q queue) {
				q.AddAfter(request("a"), time.Minute)
				q.Add(request("a"))
			},
			want: []added{{"a", 0}, {"a", time.Minute}},
		},
		"Failed": {
			reason: "The backoff of a failed request grows until it is forgotten.",
			do: func(q queue) {
				for range 3 {
					q.AddRateLimited(request("a"))
				}
				if n := q.NumRequeues(request("a")); n != 3 {
					t.Errorf("NumRequeues returns the number of failures: %d", n)
				}
				q.AddRateLimited(request("b"))
				q.Forget(request("b"))
				q.AddRateLimited(request("c"))
			},
			want: []added{{"a", time.Second}, {"b", time.Second}, {"c", time.Second}},
		},
		"Ended": {
			reason: "After the shutdown no request is available.",
			do: func(q queue) {
				q.AddAfter(request("a"), time.Minute)
				q.ShutDown()
				q.AddAfter(request("a"), time.Second)
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				q := newQueue(limiter(time.Second, time.Hour))
				var got []added
				began := time.Now()
				tc.do(q) // all of it before the first Get
				go func() {
					for {
						r, down := q.Get()
						if down {
							return
						}
						got = append(got, added{r.Name, time.Since(began)})
						q.Done(r)
					}
				}()
				time.Sleep(2 * time.Hour)
				q.ShutDownWithDrain()
				synctest.Wait()
				slices.SortFunc(got, func(a, b added) int {
					return stdcmp.Or(stdcmp.Compare(a.After, b.After), stdcmp.Compare(a.Name, b.Name))
				})
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}
