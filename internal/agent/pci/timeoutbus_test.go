// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A slowBus returns from Unbind when the test releases the device.
type slowBus struct {
	Bus

	release map[Address]chan error
	unbound atomic.Int32
}

func (b *slowBus) Unbind(a Address) error {
	b.unbound.Add(1)
	return <-b.release[a]
}

func TestTimeoutBus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := Address{Device: 1}, Address{Device: 2}
		b := &slowBus{release: map[Address]chan error{one: make(chan error), two: make(chan error)}}
		p := NewTimeoutBus(b, DefaultTimeout)
		check := func(reason string, want, got error) {
			t.Helper()
			if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", reason, diff)
			}
		}
		rejected := errors.New("rejected")
		go func() { b.release[one] <- rejected }()
		check("An error within the timeout is returned.", rejected, p.Unbind(one))
		if p.Busy(one) != nil {
			t.Error("A device without an operation is not busy.")
		}

		began := time.Now()
		check("An operation that does not complete times out.", ErrInProgress, p.Unbind(one))
		if waited := time.Since(began); waited != DefaultTimeout {
			t.Errorf("Timed out after %s.", waited)
		}
		check("An operation in progress is not started again.", ErrInProgress, p.Unbind(one))
		if waited := time.Since(began); waited != DefaultTimeout || b.unbound.Load() != 2 {
			t.Errorf("Unbind was called %d times, after %s.", b.unbound.Load(), waited)
		}
		go func() { b.release[two] <- nil }()
		busy := p.Busy(one)
		check("An operation on another device is not blocked.", nil, p.Unbind(two))

		b.release[one] <- nil
		<-busy
		if p.Busy(one) != nil {
			t.Error("A device is not busy after a late completion.")
		}
	})
}
