package chaos

import (
	"maps"
	"slices"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// A subnet that NodeENIs and pairs use, and its zone.
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

// A modelNode is a Node whose instance runs.
type modelNode struct {
	name, zone string
	// group is the value of the label that NodeENIs select by.
	group string
	// instance counts the instances that the node has had.
	instance int
}

// A modelNodeENI is a NodeENI that nobody deleted.
type modelNodeENI struct {
	name, group         string
	subnets             []string
	deviceIndex         int32 // 0: not said
	deleteOnTermination *bool
}

// A modelPair is a NetworkInterface written by hand and, if attached, its
// NetworkInterfaceAttachment.
type modelPair struct {
	name, node, subnet  string
	attached            bool
	byInstance          bool // names the instance rather than the node
	host                bool // the node is to prepare the link
	deleteOnTermination *bool
}

// A model is what was asked for.
type model struct {
	nodes    map[string]*modelNode
	nodeENIs map[string]*modelNodeENI
	pairs    map[string]*modelPair
	serial   int
	mode     mode
	// settled is false between the rounds of a fault that lasts for several.
	settled bool
	// unsettledRounds is how many rounds that fault still lasts.
	unsettledRounds int
}

func newModel() *model {
	return &model{nodes: map[string]*modelNode{}, nodeENIs: map[string]*modelNodeENI{}, pairs: map[string]*modelPair{}}
}

// next numbers the things made, so that no name is used for two of them.
func (m *model) next() int {
	m.serial++
	return m.serial
}

// A key says for what an ENI is there. EC2's tags tell it too.
type key string

func childKey(nodeENI, node, subnet string) key { return key(nodeENI + "/" + node + "/" + subnet) }

func pairKey(name string) key { return key(pairNamespace + "/" + name) }

// A wanted is one ENI that must be there.
type wanted struct {
	subnet              string
	node                string
	nodeENI             string // "" for one written by hand
	attached            bool
	host                bool
	minDeviceIndex      int
	deleteOnTermination bool
}

// expected is every ENI that must be there, and no other may.
func (m *model) expected() map[key]wanted {
	out := map[key]wanted{}
	for _, e := range m.nodeENIs {
		for _, n := range m.nodes {
			if n.group != e.group {
				continue
			}
			for _, s := range e.subnets {
				if zoneOf(s) != n.zone {
					continue
				}
				out[childKey(e.name, n.name, s)] = wanted{
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

// matching is how many nodes a NodeENI selects.
func (m *model) matching(e *modelNodeENI) int {
	n := 0
	for _, x := range m.nodes {
		if x.group == e.group {
			n++
		}
	}
	return n
}

// most is how many ENIs the fullest node and all nodes have.
func (m *model) most() (onOne, all int) {
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

// sorted is the keys of a map in an order that does not change.
func sorted[K ~string, V any](m map[K]V) []K { return slices.Sorted(maps.Keys(m)) }
