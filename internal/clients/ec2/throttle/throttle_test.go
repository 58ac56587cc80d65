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

// TestLimiterIsWorkConserving lets many callers come back just when they are
// told to, or late, and counts how many got their turn in which time.
func TestLimiterIsWorkConserving(t *testing.T) {
	cases := map[string]struct {
		reason string
		late   time.Duration
		// within is the time that the last of the callers may take.
		within time.Duration
	}{
		"OnTime": {reason: "525 calls at half of 50 and 5/s take (525-25)/2.5 s, no more.", within: 200*time.Second + 50*time.Millisecond},
		"Late":   {reason: "Those who come late cost nothing: their tokens are kept for them.", late: 3 * time.Second, within: 204 * time.Second},
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
							wait := l.Take(key, fmt.Sprint(i), PriorityAttach)
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
		take := func(who string, p Priority) int {
			return int((l.Take(key, who, p) + time.Second/2) / time.Second)
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
			t.Errorf("\nOne waits behind the more urgent and those who came before, and keeps his place.\nTake(...): seconds: -want, +got:\n%s", diff)
		}
		time.Sleep(10 * time.Second)
		if got := take("third", PriorityCreate); got == 0 {
			t.Error("\nA token is kept for those who are before, even while they are not here.")
		}
		if got := take("urgent", PriorityRelease); got != 0 {
			t.Errorf("\nOne who comes back when he was told to has his turn: told to wait %d s more", got)
		}
		time.Sleep(2 * time.Minute)
		if got := take("new", PriorityGarbage); got != 0 {
			t.Errorf("\nThe places of those who never come back are given up: told to wait %d s", got)
		}
	})
}

func TestLimiterAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(1)
		rate := func() float64 { return l.States()[0].PerSecond }
		l.Take(key, "a", PriorityAttach)
		var got []float64
		got = append(got, rate())
		l.Throttled(key)
		l.Throttled(key) // one burst counts once
		got = append(got, rate())
		time.Sleep(time.Second)
		l.Throttled(key)
		got = append(got, rate())
		for range 20 {
			time.Sleep(time.Second)
			l.Throttled(key)
		}
		got = append(got, rate())
		time.Sleep(20 * time.Second)
		got = append(got, rate())
		time.Sleep(time.Minute)
		got = append(got, rate())
		for i := range got {
			got[i] = float64(int(got[i]*1000+.5)) / 1000
		}
		if diff := cmp.Diff([]float64{5, 3, 1.8, 0.25, 2.75, 5}, got); diff != "" {
			t.Errorf("\nThe rate falls by factors, not below a twentieth, and rises by steps to the whole.\n-want, +got:\n%s", diff)
		}
	})
}

func TestReservation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := NewLimiter(0.02)
		ctx, turn := WithReservation(t.Context(), "a")
		if err := FromContext(ctx).Reserve(l, key, PriorityAttach); err != nil {
			t.Fatal(err)
		}
		if err := turn.Reserve(l, key, PriorityAttach); err != nil {
			t.Errorf("\nWhat is paid for need not be paid twice: %v", err)
		}
		if turn.Consume(Key{Action: "Other"}) {
			t.Error("\nWhat was paid for one action does not count for another.")
		}
		if wait := turn.End(); wait != 0 {
			t.Errorf("\nA turn that was not told to wait has no wait: %s", wait)
		}
		if wait := l.Take(key, "b", PriorityAttach); wait != 0 {
			t.Errorf("\nWhat was paid and not used is given back: told to wait %s", wait)
		}
		_, turn = WithReservation(t.Context(), "c")
		if err := turn.Reserve(l, key, PriorityAttach); err == nil || err.Error() != "AttachNetworkInterface has to wait: this provider's share of EC2's request rate is used up" {
			t.Errorf("\nOne who has to wait is told so in words that stay the same: %v", err)
		}
		if wait := turn.End(); wait.Round(time.Second) != 10*time.Second {
			t.Errorf("\nA turn knows for how long it was told to wait: %s", wait)
		}
	})
}

func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker("eu-west-1")
		fail := func(n int, apart time.Duration) {
			for range n {
				time.Sleep(apart)
				b.RecordFailure("A")
			}
		}
		fail(20, 0)
		if err := b.Allow(false); err != nil {
			t.Errorf("\nMany failures in a moment are a hiccup: %v", err)
		}
		b.RecordAnswer("A", func() { t.Error("\nWhere there was no outage, none ends.") })
		fail(5, 10*time.Second)
		if err := b.Allow(false); err != nil {
			t.Errorf("\nA few failures over a long time are no outage: %v", err)
		}
		fail(1, time.Second)
		err := b.Allow(false)
		if err == nil {
			t.Fatal("\nMany failures in a row over some time are an outage.")
		}
		time.Sleep(time.Second)
		if again := b.Allow(true); again == nil || again.Error() != err.Error() {
			t.Errorf("\nAn outage has the same text while it lasts.\ngot %v, then %v", err, again)
		}
		time.Sleep(probeEvery)
		if b.Allow(false) == nil {
			t.Error("\nA call that changes something is no probe.")
		}
		if err := b.Allow(true); err != nil {
			t.Errorf("\nFrom time to time one call that only reads may try: %v", err)
		}
		if b.Allow(true) == nil {
			t.Error("\nOne probe at a time.")
		}
		b.RecordFailure("A")
		if b.Allow(true) == nil {
			t.Error("\nA probe that fails leaves things as they are.")
		}
		ended := 0
		b.RecordAnswer("A", func() { ended++ })
		b.RecordAnswer("A", func() { ended++ })
		if ended != 1 || b.Allow(false) != nil {
			t.Errorf("\nOne answer ends the outage, once: it ended %d times.", ended)
		}
	})
}

// TestBreakerOfOneAction has one action fail while others are answered.
func TestBreakerOfOneAction(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker("eu-west-1")
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
			t.Errorf("\nAn action that fails alone is taken for an outage once, until another one is answered: %d times", outages)
		}
		if !fail("DescribeSubnets") {
			t.Error("\nWhen the others fail as well it is an outage.")
		}
		b.RecordAnswer("DescribeInstances", func() {})
		b.RecordAnswer("DescribeSubnets", func() {})
		if !fail("DescribeInstances") {
			t.Error("\nAn action that was answered may tell of an outage again.")
		}
	})
}
