// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// maxAttachments limits the size of the status, as etcd limits the size of an object.
const maxAttachments = 100

// summarize sets the status from the observed state.
func summarize(n *v1alpha1.NodeENI, s *state, now time.Time) {
	ready, why := fillAttachments(n, s, now)
	if synced := n.GetCondition(xpv2.TypeSynced); synced.Status == corev1.ConditionFalse && !planned(s) {
		// There is no plan. Keep the previous counts, but do not report readiness.
		setConditions(n, v1alpha1.NotReady(v1alpha1.ReasonCannotReachEC2, synced.Message))
		return
	}
	n.Status.Desired = int32(len(s.plan.Apply) + len(s.plan.Waiting)) //nolint:gosec // bounded by nodes and subnets
	n.Status.Retained = int32(len(s.plan.Retain))                     //nolint:gosec // bounded by spec.retain
	n.Status.Nodes = 0
	for _, node := range s.nodes {
		if !node.Missing && !node.Gone && !node.Deselected && node.OtherProviderID == "" && node.OtherRegion == "" {
			n.Status.Nodes++
		}
	}
	setElasticIPCondition(n, s)
	setConditions(n, subnetCondition(s), nodeCondition(s), readyCondition(s, undefinedNetwork(n), ready, why))
}

// planned reports whether a plan was computed. A NodeENI always has subnets, so a plan
// is never empty.
func planned(s *state) bool {
	p := s.plan
	return len(p.Apply)+len(p.Retain)+len(p.Waiting)+len(p.Keep)+len(p.Release)+len(p.Held)+len(p.WithoutProviderID)+len(p.NotEC2)+len(p.OtherRegion)+len(p.WithoutSubnet)+len(p.UnusedSubnets) > 0 ||
		!s.resolution.complete()
}

// fillAttachments lists the children in the status, with the time of each child's last
// change. It returns how many desired children are ready, and the causes of the others,
// including children that the truncated list omits.
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
			s.markReady(e.Name)
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

// entry returns the status entry of a child.
func entry(n *v1alpha1.NodeENI, name, node, subnet string, s *state) v1alpha1.NodeENIAttachment {
	host := hostConfig(&n.Spec)
	a := v1alpha1.NodeENIAttachment{
		Name: name, NodeID: node, SubnetID: subnet, Status: "creating", MTU: ptr.Deref(host.MTU, 0),
		DPDKEnabled: host.Driver == v1alpha1.DriverDPDK, DPDKResourceName: string(ptr.Deref(host.ResourceName, "")),
	}
	if ni := s.interfaces[name]; ni != nil {
		o := ni.Status.AtProvider
		a.ENIID, a.SubnetCIDR, a.AvailabilityZone, a.MACAddress, a.PrivateIP = o.ID, o.SubnetCIDR, o.AvailabilityZone, o.MACAddress, o.PrivateIP
		if ni.GetAnnotations()[v1alpha1.AnnotationRetainedSince] != "" && o.ID != "" {
			a.Status = "retained"
		}
		if o.ElasticIP != nil {
			a.ElasticIP = o.ElasticIP.PublicIP
		}
		if a.ENIID == "" {
			a.ENIID = meta.GetExternalName(ni)
		}
		a.Message = unsynced(ni)
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
		a.Message = first(a.Message, unsynced(at), waiting(at))
	}
	if h := s.hosts[name]; h != nil {
		a.InterfaceName, a.DPDKPCIAddress = h.Status.InterfaceName, h.Status.PCIAddress
		if a.DPDKEnabled {
			a.DPDKDriver = h.Status.Driver
			a.DPDKBound = host.DPDK != nil && h.Status.Driver == string(host.DPDK.Driver)
			a.DPDKResourceName = first(a.DPDKResourceName, h.Status.Resource)
		}
		c := h.GetCondition(xpv2.TypeReady)
		a.Ready = attached && c.Status == corev1.ConditionTrue && h.Status.ObservedGeneration == h.GetGeneration() && s.current(name)
		switch {
		case attached && !isObserved(h) && s.agentFailures[node] != "":
			a.Message = s.agentFailures[node]
		case c.Status == corev1.ConditionFalse:
			a.Message = first(a.Message, first(c.Message, string(c.Reason)))
		case attached && c.Status == corev1.ConditionUnknown:
			a.Message = first(a.Message, "waiting for the agent on the node; if this persists, check that its DaemonSet runs a pod there")
		case attached && !a.Ready:
			a.Message = first(a.Message, "update in progress")
		}
	}
	a.Message = first(s.kept[node], a.Message)
	return a
}

// keptMessage states until when the ENI of a deleted node is kept.
func keptMessage(instance string, until time.Time) string {
	at := until.UTC().Format(time.RFC3339)
	if instance == "" {
		return "its Node is deleted: released at " + at
	}
	return fmt.Sprintf("its Node is deleted and its instance %s runs: released when the instance is terminated, or at %s", instance, at)
}

// current reports whether EC2 and the host match the present specs of a child's objects:
// each controller has observed the latest generation and passed it on.
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
