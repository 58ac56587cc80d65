// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

var key = Key{Account: "1", Region: "r", Action: "AttachNetworkInterface"} // 50, then 5 a second

// TestLimiterIsWorkConserving has many callers retry at the returned time, or late, and
// measures how long all of them take.
func TestLimiterIsWorkConserving(t *testing.T) {
	cases := map[string]struct {
		reason string
		late   time.Duration
		// within is the time that the last of the callers may take.
		within time.Duration
	}{
		"OnTime": {reason: "525 calls at half of 50 and 5/s take (525-25)/2.5 s, no more.", within: 200*time.Second + 50*time.Millisecond},
		"Late":   {reason: "A late retry wastes no token: tokens are kept for waiters.", late: 3 * time.Second, within: 204 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := NewLimiter(0.5)
				began := time.Now()
				var mu sync.Mutex
				var took time.Duration
				var wg sync.WaitGroup
				for i := range 525 {
					wg.Go(func() {
						for {
							wait := l.Take(key, Request{Owner: fmt.Sprint(i), Priority: PriorityAttach})
							if wait == 0 {
								break
							}
							time.Sleep(wait + tc.late*time.Duration(i%3)/2)
						}
						mu.Lock()
						defer mu.Unlock()
						took = max(took, time.Since(began))
					})
				}
				wg.Wait()
				if took > tc.within || took < 199*time.Second {
					t.Errorf("\n%s\ngot %s", tc.reason, took)
				}
			})
		})
	}
}

func TestLimiterOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(0.02) // one at once, then one in ten seconds
		take := func(owner string, p Priority) int {
			return int((l.Take(key, Request{Owner: owner, Priority: p}) + time.Second/2) / time.Second)
		}
		got := []int{
			take("first", PriorityCreate),
			take("second", PriorityCreate),
			take("third", PriorityCreate),
			take("urgent", PriorityRelease),
			take("second", PriorityCreate),
			take("garbage", PriorityGarbage),
		}
		if diff := cmp.Diff([]int{0, 10, 20, 10, 20, 40}, got); diff != "" {
			t.Errorf("\nA waiter queues behind higher priorities and earlier waiters, and keeps its position.\nTake(...): seconds: -want, +got:\n%s", diff)
		}
		time.Sleep(10 * time.Second)
		if got := take("third", PriorityCreate); got == 0 {
			t.Error("\nA token is kept for the waiters ahead, even between their retries.")
		}
		if got := take("urgent", PriorityRelease); got != 0 {
			t.Errorf("\nA retry at the returned time gets its token: delayed by another %d s", got)
		}
		time.Sleep(2 * time.Minute)
		if got := take("new", PriorityGarbage); got != 0 {
			t.Errorf("\nWaiters that never retry expire: delayed by %d s", got)
		}
	})
}

func TestLimiterAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1)
		rate := func() float64 { return l.States()[0].PerSecond }
		l.Take(key, Request{Owner: "a", Priority: PriorityAttach})
		var got []float64
		got = append(got, rate())
		sent := time.Now()
		time.Sleep(time.Second)
		l.Throttled(key, sent)
		l.Throttled(key, sent) // one burst counts once
		got = append(got, rate())
		time.Sleep(time.Second)
		l.Throttled(key, time.Now())
		got = append(got, rate())
		for range 20 {
			time.Sleep(time.Second)
			l.Throttled(key, time.Now())
		}
		got = append(got, rate())
		time.Sleep(time.Minute)
		got = append(got, rate())
		time.Sleep(time.Minute)
		got = append(got, rate())
		for i := range got {
			got[i] = float64(int(got[i]*1000+.5)) / 1000
		}
		if diff := cmp.Diff([]float64{5, 3.75, 1.349, 0.25, 0.857, 5}, got); diff != "" {
			t.Errorf("\nThe rate decreases by factors, not below a twentieth, and increases to the full rate.\n-want, +got:\n%s", diff)
		}
	})
}

func TestReservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(0.02)
		ctx, r := WithReservation(t.Context(), "a")
		if err := FromContext(ctx).Reserve(l, key, PriorityAttach); err != nil {
			t.Fatal(err)
		}
		if err := r.Reserve(l, key, PriorityAttach); err != nil {
			t.Errorf("\nA reserved token is not reserved twice: %v", err)
		}
		if r.Consume(Key{Action: "Other"}) {
			t.Error("\nA token for one action is not used for another.")
		}
		if wait := r.End(); wait != 0 {
			t.Errorf("\nA reservation that was not delayed has no delay: %s", wait)
		}
		if wait := l.Take(key, Request{Owner: "b", Priority: PriorityAttach}); wait != 0 {
			t.Errorf("\nAn unused token is returned to the bucket: delayed by %s", wait)
		}
		_, r = WithReservation(t.Context(), "c")
		if err := r.Reserve(l, key, PriorityAttach); err == nil || err.Error() != "AttachNetworkInterface is throttled by the provider: its share of EC2's request rate (--ec2-share) is used up" {
			t.Errorf("\nThe error has the same text at each retry: %v", err)
		}
		if wait := r.End(); wait.Round(time.Second) != 10*time.Second {
			t.Errorf("\nA reservation returns its delay: %s", wait)
		}
	})
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker("eu-west-1", 5*time.Second, 5*time.Second)
		fail := func(n int, apart time.Duration) {
			for range n {
				time.Sleep(apart)
				b.RecordFailure("A")
			}
		}
		fail(20, 0)
		if err := b.Allow(false); err != nil {
			t.Errorf("\nMany failures within a moment do not open the breaker: %v", err)
		}
		b.RecordAnswer("A", func() { t.Error("\nended is not called without an outage.") })
		fail(5, 10*time.Second)
		if err := b.Allow(false); err != nil {
			t.Errorf("\nA few failures over a long time do not open the breaker: %v", err)
		}
		fail(1, time.Second)
		err := b.Allow(false)
		if err == nil {
			t.Fatal("\nMany consecutive failures over some time open the breaker.")
		}
		time.Sleep(time.Second)
		if again := b.Allow(true); again == nil || again.Error() != err.Error() {
			t.Errorf("\nThe error has the same text during an outage.\ngot %v, then %v", err, again)
		}
		time.Sleep(5 * time.Second)
		if b.Allow(false) == nil {
			t.Error("\nA mutating call is not a probe.")
		}
		if err := b.Allow(true); err != nil {
			t.Errorf("\nA read-only call is a probe: %v", err)
		}
		if b.Allow(true) == nil {
			t.Error("\nOnly one probe is permitted at a time.")
		}
		b.RecordFailure("A")
		if b.Allow(true) == nil {
			t.Error("\nA failed probe leaves the breaker open.")
		}
		ended := 0
		b.RecordAnswer("A", func() { ended++ })
		b.RecordAnswer("A", func() { ended++ })
		if ended != 1 || b.Allow(false) != nil {
			t.Errorf("\nOne answer ends the outage once: it ended %d times.", ended)
		}
	})
}

// TestBreakerOfOneAction has one action fail while others are answered.
func TestBreakerOfOneAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker("eu-west-1", 5*time.Second, 5*time.Second)
		fail := func(action string) bool {
			for range 10 {
				time.Sleep(time.Second)
				b.RecordFailure(action)
			}
			return b.Allow(false) != nil
		}
		outages := 0
		for range 10 {
			if fail("DescribeInstances") {
				outages++
			}
			b.RecordAnswer("DescribeSubnets", func() {})
		}
		if outages != 1 {
			t.Errorf("\nAn action that fails alone opens the breaker once, until another action is answered: %d times", outages)
		}
		if !fail("DescribeSubnets") {
			t.Error("\nFailures of another action open the breaker.")
		}
		b.RecordAnswer("DescribeInstances", func() {})
		b.RecordAnswer("DescribeSubnets", func() {})
		if !fail("DescribeInstances") {
			t.Error("\nAn action that was answered can open the breaker again.")
		}
	})
}
