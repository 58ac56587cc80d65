package ec2

import (
	"context"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestKeyedMutex(t *testing.T) {
	l := newKeyedMutex()
	names := []string{"i-1", "i-2", "i-3"}
	held := make([]int, len(names)) // each guarded by the lock of its name
	var wg sync.WaitGroup
	for worker := range 30 {
		wg.Go(func() {
			for round := range 100 {
				i := (worker + round) % len(names)
				unlock, err := l.lock(t.Context(), names[i])
				if err != nil {
					t.Errorf("\nA lock that is not given up is got.\nlock(...): %s", err)
					return
				}
				held[i]++
				unlock()
			}
		})
	}
	wg.Wait()

	total := 0
	for _, n := range held {
		total += n
	}
	if diff := cmp.Diff(30*100, total); diff != "" {
		t.Errorf("\nOne at a time holds the lock of an instance.\nlock(...): increments: -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(0, len(l.named)); diff != "" {
		t.Errorf("\nLocks that nobody holds or waits for leave nothing behind.\nlock(...): left: -want, +got:\n%s", diff)
	}
}

func TestKeyedMutexCancelled(t *testing.T) {
	l := newKeyedMutex()
	unlock, err := l.lock(t.Context(), "i-1")
	if err != nil {
		t.Fatal(err)
	}
	other, err := l.lock(t.Context(), "i-2")
	if err != nil {
		t.Fatalf("\nThe locks of two instances are two.\nlock(...): %s", err)
	}
	other()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = l.lock(ctx, "i-1")
	if diff := cmp.Diff(context.Canceled, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("\nWho waits for a lock can give up.\nlock(...): -want error, +got error:\n%s", diff)
	}

	unlock()
	again, err := l.lock(t.Context(), "i-1")
	if err != nil {
		t.Fatalf("\nA lock that somebody gave up waiting for can be got again.\nlock(...): %s", err)
	}
	again()
	if diff := cmp.Diff(0, len(l.named)); diff != "" {
		t.Errorf("\nGiving up leaves nothing behind.\nlock(...): left: -want, +got:\n%s", diff)
	}
}
