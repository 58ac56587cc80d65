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

// added is a request that comes out of a queue, and when.
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
		"Now": {reason: "What is added is there at once, and once.", do: func(q queue) {
			q.Add(request("a"))
			q.AddAfter(request("a"), 0)
		}, want: []added{{"a", 0}}},
		"Later": {reason: "What is to come later comes then.", do: func(q queue) { q.AddAfter(request("a"), time.Minute) }, want: []added{{"a", time.Minute}}},
		"Sooner": {
			reason: "Of several times the first counts, whichever was said first.",
			do: func(q queue) {
				q.AddAfter(request("a"), time.Hour)
				q.AddAfter(request("a"), time.Minute)
				q.AddAfter(request("a"), 2*time.Minute)
				q.AddAfter(request("b"), 30*time.Second)
			},
			want: []added{{"b", 30 * time.Second}, {"a", time.Minute}},
		},
		"Both": {
			reason: "What is added at once comes again at its time.",
			do: func(q queue) {
				q.AddAfter(request("a"), time.Minute)
				q.Add(request("a"))
			},
			want: []added{{"a", 0}, {"a", time.Minute}},
		},
		"Failed": {
			reason: "What has failed waits longer each time, until it is forgotten.",
			do: func(q queue) {
				for range 3 {
					q.AddRateLimited(request("a"))
				}
				if n := q.NumRequeues(request("a")); n != 3 {
					t.Errorf("It has failed three times: %d", n)
				}
				q.AddRateLimited(request("b"))
				q.Forget(request("b"))
				q.AddRateLimited(request("c"))
			},
			want: []added{{"a", time.Second}, {"b", time.Second}, {"c", time.Second}},
		},
		"Ended": {
			reason: "Nothing comes after the end.",
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
