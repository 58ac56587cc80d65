// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"

	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func setConditions(n *v1alpha1.NodeENI, cs ...xpv2.Condition) {
	for _, c := range cs {
		n.SetConditions(c.WithObservedGeneration(n.GetGeneration()))
	}
}

func subnetCondition(s *state) xpv2.Condition {
	switch {
	case len(s.resolution.missing) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetNotFound, managedresource.FirstNames(s.resolution.missing))
	case len(s.resolution.ambiguous) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetAmbiguous, managedresource.FirstNames(s.resolution.ambiguous))
	case len(s.resolution.undecided) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonVPCUnknown, "these match subnets in several VPCs, and the VPC of no selected node is known yet: "+managedresource.FirstNames(s.resolution.undecided))
	case len(s.plan.UnusedSubnets) > 0 && len(s.nodes) > 0:
		return v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetInOtherZone, "no selected node is in the zone of: "+managedresource.FirstNames(s.unusedSubnets()))
	default:
		return v1alpha1.SubnetsUsable()
	}
}

func nodeCondition(s *state) xpv2.Condition {
	switch {
	case len(s.unconfirmed) > 0:
		return missingInstanceCondition(s)
	case s.plan.Unconfirmed > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonRolloutHeld, heldMessage(s))
	case len(s.plan.Waiting) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonWaitingForRetained, waitingMessage(s))
	case len(s.plan.WithoutProviderID) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonWaitingForProviderID, withoutProviderIDMessage(s))
	case len(s.plan.WithoutSubnet) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonNoSubnetInZone, withoutSubnetMessage(s))
	case len(s.plan.OtherRegion) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonNodeInOtherRegion, otherRegionMessage(s))
	case len(s.plan.NotEC2) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonNotEC2Instance, notEC2Message(s))
	case len(s.terminatedNodes()) > 0:
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonInstanceGone,
			"the instances of these nodes are terminated, and their network interfaces are released; delete the Nodes if no controller does: "+managedresource.FirstNames(s.terminatedNodes()))
	default:
		return v1alpha1.NodesUsable()
	}
}

// withoutProviderIDMessage names the nodes whose instance is not known yet.
func withoutProviderIDMessage(s *state) string {
	return "waiting for the cloud provider to set spec.providerID of: " + managedresource.FirstNames(s.plan.WithoutProviderID)
}

// keptNodes names the deleted nodes whose ENIs are kept because their instances run, or returns "".
func (s *state) keptNodes() string {
	if len(s.kept) == 0 {
		return ""
	}
	return "deleted nodes whose instances run keep their network interfaces for the grace period: " + managedresource.FirstNames(slices.Collect(maps.Keys(s.kept)))
}

// terminatedNodes returns the names of the nodes that exist and whose instances are terminated.
func (s *state) terminatedNodes() []string {
	var names []string
	for _, n := range s.nodes {
		if n.Gone && !n.Missing {
			names = append(names, n.Name)
		}
	}
	return names
}

// otherRegionMessage names the nodes in other regions, and the solution.
func otherRegionMessage(s *state) string {
	var what []string
	for _, n := range s.nodes {
		if slices.Contains(s.plan.OtherRegion, n.Name) {
			what = append(what, n.Name+" ("+n.OtherRegion+")")
		}
	}
	return "selected nodes are not in region " + s.region + " of the provider config and get no network interfaces: " + managedresource.FirstNames(what) +
		"; exclude them from the selector, or set the provider's --region"
}

// notEC2Message names the nodes that are not EC2 instances, with their providerID.
func notEC2Message(s *state) string {
	var what []string
	for _, n := range s.nodes {
		if slices.Contains(s.plan.NotEC2, n.Name) {
			what = append(what, n.Name+" is not an EC2 instance: its providerID is "+n.OtherProviderID)
		}
	}
	return "selected nodes get no network interfaces: " + managedresource.FirstNames(what)
}

// missingInstanceCondition names the nodes whose instances EC2 did not return.
func missingInstanceCondition(s *state) xpv2.Condition {
	names, outage := []string{}, false
	for name, a := range s.unconfirmed {
		names = append(names, name)
		outage = outage || a.Fate == eni.FateOutage
	}
	if outage {
		return v1alpha1.NodesNotUsable(v1alpha1.ReasonManyMissingInEC2,
			"EC2 did not return the instances of many nodes at once: check the credentials, the region and EC2's health; nothing is released until EC2 returns them again; nodes: "+managedresource.FirstNames(names)+
				"; for instances that were terminated set the annotation "+v1alpha1.AnnotationConfirmDeleted+"=INSTANCE-ID on their NetworkInterfaceAttachments")
	}
	return v1alpha1.NodesNotUsable(v1alpha1.ReasonMissingInEC2,
		"EC2 did not return the instances of these nodes; their network interfaces are released if a second response more than a minute later does not contain them either: "+managedresource.FirstNames(names))
}

// heldMessage states which change is held, and how to confirm it.
func heldMessage(s *state) string {
	what := "1 Ready node no longer matches and would lose its network interfaces"
	if n := s.plan.Unconfirmed; n != 1 {
		what = fmt.Sprintf("%d Ready nodes no longer match and would lose their network interfaces", n)
	}
	return what + ", more than half of all when the change was made: held until they match again or spec.rollout.maxUnavailable is set, such as 25%"
}

// heldReleases states how many releases maxUnavailable delays, and which paused objects they wait for, or
// returns "".
func heldReleases(s *state) string {
	n := len(s.plan.Held)
	if n == 0 {
		return ""
	}
	out := "; " + managedresource.Count(n, "network interface") + " of other nodes to be released later (spec.rollout.maxUnavailable)"
	var paused []string
	for _, name := range s.plan.Release {
		if isPaused(s.interfaces[name], s.attachments[name]) {
			paused = append(paused, name)
		}
	}
	if len(paused) > 0 {
		out += ", once these paused objects are deleted: " + managedresource.FirstNames(paused) + " (" + v1alpha1.PausedMessage + ")"
	}
	return out
}

// isPaused reports whether an object of a child is paused. Each may be nil.
func isPaused(ni *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment) bool {
	return ni != nil && meta.IsPaused(ni) || at != nil && meta.IsPaused(at)
}

// readyCondition returns the condition Ready. ready is the number of desired interfaces
// that are ready; an interface being deleted does not count. why names the causes of
// interfaces that are not.
func readyCondition(s *state, network *xpv2.Condition, ready int, why string) xpv2.Condition {
	want := len(s.plan.Apply) + len(s.plan.Waiting)
	selected := s.selected()
	switch {
	case len(s.resolution.missing)+len(s.resolution.ambiguous) > 0,
		len(s.resolution.undecided) > 0 && selected:
		c := subnetCondition(s)
		return v1alpha1.NotReady(c.Reason, c.Message)
	case s.plan.Unconfirmed > 0:
		return v1alpha1.NotReady(v1alpha1.ReasonRolloutHeld, heldMessage(s))
	case !selected:
		message := "no node matches nodeSelector and nodeSelectorTerms"
		if n := len(s.found) - len(s.plan.Keep) - len(s.plan.Retain); n > 0 {
			message += "; " + managedresource.Count(n, "network interface") + " being released"
		}
		if kept := s.keptNodes(); kept != "" {
			message += "; " + kept
		}
		return v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, message+heldReleases(s))
	case want > 0 && ready >= want && len(s.plan.Held) == 0 && network != nil:
		return v1alpha1.NotReady(network.Reason, network.Message)
	case want > 0 && ready >= want && len(s.plan.WithoutProviderID) > 0:
		return v1alpha1.NotReady(v1alpha1.ReasonWaitingForProviderID, withoutProviderIDMessage(s))
	case want > 0 && ready >= want && len(s.plan.Held) == 0:
		return v1alpha1.Ready(v1alpha1.ReasonAllReady, s.keptNodes())
	case want == 0:
		c := nodeCondition(s)
		if c.Status == corev1.ConditionFalse {
			return v1alpha1.NotReady(c.Reason, c.Message)
		}
		return v1alpha1.Ready(v1alpha1.ReasonAllReady, s.keptNodes())
	default:
		if len(s.plan.Waiting) > 0 {
			why = "; " + waitingMessage(s) + why
		}
		return v1alpha1.NotReady(v1alpha1.ReasonProgressing, fmt.Sprintf("%d of %d interfaces are ready%s", ready, want, heldReleases(s)+why))
	}
}

// maxCauses limits how many causes a condition names.
const maxCauses = 3

// causes returns why children are not ready, with their nodes: the most frequent causes
// first, at most maxCauses. Messages that differ only in ids are one cause.
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
			fmt.Fprintf(&out, "; nodes %s, the first: %s", managedresource.FirstNames(c.nodes), c.message)
		}
	}
	return out.String()
}

// kindOf returns a message without the ids, names and numbers that differ between nodes.
func kindOf(message, node string) string {
	message = strings.ReplaceAll(message, node, "")
	return strings.Map(func(r rune) rune {
		if unicode.IsDigit(r) || (r >= 'a' && r <= 'f') {
			return -1 // part of a hexadecimal id
		}
		return r
	}, message)
}

// syncedCondition returns the condition Synced: false if EC2 rejected the spec of a child.
func syncedCondition(s *state) xpv2.Condition {
	failed, why := 0, ""
	for _, c := range s.plan.Apply {
		var p string
		if ni := s.interfaces[c.Name]; ni != nil {
			p = unsynced(ni)
		}
		if at := s.attachments[c.Name]; at != nil {
			p = first(p, unsynced(at))
		}
		if p != "" {
			failed++
			why = first(why, "node "+c.NodeName+": "+p)
		}
	}
	if failed == 0 {
		return xpv2.ReconcileSuccess()
	}
	return xpv2.ReconcileError(errors.Errorf("%d of %d network interfaces are not Synced; %s", failed, len(s.plan.Apply), why))
}

// problem returns the message of a false condition. The command that decodes an EC2
// message stays at the child: a hundred of them would make the status large.
func problem(c xpv2.Condition) string {
	if c.Status == corev1.ConditionFalse {
		return awserr.TrimDecodeHint(c.Message)
	}
	return ""
}

// unsynced returns why a child is not Synced, or "".
func unsynced(mg resource.Managed) string {
	c := mg.GetCondition(xpv2.TypeSynced)
	if c.Status == corev1.ConditionFalse && c.Reason == xpv2.ReasonReconcilePaused {
		return managedresource.PausedMessage(mg)
	}
	return problem(c)
}

// waiting returns why an attachment waits, or "" if it waits only for its host.
func waiting(at *ec2v1alpha1.NetworkInterfaceAttachment) string {
	if attached(at) {
		return ""
	}
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
