package pci

import (
	"sync"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// DefaultPatience is longer than a driver takes that is not held up: ENA needs
// under a second.
const DefaultPatience = 5 * time.Second

// ErrUnderWay says that the kernel has not answered yet. It may any time.
var ErrUnderWay = errors.New("the kernel has not answered yet: most likely a program holds the device, which is let go of when that ends")

// A Patient bus does not wait for ever. The kernel does not return from the
// unbinding of a device that vfio-pci has until the program that holds it has
// closed it (vfio_unregister_group_dev), and that may be never.
//
// What is asked of a device while the kernel is still busy with it is answered
// with ErrUnderWay, and not asked.
type Patient struct {
	bus      Bus
	patience time.Duration

	mu   sync.Mutex
	busy map[Address]chan struct{}
}

var _ Bus = &Patient{}

// NewPatient returns a bus that waits so long for the one it is given.
func NewPatient(b Bus, patience time.Duration) *Patient {
	return &Patient{bus: b, patience: patience, busy: map[Address]chan struct{}{}}
}

// Device returns what is seen of the device now.
func (p *Patient) Device(a Address) (Device, error) { return p.bus.Device(a) }

// SetOverride is SetOverride of a Bus, or ErrUnderWay.
func (p *Patient) SetOverride(a Address, driver string) error {
	return p.do(a, "set the driver override of", func() error { return p.bus.SetOverride(a, driver) })
}

// Unbind is Unbind of a Bus, or ErrUnderWay.
func (p *Patient) Unbind(a Address) error {
	return p.do(a, "unbind", func() error { return p.bus.Unbind(a) })
}

// Bind is Bind of a Bus, or ErrUnderWay.
func (p *Patient) Bind(a Address, driver string) error {
	return p.do(a, "bind", func() error { return p.bus.Bind(a, driver) })
}

// Probe is Probe of a Bus, or ErrUnderWay.
func (p *Patient) Probe(a Address) error {
	return p.do(a, "probe for a driver of", func() error { return p.bus.Probe(a) })
}

// Busy returns a channel that is closed when the kernel has answered what it was
// last asked about a device, and nil if it has.
func (p *Patient) Busy(a Address) <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.busy[a]
}

func (p *Patient) do(a Address, what string, f func() error) error {
	p.mu.Lock()
	if p.busy[a] != nil {
		p.mu.Unlock()
		return errors.Wrapf(ErrUnderWay, "cannot %s PCI device %q", what, a)
	}
	over := make(chan struct{})
	p.busy[a] = over
	p.mu.Unlock()

	// A thread that the kernel keeps cannot be called back. There is at most one
	// for each device.
	answer := make(chan error, 1)
	go func() {
		err := f()
		p.mu.Lock()
		delete(p.busy, a)
		p.mu.Unlock()
		answer <- err
		close(over)
	}()
	t := time.NewTimer(p.patience)
	defer t.Stop()
	select {
	case err := <-answer:
		return err
	case <-t.C:
		return errors.Wrapf(ErrUnderWay, "cannot %s PCI device %q", what, a)
	}
}
