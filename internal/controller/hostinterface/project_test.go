// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"strings"
	"testing"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

func attachment(change ...func(*ec2v1alpha1.NetworkInterfaceAttachment)) *ec2v1alpha1.NetworkInterfaceAttachment {
	a := &ec2v1alpha1.NetworkInterfaceAttachment{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "at", UID: "uid"},
		Spec:       ec2v1alpha1.NetworkInterfaceAttachmentSpec{Host: &v1alpha1.HostConfig{MTU: new(int32(9001))}},
		Status: ec2v1alpha1.NetworkInterfaceAttachmentStatus{AtProvider: ec2v1alpha1.NetworkInterfaceAttachmentObservation{
			NetworkInterfaceID: "eni-1", MACAddress: "02:00:00:00:00:01", InstanceID: instance1, Status: "attached",
			DeviceIndex: new(int32(2)), NetworkCardIndex: new(int32(1)),
			SubnetCIDR: "10.0.0.0/24", SubnetIPv6CIDRs: []string{"2600::/64"}, PrivateIPs: []string{"10.0.0.4", "10.0.0.5"},
			IPv6Addresses: []string{"2600::10"}, IPv4Prefixes: []string{"10.0.0.16/28"}, IPv6Prefixes: []string{"2600:0:0:0:1::/80"},
		}},
	}
	for _, fn := range change {
		fn(a)
	}
	return a
}

// attachedLink is the ENI of attachment as EC2 describes it.
func attachedLink() *link {
	return &link{
		subnet: ec2.Subnet{ID: "subnet-1", CIDR: "10.0.0.0/24", IPv6CIDRs: []string{"2600::/64"}},
		eni: &ec2types.NetworkInterface{
			NetworkInterfaceId: new("eni-1"), MacAddress: new("02:00:00:00:00:01"), SubnetId: new("subnet-1"),
			PrivateIpAddress: new("10.0.0.4"),
			PrivateIpAddresses: []ec2types.NetworkInterfacePrivateIpAddress{
				{PrivateIpAddress: new("10.0.0.4"), Primary: new(true)}, {PrivateIpAddress: new("10.0.0.5")},
			},
			Ipv6Addresses: []ec2types.NetworkInterfaceIpv6Address{{Ipv6Address: new("2600::10")}},
			Ipv4Prefixes:  []ec2types.Ipv4PrefixSpecification{{Ipv4Prefix: new("10.0.0.16/28")}},
			Ipv6Prefixes:  []ec2types.Ipv6PrefixSpecification{{Ipv6Prefix: new("2600:0:0:0:1::/80")}},
			Attachment: &ec2types.NetworkInterfaceAttachment{
				AttachmentId: new("eni-attach-1"), InstanceId: new("i-1"), Status: ec2types.AttachmentStatusAttached,
				DeviceIndex: new(int32(2)), NetworkCardIndex: new(int32(1)),
			},
		},
	}
}

func TestProject(t *testing.T) {
	projected := func(change ...func(*v1alpha1.HostInterface)) *v1alpha1.HostInterface {
		h := &v1alpha1.HostInterface{
			ObjectMeta: metav1.ObjectMeta{Name: "ns.at", Labels: map[string]string{v1alpha1.LabelNode: "n1"}, Finalizers: []string{v1alpha1.FinalizerAgent}},
			Spec: v1alpha1.HostInterfaceSpec{
				NodeName:           "n1",
				AttachmentRef:      v1alpha1.AttachmentReference{Namespace: "ns", Name: "at", UID: "uid"},
				InstanceID:         "i-1",
				NetworkInterfaceID: "eni-1", MACAddress: "02:00:00:00:00:01", DeviceIndex: 2, NetworkCardIndex: 1,
				SubnetCIDR: "10.0.0.0/24", SubnetIPv6CIDRs: []string{"2600::/64"}, PrivateIPs: []string{"10.0.0.4", "10.0.0.5"},
				IPv6Addresses: []string{"2600::10"}, IPv4Prefixes: []string{"10.0.0.16/28"}, IPv6Prefixes: []string{"2600::1:0:0:0/80"},
				Config: v1alpha1.HostConfig{MTU: new(int32(9001))},
			},
		}
		for _, fn := range change {
			fn(h)
		}
		return h
	}
	long := strings.Repeat("n", 64)

	type args struct {
		attachment *ec2v1alpha1.NetworkInterfaceAttachment
		node       string
	}
	cases := map[string]struct {
		reason string
		args   args
		want   *v1alpha1.HostInterface
	}{
		"Everything": {
			reason: "The HostInterface has the link, its attachment, its configuration and the agent's finalizer.",
			args:   args{attachment: attachment(), node: "n1"},
			want:   projected(),
		},
		"StatusForged": {
			reason: "The HostInterface has the addresses of EC2's response, not of the attachment's status.",
			args: args{attachment: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{
					NetworkInterfaceID: "eni-9", MACAddress: "02:00:00:00:00:09", Status: "attached", DeviceIndex: new(int32(9)),
					SubnetCIDR: "0.0.0.0/0", PrivateIPs: []string{"127.0.0.1"}, IPv4Prefixes: []string{"0.0.0.0/0"},
				}
			}), node: "n1"},
			want: projected(),
		},
		"Controlled": {
			reason: "The HostInterface has the UID of the NodeENI that controls its attachment, for events.",
			args: args{attachment: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Labels = map[string]string{v1alpha1.LabelNodeENI: "ne"}
				a.OwnerReferences = []metav1.OwnerReference{{Kind: v1alpha1.NodeENIKind, Name: "ne", UID: "uid-ne", Controller: new(true)}}
			}), node: "n1"},
			want: projected(func(h *v1alpha1.HostInterface) {
				h.Labels[v1alpha1.LabelNodeENI] = "ne"
				h.Annotations = map[string]string{v1alpha1.AnnotationNodeENIUID: "uid-ne"}
			}),
		},
		"NodeENI": {
			reason: "The interface of a NodeENI's attachment is found by the NodeENI's label.",
			args: args{attachment: attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
				a.Labels = map[string]string{v1alpha1.LabelNodeENI: "data", "team": "net"}
			}), node: "n1"},
			want: projected(func(h *v1alpha1.HostInterface) { h.Labels[v1alpha1.LabelNodeENI] = "data" }),
		},
		"LongNodeName": {
			reason: "A node's name that is longer than a label's value may be is not made a label.",
			args:   args{attachment: attachment(), node: long},
			want: projected(func(h *v1alpha1.HostInterface) {
				h.Labels = map[string]string{}
				h.Spec.NodeName = long
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, project(tc.args.attachment, tc.args.node, attachedLink())); diff != "" {
				t.Errorf("\n%s\nproject(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestWantedAndAttached(t *testing.T) {
	type want struct{ Wanted, Attached bool }
	cases := map[string]struct {
		reason string
		args   *ec2v1alpha1.NetworkInterfaceAttachment
		want   want
	}{
		"Attached": {reason: "An attached interface with spec.host is prepared.", args: attachment(), want: want{Wanted: true, Attached: true}},
		"NoHost": {
			reason: "Without spec.host no agent touches the interface.",
			args:   attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Spec.Host = nil }),
			want:   want{Attached: true},
		},
		"Deleting": {
			reason: "An attachment being deleted gets no HostInterface.",
			args:   attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.DeletionTimestamp = new(metav1.Now()) }),
			want:   want{Attached: true},
		},
		"Attaching": {
			reason: "An interface that is still being attached is not on the host yet.",
			args:   attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Status.AtProvider.Status = "attaching" }),
			want:   want{Wanted: true},
		},
		"NoMAC": {
			reason: "Without a MAC address the agent could not find the link.",
			args:   attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Status.AtProvider.MACAddress = "" }),
			want:   want{Wanted: true},
		},
		"Primary": {
			reason: "Device index 0 is never prepared.",
			args:   attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Status.AtProvider.DeviceIndex = new(int32(0)) }),
			want:   want{Wanted: true},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, want{Wanted: wanted(tc.args), Attached: attached(tc.args)}); diff != "" {
				t.Errorf("\n%s\nwanted(...), attached(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestHostInterfaceName(t *testing.T) {
	if diff := cmp.Diff("ns.at", v1alpha1.HostInterfaceName("ns", "at")); diff != "" {
		t.Errorf("\nA host interface is named after its attachment.\nHostInterfaceName(...): -want, +got:\n%s", diff)
	}
}

// TestTakeOverOfTenant projects annotations of an attachment, in the namespace of the provider
// and in another one.
func TestTakeOverOfTenant(t *testing.T) {
	const trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	a := attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
		a.SetAnnotations(map[string]string{v1alpha1.AnnotationTakeOver: `{"bootID":"b","pciAddress":"0000:00:06.0"}`, v1alpha1.AnnotationLeaveHost: "true", v1alpha1.AnnotationTraceParent: trace})
	})
	ours := withhold(project(a, "n1", attachedLink()), "ns")
	if want := (&v1alpha1.TakeOver{BootID: "b", PCIAddress: new(v1alpha1.PCIAddress("0000:00:06.0"))}); !cmp.Equal(want, ours.Spec.TakeOver) || !ours.Spec.Leave {
		t.Errorf("\nThe provider's own attachments pass the annotations on.\ngot %+v, leave %t", ours.Spec.TakeOver, ours.Spec.Leave)
	}
	theirs := withhold(project(a, "n1", attachedLink()), "provider")
	if tracing.ParentOf(ours) != trace || tracing.ParentOf(theirs) != "" {
		t.Errorf("\nA tenant could add spans to the trace of another owner.\ngot %q, ours %q", tracing.ParentOf(theirs), tracing.ParentOf(ours))
	}
	if theirs.Spec.TakeOver != nil || theirs.Spec.Leave {
		t.Errorf("\nA tenant could take over the device of another owner.\ngot %+v, leave %t", theirs.Spec.TakeOver, theirs.Spec.Leave)
	}
	for _, invalid := range []string{"", "{", `{"pciAddress":"0000:00:06.0"}`} {
		a.SetAnnotations(map[string]string{v1alpha1.AnnotationTakeOver: invalid})
		if got := project(a, "n1", attachedLink()).Spec.TakeOver; got != nil {
			t.Errorf("\nAn invalid annotation is not used: %q\ngot %+v", invalid, got)
		}
	}
}

// TestReadinessOfTenant reconciles an attachment whose host advertises a resource, in the
// provider's namespace and in the namespace of a tenant.
func TestReadinessOfTenant(t *testing.T) {
	resource := &v1alpha1.HostReadiness{Resource: "networking.k8s.aws/uplink", Capacity: 250, Interfaces: 1}
	cases := map[string]struct {
		reason    string
		namespace string
		want      *v1alpha1.HostReadiness
	}{
		"Provider": {reason: "The provider's namespace has the attachments of NodeENIs.", namespace: "ns", want: resource},
		"Tenant":   {reason: "A tenant cannot advertise a node as ready for the NodeENI of another owner.", namespace: "system"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			a := attachment(func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Spec.Host.Readiness = resource })
			h := newHarness(t, fakeCloud{link: theLink()}, []client.Object{a, onNode("n1", instance1, corev1.ConditionTrue)}, nil, interceptor.Funcs{})
			h.r.namespace = tc.namespace
			for range 2 { // create, update
				if _, err := h.reconcile(t.Context()); err != nil {
					t.Fatal(err)
				}
				got := &v1alpha1.HostInterface{}
				if err := h.kube.Get(t.Context(), types.NamespacedName{Name: "ns.at"}, got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, got.Spec.Config.Readiness); diff != "" {
					t.Errorf("\n%s\nReadiness: -want, +got:\n%s", tc.reason, diff)
				}
				got.Spec.Config.Readiness = nil
				if err := h.kube.Update(t.Context(), got); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}
