// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"fmt"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// found returns a state with children of the given names, all of node n1,
// attached and ready.
func found(names ...string) *state {
	s := &state{
		interfaces:  map[string]*ec2v1alpha1.NetworkInterface{},
		attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{},
		hosts:       map[string]*v1alpha1.HostInterface{},
		outdated:    newNameSet(),
	}
	for i, name := range names {
		s.found = append(s.found, eni.Existing{Name: name, NodeName: "n1", NodeUID: "uid-n1", SubnetID: "subnet-1"})
		ni := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Generation: 1}}
		ni.SetConditions(xpv2.ReconcileSuccess().WithObservedGeneration(1))
		ni.Status.AtProvider = ec2v1alpha1.NetworkInterfaceObservation{ID: "eni-" + name, SubnetCIDR: "10.0.0.0/24", AvailabilityZone: "a", MACAddress: "02:00:00:00:00:01", PrivateIP: "10.0.0.4"}
		at := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Generation: 1}}
		at.SetConditions(xpv2.ReconcileSuccess().WithObservedGeneration(1))
		at.Spec.Host = &v1alpha1.HostConfig{}
		at.Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{InstanceID: "i-1", AttachmentID: "eni-attach-" + name, Status: "attached", DeviceIndex: new(int32(i + 1))}
		h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Generation: 1}}
		h.Status.ObservedGeneration, h.Status.InterfaceName, h.Status.Driver = 1, fmt.Sprintf("eth%d", i+1), "vfio-pci"
		h.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
		s.interfaces[name], s.attachments[name], s.hosts[name] = ni, at, h
	}
	return s
}

func TestReadyCondition(t *testing.T) {
	node := eni.Node{Name: "n1", UID: "uid-n1", InstanceID: "i-1"}
	wants := func(s *state, names ...string) *state {
		s.nodes = []eni.Node{node}
		for _, n := range names {
			s.plan.Apply = append(s.plan.Apply, eni.Child{Name: n})
		}
		return s
	}
	with := func(s *state, fn func(*state)) *state { fn(s); return s }
	manyNames := make([]string, 130)
	for i := range manyNames {
		manyNames[i] = fmt.Sprintf("c%03d", i)
	}

	cases := map[string]struct {
		reason string
		args   *state
		want   xpv2.Condition
	}{
		"AllReady": {
			reason: "A NodeENI is ready once every desired interface is attached and its HostInterface is ready.",
			args:   wants(found("a", "b"), "a", "b"),
			want:   v1alpha1.Ready(v1alpha1.ReasonAllReady, ""),
		},
		"WaitingForProviderID": {
			reason: "A node whose instance is not known yet will get its ENI.",
			args:   with(wants(found("a"), "a"), func(s *state) { s.plan.WithoutProviderID = []string{"n2"} }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonWaitingForProviderID, "waiting for the cloud provider to set spec.providerID of: n2"),
		},
		"NodeDeleted": {
			reason: "The ENIs of a deleted node are kept for a time, which does not affect readiness.",
			args:   with(wants(found("a"), "a"), func(s *state) { s.kept = map[string]string{"n2": "", "n3": ""} }),
			want:   v1alpha1.Ready(v1alpha1.ReasonAllReady, "deleted nodes whose instances run keep their network interfaces for the grace period: n2, n3"),
		},
		"NodesDeleted": {
			reason: "The same if no other node matches.",
			args:   with(wants(found()), func(s *state) { s.nodes = nil; s.kept = map[string]string{"n2": ""} }),
			want:   v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, "no node matches nodeSelector and nodeSelectorTerms; deleted nodes whose instances run keep their network interfaces for the grace period: n2"),
		},
		"Progressing": {
			reason: "Until then the message reports the progress.",
			args:   wants(found("a"), "a", "b"),
			want:   v1alpha1.NotReady(v1alpha1.ReasonProgressing, "1 of 2 interfaces are ready"),
		},
		"LeavingDoesNotCount": {
			reason: "An interface being deleted does not count as a desired one.",
			args:   wants(found("old"), "new"),
			want:   v1alpha1.NotReady(v1alpha1.ReasonProgressing, "0 of 1 interfaces are ready"),
		},
		"Held": {
			reason: "While interfaces are held the NodeENI is not ready.",
			args:   with(wants(found("a", "old"), "a"), func(s *state) { s.plan.Held = []string{"old"} }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonProgressing, "1 of 1 interfaces are ready; 1 network interface of other nodes to be released later (spec.rollout.maxUnavailable)"),
		},
		"UnconfirmedNode": {
			reason: "A change that would deselect a Ready node is reported, whatever else is ready.",
			args:   with(wants(found("a"), "a"), func(s *state) { s.plan.Unconfirmed = 1 }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonRolloutHeld, "1 Ready node no longer matches and would lose its network interfaces, more than half of all when the change was made: held until they match again or spec.rollout.maxUnavailable is set, such as 25%"),
		},
		"UnconfirmedNodes": {
			reason: "The message counts the nodes.",
			args:   with(wants(found("a"), "a"), func(s *state) { s.plan.Unconfirmed = 2 }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonRolloutHeld, "2 Ready nodes no longer match and would lose their network interfaces, more than half of all when the change was made: held until they match again or spec.rollout.maxUnavailable is set, such as 25%"),
		},
		"HeldByPaused": {
			reason: "A paused object whose release would have to end first is named.",
			args: with(wants(found("a", "old", "older"), "a"), func(s *state) {
				s.plan.Held, s.plan.Release = []string{"old"}, []string{"older"}
				meta.AddAnnotations(s.attachments["older"], map[string]string{meta.AnnotationKeyReconciliationPaused: "true"})
			}),
			want: v1alpha1.NotReady(v1alpha1.ReasonProgressing, "1 of 1 interfaces are ready; 1 network interface of other nodes to be released later (spec.rollout.maxUnavailable), once these paused objects are deleted: older ("+v1alpha1.PausedMessage+")"),
		},
		"HostBehind": {
			reason: "A HostInterface that has observed an earlier generation is not ready.",
			args:   with(wants(found("a"), "a"), func(s *state) { s.hosts["a"].Generation = 2 }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonProgressing, "0 of 1 interfaces are ready; node n1: update in progress"),
		},
		"Problem": {
			reason: "The first problem is reported with its node.",
			args: with(wants(found("a"), "a"), func(s *state) {
				s.hosts["a"].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonKernelRefused, "cannot set MTU"))
			}),
			want: v1alpha1.NotReady(v1alpha1.ReasonProgressing, "0 of 1 interfaces are ready; node n1: cannot set MTU"),
		},
		"ProblemBeyondTheList": {
			reason: "A problem of a child that the truncated status does not list is reported too.",
			args: with(wants(found(manyNames...), manyNames...), func(s *state) {
				s.hosts[manyNames[len(manyNames)-1]].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonKernelRefused, "cannot set MTU"))
			}),
			want: v1alpha1.NotReady(v1alpha1.ReasonProgressing, "129 of 130 interfaces are ready; node n1: cannot set MTU"),
		},
		"NoNodes": {
			reason: "A NodeENI that selects no node is ready for when there is one.",
			args:   found(),
			want:   v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, "no node matches nodeSelector and nodeSelectorTerms"),
		},
		"NoNodesReleasing": {
			reason: "The message counts the ENIs of the nodes that no longer match.",
			args:   with(found("a", "b"), func(s *state) { s.plan.Release = []string{"a"} }),
			want:   v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, "no node matches nodeSelector and nodeSelectorTerms; 2 network interfaces being released"),
		},
		"InstanceTerminated": {
			reason: "A node whose instance is terminated is named with the solution.",
			args:   with(wants(found()), func(s *state) { s.nodes[0].Gone = true }),
			want: v1alpha1.NotReady(v1alpha1.ReasonInstanceGone,
				"the instances of these nodes are terminated, and their network interfaces are released; delete the Nodes if no controller does: n1"),
		},
		"MissingSubnet": {
			reason: "A subnet that does not exist is the problem that a user must fix first.",
			args:   with(wants(found("a"), "a"), func(s *state) { s.resolution.missing = []string{`subnet "subnet-9" does not exist`} }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonSubnetNotFound, `subnet "subnet-9" does not exist`),
		},
		"AmbiguousSubnet": {
			reason: "A name that stands for several subnets is the problem that a user must fix first.",
			args:   with(wants(found()), func(s *state) { s.resolution.ambiguous = []string{"ambiguous"} }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonSubnetAmbiguous, "ambiguous"),
		},
		"UndecidedSubnet": {
			reason: "Subnets of several VPCs cannot be chosen between while no node's VPC is known.",
			args:   with(wants(found("a"), "a"), func(s *state) { s.resolution.undecided = []string{`subnet name "one"`} }),
			want: v1alpha1.NotReady(v1alpha1.ReasonVPCUnknown,
				`these match subnets in several VPCs, and the VPC of no selected node is known yet: subnet name "one"`),
		},
		"UndecidedSubnetWithoutNodes": {
			reason: "A NodeENI that selects no node needs no choice.",
			args:   with(found(), func(s *state) { s.resolution.undecided = []string{`subnet name "one"`} }),
			want:   v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, "no node matches nodeSelector and nodeSelectorTerms"),
		},
		"NotEC2": {
			reason: "A node that is not an EC2 instance does not block readiness.",
			args: with(wants(found("a"), "a"), func(s *state) {
				s.nodes = append(s.nodes, eni.Node{Name: "n2", OtherProviderID: "eks-hybrid:///r/c/mi-1"})
				s.plan.NotEC2 = []string{"n2"}
			}),
			want: v1alpha1.Ready(v1alpha1.ReasonAllReady, ""),
		},
		"OtherRegion": {
			reason: "A node of another region does not block readiness.",
			args: with(wants(found("a"), "a"), func(s *state) {
				s.nodes = append(s.nodes, eni.Node{Name: "n2", InstanceID: "i-2", OtherRegion: "eu-west-1"})
				s.plan.OtherRegion = []string{"n2"}
			}),
			want: v1alpha1.Ready(v1alpha1.ReasonAllReady, ""),
		},
		"OnlyOtherRegion": {
			reason: "If all nodes are in another region, the message names both regions.",
			args: with(wants(found()), func(s *state) {
				s.region = "us-east-1"
				s.nodes = []eni.Node{{Name: "n2", InstanceID: "i-2", OtherRegion: "eu-west-1"}}
				s.plan.OtherRegion = []string{"n2"}
			}),
			want: v1alpha1.NotReady(v1alpha1.ReasonNodeInOtherRegion,
				"selected nodes are not in region us-east-1 of the provider config and get no network interfaces: n2 (eu-west-1); exclude them from the selector, or set the provider's --region"),
		},
		"OnlyNotEC2": {
			reason: "If no other node matches, this is the reason.",
			args: with(wants(found()), func(s *state) {
				s.nodes = []eni.Node{{Name: "n2", OtherProviderID: "eks-hybrid:///r/c/mi-1"}}
				s.plan.NotEC2 = []string{"n2"}
			}),
			want: v1alpha1.NotReady(v1alpha1.ReasonNotEC2Instance, "selected nodes get no network interfaces: n2 is not an EC2 instance: its providerID is eks-hybrid:///r/c/mi-1"),
		},
		"NoProviderID": {
			reason: "If the only node has no providerID, the NodeENI waits for it.",
			args:   with(wants(found()), func(s *state) { s.plan.WithoutProviderID = []string{"n1"} }),
			want:   v1alpha1.NotReady(v1alpha1.ReasonWaitingForProviderID, "waiting for the cloud provider to set spec.providerID of: n1"),
		},
		"NoSubnetInZone": {
			reason: "If no node has a subnet, the nodes are named, with the zones.",
			args: with(wants(found()), func(s *state) {
				s.nodes = []eni.Node{{Name: "n2"}, {Name: "n1", Zone: "us-east-1c", VPCID: "vpc-1"}}
				s.plan.WithoutSubnet = []string{"n1", "n2"}
				s.resolution.subnets = []eni.Subnet{{ID: "subnet-1", Zone: "us-east-1b", VPCID: "vpc-1"}, {ID: "subnet-2", Zone: "us-east-1a", VPCID: "vpc-1"}, {ID: "subnet-3", Zone: "us-east-1a", VPCID: "vpc-1"}}
			}),
			want: v1alpha1.NotReady(v1alpha1.ReasonNoSubnetInZone, "no configured subnet is in the zone of: n1 (us-east-1c), n2 (zone unknown); the subnets are in: us-east-1a, us-east-1b"),
		},
		"NoSubnetInVPC": {
			reason: "If the subnets are in another VPC, the VPCs are named.",
			args: with(wants(found()), func(s *state) {
				s.nodes = []eni.Node{{Name: "n1", Zone: "us-east-1a", VPCID: "vpc-1"}}
				s.plan.WithoutSubnet = []string{"n1"}
				s.resolution.subnets = []eni.Subnet{{ID: "subnet-1", Zone: "us-east-1a", VPCID: "vpc-2"}}
			}),
			want: v1alpha1.NotReady(v1alpha1.ReasonNoSubnetInZone, "no configured subnet is in the zone of: n1 (us-east-1a of vpc-1); the subnets are in: us-east-1a of vpc-2"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := nodeENI(v1alpha1.NodeENISpec{})
			setConditions(n, xpv2.ReconcileSuccess())
			summarize(n, tc.args, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
			if diff := cmp.Diff(tc.want.WithObservedGeneration(1), n.GetCondition(xpv2.TypeReady), cmpopts.IgnoreTypes(metav1.Time{})); diff != "" {
				t.Errorf("\n%s\nsummarize(...): Ready: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSummarizeWithoutPlan(t *testing.T) {
	const reason = "While EC2 cannot be reached nothing is ready, and the counts of nodes and subnets are kept."
	n := nodeENI(v1alpha1.NodeENISpec{})
	n.Status.Nodes, n.Status.Desired = 2, 2
	setConditions(n, v1alpha1.SubnetsUsable(), xpv2.ReconcileError(errors.New("boom")))
	summarize(n, found("a"), time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))

	if diff := cmp.Diff(v1alpha1.NotReady(v1alpha1.ReasonCannotReachEC2, "boom").WithObservedGeneration(1), n.GetCondition(xpv2.TypeReady), cmpopts.IgnoreTypes(metav1.Time{})); diff != "" {
		t.Errorf("\n%s\nsummarize(...): Ready: -want, +got:\n%s", reason, diff)
	}
	type counts struct{ Nodes, Desired, Attached, Ready int32 }
	got := counts{n.Status.Nodes, n.Status.Desired, n.Status.Attached, n.Status.Ready}
	if diff := cmp.Diff(counts{2, 2, 1, 1}, got); diff != "" {
		t.Errorf("\n%s\nsummarize(...): counts: -want, +got:\n%s", reason, diff)
	}
}

func TestSubnetAndNodeConditions(t *testing.T) {
	type want struct{ Subnets, Nodes xpv2.Condition }
	cases := map[string]struct {
		reason string
		args   *state
		want   want
	}{
		"Usable": {
			reason: "If all subnets and nodes are usable, both conditions are true.",
			args:   &state{nodes: []eni.Node{{}}},
			want:   want{v1alpha1.SubnetsUsable(), v1alpha1.NodesUsable()},
		},
		"OtherZone": {
			reason: "A subnet in whose zone no selected node is, is named and not tried.",
			args: &state{
				nodes: []eni.Node{{}}, plan: eni.Plan{UnusedSubnets: []string{"subnet-2", "subnet-1"}},
				resolution: resolution{subnets: []eni.Subnet{{ID: "subnet-2", Zone: "us-east-1b"}, {ID: "subnet-1", Zone: "us-east-1a"}, {ID: "subnet-3", Zone: "us-east-1c"}}},
			},
			want: want{v1alpha1.SubnetsNotUsable(v1alpha1.ReasonSubnetInOtherZone, "no selected node is in the zone of: subnet-1 (us-east-1a), subnet-2 (us-east-1b)"), v1alpha1.NodesUsable()},
		},
		"NoNodes": {
			reason: "Without nodes no subnet is in a wrong zone.",
			args:   &state{plan: eni.Plan{UnusedSubnets: []string{"subnet-1"}}},
			want:   want{v1alpha1.SubnetsUsable(), v1alpha1.NodesUsable()},
		},
		"ManyNodes": {
			reason: "The first three of many are named, in order, so that the message stays the same.",
			args:   &state{nodes: []eni.Node{{}}, plan: eni.Plan{WithoutProviderID: []string{"e", "d", "c", "b", "a"}}},
			want:   want{v1alpha1.SubnetsUsable(), v1alpha1.NodesNotUsable(v1alpha1.ReasonWaitingForProviderID, "waiting for the cloud provider to set spec.providerID of: a, b, c and 2 more")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := want{subnetCondition(tc.args), nodeCondition(tc.args)}
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreTypes(metav1.Time{})); diff != "" {
				t.Errorf("\n%s\nsubnetCondition(...), nodeCondition(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestFirstNames(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   []string
		want   string
	}{
		"One":   {reason: "One thing is named.", args: []string{"a"}, want: "a"},
		"Three": {reason: "Three things are named in order.", args: []string{"c", "a", "b"}, want: "a, b, c"},
		"Four":  {reason: "Three of four names are listed.", args: []string{"d", "c", "b", "a"}, want: "a, b, c and 1 more"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, managedresource.FirstNames(tc.args)); diff != "" {
				t.Errorf("\n%s\nfirstNames(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestEntry(t *testing.T) {
	base := v1alpha1.NodeENIAttachment{
		Name: "a", NodeID: "n1", SubnetID: "subnet-1", InstanceID: "i-1", ENIID: "eni-a", AttachmentID: "eni-attach-a", SubnetCIDR: "10.0.0.0/24",
		AvailabilityZone: "a", DeviceIndex: new(int32(1)), MACAddress: "02:00:00:00:00:01", PrivateIP: "10.0.0.4", Status: "attached", InterfaceName: "eth1", Ready: true,
	}
	entryOf := func(fn func(*v1alpha1.NodeENIAttachment)) v1alpha1.NodeENIAttachment {
		a := base
		fn(&a)
		return a
	}
	with := func(s *state, fn func(*state)) *state { fn(s); return s }

	type args struct {
		spec  v1alpha1.NodeENISpec
		state *state
	}
	cases := map[string]struct {
		reason string
		args   args
		want   v1alpha1.NodeENIAttachment
	}{
		"Ready": {
			reason: "The status entry has the observed state of the ENI and its host.",
			args:   args{state: found("a")},
			want:   base,
		},
		"DPDK": {
			reason: "A device for a userspace driver is shown with its driver and its resource.",
			args:   args{state: found("a"), spec: v1alpha1.NodeENISpec{MTU: new(int32(9001)), EnableDPDK: new(true), DPDKResourceName: ptr.To(v1alpha1.ResourceName("a.com/b"))}},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.MTU, a.DPDKEnabled, a.DPDKBound, a.DPDKDriver, a.DPDKResourceName = 9001, true, true, "vfio-pci", "a.com/b"
			}),
		},
		"DPDKByHost": {
			reason: "Fields under host are shown like the short fields.",
			args: args{state: found("a"), spec: v1alpha1.NodeENISpec{Host: &v1alpha1.HostConfig{
				MTU: new(int32(9001)), Driver: v1alpha1.DriverDPDK, ResourceName: ptr.To(v1alpha1.ResourceName("a.com/b")),
			}}},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.MTU, a.DPDKEnabled, a.DPDKBound, a.DPDKDriver, a.DPDKResourceName = 9001, true, true, "vfio-pci", "a.com/b"
			}),
		},
		"DPDKDefaultName": {
			reason: "A resource without a configured name is shown with the agent's name.",
			args:   args{state: with(found("a"), func(s *state) { s.hosts["a"].Status.Resource = "intel.com/n" }), spec: v1alpha1.NodeENISpec{DPDKEnabled: new(true)}},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.DPDKEnabled, a.DPDKBound, a.DPDKDriver, a.DPDKResourceName = true, true, "vfio-pci", "intel.com/n"
			}),
		},
		"Updating": {
			reason: "A child that does not match its spec is not ready.",
			args:   args{state: with(found("a"), func(s *state) { s.interfaces["a"].Generation++ })},
			want:   entryOf(func(a *v1alpha1.NodeENIAttachment) { a.Ready, a.Message = false, "update in progress" }),
		},
		"Attaching": {
			reason: "An ENI that is not attached is not ready, whatever the HostInterface's condition.",
			args: args{state: with(found("a"), func(s *state) {
				s.attachments["a"].Status.AtProvider.Status = "attaching"
				s.attachments["a"].SetConditions(xpv2.Creating())
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) { a.Status, a.Ready = "attaching", false }),
		},
		"Waiting": {
			reason: "The message names the reason why an attachment waits.",
			args: args{state: with(found("a"), func(s *state) {
				s.attachments["a"].Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{}
				s.attachments["a"].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonInstanceENILimit, "full"))
				delete(s.hosts, "a")
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.Status, a.Ready, a.Message = "available", false, "full"
				a.InstanceID, a.AttachmentID, a.DeviceIndex, a.InterfaceName = "", "", nil, ""
			}),
		},
		"NotYetAttaching": {
			reason: "An ENI that exists and waits for nothing is being attached.",
			args: args{state: with(found("a"), func(s *state) {
				s.attachments["a"].Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{}
				delete(s.hosts, "a")
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.Status, a.Ready = "attaching", false
				a.InstanceID, a.AttachmentID, a.DeviceIndex, a.InterfaceName = "", "", nil, ""
			}),
		},
		"NoAgent": {
			reason: "A host without an observed generation is named as the cause.",
			args:   args{state: with(found("a"), func(s *state) { s.hosts["a"].Status.ConditionedStatus = xpv2.ConditionedStatus{} })},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.Ready, a.Message = false, "waiting for the agent on the node; if this persists, check that its DaemonSet runs a pod there"
			}),
		},
		"SilentAgent": {
			reason: "An agent that does not run is named as the cause, before the HostInterface's last condition.",
			args: args{state: with(found("a"), func(s *state) {
				s.agentFailures = map[string]string{"n1": "the agent has not renewed its Lease since noon"}
				s.hosts["a"].Generation++
				s.hosts["a"].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForDevice, "no device"))
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.Ready, a.Message = false, "the agent has not renewed its Lease since noon"
			}),
		},
		"InstanceFull": {
			reason: "An ENI that is not created, as the instance takes no further one, is waiting.",
			args: args{state: with(found("a"), func(s *state) {
				s.interfaces["a"].Status.AtProvider = ec2v1alpha1.NetworkInterfaceObservation{}
				s.interfaces["a"].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonInstanceENILimit, "full"))
				s.attachments["a"].Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{}
				delete(s.hosts, "a")
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				*a = v1alpha1.NodeENIAttachment{Name: a.Name, NodeID: a.NodeID, SubnetID: a.SubnetID, Status: "waiting", Message: "full", MTU: a.MTU}
			}),
		},
		"FirstProblem": {
			reason: "Of several problems the ENI's takes precedence over the attachment's and the host's.",
			args: args{state: with(found("a"), func(s *state) {
				s.interfaces["a"].SetConditions(xpv2.ReconcileError(errors.New("no subnet")))
				s.attachments["a"].SetConditions(xpv2.ReconcileError(errors.New("no instance")))
				s.hosts["a"].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForDevice, "no device"))
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) { a.Ready, a.Message = false, "no subnet" }),
		},
		"Encoded": {
			reason: "The decode command of an EC2 message stays at the child: it is long, and there may be a hundred.",
			args: args{state: with(found("a"), func(s *state) {
				refused := &smithy.GenericAPIError{Code: "UnauthorizedOperation", Message: "No. Encoded authorization failure message: Ab_9"}
				s.interfaces["a"].SetConditions(xpv2.ReconcileError(errors.New("not allowed" + awserr.DecodeHint(refused))))
				s.hosts["a"].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForDevice, ""))
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) { a.Ready, a.Message = false, "not allowed" }),
		},
		"Paused": {
			reason: "A paused object is named with its kind, because the others may not be paused.",
			args: args{state: with(found("a"), func(s *state) {
				s.attachments["a"].Name = "a"
				s.attachments["a"].SetConditions(xpv2.ReconcilePaused())
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.Ready, a.Message = false, "NetworkInterfaceAttachment a is paused: "+v1alpha1.PausedMessage
			}),
		},
		"NodeDeleted": {
			reason: "The ENI of a deleted node is kept for a time.",
			args: args{state: with(found("a"), func(s *state) {
				s.kept = map[string]string{"n1": "released at noon"}
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) {
				a.Message = "released at noon"
			}),
		},
		"HostReason": {
			reason: "A host that gives no message is quoted by its reason.",
			args: args{state: with(found("a"), func(s *state) {
				s.hosts["a"].SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForDevice, ""))
			})},
			want: entryOf(func(a *v1alpha1.NodeENIAttachment) { a.Ready, a.Message = false, "WaitingForDevice" }),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := entry(nodeENI(tc.args.spec), "a", "n1", "subnet-1", tc.args.state)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nentry(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestSyncedCondition(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(s *state)
		want   xpv2.Condition
	}{
		"AllSynced": {reason: "A NodeENI is synced if its children are.", change: func(*state) {}, want: xpv2.ReconcileSuccess()},
		"Interface": {
			reason: "A NetworkInterface that EC2 does not accept is named with its node.",
			change: func(s *state) { s.interfaces["b"].SetConditions(xpv2.ReconcileError(errors.New("no such group"))) },
			want:   xpv2.ReconcileError(errors.New("1 of 2 network interfaces are not Synced; node n1: no such group")),
		},
		"Attachment": {
			reason: "An attachment is named with its node too.",
			change: func(s *state) { s.attachments["a"].SetConditions(xpv2.ReconcileError(errors.New("full"))) },
			want:   xpv2.ReconcileError(errors.New("1 of 2 network interfaces are not Synced; node n1: full")),
		},
		"Paused": {
			reason: "A paused NetworkInterface is not synced.",
			change: func(s *state) { s.interfaces["b"].Name = "b"; s.interfaces["b"].SetConditions(xpv2.ReconcilePaused()) },
			want:   xpv2.ReconcileError(errors.New("1 of 2 network interfaces are not Synced; node n1: NetworkInterface b is paused: " + v1alpha1.PausedMessage)),
		},
		"Unwanted": {
			reason: "A child that is being released is not specified any more.",
			change: func(s *state) {
				s.plan.Apply = s.plan.Apply[:1]
				s.interfaces["b"].SetConditions(xpv2.ReconcileError(errors.New("in use")))
			},
			want: xpv2.ReconcileSuccess(),
		},
		"New": {
			reason: "A child that no controller has observed yet is no error.",
			change: func(s *state) { s.interfaces["a"].Status.Conditions = nil; delete(s.attachments, "b") },
			want:   xpv2.ReconcileSuccess(),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := found("a", "b")
			s.plan.Apply = []eni.Child{{Name: "a", NodeName: "n1"}, {Name: "b", NodeName: "n1"}}
			tc.change(s)
			got := syncedCondition(s)
			if !got.Equal(tc.want) {
				t.Errorf("\n%s\nsyncedCondition(...): -want, +got:\n%s", tc.reason, cmp.Diff(tc.want, got))
			}
		})
	}
}

func TestCurrent(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(s *state)
		want   bool
	}{
		"Current":           {reason: "A child whose objects have observed what they were given is current.", change: func(*state) {}, want: true},
		"Outdated":          {reason: "One whose objects have just been written is not.", change: func(s *state) { s.outdated.add("a") }},
		"OtherOutdated":     {reason: "Another outdated child has no effect.", change: func(s *state) { s.outdated.add("b") }, want: true},
		"InterfaceEdited":   {reason: "The spec of the NetworkInterface must have been observed.", change: func(s *state) { s.interfaces["a"].Generation++ }},
		"InterfaceRejected": {reason: "EC2 must have accepted the spec of the NetworkInterface.", change: func(s *state) { s.interfaces["a"].SetConditions(xpv2.ReconcileError(errors.New("no such group"))) }},
		"AttachmentEdited":  {reason: "The spec of the attachment must have been observed.", change: func(s *state) { s.attachments["a"].Generation++ }},
		"NoAttachment":      {reason: "Both must exist.", change: func(s *state) { delete(s.attachments, "a") }},
		"Addresses": {reason: "The host must have been given the addresses of the ENI, not only as many.", change: func(s *state) {
			s.interfaces["a"].Status.AtProvider.PrivateIPs, s.hosts["a"].Spec.PrivateIPs = []string{"10.0.0.4"}, []string{"10.0.0.5"}
		}},
		"Prefixes":     {reason: "The host must have the prefixes of the ENI.", change: func(s *state) { s.interfaces["a"].Status.AtProvider.IPv4Prefixes = []string{"10.0.0.16/28"} }},
		"IPv6":         {reason: "The host must have the IPv6 addresses of the ENI.", change: func(s *state) { s.interfaces["a"].Status.AtProvider.IPv6Addresses = []string{"2001:db8::1"} }},
		"IPv6Prefixes": {reason: "The host must have the IPv6 prefixes of the ENI.", change: func(s *state) { s.hosts["a"].Spec.IPv6Prefixes = []string{"2001:db8::/80"} }},
		"Config":       {reason: "The host's configuration must be current.", change: func(s *state) { s.attachments["a"].Spec.Host.MTU = new(int32(9001)) }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := found("a", "b")
			tc.change(s)
			if got := s.current("a"); got != tc.want {
				t.Errorf("\n%s\ncurrent(...): %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}

func TestFillAttachments(t *testing.T) {
	first := time.Date(2030, 1, 2, 3, 4, 5, 6, time.UTC)
	n := nodeENI(v1alpha1.NodeENISpec{})

	fillAttachments(n, found("a", "b"), first)
	before := n.Status.DeepCopy()
	fillAttachments(n, found("a", "b"), first.Add(time.Hour))
	if diff := cmp.Diff(*before, n.Status); diff != "" {
		t.Errorf("\nAn unchanged child keeps its time, so that the status is not written.\nfillAttachments(...): -want, +got:\n%s", diff)
	}

	s := found("a", "b")
	s.hosts["b"].Status.InterfaceName = "net1"
	fillAttachments(n, s, first.Add(time.Hour))
	var got []time.Time
	for _, a := range n.Status.Attachments {
		got = append(got, a.LastUpdated.UTC())
	}
	want := []time.Time{first.Truncate(time.Second), first.Add(time.Hour).Truncate(time.Second)}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nOnly the child that changed gets a new time.\nfillAttachments(...): -want, +got:\n%s", diff)
	}
}

func TestFillAttachmentsTruncates(t *testing.T) {
	var names []string
	for i := range 130 {
		names = append(names, fmt.Sprintf("c%03d", i))
	}
	n := nodeENI(v1alpha1.NodeENISpec{})
	fillAttachments(n, found(names...), time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))

	type want struct {
		Listed          int
		Truncated       bool
		Attached, Ready int32
	}
	got := want{len(n.Status.Attachments), n.Status.Truncated, n.Status.Attached, n.Status.Ready}
	if diff := cmp.Diff(want{100, true, 130, 130}, got); diff != "" {
		t.Errorf("\nAt most 100 children are listed, and all are counted.\nfillAttachments(...): -want, +got:\n%s", diff)
	}
}

func TestCauses(t *testing.T) {
	entry := func(node, message string) v1alpha1.NodeENIAttachment {
		return v1alpha1.NodeENIAttachment{NodeID: node, Message: message}
	}
	cases := map[string]struct {
		reason string
		args   []v1alpha1.NodeENIAttachment
		want   string
	}{
		"None": {reason: "Without a cause nothing is added.", args: []v1alpha1.NodeENIAttachment{{NodeID: "n1"}, {NodeID: "n2", Message: "old", Ready: true}}},
		"One":  {reason: "A cause is named with its node.", args: []v1alpha1.NodeENIAttachment{entry("n1", "full")}, want: "; node n1: full"},
		"MostFrequent": {
			reason: "The most frequent cause comes first; ids make no difference.",
			args:   []v1alpha1.NodeENIAttachment{entry("n1", "no subnet"), entry("n2", "instance i-0a1 is full"), entry("n3", "instance i-0b2 is full")},
			want:   "; nodes n2, n3, the first: instance i-0a1 is full; node n1: no subnet",
		},
		"Bounded": {
			reason: "Three causes are named, and the number of the others.",
			args:   []v1alpha1.NodeENIAttachment{entry("n1", "one"), entry("n2", "two"), entry("n3", "three"), entry("n4", "four"), entry("n5", "five")},
			want:   "; node n1: one; node n2: two; node n3: three; and 2 other causes",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, causes(tc.args)); diff != "" {
				t.Errorf("\n%s\ncauses(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
