// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"maps"
	"slices"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// subnets are the subnets of NodeENIs and pairs.
var subnets = []struct{ id, zone string }{
	{"subnet-0f59b4f14737be9ad", testbed.ZoneA},
	{"subnet-abcdef1234567890", testbed.ZoneA},
	{"subnet-0b000000000000001", testbed.ZoneB},
}

func zoneOf(subnet string) string {
	for _, s := range subnets {
		if s.id == subnet {
			return s.zone
		}
	}
	return ""
}

// A modelNode is a Node with a running instance.
type modelNode struct {
	name, zone string
	// group is the value of the label in the selectors of NodeENIs.
	group string
	// instance is the number of instances that the node has had.
	instance int
}

// A modelNodeENI is a NodeENI that is not being deleted.
type modelNodeENI struct {
	name, group         string
	subnets             []string
	deviceIndex         int32 // 0: not set
	count               int32 // ENIs of a node in each subnet; 0: not set
	deleteOnTermination *bool
}

// A modelPair is a manually created NetworkInterface and, if attached, its
// NetworkInterfaceAttachment.
type modelPair struct {
	name, node, subnet  string
	attached            bool
	byInstance          bool // the attachment names the instance, not the node
	host                bool // the agent configures the link
	deleteOnTermination *bool
}

// A model is the desired state.
type model struct {
	nodes    map[string]*modelNode
	nodeENIs map[string]*modelNodeENI
	pairs    map[string]*modelPair
	serial   int
	mode     mode
	// settled is false between the rounds of a fault that lasts several rounds.
	settled bool
	// unsettledRounds is the number of rounds for which the fault still lasts.
	unsettledRounds int
}

func newModel() *model {
	return &model{nodes: map[string]*modelNode{}, nodeENIs: map[string]*modelNodeENI{}, pairs: map[string]*modelPair{}}
}

// next returns a new number for a unique name.
func (m *model) next() int {
	m.serial++
	return m.serial
}

// A key identifies the purpose of an ENI. The ENI's tags contain it.
type key string

func childKey(nodeENI, node, slot string) key { return key(nodeENI + "/" + node + "/" + slot) }

// slots returns the slots of a NodeENI on a node.
func (e *modelNodeENI) slots(n *modelNode) map[string]string {
	out := map[string]string{} // subnet by slot
	for _, s := range e.subnets {
		for position := range max(1, e.count) {
			if zoneOf(s) == n.zone {
				out[eni.SlotName(s, int(position))] = s
			}
		}
	}
	return out
}

func pairKey(name string) key { return key(pairNamespace + "/" + name) }

// A wanted is the expected state of one ENI.
type wanted struct {
	subnet              string
	node                string
	nodeENI             string // "" for an ENI of a pair
	attached            bool
	host                bool
	minDeviceIndex      int
	deleteOnTermination bool
}

// expected returns all ENIs that must exist. No other may.
func (m *model) expected() map[key]wanted {
	out := map[key]wanted{}
	for _, e := range m.nodeENIs {
		for _, n := range m.nodes {
			if n.group != e.group {
				continue
			}
			for slot, s := range e.slots(n) {
				out[childKey(e.name, n.name, slot)] = wanted{
					subnet: s, node: n.name, nodeENI: e.name, attached: true, host: true,
					minDeviceIndex:      max(1, int(e.deviceIndex)),
					deleteOnTermination: e.deleteOnTermination == nil || *e.deleteOnTermination, // the provider's default
				}
			}
		}
	}
	for _, p := range m.pairs {
		out[pairKey(p.name)] = wanted{
			subnet: p.subnet, node: p.node, attached: p.attached, host: p.host, minDeviceIndex: 1,
			deleteOnTermination: p.deleteOnTermination != nil && *p.deleteOnTermination, // EC2's default
		}
	}
	return out
}

// matching returns the number of nodes that a NodeENI selects.
func (m *model) matching(e *modelNodeENI) int {
	n := 0
	for _, x := range m.nodes {
		if x.group == e.group {
			n++
		}
	}
	return n
}

// countENIs returns the highest number of ENIs on one node and the number of all ENIs.
func (m *model) countENIs() (onOne, all int) {
	on := map[string]int{}
	for _, w := range m.expected() {
		all++
		on[w.node]++
		onOne = max(onOne, on[w.node])
	}
	return onOne, all
}

func (m *model) pairsOn(node string) []*modelPair {
	var out []*modelPair
	for _, name := range slices.Sorted(maps.Keys(m.pairs)) {
		if m.pairs[name].node == node {
			out = append(out, m.pairs[name])
		}
	}
	return out
}

// sorted returns the sorted keys of a map.
func sorted[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
