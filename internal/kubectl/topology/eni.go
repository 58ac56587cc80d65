// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"k8s.io/utils/ptr"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// A State is the state of an ENI as it is drawn.
type State string

const (
	// Ready is an ENI that is attached and configured, without a problem.
	Ready State = "ready"
	// Waiting is an ENI for which a controller, EC2 or an agent has work to do.
	Waiting State = "waiting"
	// Failed is an ENI with a condition that needs a change.
	Failed State = "failed"
	// Missing is the place of an ENI on a selected node without an ENI.
	Missing State = "missing"
	// Retained is an ENI without a node.
	Retained State = "retained"
)

// States returns all states, in the order of the legend.
func States() []State { return []State{Ready, Waiting, Failed, Missing, Retained} }

// Mark returns the sign of a state.
func (s State) Mark() string {
	switch s {
	case Ready:
		return "✓"
	case Waiting:
		return "…"
	case Failed:
		return "✗"
	case Retained:
		return "○"
	default:
		return "·"
	}
}

// An ENI is a network interface of a NodeENI.
type ENI struct {
	NodeENI string
	// Name of the NetworkInterface. Empty if the ENI is missing.
	Name string
	// ID and Subnet are empty if they are not known.
	ID, Subnet string
	// Card is the network card, and Index the device index on it. Index is 0 without an attachment.
	Card, Index int32
	State       State
	// Problem is why the ENI is not ready, or empty.
	Problem string
	// Details are shown in the order of the list.
	Details []Detail
}

// A Detail is a field of an ENI with a value.
type Detail struct{ Name, Value string }

// detail adds a field, unless its value is empty.
func (e *ENI) detail(name, value string) {
	if value = clean(value); value != "" {
		e.Details = append(e.Details, Detail{Name: name, Value: value})
	}
}

// Text returns the details, a line each.
func (e *ENI) Text() string {
	lines := make([]string, 0, len(e.Details))
	for _, d := range e.Details {
		lines = append(lines, d.Name+": "+d.Value)
	}
	return strings.Join(lines, "\n")
}

// Label returns the id of the ENI, or the name of its NetworkInterface.
func (e *ENI) Label() string {
	if e.State == Missing {
		return "no ENI"
	}
	return cmp.Or(e.ID, e.Name)
}

// second returns the second line of the box: the subnet, or why the ENI is missing.
func (e *ENI) second() string {
	if e.State == Missing {
		return cut(e.Problem, eniColumns)
	}
	return fit(e.Subnet, eniColumns)
}

// Place returns the device index, with the network card unless it is 0.
func (e *ENI) Place() string {
	switch {
	case e.State == Missing:
		return ""
	case e.Index == 0:
		return "-"
	case e.Card == 0:
		return fmt.Sprint(e.Index)
	default:
		return fmt.Sprintf("%d:%d", e.Card, e.Index)
	}
}

// compare orders ENIs by network card and device index. ENIs without an index are the last, and
// missing ENIs after them.
func compare(a, b ENI) int {
	return cmp.Or(
		last(a.State == Missing, b.State == Missing),
		last(a.Index == 0, b.Index == 0),
		cmp.Compare(a.Card, b.Card),
		cmp.Compare(a.Index, b.Index),
		cmp.Compare(a.NodeENI, b.NodeENI),
		cmp.Compare(a.Name, b.Name),
	)
}

// eniOf returns the ENI of the objects of a network interface.
func eniOf(c *fleet.Child, zone string) ENI {
	e := ENI{
		NodeENI: clean(c.NodeENI), Name: clean(c.Name), ID: clean(c.ENI()), Subnet: clean(subnet(c)),
		Card: card(c), Index: c.DeviceIndex(), State: stateOf(c),
	}
	e.detail("ENI", c.ENI())
	e.detail("NodeENI", c.NodeENI)
	e.detail("Node", c.Node)
	e.detail("Zone", zone)
	e.detail("State", string(e.State))
	if s := c.State(); s != string(e.State) {
		e.detail("Lifecycle", s)
	}
	if p := c.Problem(); p != nil {
		e.Problem = clean(p.String())
		e.detail("Problem", e.Problem)
		e.detail("Object", p.Object)
	}
	e.addInterface(c)
	e.addAttachment(c)
	e.addHost(c)
	e.detail("NetworkInterface", c.Name)
	return e
}

// addInterface adds what is known about the ENI.
func (e *ENI) addInterface(c *fleet.Child) {
	e.detail("Subnet", subnet(c))
	if c.Interface == nil {
		return
	}
	o := &c.Interface.Status.AtProvider
	e.detail("Private address", o.PrivateIP)
	e.detail("Other addresses", join(slices.DeleteFunc(slices.Clone(o.PrivateIPs), func(s string) bool { return s == o.PrivateIP }), o.IPv6Addresses))
	e.detail("Prefixes", join(o.IPv4Prefixes, o.IPv6Prefixes))
	e.detail("Public address", o.PublicIP)
	e.detail("Retained since", c.Interface.Annotations[v1alpha1.AnnotationRetainedSince])
}

// addAttachment adds the MAC address and what is known about the attachment.
func (e *ENI) addAttachment(c *fleet.Child) {
	e.detail("MAC address", mac(c))
	if c.Attachment == nil {
		return
	}
	o := &c.Attachment.Status.AtProvider
	e.detail("Instance", o.InstanceID)
	e.detail("Attachment", strings.TrimSpace(o.AttachmentID+" "+o.Status))
	if e.Index > 0 {
		e.detail("Device index", fmt.Sprintf("%d on network card %d", e.Index, e.Card))
	}
}

// addHost adds what is known about the link on the host.
func (e *ENI) addHost(c *fleet.Child) {
	if c.Host == nil {
		return
	}
	e.detail("Link", c.Link())
	e.detail("PCI address", c.Host.Status.PCIAddress)
	e.detail("Driver", c.Host.Status.Driver)
	e.detail("Host", string(c.Host.GetCondition(xpv2.TypeReady).Reason))
}

func join(lists ...[]string) string { return strings.Join(slices.Concat(lists...), ", ") }

// subnet returns the observed subnet, or the subnet in the spec.
func subnet(c *fleet.Child) string {
	if c.Interface == nil {
		return ""
	}
	return cmp.Or(c.Interface.Status.AtProvider.SubnetID, c.Subnet())
}

// mac returns the MAC address from the first object that has it.
func mac(c *fleet.Child) string {
	out := ""
	if c.Interface != nil {
		out = c.Interface.Status.AtProvider.MACAddress
	}
	if c.Attachment != nil {
		out = cmp.Or(out, c.Attachment.Status.AtProvider.MACAddress)
	}
	if c.Host != nil {
		out = cmp.Or(out, c.Host.Spec.MACAddress)
	}
	return out
}

// card returns the network card of the attachment.
func card(c *fleet.Child) int32 {
	if c.Attachment == nil {
		return 0
	}
	a := c.Attachment
	return ptr.Deref(a.Status.AtProvider.NetworkCardIndex, ptr.Deref(a.Spec.ForProvider.NetworkCardIndex, 0))
}

// stateOf returns the state of an ENI.
func stateOf(c *fleet.Child) State {
	p := c.Problem()
	switch {
	case c.Retained():
		return Retained
	case p == nil && c.Ready():
		return Ready
	case c.Silence() != "":
		return Failed
	case p == nil || waits(p.Reason):
		return Waiting
	default:
		return Failed
	}
}

// waits reports whether a problem with a reason ends without a change by a user. A problem
// without a reason is an object that does not exist yet, or that has not been observed.
func waits(reason string) bool {
	switch xpv2.ConditionReason(reason) {
	case "", xpv2.ReasonCreating, xpv2.ReasonDeleting, v1alpha1.ReasonReleasing, v1alpha1.ReasonProgressing,
		v1alpha1.ReasonAssociating, v1alpha1.ReasonEC2Throttled, v1alpha1.ReasonEC2Unavailable:
		return true
	default:
		return strings.HasPrefix(reason, "Waiting")
	}
}
