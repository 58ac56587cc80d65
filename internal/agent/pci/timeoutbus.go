// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"sync"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// DefaultTimeout is longer than a driver normally takes: ENA needs less than a second.
const DefaultTimeout = 5 * time.Second

// ErrInProgress means that the kernel has not completed an operation. It may complete
// at any time.
var ErrInProgress = errors.New("the kernel has not completed the operation: most likely a program holds the device open; the operation completes when the program closes it")

// A TimeoutBus limits how long an operation blocks. The kernel does not return from
// unbinding a device of vfio-pci until every program has closed the device
// (vfio_unregister_group_dev), which may never happen.
//
// While an operation on a device is in progress, further operations on it return
// ErrInProgress without reaching the kernel.
type TimeoutBus struct {
	bus     Bus
	timeout time.Duration

	mu   sync.Mutex
	busy map[Address]chan struct{}
}

var _ Bus = &TimeoutBus{}

// NewTimeoutBus returns a bus that limits each operation of bus to a timeout.
func NewTimeoutBus(bus Bus, timeout time.Duration) *TimeoutBus {
	return &TimeoutBus{bus: bus, timeout: timeout, busy: map[Address]chan struct{}{}}
}

// Addresses returns the addresses of all devices, sorted.
func (b *TimeoutBus) Addresses() ([]Address, error) { return b.bus.Addresses() }

// Device returns the current state of a device.
func (b *TimeoutBus) Device(a Address) (Device, error) { return b.bus.Device(a) }

// SetOverride calls SetOverride of the Bus, or returns ErrInProgress.
func (b *TimeoutBus) SetOverride(a Address, driver string) error {
	return b.do(a, "set the driver override of", func() error { return b.bus.SetOverride(a, driver) })
}

// Unbind calls Unbind of the Bus, or returns ErrInProgress.
func (b *TimeoutBus) Unbind(a Address) error {
	return b.do(a, "unbind", func() error { return b.bus.Unbind(a) })
}

// Bind calls Bind of the Bus, or returns ErrInProgress.
func (b *TimeoutBus) Bind(a Address, driver string) error {
	return b.do(a, "bind", func() error { return b.bus.Bind(a, driver) })
}

// Probe calls Probe of the Bus, or returns ErrInProgress.
func (b *TimeoutBus) Probe(a Address) error {
	return b.do(a, "probe for a driver of", func() error { return b.bus.Probe(a) })
}

// Busy returns a channel that is closed when the operation on a device completes. It
// returns nil if no operation is in progress.
func (b *TimeoutBus) Busy(a Address) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.busy[a]
}

func (b *TimeoutBus) do(a Address, verb string, f func() error) error {
	b.mu.Lock()
	if b.busy[a] != nil {
		b.mu.Unlock()
		return errors.Wrapf(ErrInProgress, "cannot %s PCI device %q", verb, a)
	}
	done := make(chan struct{})
	b.busy[a] = done
	b.mu.Unlock()

	// A thread that is blocked in the kernel cannot be cancelled. There is at most one
	// for each device.
	result := make(chan error, 1)
	go func() {
		err := f()
		b.mu.Lock()
		delete(b.busy, a)
		b.mu.Unlock()
		result <- err
		close(done)
	}()
	t := time.NewTimer(b.timeout)
	defer t.Stop()
	select {
	case err := <-result:
		return err
	case <-t.C:
		return errors.Wrapf(ErrInProgress, "cannot %s PCI device %q", verb, a)
	}
}
