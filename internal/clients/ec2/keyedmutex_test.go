// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
					t.Errorf("\nA lock is acquired unless its wait is cancelled.\nlock(...): %s", err)
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
		t.Errorf("\nThe lock of an instance has one holder at a time.\nlock(...): increments: -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(0, len(l.named)); diff != "" {
		t.Errorf("\nUnused locks are removed.\nlock(...): left: -want, +got:\n%s", diff)
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
		t.Fatalf("\nInstances have separate locks.\nlock(...): %s", err)
	}
	other()

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = l.lock(ctx, "i-1")
	if diff := cmp.Diff(context.Canceled, err, cmpopts.EquateErrors()); diff != "" {
		t.Errorf("\nWaiting for a lock can be cancelled.\nlock(...): -want error, +got error:\n%s", diff)
	}

	unlock()
	again, err := l.lock(t.Context(), "i-1")
	if err != nil {
		t.Fatalf("\nA lock can be acquired after a cancelled wait.\nlock(...): %s", err)
	}
	again()
	if diff := cmp.Diff(0, len(l.named)); diff != "" {
		t.Errorf("\nA cancelled wait leaves no lock behind.\nlock(...): left: -want, +got:\n%s", diff)
	}
}
