// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"fmt"
	"strconv"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// defaults are the defaults that the provider's flags set.
type defaults struct {
	namespace           string
	deleteOnTermination bool
}

// objectMeta returns the metadata of both objects of a child. It includes the finalizers
// that their controllers would add: this saves an update of each, and each object has
// them from its creation.
func objectMeta(n *v1alpha1.NodeENI, c eni.Child, d defaults, finalizers ...string) metav1.ObjectMeta {
	m := metav1.ObjectMeta{
		Namespace:  d.namespace,
		Name:       c.Name,
		Labels:     map[string]string{v1alpha1.LabelNodeENI: n.GetName(), v1alpha1.LabelSlot: eni.SlotName(c.SubnetID, c.Position)},
		Finalizers: finalizers,
		Annotations: map[string]string{
			v1alpha1.AnnotationNodeUID:    c.NodeUID,
			v1alpha1.AnnotationInstanceID: c.InstanceID,
		},
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: v1alpha1.NodeENIKind, Name: n.GetName(), UID: n.GetUID(),
			Controller: new(true), BlockOwnerDeletion: new(true),
		}},
	}
	if c.Siblings > 1 {
		first := int(c.MinDeviceIndex) - c.Ordinal
		m.Annotations[v1alpha1.AnnotationDeviceIndexes] = fmt.Sprintf("%d of %d-%d", c.MinDeviceIndex, first, first+c.Siblings-1)
	}
	if len(c.NodeName) <= 63 { // a label value is limited to 63 characters, a node name is not
		m.Labels[v1alpha1.LabelNode] = c.NodeName
	}
	return m
}

// networkInterface returns the NetworkInterface of a child. have is the existing one, or
// nil.
func networkInterface(n *v1alpha1.NodeENI, c eni.Child, d defaults, have *ec2v1alpha1.NetworkInterface) *ec2v1alpha1.NetworkInterface {
	s := n.Spec
	o := &ec2v1alpha1.NetworkInterface{
		TypeMeta:   metav1.TypeMeta{APIVersion: ec2v1alpha1.SchemeGroupVersion.String(), Kind: ec2v1alpha1.NetworkInterfaceKind},
		ObjectMeta: objectMeta(n, c, d, managed.FinalizerName),
		Spec: ec2v1alpha1.NetworkInterfaceSpec{
			ManagedResourceSpec: managedSpec(n),
			ForProvider: ec2v1alpha1.NetworkInterfaceParameters{
				Description:     new(ptr.Deref(s.Description, fmt.Sprintf("NodeENI %s, node %s", n.GetName(), c.NodeName))),
				SubnetID:        new(ec2v1alpha1.SubnetID(c.SubnetID)),
				SourceDestCheck: s.SourceDestCheck,
				// For an attached ENI. When it is attached, the attachment's value is used.
				EnaSrdSpecification: s.EnaSrdSpecification,
				Tags:                s.Tags,
			},
		},
	}
	if s.NetworkCardIndex != nil {
		o.Annotations[v1alpha1.AnnotationNetworkCardIndex] = strconv.Itoa(int(*s.NetworkCardIndex))
	}
	if leavesENIs(n) {
		o.Spec.ManagementPolicies = withoutDelete(o.Spec.ManagementPolicies)
	}
	if c.Retained {
		setRetained(o, have, c)
	}
	if id := adopted(c, have); id != "" {
		o.Annotations[v1alpha1.AnnotationAdopted] = id
		meta.SetExternalName(o, id)
	}
	p := &o.Spec.ForProvider
	if r := []rune(*p.Description); len(r) > 255 { // EC2's limit
		p.Description = new(string(r[:255]))
	}
	seen := map[v1alpha1.SecurityGroupID]bool{}
	for _, g := range s.SecurityGroupIDs {
		if !seen[g] {
			seen[g] = true
			p.SecurityGroups = append(p.SecurityGroups, ec2v1alpha1.SecurityGroupID(g))
		}
	}
	if len(s.SecurityGroupNames) > 0 || s.SecurityGroupSelector != nil {
		p.SecurityGroupSelector = &ec2v1alpha1.SecurityGroupSelector{Names: unique(s.SecurityGroupNames)}
	}
	if s.SecurityGroupSelector != nil {
		p.SecurityGroupSelector.Tags = s.SecurityGroupSelector.Tags
	}
	if a := s.Addresses; a != nil {
		p.PrivateIPsCount, p.IPv4PrefixCount = a.SecondaryPrivateIPCount, a.IPv4PrefixCount
		p.IPv6AddressCount, p.IPv6PrefixCount = a.IPv6AddressCount, a.IPv6PrefixCount
		p.EnablePrimaryIPv6 = a.EnablePrimaryIPv6
	}
	if c.ElasticIP != "" {
		p.ElasticIPAllocationID = new(ec2v1alpha1.ElasticIPAllocationID(c.ElasticIP))
	}
	switch {
	case c.IPv4Prefixes > 0:
		p.IPv4PrefixCount = new(c.IPv4Prefixes)
		o.Annotations[v1alpha1.AnnotationPrefixPool] = "true"
	case needsPrefix(&s):
		p.IPv4PrefixCount = new(int32(1))
	}
	return o
}

// attachment returns the NetworkInterfaceAttachment of a child. have is the existing one,
// or nil. Its lowest device index does not change.
func attachment(n *v1alpha1.NodeENI, c eni.Child, d defaults, have *ec2v1alpha1.NetworkInterfaceAttachment) *ec2v1alpha1.NetworkInterfaceAttachment {
	s := n.Spec
	lowest := c.MinDeviceIndex
	card := s.NetworkCardIndex
	if have != nil {
		if have.Spec.ForProvider.DeviceIndex != nil && have.Spec.ForProvider.MinDeviceIndex != nil {
			lowest = *have.Spec.ForProvider.MinDeviceIndex
		}
		card = have.Spec.ForProvider.NetworkCardIndex // EC2 cannot move an attached ENI
	}
	host := hostConfig(&s)
	host.AltNames = append(eni.AltNames(n.GetName(), c.Ordinal), host.AltNames...)
	host.AltNames = unique(host.AltNames)
	host.Network = hostNetwork(n, c, host)
	host.Readiness = hostReadiness(n, c)
	o := &ec2v1alpha1.NetworkInterfaceAttachment{
		TypeMeta:   metav1.TypeMeta{APIVersion: ec2v1alpha1.SchemeGroupVersion.String(), Kind: ec2v1alpha1.NetworkInterfaceAttachmentKind},
		ObjectMeta: objectMeta(n, c, d, managed.FinalizerName, v1alpha1.FinalizerHostRelease),
		Spec: ec2v1alpha1.NetworkInterfaceAttachmentSpec{
			ManagedResourceSpec: managedSpec(n),
			ForProvider: ec2v1alpha1.NetworkInterfaceAttachmentParameters{
				NetworkInterfaceRef: &xpv2.NamespacedReference{Name: c.Name},
				NodeName:            new(c.NodeName),
				MinDeviceIndex:      &lowest,
				NetworkCardIndex:    card,
				DeleteOnTermination: new(ptr.Deref(s.DeleteOnTermination, d.deleteOnTermination && s.Retain == nil)),
				EnaQueueCount:       s.EnaQueueCount,
				EnaSrdSpecification: s.EnaSrdSpecification,
				DetachPolicy:        s.DetachPolicy,
			},
			Host: host,
		},
	}
	if t := takeOver(n, c, have); t != "" {
		o.Annotations[v1alpha1.AnnotationTakeOver] = t
	}
	return o
}

func managedSpec(n *v1alpha1.NodeENI) xpv2.ManagedResourceSpec {
	return xpv2.ManagedResourceSpec{ProviderConfigReference: new(eni.ConfigReference(n)), ManagementPolicies: n.Spec.ManagementPolicies}
}

// dpdk reports whether the NodeENI enables a userspace driver, with either field.
func dpdk(s *v1alpha1.NodeENISpec) bool {
	return ptr.Deref(s.EnableDPDK, false) || ptr.Deref(s.DPDKEnabled, false)
}

// hostConfig returns the host configuration, with the NodeENI's short fields merged in.
func hostConfig(s *v1alpha1.NodeENISpec) *v1alpha1.HostConfig {
	h := &v1alpha1.HostConfig{}
	if s.Host != nil {
		h = s.Host.DeepCopy()
	}
	if m := ptr.Deref(s.MTU, 0); m > 0 {
		h.MTU = &m
	}
	if s.DPDKResourceName != nil {
		h.ResourceName = s.DPDKResourceName
	}
	if s.ReleasePolicy != nil {
		h.ReleasePolicy = s.ReleasePolicy.DeepCopy()
	}
	if dpdk(s) {
		h.Driver = v1alpha1.DriverDPDK
	}
	if s.DPDKPCIAddress != nil && h.PCIAddress == nil {
		h.PCIAddress = s.DPDKPCIAddress
	}
	if h.Driver == v1alpha1.DriverDPDK {
		if h.DPDK == nil {
			h.DPDK = &v1alpha1.DPDKConfig{}
		}
		if s.DPDKDriver != nil {
			h.DPDK.Driver = *s.DPDKDriver
		}
		if h.DPDK.Driver == "" {
			h.DPDK.Driver = v1alpha1.DPDKDriverVFIO
		}
	}
	return h
}

func unique(in []string) []string {
	seen := map[string]bool{}
	var out []string
	for _, s := range in {
		if !seen[s] {
			seen[s] = true
			out = append(out, s)
		}
	}
	return out
}
