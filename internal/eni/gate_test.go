package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// ours is an ENI that carries the ownership tags of the NetworkInterface ns/one
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
	gone := eni.ObjectOwner{Namespace: "ns", Name: "gone"}
	living := eni.ObjectOwner{Lives: true, Namespace: "other", Name: "two"}

	type args struct {
		actor  eni.Actor
		action eni.Action
		eni    eni.Interface
	}
	cases := map[string]struct {
		reason string
		args   args
		want   string // the refusal; empty if the action is allowed
	}{
		"Own":                 {reason: "A NetworkInterface changes the ENI that carries its UID.", args: args{owner, eni.ActionModify, ours()}},
		"OwnTag":              {reason: "A NetworkInterface tags its own ENI.", args: args{owner, eni.ActionTag, ours()}},
		"OwnAttached":         {reason: "A NetworkInterface changes its own ENI while it is attached.", args: args{owner, eni.ActionModify, ours(attachedAt(1, 0))}},
		"OwnDelete":           {reason: "A NetworkInterface deletes its own ENI.", args: args{owner, eni.ActionDelete, ours()}},
		"OwnDeleteAttached":   {reason: "An attached ENI is not deleted.", args: args{owner, eni.ActionDelete, ours(attachedAt(1, 0))}, want: "network interface eni-1 is attached to instance i-1"},
		"OwnAttach":           {reason: "Only an attachment attaches.", args: args{owner, eni.ActionAttach, ours()}, want: "only a NetworkInterfaceAttachment attaches network interfaces"},
		"OwnDetach":           {reason: "A NetworkInterface does not detach its ENI.", args: args{owner, eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither made nor imported by this object"},
		"OwnDetachRecorded":   {reason: "Not even one whose id it records: the host must have released it first.", args: args{with(owner, func(a *eni.Actor) { a.AttachmentID = "eni-attach-1" }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither made nor imported by this object"},
		"OwnModifyAttachment": {reason: "A NetworkInterface does not change the attachment of its ENI.", args: args{owner, eni.ActionModifyAttachment, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither made nor imported by this object"},

		"Unknown":   {reason: "An ENI that was not observed is not changed.", args: args{owner, eni.ActionDelete, eni.Interface{}}, want: "the network interface is not known"},
		"Requester": {reason: "An ENI that an AWS service manages is never changed.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.RequesterManaged, n.Requester = true, "amazon-elb" })}, want: "network interface eni-1 is managed by an AWS service (requester amazon-elb)"},
		"Operator":  {reason: "An ENI that a service provider manages is never changed.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.OperatorManaged, n.Operator = true, "eks.amazonaws.com" })}, want: "network interface eni-1 is managed by service provider eks.amazonaws.com"},
		"Trunk":     {reason: "A trunk ENI belongs to the VPC resource controller.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.Type = "trunk" })}, want: "network interface eni-1 is of type trunk, which belongs to another controller or an AWS service"},
		"Branch":    {reason: "A branch ENI belongs to the VPC resource controller.", args: args{owner, eni.ActionDelete, ours(func(n *eni.Interface) { n.Type = "branch" })}, want: "network interface eni-1 is of type branch, which belongs to another controller or an AWS service"},
		"NAT":       {reason: "The ENI of a NAT gateway belongs to it.", args: args{owner, eni.ActionDelete, ours(func(n *eni.Interface) { n.Type = "nat_gateway" })}, want: "network interface eni-1 is of type nat_gateway, which belongs to another controller or an AWS service"},
		"EFA":       {reason: "EFA interfaces are made by users.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.Type = "efa" })}},
		"EFAOnly":   {reason: "EFA-only interfaces are made by users.", args: args{owner, eni.ActionModify, ours(func(n *eni.Interface) { n.Type = "efa-only" })}},
		"Primary":   {reason: "The primary ENI of an instance is never changed.", args: args{owner, eni.ActionModify, ours(attachedAt(0, 0))}, want: "network interface eni-1 is the primary one of instance i-1"},
		"PrimaryOfUnknownCard": {
			reason: "Device index 0 without a network card is the primary ENI.",
			args:   args{attacher, eni.ActionDetach, ours(attachedAt(0, -1))}, want: "network interface eni-1 is the primary one of instance i-1",
		},
		"FirstOfOtherCard": {reason: "Device index 0 of another network card is not the primary ENI.", args: args{attacher, eni.ActionDetach, ours(attachedAt(0, 1))}},
		"NoIndex":          {reason: "An ENI whose device index is not known may be the primary one.", args: args{attacher, eni.ActionDetach, ours(attachedAt(-1, 0))}, want: "EC2 returned no device index for network interface eni-1"},
		"ServiceAttached":  {reason: "An ENI attached to no instance is in use by an AWS service.", args: args{owner, eni.ActionModify, ours(attachedAt(1, 0), func(n *eni.Interface) { n.Attachment.InstanceID = "" })}, want: "network interface eni-1 is attached to an AWS service, not to an instance"},
		"VPCCNI":           {reason: "An ENI of the VPC CNI is never changed.", args: args{with(owner, func(a *eni.Actor) { a.UID = "x" }), eni.ActionDelete, ours(untagged, tagged("node.k8s.amazonaws.com/instance_id", "i-1"))}, want: "network interface eni-1 belongs to the VPC CNI (tag node.k8s.amazonaws.com/instance_id)"},
		"EKSOwner":         {reason: "An ENI with an owner in EKS is never changed.", args: args{owner, eni.ActionDelete, ours(untagged, tagged("eks:eni:owner", "amazon-vpc-cni"))}, want: "network interface eni-1 belongs to amazon-vpc-cni (tag eks:eni:owner)"},
		"Cilium":           {reason: "An ENI of Cilium is never changed.", args: args{owner, eni.ActionDelete, ours(untagged, tagged("io.cilium/cilium-managed", "true"))}, want: "network interface eni-1 belongs to Cilium (tag io.cilium/cilium-managed)"},
		"VPCCNIDetach":     {reason: "The attachment of an ENI of the VPC CNI is never ended.", args: args{with(attacher, func(a *eni.Actor) { a.UID = "" }), eni.ActionDetach, ours(untagged, attachedAt(1, 0), tagged("node.k8s.amazonaws.com/instance_id", "i-1"))}, want: "network interface eni-1 belongs to the VPC CNI (tag node.k8s.amazonaws.com/instance_id)"},

		"OtherCluster":       {reason: "An ENI of another cluster is not changed, whatever names it.", args: args{owner, eni.ActionModify, ours(tagged(eni.TagCluster, "d"))}, want: `network interface eni-1 belongs to cluster "d" (tag networking.k8s.aws/cluster), not to "c"`},
		"OtherClusterAttach": {reason: "An available ENI of another cluster is not attached.", args: args{attacher, eni.ActionAttach, ours(tagged(eni.TagCluster, "d"))}, want: `network interface eni-1 belongs to cluster "d" (tag networking.k8s.aws/cluster), not to "c"`},
		"OtherObject": {
			reason: "The external name does not give an object the ENI of another object that exists.",
			args:   args{with(owner, func(a *eni.Actor) { a.UID, a.Owner = "second", living }), eni.ActionDelete, ours()},
			want:   "network interface eni-1 is managed by NetworkInterface other/two",
		},
		"OtherObjectOfNamespace": {
			reason: "That holds in one namespace, too.",
			args: args{with(owner, func(a *eni.Actor) {
				a.UID, a.Owner = "second", eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"}
			}), eni.ActionTag, ours()},
			want: "network interface eni-1 is managed by NetworkInterface ns/one",
		},
		"Orphan": {reason: "An ENI whose object no longer exists is adopted by the object that names it.", args: args{with(owner, func(a *eni.Actor) { a.UID, a.Owner = "second", gone }), eni.ActionTag, ours()}},
		"OrphanElsewhere": {
			reason: "But not in another namespace than its object was in.",
			args:   args{with(owner, func(a *eni.Actor) { a.UID, a.Owner.Namespace, a.Owner.Name = "second", "other", "two" }), eni.ActionTag, ours()},
			want:   "network interface eni-1 was created for NetworkInterface other/two, which no longer exists: to use it in namespace ns, delete its tag networking.k8s.aws/mr-uid in EC2",
		},
		"OrphanNotNamed":   {reason: "An ENI whose object no longer exists is not changed by an object that does not name it.", args: args{with(owner, func(a *eni.Actor) { a.UID, a.Adopts, a.Owner = "second", "", gone }), eni.ActionModify, ours()}, want: "network interface eni-1 does not carry this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},
		"Import":           {reason: "An ENI without ownership tags is adopted by the object that names it.", args: args{owner, eni.ActionModify, ours(untagged)}},
		"ImportedDelete":   {reason: "An adopted ENI is deleted with its object.", args: args{owner, eni.ActionDelete, ours(untagged)}},
		"NotNamed":         {reason: "An ENI without ownership tags that no object names is not changed.", args: args{with(owner, func(a *eni.Actor) { a.Adopts = "eni-2" }), eni.ActionModify, ours(untagged)}, want: "network interface eni-1 does not carry this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},
		"AdoptTag":         {reason: "A user's adoption tag that names the object is as good as the external name.", args: args{with(owner, func(a *eni.Actor) { a.Adopts = "" }), eni.ActionTag, ours(untagged, tagged(eni.TagAdopt, "ns/one"))}},
		"AdoptTagOfOther":  {reason: "An adoption tag that names another object is not.", args: args{with(owner, func(a *eni.Actor) { a.Adopts = "" }), eni.ActionTag, ours(untagged, tagged(eni.TagAdopt, "ns/two"))}, want: "network interface eni-1 does not carry this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},
		"AdoptTagOfOrphan": {reason: "An adoption tag does not take an ENI that carries an owner.", args: args{with(owner, func(a *eni.Actor) { a.UID, a.Adopts, a.Owner = "second", "", gone }), eni.ActionTag, ours(tagged(eni.TagAdopt, "ns/one"))}, want: "network interface eni-1 does not carry this object's ownership tag networking.k8s.aws/mr-uid, and is not its external name"},

		"Attach":         {reason: "An attachment attaches the ENI of the NetworkInterface it refers to.", args: args{attacher, eni.ActionAttach, ours()}},
		"AttachUsers":    {reason: "An attachment attaches an available ENI that belongs to no controller.", args: args{with(attacher, func(a *eni.Actor) { a.UID = "" }), eni.ActionAttach, ours(untagged)}},
		"AttachAttached": {reason: "An ENI that is attached is not attached again.", args: args{attacher, eni.ActionAttach, ours(attachedAt(1, 0))}, want: "network interface eni-1 is attached to instance i-1 already"},
		"AttachByID":     {reason: "An attachment attaches by id the ENI of a NetworkInterface of its own namespace.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"} }), eni.ActionAttach, ours()}},
		"AttachForeign":  {reason: "An attachment does not attach the ENI of a NetworkInterface of another namespace.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", living }), eni.ActionAttach, ours()}, want: "network interface eni-1 is managed by NetworkInterface other/two"},
		"AttachOrphan":   {reason: "An attachment attaches by id the ENI whose object was deleted from its namespace.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", gone }), eni.ActionAttach, ours()}},
		"AttachOrphanElsewhere": {
			reason: "But not that of another namespace.",
			args:   args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner.Namespace, a.Owner.Name = "", "other", "two" }), eni.ActionAttach, ours()},
			want:   "network interface eni-1 was created for NetworkInterface other/two, which no longer exists: to use it in namespace ns, delete its tag networking.k8s.aws/mr-uid in EC2",
		},
		"Detach":           {reason: "An attachment detaches what it attached.", args: args{attacher, eni.ActionDetach, ours(attachedAt(1, 0))}},
		"DetachForeign":    {reason: "An attachment does not detach the ENI of another namespace, whatever attachment it records.", args: args{with(attacher, func(a *eni.Actor) { a.UID, a.Owner = "", living }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "network interface eni-1 is managed by NetworkInterface other/two"},
		"DetachOther":      {reason: "An attachment does not detach what another attached.", args: args{with(attacher, func(a *eni.Actor) { a.AttachmentID = "eni-attach-2" }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither made nor imported by this object"},
		"DetachUnrecorded": {reason: "An attachment that records none detaches nothing.", args: args{with(attacher, func(a *eni.Actor) { a.AttachmentID = "" }), eni.ActionDetach, ours(attachedAt(1, 0))}, want: "attachment eni-attach-1 of network interface eni-1 was neither made nor imported by this object"},
		"DetachNothing":    {reason: "An ENI that is attached to nothing is not detached.", args: args{attacher, eni.ActionDetach, ours()}, want: "network interface eni-1 is attached to nothing"},
		"ModifyAttachment": {reason: "An attachment changes its own attachment.", args: args{attacher, eni.ActionModifyAttachment, ours(attachedAt(1, 0))}},
		"ModifyByAttacher": {reason: "An attachment changes no attribute of the ENI.", args: args{attacher, eni.ActionModify, ours(attachedAt(1, 0))}, want: "a NetworkInterfaceAttachment changes no attribute of network interface eni-1"},
		"TagByAttacher":    {reason: "An attachment does not tag the ENI.", args: args{attacher, eni.ActionTag, ours()}, want: "a NetworkInterfaceAttachment changes no attribute of network interface eni-1"},
		"DeleteByAttacher": {reason: "An attachment is not refused the deletion of an ENI for its attachment alone.", args: args{attacher, eni.ActionDelete, ours(attachedAt(1, 0))}, want: "network interface eni-1 is attached to instance i-1"},
		"DeleteAvailable":  {reason: "An attachment never deletes an ENI.", args: args{attacher, eni.ActionDelete, ours()}, want: "a NetworkInterfaceAttachment deletes no network interface"},
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
		"Living":       {reason: "An ENI whose object exists is not.", eni: ours(), owner: eni.ObjectOwner{Lives: true, Namespace: "ns", Name: "one"}, want: "network interface eni-1 is managed by NetworkInterface ns/one"},
		"LivingNoName": {reason: "Nor is one whose owner's name does not fit into the tag.", eni: ours(), owner: eni.ObjectOwner{Lives: true}, want: "network interface eni-1 is managed by NetworkInterface /"},
		"Attached":     {reason: "An attached ENI is not.", eni: ours(attachedAt(1, 0)), want: "network interface eni-1 is attached to instance i-1"},
		"OtherCluster": {reason: "An ENI of another cluster is not.", eni: ours(tagged(eni.TagCluster, "d")), want: "network interface eni-1 does not carry this cluster's tag networking.k8s.aws/cluster=c"},
		"NoCluster":    {reason: "An ENI of no cluster is not.", eni: ours(tagged(eni.TagCluster, "")), want: "network interface eni-1 does not carry this cluster's tag networking.k8s.aws/cluster=c"},
		"NoOwner":      {reason: "An ENI that was made for no object is not.", eni: ours(tagged(eni.TagUID, "")), want: "network interface eni-1 does not carry the ownership tag networking.k8s.aws/mr-uid"},
		"Kept":         {reason: "An ENI that outlives its object is not.", eni: ours(tagged(eni.TagKeep, "true")), want: "network interface eni-1 carries the tag networking.k8s.aws/keep"},
		"Protected":    {reason: "An ENI of an AWS service is not.", eni: ours(func(n *eni.Interface) { n.RequesterManaged = true }), want: "network interface eni-1 is managed by an AWS service (requester unknown)"},
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
		"Complete":  {reason: "The tags name an object.", tags: map[string]string{eni.TagObject: "ns/one", eni.TagUID: "uid"}, want: want{"ns", "one", "uid", true}},
		"NoObject":  {reason: "A UID alone names no object that could be looked up.", tags: map[string]string{eni.TagUID: "uid"}, want: want{UID: "uid"}},
		"Truncated": {reason: "A name that EC2 may have cut names no object.", tags: map[string]string{eni.TagObject: "ns/" + string(long[:253]), eni.TagUID: "uid"}, want: want{"ns", string(long[:253]), "uid", false}},
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
