package nodeeni

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// maxAttachments bounds the status: an object of etcd has a size.
const maxAttachments = 100

// maxNamed bounds how many things a message names.
const maxNamed = 3

func setConditions(n *v1alpha1.NodeENI, cs ...xpv2.Condition) {
	for _, c := range cs {
		n.SetConditions(c.WithObservedGeneration(n.GetGeneration()))
	}
}

// summarize fills the status from what there is.
func summarize(n *v1alpha1.NodeENI, s *state, now time.Time) {
	ready, why := fillAttachments(n, s, now)
	if synced := n.GetCondition(xpv2.TypeSynced); synced.Status == corev1.ConditionFalse && !planned(s) {
		// What is wanted is not known. What was known of it before still stands,
		// but nobody can say that it is there.
		setConditions(n, v1alpha1.NotReady(v1alpha1.ReasonCannotReachEC2, synced.Message))
		return
	}
	n.Status.Desired = int32(len(s.plan.Apply)) //nolint:gosec // bounded by nodes and subnets
	n.Status.Nodes = 0
	for _, node := range s.nodes {
		if !node.Missing && !node.Gone && !node.Deselected && node.OtherProviderID == "" && node.OtherRegion == "" {
			n.Status.Nodes++
		}
	}
	setConditions(n, subnetCondition(s), nodeCondition(s), readyCondition(s, ready, why))
}

// planned says whether there was a plan: one of no node and no subnet says
// nothing, and no NodeENI is without subnets.
func planned(s *state) bool {
	p := s.plan
	return len(p.Apply)+len(p.Keep)+len(p.Release)+len(p.Held)+len(p.WithoutProviderID)+len(p.NotEC2)+len(p.OtherRegion)+len(p.WithoutSubnet)+len(p.UnusedSubnets) > 0 ||
		!s.resolution.complete()
}

func subnetCondition(s *state) xpv2.Condition {
	switch {
	case len(s.resolution.missing) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetNotFound, named(s.resolution.missing))
	case len(s.resolution.ambiguous) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetAmbiguous, named(s.resolution.ambiguous))
	case len(s.resolution.undecided) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonVPCUnknown, "several VPCs have subnets of: "+named(s.resolution.undecided)+"; those in the VPC of the nodes are used, and the VPC of no node is known yet")
	case len(s.plan.UnusedSubnets) > 0 && len(s.nodes) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetInOtherZone, "no selected node is in the zone of: "+named(s.plan.UnusedSubnets))
	default:
		return v1alpha1.SubnetsUsable()
	}
}

func nodeCondition(s *state) xpv2.Condition {
	switch {
	case len(s.doubtful) > 0:
		return doubtCondition(s)
	case s.plan.Unconfirmed > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonRolloutHeld, heldMessage(s))
	case len(s.plan.WithoutProviderID) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonWaitingForProviderID, "waiting for the cloud provider to set spec.providerID of: "+named(s.plan.WithoutProviderID))
	case len(s.plan.WithoutSubnet) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonNoSubnetInZone, "no subnet given lies in the zone of: "+named(s.plan.WithoutSubnet))
	case len(s.plan.OtherRegion) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonNodeInOtherRegion, otherRegionMessage(s))
	case len(s.plan.NotEC2) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonNotEC2Instance, notEC2Message(s))
	default:
		return v1alpha1.NodesUsable()
	}
}

// otherRegionMessage names the nodes in other regions, and what to do.
func otherRegionMessage(s *state) string {
	var what []string
	for _, n := range s.nodes {
		if slices.Contains(s.plan.OtherRegion, n.Name) {
			what = append(what, n.Name+" ("+n.OtherRegion+")")
		}
	}
	return "selected nodes are in another region than " + s.region + ", which NodeENIs reach, and get no network interfaces: " + named(what) +
		"; do not select them, or set the provider's --region"
}

// notEC2Message names the nodes that are no EC2 instances, and what they are.
func notEC2Message(s *state) string {
	var what []string
	for _, n := range s.nodes {
		if slices.Contains(s.plan.NotEC2, n.Name) {
			what = append(what, n.Name+" is not an EC2 instance: its providerID is "+n.OtherProviderID)
		}
	}
	return "selected nodes get no network interfaces: " + named(what)
}

// doubtCondition names the nodes whose instances EC2 did not return.
func doubtCondition(s *state) xpv2.Condition {
	names, outage := []string{}, false
	for name, a := range s.doubtful {
		names = append(names, name)
		outage = outage || a.Fate == eni.FateOutage
	}
	if outage {
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonManyMissingInEC2,
			"EC2 did not return the instances of many nodes at once, which is taken for a fault of credentials, region or EC2: nothing is released until they are returned again; nodes: "+named(names)+
				"; for instances that were terminated set the annotation "+v1alpha1.AnnotationConfirmDeleted+"=INSTANCE-ID on their NetworkInterfaceAttachments")
	}
	return v1alpha1.NodesNotUsable(v1alpha1.ReasonMissingInEC2,
		"EC2 did not return the instances of these nodes; their network interfaces are released when a second answer more than a minute later confirms it: "+named(names))
}

// heldMessage explains which change is held, and how to confirm it.
func heldMessage(s *state) string {
	return fmt.Sprintf("%d Ready nodes no longer match and would lose their network interfaces, which is more than half of all: held until they match again or spec.rollout.maxUnavailable is set, such as 25%%", s.plan.Unconfirmed)
}

// readyCondition says whether every wanted interface is there; ready of them
// are, and why is a problem of one. Those on their way out may be ready too, but
// stand for none.
func readyCondition(s *state, ready int, why string) xpv2.Condition {
	want := len(s.plan.Apply)
	selected := slices.ContainsFunc(s.nodes, func(n eni.Node) bool { return !n.Deselected })
	switch {
	case len(s.resolution.missing)+len(s.resolution.ambiguous) > 0,
		len(s.resolution.undecided) > 0 && selected:
		c := subnetCondition(s)
		return v1alpha1.NotReady(c.Reason, c.Message)
	case s.plan.Unconfirmed > 0:
		return v1alpha1.NotReady(v1alpha1.ReasonRolloutHeld, heldMessage(s))
	case !selected:
		return v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, "no node matches nodeSelector and nodeSelectorTerms")
	case want > 0 && ready >= want && len(s.plan.Held) == 0:
		return v1alpha1.Ready(v1alpha1.ReasonAllReady, "")
	case want == 0:
		c := nodeCondition(s)
		if c.Status == corev1.ConditionFalse {
			return v1alpha1.NotReady(c.Reason, c.Message)
		}
		return v1alpha1.Ready(v1alpha1.ReasonAllReady, "")
	default:
		return v1alpha1.NotReady(v1alpha1.ReasonProgressing, fmt.Sprintf("%d of %d interfaces are ready%s", ready, want, why))
	}
}

// maxCauses bounds how many causes a condition names.
const maxCauses = 3

// causes returns why children are not ready, with their nodes: the most frequent cause
// first, and at most a few. Causes that differ only in the ids that they name are one.
func causes(all []v1alpha1.NodeENIAttachment) string {
	type cause struct {
		message string
		nodes   []string
	}
	var found []*cause
	byKind := map[string]*cause{}
	for _, a := range all {
		if a.Ready || a.Message == "" {
			continue
		}
		kind := kindOf(a.Message, a.NodeID)
		c := byKind[kind]
		if c == nil {
			c = &cause{message: a.Message}
			byKind[kind] = c
			found = append(found, c)
		}
		if !slices.Contains(c.nodes, a.NodeID) {
			c.nodes = append(c.nodes, a.NodeID)
		}
	}
	slices.SortStableFunc(found, func(a, b *cause) int { return cmp.Compare(len(b.nodes), len(a.nodes)) })
	var out strings.Builder
	for i, c := range found {
		switch {
		case i == maxCauses:
			fmt.Fprintf(&out, "; and %d other causes", len(found)-maxCauses)
			return out.String()
		case len(c.nodes) == 1:
			fmt.Fprintf(&out, "; node %s: %s", c.nodes[0], c.message)
		default:
			fmt.Fprintf(&out, "; nodes %s, the first: %s", named(c.nodes), c.message)
		}
	}
	return out.String()
}

// kindOf returns a message without the ids, names and numbers that differ from node to
// node.
func kindOf(message, node string) string {
	message = strings.ReplaceAll(message, node, "")
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || (r >= 'a' && r <= 'f') {
			return -1 // of ids, which are hexadecimal
		}
		return r
	}, message)
}

// named joins the first few of a sorted list.
func named(what []string) string {
	what = slices.Sorted(slices.Values(what))
	if len(what) > maxNamed {
		return strings.Join(what[:maxNamed], ", ") + fmt.Sprintf(" and %d more", len(what)-maxNamed)
	}
	return strings.Join(what, ", ")
}

// fillAttachments lists the children, with the time at which each last changed,
// and returns how many of those that are wanted are ready, and why the others are not,
// whether they are listed or not.
func fillAttachments(n *v1alpha1.NodeENI, s *state, now time.Time) (int, string) {
	n.Status.Attached, n.Status.Ready = 0, 0
	wantedReady := 0
	wanted := map[string]bool{}
	for _, c := range s.plan.Apply {
		wanted[c.Name] = true
	}
	before := map[string]v1alpha1.NodeENIAttachment{}
	for _, a := range n.Status.Attachments {
		before[a.Name] = a
	}
	var all []v1alpha1.NodeENIAttachment
	for _, e := range s.found {
		a := entry(n, e.Name, e.NodeName, e.SubnetID, s)
		if a.Status == "attached" {
			n.Status.Attached++
		}
		if a.Ready {
			n.Status.Ready++
			if wanted[e.Name] {
				wantedReady++
			}
		}
		all = append(all, a)
	}
	slices.SortFunc(all, func(a, b v1alpha1.NodeENIAttachment) int {
		return cmp.Or(cmp.Compare(a.NodeID, b.NodeID), cmp.Compare(ptr.Deref(a.NetworkCardIndex, 0), ptr.Deref(b.NetworkCardIndex, 0)), cmp.Compare(ptr.Deref(a.DeviceIndex, 0), ptr.Deref(b.DeviceIndex, 0)), cmp.Compare(a.Name, b.Name))
	})
	why := causes(all)
	n.Status.Truncated = len(all) > maxAttachments
	if n.Status.Truncated {
		all = all[:maxAttachments]
	}
	for i := range all {
		b := before[all[i].Name]
		all[i].LastUpdated = b.LastUpdated
		if b.LastUpdated == nil || !equality.Semantic.DeepEqual(all[i], b) {
			all[i].LastUpdated = &metav1.Time{Time: now.UTC().Truncate(time.Second)}
		}
	}
	n.Status.Attachments = all
	return wantedReady, why
}

// entry describes one child.
func entry(n *v1alpha1.NodeENI, name, node, subnet string, s *state) v1alpha1.NodeENIAttachment {
	host := hostConfig(&n.Spec)
	a := v1alpha1.NodeENIAttachment{
		Name: name, NodeID: node, SubnetID: subnet, Status: "creating", MTU: ptr.Deref(host.MTU, 0),
		DPDKEnabled: host.Driver == v1alpha1.DriverDPDK, DPDKResourceName: string(ptr.Deref(host.ResourceName, "")),
	}
	if ni := s.interfaces[name]; ni != nil {
		o := ni.Status.AtProvider
		a.ENIID, a.SubnetCIDR, a.AvailabilityZone, a.MACAddress, a.PrivateIP = o.ID, o.SubnetCIDR, o.AvailabilityZone, o.MACAddress, o.PrivateIP
		if a.ENIID == "" {
			a.ENIID = meta.GetExternalName(ni)
		}
		a.Message = problem(ni.GetCondition(xpv2.TypeSynced))
		if c := ni.GetCondition(xpv2.TypeReady); c.Reason == v1alpha1.ReasonInstanceENILimit {
			a.Status, a.Message = "waiting", first(a.Message, problem(c))
		}
	}
	attached := false
	if at := s.attachments[name]; at != nil {
		o := at.Status.AtProvider
		a.InstanceID, a.AttachmentID, a.DeviceIndex, a.NetworkCardIndex = o.InstanceID, o.AttachmentID, o.DeviceIndex, o.NetworkCardIndex
		attached = o.Status == "attached"
		if o.Status != "" {
			a.Status = o.Status
		}
		switch wait := waiting(at); {
		case o.Status != "" || a.ENIID == "":
		case wait == "":
			a.Status = "attaching"
		default:
			a.Status = "available"
		}
		a.Message = first(a.Message, problem(at.GetCondition(xpv2.TypeSynced)), waiting(at))
	}
	if h := s.hosts[name]; h != nil {
		a.InterfaceName, a.DPDKPCIAddress = h.Status.InterfaceName, h.Status.PCIAddress
		if a.DPDKEnabled {
			a.DPDKDriver = h.Status.Driver
			a.DPDKResourceName = first(a.DPDKResourceName, h.Status.Resource)
		}
		c := h.GetCondition(xpv2.TypeReady)
		a.Ready = attached && c.Status == corev1.ConditionTrue && h.Status.ObservedGeneration == h.GetGeneration() && s.current(name)
		switch {
		case attached && !answered(h) && s.silent[node] != "":
			a.Message = first(a.Message, s.silent[node])
		case c.Status == corev1.ConditionFalse:
			a.Message = first(a.Message, first(c.Message, string(c.Reason)))
		case attached && c.Status == corev1.ConditionUnknown:
			a.Message = first(a.Message, "the agent has not answered yet; if that lasts, check that its DaemonSet runs a pod on the node")
		case attached && !a.Ready:
			a.Message = first(a.Message, "is being updated")
		}
	}
	return a
}

// syncedCondition returns whether EC2 has accepted what the children's specs say.
func syncedCondition(s *state) xpv2.Condition {
	failed, why := 0, ""
	for _, c := range s.plan.Apply {
		var p string
		if ni := s.interfaces[c.Name]; ni != nil {
			p = problem(ni.GetCondition(xpv2.TypeSynced))
		}
		if at := s.attachments[c.Name]; at != nil {
			p = first(p, problem(at.GetCondition(xpv2.TypeSynced)))
		}
		if p != "" {
			failed++
			why = first(why, "node "+c.NodeName+": "+p)
		}
	}
	if failed == 0 {
		return xpv2.ReconcileSuccess()
	}
	return xpv2.ReconcileError(errors.Errorf("%d of %d network interfaces are not as specified; %s", failed, len(s.plan.Apply), why))
}

// current reports whether a child is in EC2 and on its host as its objects' present
// specs say: each controller has observed the spec that it was given, and what it
// passes on.
func (s *state) current(name string) bool {
	ni, at, h := s.interfaces[name], s.attachments[name], s.hosts[name]
	if ni == nil || at == nil || h == nil || at.Spec.Host == nil || s.outdated.has(name) {
		return false
	}
	for _, mg := range []resource.Managed{ni, at} {
		if c := mg.GetCondition(xpv2.TypeSynced); c.Status != corev1.ConditionTrue || c.ObservedGeneration != mg.GetGeneration() {
			return false
		}
	}
	o := ni.Status.AtProvider
	return slices.Equal(h.Spec.PrivateIPs, o.PrivateIPs) && slices.Equal(h.Spec.IPv6Addresses, o.IPv6Addresses) &&
		slices.Equal(h.Spec.IPv4Prefixes, o.IPv4Prefixes) && slices.Equal(h.Spec.IPv6Prefixes, o.IPv6Prefixes) &&
		equality.Semantic.DeepEqual(h.Spec.Config, *at.Spec.Host)
}

// problem returns what a condition complains of. How to decode what EC2 says of it
// stands at the child: a hundred of these would make a large status.
func problem(c xpv2.Condition) string {
	if c.Status == corev1.ConditionFalse {
		return awserr.TrimDecodeHint(c.Message)
	}
	return ""
}

func waiting(at *ec2v1alpha1.NetworkInterfaceAttachment) string {
	return problem(at.GetCondition(xpv2.TypeReady))
}

func first(ss ...string) string {
	for _, s := range ss {
		if s != "" {
			return s
		}
	}
	return ""
}
