// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/netip"
	"slices"
	"sync"
)

// EventType is the type of an Event.
type EventType string

const (
	// Attached means a device appears on the host.
	Attached EventType = "Attached"
	// Detached means a device disappears from the host.
	Detached EventType = "Detached"
)

// An Event is a device appearing on or disappearing from the host of an instance.
type Event struct {
	// Type of the event.
	Type EventType
	// InstanceID of the host.
	InstanceID string
	// NetworkInterfaceID of the device.
	NetworkInterfaceID string
	// AttachmentID of this attachment; it differs if the device is attached again.
	AttachmentID string
	// MAC address of the device.
	MAC string
	// DeviceIndex on the network card; 0 on card 0 is the primary network interface.
	DeviceIndex int
	// NetworkCardIndex of the card.
	NetworkCardIndex int
	// PrivateIPAddresses, the primary address first.
	PrivateIPAddresses []netip.Addr
	// IPv6Addresses of the device.
	IPv6Addresses []netip.Addr
	// SubnetCIDR is the IPv4 block of the subnet.
	SubnetCIDR netip.Prefix
}

// hooks deliver events one at a time, in order, from a separate goroutine, so that a hook may call the Server.
type hooks struct {
	mu    sync.Mutex
	wake  *sync.Cond
	queue []delivery
	// busy is true during a delivery.
	busy   bool
	closed bool
	fns    []*hook
	done   chan struct{}
}

type hook struct{ fn func(Event) }

type delivery struct {
	event Event
	to    []*hook
}

func newHooks() *hooks {
	h := &hooks{done: make(chan struct{})}
	h.wake = sync.NewCond(&h.mu)
	go h.run()
	return h
}

func (h *hooks) run() {
	defer close(h.done)
	for {
		h.mu.Lock()
		for len(h.queue) == 0 && !h.closed {
			h.wake.Wait()
		}
		if h.closed {
			h.mu.Unlock()
			return
		}
		d := h.queue[0]
		h.queue = h.queue[1:]
		// A hook removed since the event was queued is not called.
		to := slices.DeleteFunc(slices.Clone(d.to), func(k *hook) bool { return !slices.Contains(h.fns, k) })
		h.busy = true
		h.mu.Unlock()

		for _, k := range to {
			k.fn(d.event)
		}

		h.mu.Lock()
		h.busy = false
		h.wake.Broadcast()
		h.mu.Unlock()
	}
}

func (h *hooks) send(e Event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.fns) > 0 && !h.closed {
		h.queue = append(h.queue, delivery{event: e, to: slices.Clone(h.fns)})
		h.wake.Broadcast()
	}
}

// add registers fn, and delivers an event for each present attachment to fn only.
func (h *hooks) add(fn func(Event), present []Event) func() {
	k := &hook{fn: fn}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.fns = append(h.fns, k)
	for _, e := range present {
		h.queue = append(h.queue, delivery{event: e, to: []*hook{k}})
	}
	h.wake.Broadcast()
	return func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.fns = slices.DeleteFunc(h.fns, func(o *hook) bool { return o == k })
	}
}

// drain waits until all events are delivered.
func (h *hooks) drain() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for (len(h.queue) > 0 || h.busy) && !h.closed {
		h.wake.Wait()
	}
}

func (h *hooks) close() {
	h.mu.Lock()
	h.closed = true
	h.wake.Broadcast()
	h.mu.Unlock()
	<-h.done
}

// OnAttachment calls fn for each device that appears on or disappears from a host: when an attachment becomes
// attached, when a detachment ends, when an instance terminates. Existing attachments, including primary network
// interfaces, are delivered first, so that the order of registering and seeding does not matter. Events are delivered
// one at a time, in order, and without the Server's lock; fn may call the Server, but not Close. The returned function
// unregisters fn.
func (s *Server) OnAttachment(fn func(Event)) func() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.settle(s.clock.Now())
	present := []Event{}
	for _, e := range sorted(s.cloud.enis) {
		if a := e.attachment; a != nil && a.seen {
			present = append(present, e.event(Attached))
		}
	}
	return s.hooks.add(fn, present)
}

// Drain executes due transitions and waits until all their events are delivered.
func (s *Server) Drain() {
	s.settle()
	s.hooks.drain()
}

func (e *eni) event(t EventType) Event {
	a := e.attachment
	return Event{
		Type: t, InstanceID: a.instance.id, NetworkInterfaceID: e.id, AttachmentID: a.id, MAC: e.mac,
		DeviceIndex: a.device, NetworkCardIndex: a.card,
		PrivateIPAddresses: slices.Clone(e.v4.addrs), IPv6Addresses: slices.Clone(e.v6.addrs),
		SubnetCIDR: e.subnet.v4.cidr,
	}
}
