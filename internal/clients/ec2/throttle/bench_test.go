// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"fmt"
	"testing"
	"time"
)

// BenchmarkTake measures a retry of the last of many waiters.
func BenchmarkTake(b *testing.B) {
	for _, n := range []int{10, 1000, 10_000} {
		b.Run(fmt.Sprintf("waiting=%d", n), func(b *testing.B) {
			now := time.Unix(0, 0)
			full := newBucket(Rate{Burst: 1, PerSecond: 5}, 5, now)
			for i := range n {
				full.take(Request{Owner: fmt.Sprint(i), Priority: PriorityAttach}, now, noHold)
			}
			b.ReportAllocs()
			for b.Loop() {
				if wait, _ := full.take(Request{Owner: fmt.Sprint(n - 1), Priority: PriorityAttach}, now, noHold); wait == 0 {
					b.Fatal("the last waiter got a token")
				}
			}
		})
	}
}

// BenchmarkStorm measures many callers that start together and retry at the returned time
// until each has a token.
func BenchmarkStorm(b *testing.B) {
	for _, n := range []int{1000, 10_000} {
		b.Run(fmt.Sprintf("callers=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				now := time.Unix(0, 0)
				full := newBucket(Rate{Burst: 50, PerSecond: 5}, 5, now)
				at := make([]time.Time, n)
				owners := make([]string, n)
				for i := range n {
					owners[i] = fmt.Sprint(i)
					if wait, _ := full.take(Request{Owner: owners[i], Priority: PriorityAttach}, now, noHold); wait > 0 {
						at[i] = now.Add(wait)
					}
				}
				for i, t := range at {
					for !t.IsZero() {
						wait, _ := full.take(Request{Owner: owners[i], Priority: PriorityAttach}, t, noHold)
						if wait == 0 {
							break
						}
						t = t.Add(wait)
					}
				}
			}
		})
	}
}
