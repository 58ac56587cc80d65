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

// A slowBus answers Unbind when it is let.
type slowBus struct {
	Bus

	let     map[Address]chan error
	unbound atomic.Int32
}

func (b *slowBus) Unbind(a Address) error {
	b.unbound.Add(1)
	return <-b.let[a]
}

func TestPatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := Address{Device: 1}, Address{Device: 2}
		b := &slowBus{let: map[Address]chan error{one: make(chan error), two: make(chan error)}}
		p := NewPatient(b, DefaultPatience)
		check := func(reason string, want, got error) {
			t.Helper()
			if diff := cmp.Diff(want, got, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", reason, diff)
			}
		}
		refused := errors.New("refused")
		go func() { b.let[one] <- refused }()
		check("What the kernel answers in time is passed on.", refused, p.Unbind(one))
		if p.Busy(one) != nil {
			t.Error("A device that was answered about is not busy.")
		}

		began := time.Now()
		check("What it does not answer is waited for so long.", ErrUnderWay, p.Unbind(one))
		if waited := time.Since(began); waited != DefaultPatience {
			t.Errorf("It was waited for %s.", waited)
		}
		check("What is under way is not begun again.", ErrUnderWay, p.Unbind(one))
		if waited := time.Since(began); waited != DefaultPatience || b.unbound.Load() != 2 {
			t.Errorf("It was asked %d times, after %s.", b.unbound.Load(), waited)
		}
		go func() { b.let[two] <- nil }()
		busy := p.Busy(one)
		check("Another device is another matter.", nil, p.Unbind(two))

		b.let[one] <- nil
		<-busy
		if p.Busy(one) != nil {
			t.Error("A device is free when the kernel has answered late.")
		}
	})
}
