// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"cmp"
	"maps"
	"slices"
	"time"
)

// States of an instance.
const (
	statePending      = "pending"
	stateRunning      = "running"
	stateStopping     = "stopping"
	stateStopped      = "stopped"
	stateShuttingDown = "shutting-down"
	stateTerminated   = "terminated"
)

func (c *call) attachNetworkInterface() ([]node, error) {
	eniID, err := c.params.required("NetworkInterfaceId")
	if err != nil {
		return nil, err
	}
	instanceID, err := c.params.required("InstanceId")
	if err != nil {
		return nil, err
	}
	c.touch(eniID, instanceID)
	if _, err := c.params.required("DeviceIndex"); err != nil {
		return nil, err
	}
	a, err := readAttachment(c.params)
	if err != nil {
		return nil, err
	}
	e, err := lookup(c.enis, kindENI, eniID)
	if err != nil {
		return nil, err
	}
	if a.instance, err = lookup(c.instances, kindInstance, instanceID); err != nil {
		return nil, err
	}
	if err := canAttach(e, a); err != nil {
		return nil, err
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.attach(e, a)
	c.touch(a.id)
	return []node{leaf("attachmentId", a.id), leaf("networkCardIndex", a.card)}, nil
}

// readAttachment reads the common parameters of AttachNetworkInterface and of a NetworkInterface.N of RunInstances.
func readAttachment(p params) (*attachment, error) {
	a := &attachment{}
	var err error
	if a.device, err = p.integerIn("DeviceIndex", 0, 0, 255); err != nil {
		return nil, err
	}
	if a.card, err = p.integerIn("NetworkCardIndex", 0, 0, 255); err != nil {
		return nil, err
	}
	a.anyCard = p.str("NetworkCardIndex") == ""
	if a.queues, err = p.integerIn("EnaQueueCount", 0, 1, 1024); err != nil {
		return nil, err
	}
	a.srd, a.srdUDP, err = readSRD(p.below("EnaSrdSpecification"), false, false)
	return a, err
}

// readSRD reads an ENA Express specification; unset fields keep their values.
func readSRD(p params, srd, udp bool) (bool, bool, error) {
	srd, err := p.boolean("EnaSrdEnabled", srd)
	if err != nil {
		return false, false, err
	}
	if !srd && !p.has("EnaSrdUdpSpecification.EnaSrdUdpEnabled") {
		// Disabling ENA Express disables it for UDP.
		udp = false
	}
	udp, err = p.boolean("EnaSrdUdpSpecification.EnaSrdUdpEnabled", udp)
	if err == nil && udp && !srd {
		return false, false, errCombination("ENA Express must be enabled to enable ENA Express for UDP traffic")
	}
	return srd, udp, err
}

// canAttach returns an error if the interface cannot be attached to an existing instance.
func canAttach(e *eni, a *attachment) error {
	i := a.instance
	switch {
	case i.state != stateRunning && i.state != stateStopped:
		return failf("IncorrectState", "Instance '%s' is not 'running'.", i.id)
	case e.attachment != nil:
		return failf("InvalidNetworkInterface.InUse", "Interface: [%s] in use.", e.id)
	case e.managed() || e.kind == "branch":
		return errNotPermitted("You are not allowed to attach the network interface '%s'", e.id)
	case e.subnet.zone != i.subnet.zone:
		return errCombination("You may not attach a network interface to an instance if they are not in the same availability zone")
	case i.state == stateRunning && isEFA(e.kind):
		return failf("UnsupportedOperation", "Elastic Fabric Adapters can only be attached to an instance at launch or while it is stopped")
	}
	return fits(e, a)
}

func isEFA(k string) bool { return k == "efa" || k == "efa-only" }

// fits returns an error if the attachment exceeds a limit of the instance type.
func fits(e *eni, a *attachment) error {
	i, spec := a.instance, a.instance.spec
	if a.card >= len(spec.cards) {
		return errInvalid("Network card index '%d' is not valid for instance type %s", a.card, spec.name)
	}
	onCard, efas := 0, 0
	for _, other := range i.enis {
		if other.attachment.card == a.card {
			onCard++
		}
		if other.attachment.device == a.device && (a.anyCard || other.attachment.card == a.card) {
			return errInvalid("Instance '%s' already has an interface attached at device index '%d'.", i.id, a.device)
		}
		if isEFA(other.kind) {
			efas++
		}
	}
	switch total := len(i.enis) + 1; {
	case total > spec.interfaces():
		return failf("AttachmentLimitExceeded", "Interface count %d exceeds the limit for %s", total, spec.name)
	case onCard >= spec.cards[a.card].interfaces:
		return failf("AttachmentLimitExceeded", "Interface count %d exceeds the limit for network card %d of %s", onCard+1, a.card, spec.name)
	case isEFA(e.kind) && spec.efas == 0:
		return failf("UnsupportedOperation", "%s instances do not support Elastic Fabric Adapters", spec.name)
	case isEFA(e.kind) && efas >= spec.efas:
		return failf("AttachmentLimitExceeded", "Elastic Fabric Adapter count %d exceeds the limit for %s", efas+1, spec.name)
	case a.srd && !spec.srd:
		return failf("UnsupportedOperation", "%s instances do not support ENA Express", spec.name)
	case a.queues > 0 && spec.queues == 0:
		return failf("UnsupportedOperation", "%s instances do not support flexible ENA queues", spec.name)
	case a.queues > spec.queues:
		return errInvalid("EnaQueueCount %d exceeds the limit of %d for %s", a.queues, spec.queues, spec.name)
	}
	return spec.addressesFit(e.v4, e.v6)
}

// attach begins a validated attachment, which is attached after AttachDelay.
func (c *cloud) attach(e *eni, a *attachment) {
	if a.id == "" {
		a.id = c.newID(kindAttachment)
	}
	c.lag(e)
	a.status, a.since = attaching, c.now
	e.attachment = a
	a.instance.enis[e.id] = e
	c.attachments[a.id] = e
	c.timeline.plan(c.now.Add(c.opts.AttachDelay), func() {
		if e.attachment == a && a.status == attaching {
			c.show(e)
		}
	})
}

// show completes an attachment: the device appears on the host.
func (c *cloud) show(e *eni) {
	c.lag(e)
	e.attachment.status, e.attachment.seen = attached, true
	c.emit(e.event(Attached))
}

// endAttachment ends an attachment: the device disappears from the host.
func (c *cloud) endAttachment(e *eni) {
	a := e.attachment
	if a.seen {
		c.emit(e.event(Detached))
	}
	c.lag(e)
	delete(c.attachments, a.id)
	delete(a.instance.enis, e.id)
	e.attachment = nil
}

// forcedDetachDelay is the maximum duration of a forced detachment, which does not wait for the guest.
const forcedDetachDelay = time.Second

func (c *call) detachNetworkInterface() ([]node, error) {
	id, err := c.params.required("AttachmentId")
	if err != nil {
		return nil, err
	}
	c.touch(id)
	if c.entry.Forced, err = c.params.boolean("Force", false); err != nil {
		return nil, err
	}
	e, err := lookup(c.attachments, kindAttachment, id)
	if err != nil {
		return nil, err
	}
	a := e.attachment
	c.touch(e.id, a.instance.id)
	switch {
	case a.device == 0 && a.card == 0:
		return nil, errNotPermitted("The network interface at device index 0 and networkCard index 0 cannot be detached.")
	case e.managed():
		return nil, errNotPermitted("You are not allowed to manage '%s' attachments.", e.id)
	case a.status == detaching && !c.entry.Forced: // Force applies to a detachment that does not complete
		return nil, failf("IncorrectState", "Network interface attachment '%s' is currently 'detaching'.", id)
	case isEFA(e.kind) && a.instance.state == stateRunning:
		return nil, failf("UnsupportedOperation", "Elastic Fabric Adapters can only be detached from an instance while it is stopped")
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.lag(e)
	a.status = detaching
	delay := c.opts.DetachDelay
	if c.entry.Forced {
		delay = min(delay, forcedDetachDelay)
	}
	c.timeline.plan(c.now.Add(delay), func() {
		if e.attachment == a {
			c.endAttachment(e)
		}
	})
	return []node{leaf("return", true)}, nil
}

// terminate terminates an instance: its interfaces are deleted or detached, by their deleteOnTermination.
func (c *cloud) terminate(i *instance) {
	for _, e := range i.attached() {
		deleted := e.attachment.deleteOnTermination
		c.endAttachment(e)
		if deleted {
			c.dropENI(e)
		}
	}
	i.state = stateTerminated
	// EC2 returns a terminated instance for about an hour.
	c.timeline.plan(c.now.Add(terminatedVisible), func() { delete(c.instances, i.id) })
}

// attached returns the instance's interfaces, sorted by card and index.
func (i *instance) attached() []*eni {
	return slices.SortedFunc(maps.Values(i.enis), func(x, y *eni) int {
		return cmp.Or(cmp.Compare(x.attachment.card, y.attachment.card), cmp.Compare(x.attachment.device, y.attachment.device))
	})
}

// primary returns the interface at device index 0 of card 0; nil if the instance is terminated.
func (i *instance) primary() *eni {
	for _, e := range i.enis {
		if e.attachment.card == 0 && e.attachment.device == 0 {
			return e
		}
	}
	return nil
}
