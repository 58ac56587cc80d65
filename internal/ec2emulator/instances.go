// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"slices"
	"time"
)

// terminatedVisible is how long describe calls return a terminated instance.
const terminatedVisible = time.Hour

func stateCode(state string) int {
	switch state {
	case statePending:
		return 0
	case stateRunning:
		return 16
	case stateShuttingDown:
		return 32
	case stateTerminated:
		return 48
	case stateStopping:
		return 64
	default:
		return 80
	}
}

func stateNode(name, state string) node {
	return el(name, leaf("code", stateCode(state)), leaf("name", state))
}

func (c *call) describeInstances() ([]node, error) {
	if err := idsOrPage(c.params, "InstanceId", "instancesSet"); err != nil {
		return nil, err
	}
	rows, err := find(c, "InstanceId", kindInstance, c.instances, always[*instance])
	if err != nil {
		return nil, err
	}
	q := query[*instance]{
		fields:      c.instanceFields(),
		unsupported: instancesUnsupported(),
		id:          func(i *instance) string { return i.id },
		tag:         func(i *instance, key string) (string, bool) { return i.tags.get(key, c.now) },
		tagKeys:     func(i *instance) []string { return i.tags.keys(c.now) },
	}
	page, next, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	// Instances of a launch on the same page are one reservation.
	order, together := []string{}, map[string][]*instance{}
	for _, i := range page {
		if len(together[i.reservation]) == 0 {
			order = append(order, i.reservation)
		}
		together[i.reservation] = append(together[i.reservation], i)
	}
	return []node{
		set("reservationSet", order, func(id string) []node { return c.reservation(id, together[id]...) }),
		opt("nextToken", next),
	}, nil
}

func (c *cloud) reservation(id string, instances ...*instance) []node {
	return []node{
		leaf("reservationId", id), leaf("ownerId", c.opts.AccountID), el("groupSet"),
		set("instancesSet", instances, func(i *instance) []node { return i.nodes(c) }),
	}
}

func (i *instance) nodes(c *cloud) []node {
	out := []node{
		leaf("instanceId", i.id), leaf("imageId", i.image), stateNode("instanceState", i.state),
		leaf("instanceType", i.spec.name), leaf("launchTime", i.launched), leaf("amiLaunchIndex", i.index), opt("clientToken", i.token),
		el("placement", leaf("availabilityZone", i.subnet.zone), leaf("availabilityZoneId", c.zoneID(i.subnet.zone)),
			leaf("tenancy", "default")),
		leaf("architecture", "x86_64"), leaf("virtualizationType", "hvm"), leaf("hypervisor", "xen"), leaf("enaSupport", true),
		i.tags.node(c.now),
	}
	p := i.primary()
	if p == nil {
		return append(out, leaf("privateDnsName", ""), c.groupSet(nil), el("networkInterfaceSet"))
	}
	return append(out,
		leaf("subnetId", i.subnet.id), leaf("vpcId", i.subnet.vpc.id), leaf("sourceDestCheck", !p.noCheck),
		leaf("privateIpAddress", addrText(p.primary())), leaf("privateDnsName", c.privateDNS(p.primary())),
		opt("ipv6Address", first(strs(p.v6.addrs))), c.groupSet(p.groups),
		set("networkInterfaceSet", i.described(c.now), func(e *eni) []node {
			return append(e.commonNodes(c), el("attachment", e.attachment.nodes()...))
		}),
	)
}

// transition returns the previous and the current state.
type transition struct {
	i      *instance
	before string
}

// change finds and validates all instances of a call, then changes all of them.
func (c *call) change(check func(*instance) error, do func(*instance)) ([]node, error) {
	ids := c.params.list("InstanceId")
	if len(ids) == 0 {
		return nil, errCombination("No instances specified")
	}
	rows, err := find(c, "InstanceId", kindInstance, c.instances, always[*instance])
	if err != nil {
		return nil, err
	}
	for _, i := range rows {
		if err := check(i); err != nil {
			return nil, err
		}
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	done := []transition{}
	for _, i := range rows {
		before := i.state
		do(i)
		done = append(done, transition{i: i, before: before})
	}
	return []node{set("instancesSet", done, func(t transition) []node {
		return []node{leaf("instanceId", t.i.id), stateNode("previousState", t.before), stateNode("currentState", t.i.state)}
	})}, nil
}

// later changes the state of i after InstanceDelay, if it is still in state from.
func (c *cloud) later(i *instance, from string, do func()) {
	c.timeline.plan(c.now.Add(c.opts.InstanceDelay), func() {
		if i.state == from {
			do()
		}
	})
}

func (c *call) terminateInstances() ([]node, error) {
	return c.change(func(*instance) error { return nil }, func(i *instance) {
		if i.state == stateTerminated || i.state == stateShuttingDown {
			return
		}
		i.state = stateShuttingDown
		c.later(i, stateShuttingDown, func() { c.terminate(i) })
	})
}

func (c *call) stopInstances() ([]node, error) {
	return c.change(func(i *instance) error {
		return allowed(i, stateRunning, stateStopping, stateStopped)
	}, func(i *instance) {
		if i.state == stateRunning {
			i.state = stateStopping
			c.later(i, stateStopping, func() { i.state = stateStopped })
		}
	})
}

func (c *call) startInstances() ([]node, error) {
	return c.change(func(i *instance) error {
		return allowed(i, stateStopped, statePending, stateRunning)
	}, func(i *instance) {
		if i.state == stateStopped {
			i.state = statePending
			c.later(i, statePending, func() { i.state = stateRunning })
		}
	})
}

func allowed(i *instance, states ...string) error {
	if slices.Contains(states, i.state) {
		return nil
	}
	return failf("IncorrectInstanceState", "The instance '%s' is not in a state from which it can be changed: it is '%s'.", i.id, i.state)
}
