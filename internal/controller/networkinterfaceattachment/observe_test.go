// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func of(p v1alpha1.NetworkInterfaceAttachmentParameters) *v1alpha1.NetworkInterfaceAttachment {
	return &v1alpha1.NetworkInterfaceAttachment{Spec: v1alpha1.NetworkInterfaceAttachmentSpec{ForProvider: p}}
}

func atIndex(i int32) *int32 { return new(i) }

func TestDetachDecision(t *testing.T) {
	ago := func(d time.Duration) *time.Duration { return &d }
	forceAfter := &networkingv1alpha1.DetachPolicy{Mode: v1alpha1.DetachForceAfter, After: &metav1.Duration{Duration: 10 * time.Minute}}

	type args struct {
		policy    *networkingv1alpha1.DetachPolicy
		requested *time.Duration // ago
		status    ec2types.AttachmentStatus
		forced    bool
	}
	type want struct{ Ask, Force bool }
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"First":           {reason: "A detach is requested at once, without force.", args: args{status: ec2types.AttachmentStatusAttached}, want: want{Ask: true}},
		"FirstOfForce":    {reason: "If the policy allows force, the first request is without it.", args: args{policy: forceAfter, status: ec2types.AttachmentStatusAttached}, want: want{Ask: true}},
		"Attaching":       {reason: "An ENI that is still being attached is detached too.", args: args{status: ec2types.AttachmentStatusAttaching}, want: want{Ask: true}},
		"UnderWay":        {reason: "A detach that is under way is left to end.", args: args{requested: ago(time.Hour), status: ec2types.AttachmentStatusDetaching}},
		"UnderWayOfOther": {reason: "A detach that another actor requested is not repeated either.", args: args{status: ec2types.AttachmentStatusDetaching}},
		"JustAsked":       {reason: "EC2's descriptions lag: a detach that was just requested is not repeated.", args: args{requested: ago(time.Second), status: ec2types.AttachmentStatusAttached}},
		"Forgotten":       {reason: "A detach that EC2 seems to have forgotten is requested again after a while.", args: args{requested: ago(time.Minute), status: ec2types.AttachmentStatusAttached}, want: want{Ask: true}},
		"Graceful":        {reason: "A graceful detach is never forced.", args: args{policy: &networkingv1alpha1.DetachPolicy{Mode: v1alpha1.DetachGraceful}, requested: ago(24 * time.Hour), status: ec2types.AttachmentStatusDetaching}},
		"NotYet":          {reason: "A detach is not forced before its time.", args: args{policy: forceAfter, requested: ago(10*time.Minute - time.Second), status: ec2types.AttachmentStatusDetaching}},
		"Forced":          {reason: "A detach that has not ended in time is forced.", args: args{policy: forceAfter, requested: ago(10 * time.Minute), status: ec2types.AttachmentStatusDetaching}, want: want{Ask: true, Force: true}},
		"ForcedOnce":      {reason: "A forced detach is not repeated.", args: args{policy: forceAfter, requested: ago(time.Hour), status: ec2types.AttachmentStatusDetaching, forced: true}},
		"ForcedForgotten": {reason: "A detach that EC2 seems to have forgotten is forced too.", args: args{policy: forceAfter, requested: ago(10 * time.Minute), status: ec2types.AttachmentStatusAttached}, want: want{Ask: true, Force: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := detachState{status: tc.args.status, forced: tc.args.forced, requested: tc.args.requested != nil, retry: 30 * time.Second}
			if s.requested {
				s.elapsed = *tc.args.requested
			}
			ask, force := detachDecision(tc.args.policy, s)
			if diff := cmp.Diff(tc.want, want{Ask: ask, Force: force}); diff != "" {
				t.Errorf("\n%s\ndetachDecision(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestLateInitialize(t *testing.T) {
	type args struct {
		deviceIndex, minDeviceIndex, there *int32
	}
	type want struct {
		Changed                     bool
		DeviceIndex, MinDeviceIndex *int32
	}
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"Chosen":      {reason: "The index that was chosen is written down, with the mark that it was chosen.", args: args{there: atIndex(2)}, want: want{Changed: true, DeviceIndex: atIndex(2), MinDeviceIndex: atIndex(1)}},
		"ChosenAbove": {reason: "The lowest index allowed stays as it is given.", args: args{minDeviceIndex: atIndex(2), there: atIndex(3)}, want: want{Changed: true, DeviceIndex: atIndex(3), MinDeviceIndex: atIndex(2)}},
		"ChosenAnew":  {reason: "A new index after a detach replaces the recorded one.", args: args{deviceIndex: atIndex(2), minDeviceIndex: atIndex(1), there: atIndex(3)}, want: want{Changed: true, DeviceIndex: atIndex(3), MinDeviceIndex: atIndex(1)}},
		"Same":        {reason: "A recorded index is not written again.", args: args{deviceIndex: atIndex(2), minDeviceIndex: atIndex(1), there: atIndex(2)}, want: want{DeviceIndex: atIndex(2), MinDeviceIndex: atIndex(1)}},
		"Pinned":      {reason: "A pinned index is left as it is, wherever the ENI is.", args: args{deviceIndex: atIndex(2), there: atIndex(3)}, want: want{DeviceIndex: atIndex(2)}},
		"TooLow":      {reason: "An index below the lowest one allowed, which the API server would refuse, is not written down.", args: args{minDeviceIndex: atIndex(3), there: atIndex(2)}, want: want{MinDeviceIndex: atIndex(3)}},
		"Unknown":     {reason: "An index that EC2 does not name is not written down.", want: want{}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := of(v1alpha1.NetworkInterfaceAttachmentParameters{DeviceIndex: tc.args.deviceIndex, MinDeviceIndex: tc.args.minDeviceIndex})
			got := want{Changed: lateInitialize(mg, &ec2types.NetworkInterfaceAttachment{DeviceIndex: tc.args.there}, "")}
			got.DeviceIndex, got.MinDeviceIndex = mg.Spec.ForProvider.DeviceIndex, mg.Spec.ForProvider.MinDeviceIndex
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nlateInitialize(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestReadiness(t *testing.T) {
	type args struct {
		spec  v1alpha1.NetworkInterfaceAttachmentParameters
		there ec2types.NetworkInterfaceAttachment
	}
	cases := map[string]struct {
		reason string
		args   args
		want   xpv2.Condition
	}{
		"Attaching": {
			reason: "An attachment that EC2 is still making is being created.",
			args:   args{there: ec2types.NetworkInterfaceAttachment{Status: ec2types.AttachmentStatusAttaching}},
			want:   xpv2.Creating(),
		},
		"Detaching": {
			reason: "An attachment that another actor detaches is waited for.",
			args:   args{there: ec2types.NetworkInterfaceAttachment{Status: ec2types.AttachmentStatusDetaching}},
			want:   networkingv1alpha1.NotReady(networkingv1alpha1.ReasonWaitingForDetach, "the network interface is being detached"),
		},
		"Attached": {
			reason: "An attachment at any index is good where none is pinned.",
			args:   args{there: ec2types.NetworkInterfaceAttachment{Status: ec2types.AttachmentStatusAttached, DeviceIndex: atIndex(7)}},
			want:   xpv2.Available(),
		},
		"Pinned": {
			reason: "An attachment at the pinned index is good.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceAttachmentParameters{DeviceIndex: atIndex(2)},
				there: ec2types.NetworkInterfaceAttachment{Status: ec2types.AttachmentStatusAttached, DeviceIndex: atIndex(2)},
			},
			want: xpv2.Available(),
		},
		"OtherIndex": {
			reason: "The message for an attachment at another index than the pinned one states the solution.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceAttachmentParameters{DeviceIndex: atIndex(2)},
				there: ec2types.NetworkInterfaceAttachment{Status: ec2types.AttachmentStatusAttached, DeviceIndex: atIndex(3)},
			},
			want: networkingv1alpha1.NotReady(networkingv1alpha1.ReasonDeviceIndexDiffers,
				"the network interface is attached at device index 3, not 2 as pinned; EC2 cannot move it: delete this object and create it again to detach and attach it"),
		},
		"OtherThanChosen": {
			reason: "An index that was chosen, not pinned, is a preference.",
			args: args{
				spec:  v1alpha1.NetworkInterfaceAttachmentParameters{DeviceIndex: atIndex(2), MinDeviceIndex: atIndex(1)},
				there: ec2types.NetworkInterfaceAttachment{Status: ec2types.AttachmentStatusAttached, DeviceIndex: atIndex(3)},
			},
			want: xpv2.Available(),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := readiness(of(tc.args.spec), &tc.args.there)
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreTypes(metav1.Time{})); diff != "" {
				t.Errorf("\n%s\nreadiness(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDeleteOnTerminationDrifts(t *testing.T) {
	type args struct {
		want   *bool
		there  *bool
		status ec2types.AttachmentStatus
	}
	cases := map[string]struct {
		reason string
		args   args
		want   bool
	}{
		"Unset":     {reason: "A field that is not in the spec does not drift.", args: args{there: new(true), status: ec2types.AttachmentStatusAttached}},
		"Same":      {reason: "A matching attachment is not changed.", args: args{want: new(true), there: new(true), status: ec2types.AttachmentStatusAttached}},
		"On":        {reason: "An attachment is made without it, and it is turned on after.", args: args{want: new(true), there: new(false), status: ec2types.AttachmentStatusAttached}, want: true},
		"Off":       {reason: "It is turned off too.", args: args{want: new(false), there: new(true), status: ec2types.AttachmentStatusAttached}, want: true},
		"Unknown":   {reason: "A setting that EC2 does not return is disabled.", args: args{want: new(false), status: ec2types.AttachmentStatusAttached}},
		"Attaching": {reason: "EC2 changes it only once the ENI is attached.", args: args{want: new(true), there: new(false), status: ec2types.AttachmentStatusAttaching}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := of(v1alpha1.NetworkInterfaceAttachmentParameters{DeleteOnTermination: tc.args.want})
			got := deleteOnTerminationDrifts(mg, &ec2types.NetworkInterfaceAttachment{DeleteOnTermination: tc.args.there, Status: tc.args.status})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\ndeleteOnTerminationDrifts(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCannotAttach(t *testing.T) {
	running := ec2.Instance{ID: "i-1", State: ec2types.InstanceStateNameRunning, AvailabilityZone: "us-east-1a"}
	in := func(s ec2types.InstanceStateName) target {
		i := running
		i.State = s
		return target{instance: i}
	}
	type args struct {
		there  ec2types.NetworkInterface
		target target
	}
	type want struct {
		Condition xpv2.Condition
		Cannot    bool
	}
	cannot := func(r xpv2.ConditionReason, message string) want {
		return want{Condition: networkingv1alpha1.NotReady(r, message), Cannot: true}
	}

	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"Running": {reason: "EC2 attaches to a running instance.", args: args{target: target{instance: running}}},
		"Stopped": {reason: "EC2 attaches to a stopped instance.", args: args{target: in(ec2types.InstanceStateNameStopped)}},
		"NoNode": {
			reason: "The condition of an attachment to an unknown node has the reason.",
			args:   args{target: target{node: "n1", waiting: "node n1 does not exist"}},
			want:   cannot(networkingv1alpha1.ReasonWaitingForInstance, "node n1 does not exist"),
		},
		"NoInstance": {
			reason: "Without an instance there is nothing to attach to.",
			want:   cannot(networkingv1alpha1.ReasonWaitingForInstance, "neither instanceId nor nodeName is set in spec.forProvider: set one to attach the network interface"),
		},
		"Terminated": {
			reason: "A terminated instance does not come back.",
			args:   args{target: in(ec2types.InstanceStateNameTerminated)},
			want:   cannot(networkingv1alpha1.ReasonInstanceGone, "instance i-1 is terminated: delete this object, or name another instance in a new one"),
		},
		"Pending": {
			reason: "A starting instance is waited for.",
			args:   args{target: in(ec2types.InstanceStateNamePending)},
			want:   cannot(networkingv1alpha1.ReasonWaitingForInstance, "instance i-1 is pending; EC2 attaches to running and stopped ones"),
		},
		"OtherZone": {
			reason: "EC2 attaches only within a zone, and no call is made to find that out.",
			args:   args{there: ec2types.NetworkInterface{AvailabilityZone: new("us-east-1b")}, target: target{instance: running}},
			want: cannot(networkingv1alpha1.ReasonInstanceInOtherZone,
				"network interface eni-1 is in zone us-east-1b but instance i-1 is in zone us-east-1a; EC2 attaches only within a zone: use a subnet of zone us-east-1a"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.args.there.NetworkInterfaceId = new("eni-1")
			e := &external{seen: &tc.args.there, target: tc.args.target}
			c, cannot := e.cannotAttach()
			if diff := cmp.Diff(tc.want, want{Condition: c, Cannot: cannot}, cmpopts.IgnoreTypes(metav1.Time{})); diff != "" {
				t.Errorf("\n%s\ncannotAttach(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestNoSlot(t *testing.T) {
	type want struct {
		Condition xpv2.Condition
		NoSlot    bool
	}
	on := target{node: "n1", instance: ec2.Instance{ID: "i-1", Type: "t3.medium"}}
	cases := map[string]struct {
		reason string
		args   eni.Slot
		want   want
	}{
		"Free": {reason: "A free index is no problem.", args: eni.Slot{DeviceIndex: 2}},
		"Full": {
			reason: "A full instance is reported with its limit, and what can be done.",
			args:   eni.Slot{Full: true, Limit: 3, Held: 3, Ours: 1},
			want: want{NoSlot: true, Condition: networkingv1alpha1.NotReady(networkingv1alpha1.ReasonInstanceENILimit,
				"instance i-1 (node n1), of type t3.medium, supports 3 network interfaces and has 3 (1 of this provider, 2 of others): detach one, or use a larger instance type")},
		},
		"CardFull": {
			reason: "A full network card is named.",
			args:   eni.Slot{Full: true, OnCard: true, Limit: 2, Held: 2, Ours: 2},
			want: want{NoSlot: true, Condition: networkingv1alpha1.NotReady(networkingv1alpha1.ReasonInstanceENILimit,
				"network card 0 of instance i-1 (node n1), of type t3.medium, supports 2 network interfaces and has 2 (2 of this provider, 0 of others): detach one, or use a larger instance type")},
		},
		"Taken": {
			reason: "A pinned index that is taken is reported with its holder, and what can be done.",
			args:   eni.Slot{DeviceIndex: 2, Taken: "eni-other"},
			want: want{NoSlot: true, Condition: networkingv1alpha1.NotReady(networkingv1alpha1.ReasonDeviceIndexTaken,
				"device index 2 of instance i-1 (node n1) is taken by eni-other: detach that, or delete this object and create it with minDeviceIndex, to take the next free one")},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			c, no := noSlot(of(v1alpha1.NetworkInterfaceAttachmentParameters{DeviceIndex: atIndex(2)}), on, tc.args)
			if diff := cmp.Diff(tc.want, want{Condition: c, NoSlot: no}, cmpopts.IgnoreTypes(metav1.Time{})); diff != "" {
				t.Errorf("\n%s\nnoSlot(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestOurs(t *testing.T) {
	there := &ec2types.NetworkInterfaceAttachment{AttachmentId: new("eni-attach-1"), InstanceId: new("i-1")}
	type args struct {
		name      string
		target    string
		observed  string
		attempted bool
		tagged    bool // with the UID of the NetworkInterface that is referred to
		sibling   bool // with the NetworkInterface of another one of the namespace
		referred  bool // the NetworkInterface is referred to, and has not tagged its ENI yet
	}
	cases := map[string]struct {
		reason string
		args   args
		want   bool
	}{
		"WrittenDown":       {reason: "The attachment that is written down is ours, whatever the target is now.", args: args{name: "eni-attach-1", target: "i-2"}, want: true},
		"Target":            {reason: "An attachment to the desired instance that this object did not make is not its own.", args: args{target: "i-1"}},
		"TargetTagged":      {reason: "To the desired instance, an ENI of the NetworkInterface referred to is adopted as attached.", args: args{target: "i-1", tagged: true}, want: true},
		"TargetReferred":    {reason: "Also before the NetworkInterface that adopts the ENI has tagged it.", args: args{target: "i-1", referred: true}, want: true},
		"TargetSibling":     {reason: "The attachment of an ENI that another NetworkInterface of the namespace owns, named by id, is owned too.", args: args{target: "i-1", sibling: true}, want: true},
		"TargetElsewhere":   {reason: "On another instance the ENI's owner does not matter.", args: args{target: "i-2", tagged: true}},
		"TaggedNoTarget":    {reason: "Without a known instance the ENI's owner does not matter.", args: args{tagged: true}},
		"TargetInterrupted": {reason: "An interrupted create's attachment to the desired instance is this object's.", args: args{target: "i-1", attempted: true}, want: true},
		"Elsewhere":         {reason: "An attachment to another instance is not ours.", args: args{target: "i-2"}},
		"Replaced":          {reason: "Another attachment of the owned ENI to the same instance replaces the recorded one.", args: args{name: "eni-attach-0", target: "i-1", tagged: true}, want: true},
		"ReplacedForeign":   {reason: "Another attachment of an ENI of no owner does not.", args: args{name: "eni-attach-0", target: "i-1"}},
		"Observed":          {reason: "If the target is unknown, the last observed instance counts.", args: args{observed: "i-1", tagged: true}, want: true},
		"ObservedElsewhere": {reason: "An attachment to another instance than the one seen last is not ours.", args: args{observed: "i-2", attempted: true}},
		"Interrupted":       {reason: "The attachment of this object's interrupted create is its own.", args: args{attempted: true}, want: true},
		"Stranger":          {reason: "Without an attempted create, the attachment is not this object's.", args: args{}},
		"Import":            {reason: "An attachment that is named by its ENI is ours.", args: args{name: "eni-1"}, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := of(v1alpha1.NetworkInterfaceAttachmentParameters{})
			meta.SetExternalName(mg, tc.args.name)
			mg.Status.AtProvider.InstanceID = tc.args.observed
			if tc.args.attempted {
				meta.SetExternalCreatePending(mg, time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC))
			}
			seen := &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), Attachment: there}
			actor := eni.Actor{UID: "uid"}
			if tc.args.tagged {
				seen.TagSet = []ec2types.Tag{{Key: new(eni.TagUID), Value: new("uid")}}
			}
			if tc.args.sibling {
				seen.TagSet = []ec2types.Tag{{Key: new(eni.TagUID), Value: new("another")}}
				actor.Owner = eni.ObjectOwner{Lives: true}
			}
			if tc.args.referred {
				mg.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: "one"}
			}
			e := &external{seen: seen, actor: actor, target: target{instance: ec2.Instance{ID: tc.args.target}}}
			if diff := cmp.Diff(tc.want, e.ours(mg, there)); diff != "" {
				t.Errorf("\n%s\nours(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
