// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"slices"
	"strings"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// wanted is the desired state: the parameters of the spec, with the defaults of removed
// fields, and resolved references.
type wanted struct {
	parameters v1alpha1.NetworkInterfaceParameters

	groups []string // sorted; if empty, the groups are not managed
	tags   map[string]string

	// pooled is true if the IPv4 prefixes form a pool for pods. Then only prefixes in
	// idlePrefixes are unassigned.
	pooled       bool
	idlePrefixes []string

	// appliedElasticIP is the allocation id of the Elastic IP that the object associated.
	appliedElasticIP string
}

// A change is one EC2 call that corrects a difference.
type change struct {
	what   string
	action string // empty if no EC2 call can correct the difference
	apply  func(ctx context.Context, api ec2.Mutations) error
	// elasticIP is the action on an Elastic IP, which needs a permit by a fresh observation.
	elasticIP eni.Action
}

// changes are in the order of their calls: addresses are removed before others are added,
// or an ENI at its limit could never change.
type changes []change

// Empty reports whether there is no drift.
func (cs changes) Empty() bool { return len(cs) == 0 }

// String lists the differences.
func (cs changes) String() string {
	var parts []string
	for _, c := range cs {
		parts = append(parts, c.what)
	}
	return strings.Join(parts, ", ")
}

// drift compares the desired state with the observed ENI. A field that the spec never set
// does not drift. managedTags are the keys of the tags that this provider manages.
func drift(w wanted, managedTags []string, n *ec2types.NetworkInterface) changes {
	var cs changes
	p, id := &w.parameters, ptr.Deref(n.NetworkInterfaceId, "")
	// Tags first: the IAM policy allows the other changes only with the cluster's tag, which
	// an adopted ENI does not have.
	cs = append(cs, tagDrift(w.tags, eniview.Tags(n.TagSet), managedTags, id)...)
	cs = append(cs, attributeDrift(p, w, n, id)...)
	cs = append(cs, ipv4Drift(w, n, id)...)
	cs = append(cs, ipv6Drift(p, n, id)...)
	cs = append(cs, primaryDrift(p, ptr.Deref(n.PrivateIpAddress, ""))...)
	return append(cs, elasticIPDrift(w, n, id)...) // last: its failure does not prevent the others
}

func modify(what string, in *awsec2.ModifyNetworkInterfaceAttributeInput) change {
	return change{what: what, action: ec2.ActionModify, apply: func(ctx context.Context, api ec2.Mutations) error {
		_, err := api.ModifyNetworkInterfaceAttribute(ctx, in)
		return err
	}}
}

// attributeDrift returns one call per attribute: EC2 accepts one per call.
func attributeDrift(p *v1alpha1.NetworkInterfaceParameters, w wanted, n *ec2types.NetworkInterface, id string) changes {
	var cs changes
	if p.Description != nil && *p.Description != ptr.Deref(n.Description, "") {
		cs = append(cs, modify("description", &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Description: &ec2types.AttributeValue{Value: p.Description}}))
	}
	if len(w.groups) > 0 && !slices.Equal(w.groups, eniview.SecurityGroupIDs(n)) {
		cs = append(cs, modify("security groups", &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, Groups: w.groups}))
	}
	if p.SourceDestCheck != nil && *p.SourceDestCheck != ptr.Deref(n.SourceDestCheck, true) {
		cs = append(cs, modify("sourceDestCheck", &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, SourceDestCheck: &ec2types.AttributeBooleanValue{Value: p.SourceDestCheck}}))
	}
	if ptr.Deref(p.EnablePrimaryIPv6, false) && len(n.Ipv6Addresses) > 0 && !ptr.Deref(n.Ipv6Addresses[0].IsPrimaryIpv6, false) &&
		!slices.ContainsFunc(n.Ipv6Addresses, func(a ec2types.NetworkInterfaceIpv6Address) bool { return ptr.Deref(a.IsPrimaryIpv6, false) }) {
		cs = append(cs, modify("enablePrimaryIpv6", &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, EnablePrimaryIpv6: p.EnablePrimaryIPv6}))
	}
	// ENA Express can only be set on an attached ENI.
	if p.EnaSrdSpecification != nil && n.Attachment != nil && n.Attachment.Status == ec2types.AttachmentStatusAttached && !srdEqual(p.EnaSrdSpecification, n.Attachment.EnaSrdSpecification) {
		cs = append(cs, modify("enaSrdSpecification", &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, EnaSrdSpecification: ec2.EnaSrdSpecification(p.EnaSrdSpecification)}))
	}
	if c := p.ConnectionTracking; c != nil && !trackingEqual(c, n.ConnectionTrackingConfiguration) {
		cs = append(cs, modify("connectionTracking", &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, ConnectionTrackingSpecification: &ec2types.ConnectionTrackingSpecificationRequest{
			TcpEstablishedTimeout: c.TCPEstablishedTimeoutSeconds, UdpStreamTimeout: c.UDPStreamTimeoutSeconds, UdpTimeout: c.UDPTimeoutSeconds,
		}}))
	}
	if len(p.AssociatedSubnetIDs) > 0 {
		ids := make([]string, len(p.AssociatedSubnetIDs))
		for i, s := range p.AssociatedSubnetIDs {
			ids[i] = string(s)
		}
		slices.Sort(ids)
		if !slices.Equal(ids, slices.Sorted(slices.Values(n.AssociatedSubnets))) {
			cs = append(cs, modify("associatedSubnetIds", &awsec2.ModifyNetworkInterfaceAttributeInput{NetworkInterfaceId: &id, AssociatedSubnetIds: ids}))
		}
	}
	return cs
}

func srdEqual(want *networkingv1alpha1.EnaSrdSpecification, have *ec2types.AttachmentEnaSrdSpecification) bool {
	haveOn, haveUDP := false, false
	if have != nil {
		haveOn = ptr.Deref(have.EnaSrdEnabled, false)
		if have.EnaSrdUdpSpecification != nil {
			haveUDP = ptr.Deref(have.EnaSrdUdpSpecification.EnaSrdUdpEnabled, false)
		}
	}
	if want.EnaSrdEnabled != nil && *want.EnaSrdEnabled != haveOn {
		return false
	}
	u := want.EnaSrdUdpSpecification
	return u == nil || u.EnaSrdUdpEnabled == nil || *u.EnaSrdUdpEnabled == haveUDP
}

func trackingEqual(want *v1alpha1.ConnectionTracking, have *ec2types.ConnectionTrackingConfiguration) bool {
	if have == nil {
		have = &ec2types.ConnectionTrackingConfiguration{}
	}
	same := func(w, h *int32) bool { return w == nil || (h != nil && *w == *h) }
	return same(want.TCPEstablishedTimeoutSeconds, have.TcpEstablishedTimeout) &&
		same(want.UDPStreamTimeoutSeconds, have.UdpStreamTimeout) && same(want.UDPTimeoutSeconds, have.UdpTimeout)
}

func tagDrift(want, have map[string]string, managed []string, id string) changes {
	var cs changes
	d := eni.DiffTags(want, have, managed)
	if len(d.Remove) > 0 {
		tags := make([]ec2types.Tag, len(d.Remove))
		for i, k := range d.Remove {
			tags[i] = ec2types.Tag{Key: new(k)}
		}
		cs = append(cs, change{what: "tags", action: ec2.ActionDeleteTags, apply: func(ctx context.Context, api ec2.Mutations) error {
			_, err := api.DeleteTags(ctx, &awsec2.DeleteTagsInput{Resources: []string{id}, Tags: tags})
			return err
		}})
	}
	if len(d.Set) > 0 {
		cs = append(cs, change{what: "tags", action: ec2.ActionCreateTags, apply: func(ctx context.Context, api ec2.Mutations) error {
			_, err := api.CreateTags(ctx, &awsec2.CreateTagsInput{Resources: []string{id}, Tags: tagList(d.Set)})
			return err
		}})
	}
	return cs
}
