// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"cmp"
	"maps"
	"slices"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// initialParameters returns the parameters of a new ENI: forProvider, and the settings of
// initProvider that forProvider does not have.
func initialParameters(mg *v1alpha1.NetworkInterface) v1alpha1.NetworkInterfaceParameters {
	p := *mg.Spec.ForProvider.DeepCopy()
	in := mg.Spec.InitProvider
	if in == nil {
		return p
	}
	in = in.DeepCopy()
	if p.SubnetSelector == nil {
		p.SubnetID = cmp.Or(p.SubnetID, in.SubnetID)
	}
	p.InterfaceType = cmp.Or(p.InterfaceType, in.InterfaceType)
	p.EnablePrimaryIPv6 = cmp.Or(p.EnablePrimaryIPv6, in.EnablePrimaryIPv6)
	addInitialSettings(&p, in)
	if len(in.Tags) > 0 {
		tags := maps.Clone(in.Tags)
		maps.Copy(tags, p.Tags)
		p.Tags = tags
	}
	return p
}

// addInitialSettings adds the settings of appliedFields that only in has.
func addInitialSettings(p *v1alpha1.NetworkInterfaceParameters, in *v1alpha1.NetworkInterfaceInitParameters) {
	have := appliedFields(p)
	add := func(field string, set func()) {
		if !slices.Contains(have, field) {
			set()
		}
	}
	add(fieldDescription, func() { p.Description = in.Description })
	add(fieldSecurityGroups, func() { p.SecurityGroups, p.SecurityGroupSelector = in.SecurityGroups, in.SecurityGroupSelector })
	add(fieldPrivateIPs, func() {
		p.PrivateIPs, p.PrivateIPsCount, p.PrivateIP = in.PrivateIPs, in.PrivateIPsCount, cmp.Or(p.PrivateIP, in.PrivateIP)
	})
	add(fieldIPv4Prefixes, func() { p.IPv4Prefixes, p.IPv4PrefixCount = in.IPv4Prefixes, in.IPv4PrefixCount })
	add(fieldIPv6Addresses, func() { p.IPv6Addresses, p.IPv6AddressCount = in.IPv6Addresses, in.IPv6AddressCount })
	add(fieldIPv6Prefixes, func() { p.IPv6Prefixes, p.IPv6PrefixCount = in.IPv6Prefixes, in.IPv6PrefixCount })
	add(fieldSourceDestCheck, func() { p.SourceDestCheck = in.SourceDestCheck })
	add(fieldEnaSrd, func() { p.EnaSrdSpecification = in.EnaSrdSpecification })
	add(fieldConnectionTracking, func() { p.ConnectionTracking = in.ConnectionTracking })
}

// desiredParameters returns the parameters to compare with an ENI: the initial parameters
// until EC2 has all of them, because some need a call after the creation, and forProvider
// afterwards.
func desiredParameters(mg *v1alpha1.NetworkInterface, id string) v1alpha1.NetworkInterfaceParameters {
	if managedresource.CreateAttempted(mg) && meta.GetExternalName(mg) == id && mg.Status.AtProvider.InitializedID != id {
		return initialParameters(mg)
	}
	return mg.Spec.ForProvider
}

// initialFields returns the names of the settings in initProvider.
func initialFields(mg *v1alpha1.NetworkInterface) []string {
	if mg.Spec.InitProvider == nil {
		return nil
	}
	p := v1alpha1.NetworkInterfaceParameters{}
	addInitialSettings(&p, mg.Spec.InitProvider)
	return appliedFields(&p)
}
