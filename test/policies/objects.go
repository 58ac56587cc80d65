// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package policies

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// Subnet is the subnet of all ENIs. Its Name tag is SubnetName.
const (
	Subnet     = "subnet-policies"
	SubnetName = "policies"
)

// AddSubnet adds the subnet to a VPC.
func AddSubnet(ec2 *ec2emulator.Server, vpc, cidr string) error {
	_, err := ec2.AddSubnet(ec2emulator.Subnet{ID: Subnet, VPCID: vpc, CIDR: cidr, AvailabilityZone: "us-east-1a", Tags: map[string]string{"Name": SubnetName}})
	return err
}

// NewInterface returns a NetworkInterface in a state, whose subnet is selected, so that its
// id can be initialized late.
func NewInterface(ec2 *ec2emulator.Server, p xpv2.ManagementPolicies, state State, namespace, name string) (Object, error) {
	x := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	x.Spec.ManagedResourceSpec = spec(p)
	x.Spec.ForProvider.SubnetSelector = &ec2v1alpha1.SubnetSelector{Name: new(SubnetName)}
	x.Spec.ForProvider.Description = new("desired")
	o := Object{Managed: x, State: state}
	description := "desired"
	switch state {
	case Missing:
		return o, nil
	case Named:
		meta.SetExternalName(x, "eni-0123456789abcdef0")
		return o, nil
	case Drifted:
		description = "other"
	case Exists, Deleted:
	}
	n, err := ec2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: Subnet, Description: description})
	o.ENI = n.ID
	meta.SetExternalName(x, n.ID)
	return o, err
}

// NewAttachment returns an attachment in a state, without a device index, so that it can be
// initialized late.
func NewAttachment(ec2 *ec2emulator.Server, p xpv2.ManagementPolicies, state State, namespace, name, instance string) (Object, error) {
	n := ec2emulator.NetworkInterface{SubnetID: Subnet}
	if state == Exists || state == Drifted || state == Deleted {
		n.Attachment = &ec2emulator.Attachment{InstanceID: instance, DeviceIndex: 1, DeleteOnTermination: state != Drifted}
	}
	n, err := ec2.AddNetworkInterface(n)
	if err != nil {
		return Object{}, err
	}
	x := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
	x.Spec.ManagedResourceSpec = spec(p)
	x.Spec.ForProvider.NetworkInterfaceID = &n.ID
	x.Spec.ForProvider.InstanceID = &instance
	x.Spec.ForProvider.DeleteOnTermination = new(true)
	switch {
	case state == Named:
		meta.SetExternalName(x, "eni-attach-0123456789abcdef0")
	case n.Attachment != nil:
		meta.SetExternalName(x, n.Attachment.ID)
	}
	return Object{Managed: x, State: state, ENI: n.ID}, nil
}

// spec returns the spec of managed resources with the default ClusterProviderConfig.
func spec(p xpv2.ManagementPolicies) xpv2.ManagedResourceSpec {
	return xpv2.ManagedResourceSpec{
		ManagementPolicies:      p,
		ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"},
	}
}
