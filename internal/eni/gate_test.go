// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// ours returns an ENI with the ownership tags of the NetworkInterface ns/one
// with UID uid in cluster c.
func ours(change ...func(n *eni.Interface)) eni.Interface {
	n := eni.Interface{ID: "eni-1", Type: "interface", Tags: map[string]string{eni.TagCluster: "c", eni.TagUID: "uid", eni.TagObject: "ns/one"}}
	for _, fn := range change {
		fn(&n)
	}
	return n
}

func attachedAt(index, card int32) func(n *eni.Interface) {
	return func(n *eni.Interface) {
		n.Attachment = &eni.Attachment{ID: "eni-attach-1", InstanceID: "i-1", DeviceIndex: index, NetworkCardIndex: card}
	}
}

func tagged(key, value string) func(n *eni.Interface) {
	return func(n *eni.Interface) { n.Tags[key] = value }
}

func untagged(n *eni.Interface) { n.Tags = map[string]string{} }

func TestAllow(t *testing.T) {
	owner := eni.Actor{Cluster: "c", Namespace: "ns", Name: "one", UID: "uid", Adopts: "eni-1"}
	attacher := eni.Actor{Cluster: "c", Namespace: "ns", Name: "at", UID: "uid", Attaches: true, AttachmentID: "eni-attach-1"}
	with := func(a eni.Actor, change func(a *eni.Actor)) eni.Actor { change(&a); return a }
	deleted := eni.ObjectOwner{Namespace: "ns", Name: "deleted"}
	living := eni.ObjectOwner{Lives: true, Namespace: "other", Name: "two"}

	type args struct {
		actor  eni.Actor
		action eni.Action
		eni    eni.Interface
	}
	cases := map[string]struct {
		reason string
		args   args
		want   string // the error; empty if the action is allowed
	}{
		"Own":                 {reason: "A NetworkInterface changes the ENI with its UID.", args: args{owner, eni.ActionModify, ours()}},
		"OwnTag":              {reason: "A NetworkInterface tags its own ENI.", args: args{owner, eni.ActionTag, ours()}},
		"OwnAttached":         {reason: "A NetworkInterface changes its own ENI while it is attached.", args: args{owner, eni.ActionModify, ours(attachedAt(1, 0))}},
		"OwnDelete":           {reason: "A NetworkInterface deletes its own ENI.", args: args{owner, eni.ActionDelete, ours()}},
		"OwnDeleteAttached":   {reason: "An attached ENI is not deleted.", args: args{owner, eni.ActionDelete, ours(attachedAt(1, 0))}, want: "network interface eni-1 is attached to instance i-1"},
		"OwnAttach":           {reason: "Only an attachment attaches.", args: args{owner, eni.ActionAttach, ours()}, want: "only a NetworkInterfaceAttachment attaches network interfaces"},
		"OwnDetach":           {reason: "A NetworkInterface does not detach its ENI.", args: args{owner, eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither created nor imported by this object"},
		"OwnDetachRecorded":   {reason: "A NetworkInterface does not detach its ENI even if it records the attachment: the host must release it first.", args: args{with(owner, func(a *eni.Actor) { a.AttachmentID = "eni-attach-1" }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither created nor imported by this object"},
		"OwnModifyAttachment": {reason: "A NetworkInterface does not change the attachment of its ENI.", args: args{owner, eni.ActionModifyAttachment, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither created nor imported by this object"},

		"Unknown":   {reason: "An ENI that was not observed is not changed.", args: args{owner, eni.ActionDelete, eni.Interface{}}, want: "the network interface is not known"},
		"Requester": {reason: "An ENI that an AWS service manages is never changed.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.RequesterManaged, n.Requester = true, "amazon-elb" })}, want: "network interface eni-1 is managed by an AWS service (requester amazon-elb)"},
		"Operator":  {reason: "An ENI that a service provider manages is never changed.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.OperatorManaged, n.Operator = true, "eks.amazonaws.com" })}, want: "network interface eni-1 is managed by service provider eks.amazonaws.com"},
		"Trunk":     {reason: "A trunk ENI is managed by the VPC resource controller.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.Type = "trunk" })}, want: "network interface eni-1 is of type trunk, which is managed by another controller or an AWS service"},
		"Branch":    {reason: "A branch ENI is managed by the VPC resource controller.", args: args{owner, eni.ActionDelete, ours(func(n *eni.Interface) { n.Type = "branch" })}, want: "network interface eni-1 is of type branch, which is managed by another controller or an AWS service"},
		"NAT":       {reason: "The ENI of a NAT gateway is managed by AWS.", args: args{owner, eni.ActionDelete, ours(func(n *eni.Interface) { n.Type = "nat_gateway" })}, want: "network interface eni-1 is of type nat_gateway, which is managed by another controller or an AWS service"},
		"EFA":       {reason: "EFA interfaces are created by users.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.Type = "efa" })}},
		"EFAOnly":   {reason: "EFA-only interfaces are created by users.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.Type = "efa-only" })}},
		"Primary":   {reason: "The primary ENI of an instance is never changed.", args: args{owner, eni.ActionModify, ours(attachedAt(0, 0))}, want: "network interface eni-1 is the primary network interface of instance i-1"},
		"PrimaryOfUnknownCard": {
			reason: "Device index 0 without a network card is the primary ENI.",
			args:   args{attacher, eni.ActionDetach, ours(attachedAt(0, -1))}, want: "network interface eni-1 is the primary network interface of instance i-1",
		},
		"FirstOfOtherCard": {reason: "Device index 0 of another network card is not the primary ENI.", args: args{attacher, eni.ActionDetach, ours(attachedAt(0, 1))}},
		"NoIndex":          {reason: "An ENI whose device index is not known may be the primary one.", args: args{attacher, eni.ActionDetach, ours(attachedAt(-1, 0))}, want: "EC2 returned no device index for network interface eni-1"},
		"ServiceAttached":  {reason: "An ENI attached to no instance is in use by an AWS service.", args: args{owner, eni.ActionModify, ours(attachedAt(1, 0), func(n *eni.Interface) { n.Attachment.InstanceID = "" })}, want: "network interface eni-1 is attached to an AWS service, not to an instance"},
		"VPCCNI":           {reason: "An ENI of the VPC CNI is never changed.", args: args{with(owner, func(a *eni.Actor) { a.UID = "x" }), eni.ActionDelete, ours(untagged, tagged("node.k8s.amazonaws.com/instance_id", "i-1"))}, want: "network interface eni-1 is managed by the VPC CNI (tag node.k8s.amazonaws.com/instance_id)"},
		"EKSOwner":         {reason: "An ENI with an owner in EKS is never changed.", args: args{owner, eni.ActionDelete, ours(untagged, tagged("eks:eni:owner", "amazon-vpc-cni"))}, want: "network interface eni-1 is managed by amazon-vpc-cni (tag eks:eni:owner)"},
		"Cilium":           {reason: "An ENI of Cilium is never changed.", args: args{owner, eni.ActionDelete, ours(untagged, tagged("io.cilium/cilium-managed", "true"))}, want: "network interface eni-1 is managed by Cilium (tag io.cilium/cilium-managed)"},
		"VPCCNIDetach":     {reason: "An ENI of the VPC CNI is never detached.", args: args{with(attacher, func(a *eni.Actor) { a.UID = "" }), eni.ActionDetach, ours(untagged, attachedAt(1, 0), tagged("node.k8s.amazonaws.com/instance_id", "i-1"))}, want: "network interface eni-1 is managed by the VPC CNI (tag node.k8s.amazonaws.com/instance_id)"},

		"OtherCluster":       {reason: "An ENI of another cluster is not changed, even if it is the external name.", args: args{owner, eni.ActionModify, ours(tagged(eni.TagCluster, "d"))}, want: `network interface eni-1 belongs to cluster "d" (tag networking.k8s.aws/cluster), not to "c"`},
		"OtherClusterAttach": {reason: "An available ENI of another cluster is not attached.", args: args{attacher, eni.ActionAttach, ours(tagged(eni.TagCluster, "d"))}, want: `network interface eni-1 belongs to cluster "d" (tag networking.k8s.aws/cluster), not to "c"`},
		"OtherObject": {
			reason: "An object does not adopt by external name the ENI of another existing object.",
			args:   args{with(owner, func(a *eni.Actor) { a.UID, a.Owner = "second", living }), eni.ActionDelete, ours()},
			want:   "network interface eni-1 is managed by NetworkInterface other/two",
		},
		"OtherObjectOfNamespace": {
			reason: "An object does not adopt the ENI of another existing object in the same namespace either.",
			args: args{with(owner, func(a *eni.Actor) {
				a.UID, a.Owner = "second", eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"}
			}), eni.ActionTag, ours()},
			want: "network interface eni-1 is managed by NetworkInterface ns/one",
		},
		"Orphan": {reason: "An ENI whose object no longer exists is adopted by the object that has it as external name.", args: args{with(owner, func(a *eni.Actor) { a.UID, a.Owner = "second", deleted }), eni.ActionTag, ours()}},
		"OrphanElsewhere": {
			reason: "An ENI whose object no longer exists is not adopted in another namespace.",
			args:   args{with(owner, func(a *eni.Actor) { a.UID, a.Owner.Namespace, a.Owner.Name = "second", "other", "two" }), eni.ActionTag, ours()},
			want:   "network interface eni-1 was created for NetworkInterface other/two, which no longer exists: to use it in namespace ns, delete its tag networking.k8s.aws/mr-uid in EC2",
		},
		"OrphanNotNamed": {reason: "An ENI whose object no longer exists is not changed by an object with another external name.", args: args{with(owner, func(a *eni.Actor) { a.UID, a.Adopts, a.Owner = "second", "", deleted }), eni.ActionModify, ours()}, want: "network interface eni-1 does not have this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},
		"Import":         {reason: "An ENI without ownership tags is adopted by the object that has it as external name.", args: args{owner, eni.ActionModify, ours(untagged)}},
		"ImportOtherSubnet": {
			reason: "An ENI in another subnet than the spec's is not adopted, and so not deleted with the object.",
			args:   args{with(owner, func(a *eni.Actor) { a.SubnetID = "subnet-2" }), eni.ActionDelete, ours(untagged, func(n *eni.Interface) { n.SubnetID = "subnet-1" })},
			want:   "network interface eni-1 is in subnet subnet-1, not in subnet-2 as in spec.forProvider.subnetId: delete this object, which keeps the network interface, and create it with the right subnet",
		},
		"ImportSubnet":     {reason: "An ENI in the spec's subnet is adopted.", args: args{with(owner, func(a *eni.Actor) { a.SubnetID = "subnet-1" }), eni.ActionModify, ours(untagged, func(n *eni.Interface) { n.SubnetID = "subnet-1" })}},
		"ImportedDelete":   {reason: "An adopted ENI is deleted with its object.", args: args{owner, eni.ActionDelete, ours(untagged)}},
		"NotNamed":         {reason: "An ENI without ownership tags is not changed by an object with another external name.", args: args{with(owner, func(a *eni.Actor) { a.Adopts = "eni-2" }), eni.ActionModify, ours(untagged)}, want: "network interface eni-1 does not have this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},
		"AdoptTag":         {reason: "An adoption tag with the object's name allows the adoption, like the external name.", args: args{with(owner, func(a *eni.Actor) { a.Adopts = "" }), eni.ActionTag, ours(untagged, tagged(eni.TagAdopt, "ns/one"))}},
		"AdoptTagOfOther":  {reason: "An adoption tag with another object's name does not allow the adoption.", args: args{with(owner, func(a *eni.Actor) { a.Adopts = "" }), eni.ActionTag, ours(untagged, tagged(eni.TagAdopt, "ns/two"))}, want: "network interface eni-1 does not have this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},
		"AdoptTagOfOrphan": {reason: "An adoption tag does not allow the adoption of an ENI with an ownership tag.", args: args{with(owner, func(a *eni.Actor) { a.UID, a.Adopts, a.Owner = "second", "", deleted }), eni.ActionTag, ours(tagged(eni.TagAdopt, "ns/one"))}, want: "network interface eni-1 does not have this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},

		"Attach":         {reason: "An attachment attaches the ENI of the NetworkInterface it refers to.", args: args{attacher, eni.ActionAttach, ours()}},
		"AttachUsers":    {reason: "An attachment attaches an available ENI without an owner.", args: args{with(attacher, func(a *eni.Actor) { a.UID = "" }), eni.ActionAttach, ours(untagged)}},
		"AttachAttached": {reason: "An ENI that is attached is not attached again.", args: args{attacher, eni.ActionAttach, ours(attachedAt(1, 0))}, want: "network interface eni-1 is already attached to instance i-1"},
		"AttachByID":     {reason: "An attachment attaches by id the ENI of a NetworkInterface of its own namespace.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"} }), eni.ActionAttach, ours()}},
		"AttachForeign":  {reason: "An attachment does not attach the ENI of a NetworkInterface of another namespace.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", living }), eni.ActionAttach, ours()}, want: "network interface eni-1 is managed by NetworkInterface other/two"},
		"AttachOrphan":   {reason: "An attachment attaches by id the ENI whose object was deleted from its namespace.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", deleted }), eni.ActionAttach, ours()}},
		"AttachOrphanElsewhere": {
			reason: "An attachment does not attach the ENI whose object was deleted from another namespace.",
			args:   args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner.Namespace, a.Owner.Name = "", "other", "two" }), eni.ActionAttach, ours()},
			want:   "network interface eni-1 was created for NetworkInterface other/two, which no longer exists: to use it in namespace ns, delete its tag networking.k8s.aws/mr-uid in EC2",
		},
		"Detach":           {reason: "An attachment detaches the ENI that it attached.", args: args{attacher, eni.ActionDetach, ours(attachedAt(1, 0))}},
		"DetachForeign":    {reason: "An attachment does not detach the ENI of another namespace, even if it records the attachment.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", living }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "network interface eni-1 is managed by NetworkInterface other/two"},
		"DetachOther":      {reason: "An attachment does not detach an ENI that another object attached.", args: args{with(attacher, func(a *eni.Actor) { a.AttachmentID = "eni-attach-2" }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither created nor imported by this object"},
		"DetachUnrecorded": {reason: "An attachment without a recorded attachment id does not detach.", args: args{with(attacher, func(a *eni.Actor) { a.AttachmentID = "" }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither created nor imported by this object"},
		"DetachNothing":    {reason: "An unattached ENI is not detached.", args: args{attacher, eni.ActionDetach, ours()}, want: "network interface eni-1 is not attached"},
		"ModifyAttachment": {reason: "An attachment changes its own attachment.", args: args{attacher, eni.ActionModifyAttachment, ours(attachedAt(1, 0))}},
		"ModifyByAttacher": {reason: "An attachment changes no attribute of the ENI.", args: args{attacher, eni.ActionModify, ours(attachedAt(1, 0))}, want: "a NetworkInterfaceAttachment does not change attributes of network interface eni-1"},
		"TagByAttacher":    {reason: "An attachment does not tag the ENI.", args: args{attacher, eni.ActionTag, ours()}, want: "a NetworkInterfaceAttachment does not change attributes of network interface eni-1"},
		"DeleteByAttacher": {reason: "An attachment never deletes an attached ENI.", args: args{attacher, eni.ActionDelete, ours(attachedAt(1, 0))}, want: "network interface eni-1 is attached to instance i-1"},
		"DeleteAvailable":  {reason: "An attachment never deletes an ENI.", args: args{attacher, eni.ActionDelete, ours()}, want: "a NetworkInterfaceAttachment does not delete network interfaces"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p, refused := eni.Allow(tc.args.actor, tc.args.action, tc.args.eni)
			got := ""
			if refused != nil {
				got = refused.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nAllow(...): -want, +got:\n%s", tc.reason, diff)
			}
			if p.Covers(tc.args.action, tc.args.eni.ID) != (tc.want == "") {
				t.Errorf("\n%s\nThe permit covers the action: %t", tc.reason, tc.want != "")
			}
		})
	}
}

func TestPermit(t *testing.T) {
	attacher := eni.Actor{Cluster: "c", Namespace: "ns", UID: "uid", Attaches: true, AttachmentID: "eni-attach-1"}
	p, refused := eni.Allow(attacher, eni.ActionDetach, ours(attachedAt(1, 0)))
	if refused != nil {
		t.Fatal(refused)
	}
	type want struct{ Own, OtherAction, OtherENI, Zero, None bool }
	got := want{
		Own:         p.CoversAttachment(eni.ActionDetach, "eni-attach-1") == "eni-1",
		OtherAction: p.CoversAttachment(eni.ActionModifyAttachment, "eni-attach-1") != "" || p.Covers(eni.ActionDelete, "eni-1"),
		OtherENI:    p.CoversAttachment(eni.ActionDetach, "eni-attach-2") != "" || p.Covers(eni.ActionDetach, "eni-2"),
		Zero:        eni.Permit{}.Covers("", "") || eni.Permit{}.CoversAttachment("", "") != "",
		None:        p.CoversAttachment(eni.ActionDetach, "") != "",
	}
	if diff := cmp.Diff(want{Own: true}, got); diff != "" {
		t.Errorf("\nA permit is for one action on one ENI and its attachment.\n-want, +got:\n%s", diff)
	}
}

func TestAllowCollect(t *testing.T) {
	cases := map[string]struct {
		reason string
		eni    eni.Interface
		owner  eni.ObjectOwner
		want   string
	}{
		"Leaked":       {reason: "An ENI of this cluster whose object no longer exists is collected.", eni: ours()},
		"Living":       {reason: "An ENI whose object exists is not collected.", eni: ours(), owner: eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"}, want: "network interface eni-1 is managed by NetworkInterface ns/one"},
		"LivingNoName": {reason: "An ENI whose owner's name does not fit into the tag is not collected.", eni: ours(), owner: eni.ObjectOwner{Lives: true}, want: "network interface eni-1 is managed by NetworkInterface /"},
		"Attached":     {reason: "An attached ENI is not collected.", eni: ours(attachedAt(1, 0)), want: "network interface eni-1 is attached to instance i-1"},
		"OtherCluster": {reason: "An ENI of another cluster is not collected.", eni: ours(tagged(eni.TagCluster, "d")), want: "network interface eni-1 does not have this cluster's tag networking.k8s.aws/cluster=c"},
		"NoCluster":    {reason: "An ENI without a cluster tag is not collected.", eni: ours(tagged(eni.TagCluster, "")), want: "network interface eni-1 does not have this cluster's tag networking.k8s.aws/cluster=c"},
		"NoOwner":      {reason: "An ENI without an ownership tag is not collected.", eni: ours(tagged(eni.TagUID, "")), want: "network interface eni-1 does not have the ownership tag networking.k8s.aws/mr-uid"},
		"Kept":         {reason: "An ENI with the keep tag is not collected.", eni: ours(tagged(eni.TagKeep, "true")), want: "network interface eni-1 has the tag networking.k8s.aws/keep"},
		"Protected":    {reason: "An ENI of an AWS service is not collected.", eni: ours(func(n *eni.Interface) { n.RequesterManaged = true }), want: "network interface eni-1 is managed by an AWS service (requester unknown)"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p, refused := eni.AllowCollect("c", tc.owner, tc.eni)
			got := ""
			if refused != nil {
				got = refused.Error()
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nAllowCollect(...): -want, +got:\n%s", tc.reason, diff)
			}
			if p.Covers(eni.ActionDelete, "eni-1") != (tc.want == "") {
				t.Errorf("\n%s\nThe permit covers the deletion: %t", tc.reason, tc.want != "")
			}
		})
	}
}

func TestTaggedOwner(t *testing.T) {
	long := make([]byte, 300)
	for i := range long {
		long[i] = 'a'
	}
	type want struct {
		Namespace, Name, UID string
		OK                   bool
	}
	cases := map[string]struct {
		reason string
		tags   map[string]string
		want   want
	}{
		"Complete":  {reason: "Complete tags identify an object.", tags: map[string]string{eni.TagObject: "ns/one", eni.TagUID: "uid"}, want: want{"ns", "one", "uid", true}},
		"NoObject":  {reason: "A UID alone does not identify an object.", tags: map[string]string{eni.TagUID: "uid"}, want: want{UID: "uid"}},
		"Truncated": {reason: "A value that may be truncated does not identify an object.", tags: map[string]string{eni.TagObject: "ns/" + string(long[:253]), eni.TagUID: "uid"}, want: want{"ns", string(long[:253]), "uid", false}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got want
			got.Namespace, got.Name, got.UID, got.OK = eni.TaggedOwner(tc.tags)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nTaggedOwner(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
