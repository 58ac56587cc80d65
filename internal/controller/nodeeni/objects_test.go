// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

var (
	aChild    = eni.Child{Name: "data-1", NodeName: "n1", NodeUID: "uid-n1", InstanceID: "i-1", SubnetID: "subnet-1", Ordinal: 1, MinDeviceIndex: 3}
	aDefaults = defaults{namespace: "system", deleteOnTermination: true}
)

func nodeENI(s v1alpha1.NodeENISpec) *v1alpha1.NodeENI {
	return &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data", UID: "uid", Generation: 1}, Spec: s}
}

func childMeta(finalizers ...string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Finalizers: finalizers,
		Namespace:  "system", Name: "data-1",
		Labels:      map[string]string{v1alpha1.LabelNodeENI: "data", v1alpha1.LabelSlot: "subnet-1", v1alpha1.LabelNode: "n1"},
		Annotations: map[string]string{v1alpha1.AnnotationNodeUID: "uid-n1", v1alpha1.AnnotationInstanceID: "i-1"},
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: "networking.k8s.aws/v1alpha1", Kind: "NodeENI", Name: "data", UID: "uid", Controller: new(true), BlockOwnerDeletion: new(true),
		}},
	}
}

func defaultConfig() xpv2.ManagedResourceSpec {
	return xpv2.ManagedResourceSpec{ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: "ClusterProviderConfig", Name: "default"}}
}

func TestNetworkInterface(t *testing.T) {
	built := func(fn func(*ec2v1alpha1.NetworkInterface)) *ec2v1alpha1.NetworkInterface {
		o := &ec2v1alpha1.NetworkInterface{
			TypeMeta:   metav1.TypeMeta{APIVersion: "ec2.networking.k8s.aws/v1alpha1", Kind: "NetworkInterface"},
			ObjectMeta: childMeta(managed.FinalizerName),
			Spec: ec2v1alpha1.NetworkInterfaceSpec{
				ManagedResourceSpec: defaultConfig(),
				ForProvider: ec2v1alpha1.NetworkInterfaceParameters{
					Description: new("NodeENI data, node n1"), SubnetID: ptr.To(ec2v1alpha1.SubnetID("subnet-1")),
				},
			},
		}
		fn(o)
		return o
	}
	cases := map[string]struct {
		reason string
		args   v1alpha1.NodeENISpec
		want   *ec2v1alpha1.NetworkInterface
	}{
		"Least": {
			reason: "A child has its subnet, its owner, and labels for NodeENI, node and slot.",
			want:   built(func(*ec2v1alpha1.NetworkInterface) {}),
		},
		"Most": {
			reason: "The ENI configuration of the NodeENI is copied, each security group once.",
			args: v1alpha1.NodeENISpec{
				Description: new("mine"), SourceDestCheck: new(false), Tags: map[string]string{"team": "net"},
				SecurityGroupIDs: []v1alpha1.SecurityGroupID{"sg-2", "sg-1", "sg-2"}, SecurityGroupNames: []string{"web", "db", "web"},
				Addresses: &v1alpha1.NodeENIAddresses{
					SecondaryPrivateIPCount: new(int32(1)), IPv4PrefixCount: new(int32(0)), IPv6AddressCount: new(int32(2)), IPv6PrefixCount: new(int32(3)), EnablePrimaryIPv6: new(true),
				},
				ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: "ProviderConfig", Name: "other"},
				ManagementPolicies:      xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionCreate},
			},
			want: built(func(o *ec2v1alpha1.NetworkInterface) {
				o.Spec.ManagedResourceSpec = xpv2.ManagedResourceSpec{
					ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: "ProviderConfig", Name: "other"},
					ManagementPolicies:      xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionCreate},
				}
				p := &o.Spec.ForProvider
				p.Description, p.SourceDestCheck, p.Tags = new("mine"), new(false), map[string]string{"team": "net"}
				p.SecurityGroups = []ec2v1alpha1.SecurityGroupID{"sg-2", "sg-1"}
				p.SecurityGroupSelector = &ec2v1alpha1.SecurityGroupSelector{Names: []string{"web", "db"}}
				p.PrivateIPsCount, p.IPv4PrefixCount, p.IPv6AddressCount, p.IPv6PrefixCount = new(int32(1)), new(int32(0)), new(int32(2)), new(int32(3))
				p.EnablePrimaryIPv6 = new(true)
			}),
		},
		"WideDescription": {
			reason: "EC2 counts characters of a description, not bytes.",
			args:   v1alpha1.NodeENISpec{Description: new(strings.Repeat("ü", 255))},
			want: built(func(o *ec2v1alpha1.NetworkInterface) {
				o.Spec.ForProvider.Description = new(strings.Repeat("ü", 255))
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, networkInterface(nodeENI(tc.args), aChild, aDefaults, nil)); diff != "" {
				t.Errorf("\n%s\nnetworkInterface(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestAttachment(t *testing.T) {
	built := func(fn func(*ec2v1alpha1.NetworkInterfaceAttachment)) *ec2v1alpha1.NetworkInterfaceAttachment {
		o := &ec2v1alpha1.NetworkInterfaceAttachment{
			TypeMeta:   metav1.TypeMeta{APIVersion: "ec2.networking.k8s.aws/v1alpha1", Kind: "NetworkInterfaceAttachment"},
			ObjectMeta: childMeta(managed.FinalizerName, v1alpha1.FinalizerHostRelease),
			Spec: ec2v1alpha1.NetworkInterfaceAttachmentSpec{
				ManagedResourceSpec: defaultConfig(),
				ForProvider: ec2v1alpha1.NetworkInterfaceAttachmentParameters{
					NetworkInterfaceRef: &xpv2.NamespacedReference{Name: "data-1"}, NodeName: new("n1"),
					MinDeviceIndex: new(int32(3)), DeleteOnTermination: new(true),
				},
				Host: &v1alpha1.HostConfig{AltNames: []string{"data-1"}},
			},
		}
		fn(o)
		return o
	}
	have := func(index, lowest, card *int32) *ec2v1alpha1.NetworkInterfaceAttachment {
		return &ec2v1alpha1.NetworkInterfaceAttachment{Spec: ec2v1alpha1.NetworkInterfaceAttachmentSpec{ForProvider: ec2v1alpha1.NetworkInterfaceAttachmentParameters{
			DeviceIndex: index, MinDeviceIndex: lowest, NetworkCardIndex: card,
		}}}
	}

	type args struct {
		spec v1alpha1.NodeENISpec
		have *ec2v1alpha1.NetworkInterfaceAttachment
	}
	cases := map[string]struct {
		reason string
		args   args
		want   *ec2v1alpha1.NetworkInterfaceAttachment
	}{
		"New": {
			reason: "A child's ENI is attached to its node, at its index or above, and its link has the same name on every node.",
			want:   built(func(*ec2v1alpha1.NetworkInterfaceAttachment) {}),
		},
		"KeepWithInstance": {
			reason: "deleteOnTermination is honoured both ways.",
			args:   args{spec: v1alpha1.NodeENISpec{DeleteOnTermination: new(false)}},
			want: built(func(o *ec2v1alpha1.NetworkInterfaceAttachment) {
				o.Spec.ForProvider.DeleteOnTermination = new(false)
			}),
		},
		"Attached": {
			reason: "The assigned index and network card do not change: EC2 cannot move an attached ENI.",
			args: args{
				spec: v1alpha1.NodeENISpec{NetworkCardIndex: new(int32(1))},
				have: have(new(int32(2)), new(int32(2)), nil),
			},
			want: built(func(o *ec2v1alpha1.NetworkInterfaceAttachment) {
				o.Spec.ForProvider.MinDeviceIndex = new(int32(2))
			}),
		},
		"NotYetAttached": {
			reason: "An ENI that has no index yet follows the NodeENI's.",
			args:   args{have: have(nil, new(int32(1)), nil)},
			want:   built(func(*ec2v1alpha1.NetworkInterfaceAttachment) {}),
		},
		"Card": {
			reason: "A new ENI is attached to the configured network card.",
			args:   args{spec: v1alpha1.NodeENISpec{NetworkCardIndex: new(int32(1))}},
			want: built(func(o *ec2v1alpha1.NetworkInterfaceAttachment) {
				o.Spec.ForProvider.NetworkCardIndex = new(int32(1))
			}),
		},
		"AltNames": {
			reason: "The names that the user gives come after the NodeENI's own, each once.",
			args:   args{spec: v1alpha1.NodeENISpec{Host: &v1alpha1.HostConfig{AltNames: []string{"net1", "data-1"}}}},
			want: built(func(o *ec2v1alpha1.NetworkInterfaceAttachment) {
				o.Spec.Host.AltNames = []string{"data-1", "net1"}
			}),
		},
		"Readiness": {
			reason: "Without a resource, the host advertises nothing.",
			args:   args{spec: v1alpha1.NodeENISpec{Readiness: &v1alpha1.NodeENIReadiness{}}},
			want:   built(func(*ec2v1alpha1.NetworkInterfaceAttachment) {}),
		},
		"Resource": {
			reason: "The host advertises the resource of the NodeENI while the child is ready: it has no siblings.",
			args:   args{spec: v1alpha1.NodeENISpec{Readiness: &v1alpha1.NodeENIReadiness{Resource: &v1alpha1.NodeENIResource{Capacity: 7}}}},
			want: built(func(o *ec2v1alpha1.NetworkInterfaceAttachment) {
				o.Spec.Host.Readiness = &v1alpha1.HostReadiness{Resource: "networking.k8s.aws/data", Capacity: 7, Interfaces: 1}
			}),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			n := nodeENI(tc.args.spec)
			before := n.DeepCopy()
			if diff := cmp.Diff(tc.want, attachment(n, aChild, aDefaults, tc.args.have)); diff != "" {
				t.Errorf("\n%s\nattachment(...): -want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(before, n); diff != "" {
				t.Errorf("\nBuilding a child does not change the NodeENI.\nattachment(...): -before, +after:\n%s", diff)
			}
		})
	}
}

// TestAttachmentOfLongName checks the names of the link of a NodeENI with a long name.
func TestTakeOver(t *testing.T) {
	const record = `{"bootID":"b","pciAddress":"0000:00:06.0"}`
	n := nodeENI(v1alpha1.NodeENISpec{})
	n.SetAnnotations(map[string]string{v1alpha1.AnnotationTakeOver: `{"eni-1":` + record + `}`})
	adopting := func(id string) eni.Child {
		c := aChild
		c.Adopt = id
		return c
	}
	made := &ec2v1alpha1.NetworkInterfaceAttachment{}
	made.SetAnnotations(map[string]string{v1alpha1.AnnotationTakeOver: record})
	invalid := nodeENI(v1alpha1.NodeENISpec{})
	invalid.SetAnnotations(map[string]string{v1alpha1.AnnotationTakeOver: "{"})
	for reason, tc := range map[string]struct {
		n    *v1alpha1.NodeENI
		c    eni.Child
		have *ec2v1alpha1.NetworkInterfaceAttachment
		want string
	}{
		"The attachment of an adopted ENI has its record.":  {n, adopting("eni-1"), nil, record},
		"Another ENI has none.":                             {n, adopting("eni-2"), nil, ""},
		"A new ENI has none.":                               {n, aChild, nil, ""},
		"It is kept after the creation.":                    {n, aChild, made, record},
		"An attachment without a record does not get one.":  {n, adopting("eni-1"), &ec2v1alpha1.NetworkInterfaceAttachment{}, ""},
		"An invalid annotation is not used.":                {invalid, adopting("eni-1"), nil, ""},
		"It is kept when the annotation is removed from n.": {nodeENI(v1alpha1.NodeENISpec{}), aChild, made, record},
	} {
		if got := attachment(tc.n, tc.c, aDefaults, tc.have).GetAnnotations()[v1alpha1.AnnotationTakeOver]; got != tc.want {
			t.Errorf("\n%s\nwant %q, got %q", reason, tc.want, got)
		}
	}
}

func TestAttachmentOfLongName(t *testing.T) {
	n := nodeENI(v1alpha1.NodeENISpec{Host: &v1alpha1.HostConfig{AltNames: []string{"net1"}}})
	n.SetName("multus-eni-config")
	got := attachment(n, aChild, aDefaults, nil).Spec.Host.AltNames
	if diff := cmp.Diff([]string{"multus_hfdgkb-1", "multus-eni-config-1", "net1"}, got); diff != "" {
		t.Errorf("\nA short name comes before the long one.\naltNames: -want, +got:\n%s", diff)
	}
}

func TestHostConfig(t *testing.T) {
	vfio := &v1alpha1.DPDKConfig{Driver: v1alpha1.DPDKDriverVFIO}
	cases := map[string]struct {
		reason string
		args   v1alpha1.NodeENISpec
		want   *v1alpha1.HostConfig
	}{
		"Nothing":     {reason: "Without configuration the link is only set up.", want: &v1alpha1.HostConfig{}},
		"MTU":         {reason: "mtu is short for host.mtu.", args: v1alpha1.NodeENISpec{MTU: new(int32(9001))}, want: &v1alpha1.HostConfig{MTU: new(int32(9001))}},
		"DriversMTU":  {reason: "mtu 0 is the driver's default.", args: v1alpha1.NodeENISpec{MTU: new(int32(0))}, want: &v1alpha1.HostConfig{}},
		"HostMTU":     {reason: "mtu 0 leaves host.mtu as it is.", args: v1alpha1.NodeENISpec{MTU: new(int32(0)), Host: &v1alpha1.HostConfig{MTU: new(int32(1500))}}, want: &v1alpha1.HostConfig{MTU: new(int32(1500))}},
		"EnableDPDK":  {reason: "enableDPDK binds the device to vfio-pci.", args: v1alpha1.NodeENISpec{EnableDPDK: new(true)}, want: &v1alpha1.HostConfig{Driver: v1alpha1.DriverDPDK, DPDK: vfio}},
		"DPDKEnabled": {reason: "dpdkEnabled is another name of enableDPDK.", args: v1alpha1.NodeENISpec{DPDKEnabled: new(true)}, want: &v1alpha1.HostConfig{Driver: v1alpha1.DriverDPDK, DPDK: vfio}},
		"Both":        {reason: "Both fields together enable it once.", args: v1alpha1.NodeENISpec{EnableDPDK: new(true), DPDKEnabled: new(true)}, want: &v1alpha1.HostConfig{Driver: v1alpha1.DriverDPDK, DPDK: vfio}},
		"Disabled":    {reason: "A DPDK driver is not used unless DPDK is enabled.", args: v1alpha1.NodeENISpec{EnableDPDK: new(false), DPDKDriver: ptr.To(v1alpha1.DPDKDriverIGBUIO)}, want: &v1alpha1.HostConfig{}},
		"DPDKFields": {
			reason: "Driver, resource and expected PCI address are passed on.",
			args: v1alpha1.NodeENISpec{
				DPDKEnabled: new(true), DPDKDriver: ptr.To(v1alpha1.DPDKDriverIGBUIO), DPDKResourceName: ptr.To(v1alpha1.ResourceName("intel.com/sriov")), DPDKPCIAddress: ptr.To(v1alpha1.PCIAddress("0000:00:06.0")),
			},
			want: &v1alpha1.HostConfig{
				Driver: v1alpha1.DriverDPDK, ResourceName: ptr.To(v1alpha1.ResourceName("intel.com/sriov")),
				DPDK:       &v1alpha1.DPDKConfig{Driver: v1alpha1.DPDKDriverIGBUIO},
				PCIAddress: ptr.To(v1alpha1.PCIAddress("0000:00:06.0")),
			},
		},
		"KernelResource": {
			reason: "A device of the kernel's driver can be offered to pods too.",
			args:   v1alpha1.NodeENISpec{DPDKResourceName: ptr.To(v1alpha1.ResourceName("intel.com/netdevice"))},
			want:   &v1alpha1.HostConfig{ResourceName: ptr.To(v1alpha1.ResourceName("intel.com/netdevice"))},
		},
		"HostDriver": {
			reason: "host.driver enables DPDK too, and the short fields are merged in.",
			args: v1alpha1.NodeENISpec{
				Host:       &v1alpha1.HostConfig{Driver: v1alpha1.DriverDPDK, DPDK: &v1alpha1.DPDKConfig{AllowNoIOMMU: true}},
				DPDKDriver: ptr.To(v1alpha1.DPDKDriverUIOGeneric),
			},
			want: &v1alpha1.HostConfig{Driver: v1alpha1.DriverDPDK, DPDK: &v1alpha1.DPDKConfig{Driver: v1alpha1.DPDKDriverUIOGeneric, AllowNoIOMMU: true}},
		},
		"DefaultedDriver": {
			reason: "enableDPDK overrides host.driver, which the API server defaults to kernel.",
			args:   v1alpha1.NodeENISpec{EnableDPDK: new(true), Host: &v1alpha1.HostConfig{Driver: v1alpha1.DriverKernel, Addressing: v1alpha1.AddressingNone}},
			want:   &v1alpha1.HostConfig{Driver: v1alpha1.DriverDPDK, Addressing: v1alpha1.AddressingNone, DPDK: vfio},
		},
		"ReleasePolicy": {
			reason: "releasePolicy is short for host.releasePolicy.",
			args:   v1alpha1.NodeENISpec{ReleasePolicy: &v1alpha1.ReleasePolicy{Mode: v1alpha1.ReleaseImmediate}},
			want:   &v1alpha1.HostConfig{ReleasePolicy: &v1alpha1.ReleasePolicy{Mode: v1alpha1.ReleaseImmediate}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, hostConfig(&tc.args)); diff != "" {
				t.Errorf("\n%s\nhostConfig(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
