// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func TestTTLCache(t *testing.T) {
	errBoom := errors.New("boom")
	type step struct {
		// after is the time since the previous step.
		after time.Duration
		key   string
		// ttl and err are the results of fetch.
		ttl time.Duration
		err error
	}
	type want struct {
		Answers []int // the number of the fetch that served each step
		Asked   int
	}
	cases := map[string]struct {
		reason string
		args   []step
		want   want
	}{
		"Remembered": {
			reason: "A value is cached for the default TTL.",
			args:   []step{{key: "a"}, {key: "a", after: 59 * time.Second}},
			want:   want{Answers: []int{1, 1}, Asked: 1},
		},
		"Expired": {
			reason: "An expired value is fetched again.",
			args:   []step{{key: "a"}, {key: "a", after: 61 * time.Second}},
			want:   want{Answers: []int{1, 2}, Asked: 2},
		},
		"OwnTime": {
			reason: "A value can have its own TTL, for example if a resource does not exist.",
			args:   []step{{key: "a", ttl: time.Second}, {key: "a", after: 2 * time.Second}},
			want:   want{Answers: []int{1, 2}, Asked: 2},
		},
		"OtherQuestion": {
			reason: "Keys are independent.",
			args:   []step{{key: "a"}, {key: "b"}, {key: "a"}},
			want:   want{Answers: []int{1, 2, 1}, Asked: 2},
		},
		"Error": {
			reason: "An error is not cached.",
			args:   []step{{key: "a", err: errBoom}, {key: "a"}},
			want:   want{Answers: []int{0, 2}, Asked: 2},
		},
		"Swept": {
			reason: "Expired values are removed and fetched again.",
			args:   []step{{key: "a"}, {key: "b", after: 2 * time.Minute}, {key: "a"}},
			want:   want{Answers: []int{1, 2, 3}, Asked: 3},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newTTLCache[int](time.Minute)
				got := want{}
				for _, s := range tc.args {
					time.Sleep(s.after)
					v, err := m.get(t.Context(), s.key, func(context.Context) (int, time.Duration, error) {
						got.Asked++
						if s.err != nil {
							return 0, 0, s.err
						}
						return got.Asked, s.ttl, nil
					})
					if diff := cmp.Diff(s.err, err, cmpopts.EquateErrors()); diff != "" {
						t.Errorf("\n%s\nget(...): -want error, +got error:\n%s", tc.reason, diff)
					}
					got.Answers = append(got.Answers, v)
				}
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\nget(...): -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}

func TestTTLCacheDeduplicates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTTLCache[string](time.Minute)
		var asked atomic.Int32
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				got, err := m.get(t.Context(), "a", func(context.Context) (string, time.Duration, error) {
					asked.Add(1)
					time.Sleep(time.Second) // of the bubble's clock
					return "answer", 0, nil
				})
				if err != nil || got != "answer" {
					t.Errorf("\nAll concurrent callers get the value.\nget(...): %q, %v", got, err)
				}
			})
		}
		wg.Wait()
		if diff := cmp.Diff(int32(1), asked.Load()); diff != "" {
			t.Errorf("\nConcurrent callers share one fetch.\nget(...): fetches: -want, +got:\n%s", diff)
		}
	})
}

// TestTTLCacheClearedDuringFetch clears the cache while a value is fetched.
func TestTTLCacheClearedDuringFetch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTTLCache[string](time.Minute)
		get := func(v string, takes time.Duration) string {
			got, err := m.get(t.Context(), "a", func(context.Context) (string, time.Duration, error) {
				time.Sleep(takes)
				return v, 0, nil
			})
			if err != nil {
				t.Error(err)
			}
			return got
		}
		var wg sync.WaitGroup
		wg.Go(func() { get("before", 2*time.Second) })
		time.Sleep(time.Millisecond)
		m.clear()
		for _, reason := range []string{"A caller after the clear does not share a fetch from before it.", "The result of a fetch from before the clear is not cached."} {
			if diff := cmp.Diff("after", get("after", time.Second)); diff != "" {
				t.Errorf("\n%s\nget(...): -want, +got:\n%s", reason, diff)
			}
			wg.Wait()
		}
	})
}

func TestTTLCacheOutlivesFirstCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newTTLCache[string](time.Minute)
		ask := func(ctx context.Context) (string, time.Duration, error) {
			select {
			case <-ctx.Done():
				return "", 0, ctx.Err()
			case <-time.After(time.Minute):
				return "answer", 0, nil
			}
		}
		first, giveUp := context.WithTimeout(t.Context(), time.Second)
		defer giveUp()

		var wg sync.WaitGroup
		wg.Go(func() {
			if _, err := m.get(first, "a", ask); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("\nA cancelled caller gets its context's error.\nget(...): error %v", err)
			}
		})
		synctest.Wait()
		wg.Go(func() {
			if got, err := m.get(t.Context(), "a", ask); err != nil || got != "answer" {
				t.Errorf("\nThe cancellation of one caller does not affect another.\nget(...): %q, %v", got, err)
			}
		})
		wg.Wait()
	})
}
