// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"cmp"
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// A PermissionState is the result of the verification of one permission.
type PermissionState int

// States of a permission.
const (
	// PermissionNotVerified: the permission may exist or not.
	PermissionNotVerified PermissionState = iota

	// PermissionGranted: EC2 authorizes the call.
	PermissionGranted

	// PermissionDenied: EC2 does not authorize the call.
	PermissionDenied
)

// A Permission is the result of a dry run.
type Permission struct {
	// Action of IAM, such as ec2:AttachNetworkInterface.
	Action string
	State  PermissionState
	// Needs is the resource without which the permission cannot be verified, or empty.
	Needs string
	// Err is the response of EC2 that verifies nothing, or nil.
	Err error
}

// A Verification is the result of the dry runs of a Client.
type Verification struct {
	// Permissions in the order of their actions' names.
	Permissions []Permission
	// ClockSkew is by how much EC2's clock is ahead of this host's. AWS rejects signatures
	// that differ by more than five minutes. It is zero if EC2 did not answer.
	ClockSkew time.Duration
}

// Resources that a dry run needs.
const (
	needsENI       = "a network interface"
	needsAttached  = "an attached network interface"
	needsElasticIP = "a network interface with an Elastic IP"
)

// VerifyPermissions makes dry runs. A dry run changes nothing. EC2 returns DryRunOperation if the
// caller has the permission, and otherwise the error that awserr.IsDenied reports
// (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DetachNetworkInterface.html). The
// permission of a dry run that needs a resource is not verified.
func (c *Client) VerifyPermissions(ctx context.Context, runs []DryRun) Verification {
	ctx = throttle.WithPriority(ctx, throttle.PriorityGarbage)
	out := Verification{Permissions: make([]Permission, 0, len(runs))}
	skew := skewMeter{}
	for _, d := range runs {
		p := Permission{Action: d.Action, Needs: d.Needs}
		if d.Needs == "" {
			err := d.call(ctx)
			skew.observe(err, time.Now())
			p.State, p.Err = permissionOf(err)
		}
		out.Permissions = append(out.Permissions, p)
	}
	out.ClockSkew = skew.least
	return out
}

// permissionOf returns what the response to a dry run verifies. EC2 authorizes a call before it
// reads the state of the resources, so an error about their state is a granted permission.
func permissionOf(err error) (PermissionState, error) {
	switch {
	case awserr.IsDryRun(err), awserr.IsState(err):
		return PermissionGranted, nil
	case awserr.IsDenied(err):
		return PermissionDenied, nil
	case err == nil:
		return PermissionNotVerified, errors.New("the endpoint does not support DryRun")
	}
	return PermissionNotVerified, awserr.Clean(err)
}

// A DryRun is a call of an action with the parameter DryRun.
type DryRun struct {
	// Action of IAM, such as ec2:AttachNetworkInterface.
	Action string
	// Needs is the resource without which the call cannot be made, or empty.
	Needs string

	call func(ctx context.Context) error
}

// withoutDryRun returns the actions of API that have no parameter DryRun. The policies of this
// provider allow them together with CreateTags.
func withoutDryRun() []string {
	return []string{"AssignIpv6Addresses", "AssignPrivateIpAddresses", "UnassignIpv6Addresses", "UnassignPrivateIpAddresses"}
}

// DryRuns returns a dry run for each action of API, sorted by action, except actions without one
// (withoutDryRun).
//
// IAM policies restrict actions to resources and their tags. So the dry runs name an ENI of this
// cluster, with its subnet, security groups, instance and tags. While the cache has no such ENI,
// only the describe actions need no resource.
func (c *Client) DryRuns() []DryRun {
	s := c.enis.samples()
	out := slices.Concat(c.describeRuns(), c.interfaceRuns(s.eni), c.attachmentRuns(s.attached), c.elasticIPRuns(s.elasticIP))
	for i := range out {
		out[i].Action = "ec2:" + out[i].Action
	}
	slices.SortFunc(out, func(a, b DryRun) int { return cmp.Compare(a.Action, b.Action) })
	return out
}

// sampleENIs are ENIs of the cluster that dry runs name, or nil.
type sampleENIs struct{ eni, attached, elasticIP *ec2types.NetworkInterface }

// samples returns the cached ENIs of the cluster with the lowest ids: always the same ones.
func (e *eniCache) samples() sampleENIs {
	e.mu.RLock()
	defer e.mu.RUnlock()
	var s sampleENIs
	lowest := func(have, n *ec2types.NetworkInterface) *ec2types.NetworkInterface {
		if have != nil && eniID(have) <= eniID(n) {
			return have
		}
		return n
	}
	for _, cached := range e.cached {
		n := cached.eni
		if e.clusterOf(n) != e.Cluster {
			continue
		}
		s.eni = lowest(s.eni, n)
		if a := n.Attachment; a != nil && a.AttachmentId != nil && a.InstanceId != nil && ptr.Deref(a.DeviceIndex, 0) > 0 {
			s.attached = lowest(s.attached, n)
		}
		if a := n.Association; a != nil && a.AllocationId != nil && a.AssociationId != nil {
			s.elasticIP = lowest(s.elasticIP, n)
		}
	}
	return s
}

func (c *Client) describeRuns() []DryRun {
	dry := new(true)
	return []DryRun{
		{Action: "DescribeAddresses", call: func(ctx context.Context) error {
			_, err := c.api.DescribeAddresses(ctx, &awsec2.DescribeAddressesInput{DryRun: dry})
			return err
		}},
		{Action: "DescribeInstances", call: func(ctx context.Context) error {
			_, err := c.api.DescribeInstances(ctx, &awsec2.DescribeInstancesInput{DryRun: dry})
			return err
		}},
		{Action: "DescribeInstanceTypes", call: func(ctx context.Context) error {
			_, err := c.api.DescribeInstanceTypes(ctx, &awsec2.DescribeInstanceTypesInput{DryRun: dry})
			return err
		}},
		{Action: "DescribeNetworkInterfaces", call: func(ctx context.Context) error {
			_, err := c.api.DescribeNetworkInterfaces(ctx, &awsec2.DescribeNetworkInterfacesInput{DryRun: dry})
			return err
		}},
		{Action: "DescribeSecurityGroups", call: func(ctx context.Context) error {
			_, err := c.api.DescribeSecurityGroups(ctx, &awsec2.DescribeSecurityGroupsInput{DryRun: dry})
			return err
		}},
		{Action: "DescribeSubnets", call: func(ctx context.Context) error {
			_, err := c.api.DescribeSubnets(ctx, &awsec2.DescribeSubnetsInput{DryRun: dry})
			return err
		}},
	}
}

// interfaceRuns returns the dry runs of actions on an ENI in any state.
func (c *Client) interfaceRuns(n *ec2types.NetworkInterface) []DryRun {
	if n == nil {
		return needing(needsENI, "CreateNetworkInterface", "CreateTags", "DeleteNetworkInterface", "DeleteTags", "ModifyNetworkInterfaceAttribute")
	}
	dry, id := new(true), n.NetworkInterfaceId
	groups, tags := make([]string, 0, len(n.Groups)), requestTags(n.TagSet)
	for _, g := range n.Groups {
		groups = append(groups, ptr.Deref(g.GroupId, ""))
	}
	return []DryRun{
		{Action: "CreateNetworkInterface", call: func(ctx context.Context) error {
			_, err := c.api.CreateNetworkInterface(ctx, &awsec2.CreateNetworkInterfaceInput{
				DryRun: dry, SubnetId: n.SubnetId, Groups: groups,
				TagSpecifications: []ec2types.TagSpecification{{ResourceType: ec2types.ResourceTypeNetworkInterface, Tags: tags}},
			})
			return err
		}},
		{Action: "CreateTags", call: func(ctx context.Context) error {
			_, err := c.api.CreateTags(ctx, &awsec2.CreateTagsInput{DryRun: dry, Resources: []string{*id}, Tags: tags})
			return err
		}},
		{Action: "DeleteNetworkInterface", call: func(ctx context.Context) error {
			_, err := c.api.DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{DryRun: dry, NetworkInterfaceId: id})
			return err
		}},
		{Action: "DeleteTags", call: func(ctx context.Context) error {
			_, err := c.api.DeleteTags(ctx, &awsec2.DeleteTagsInput{DryRun: dry, Resources: []string{*id}, Tags: []ec2types.Tag{{Key: new("Name")}}})
			return err
		}},
		{Action: "ModifyNetworkInterfaceAttribute", call: func(ctx context.Context) error {
			_, err := c.api.ModifyNetworkInterfaceAttribute(ctx, &awsec2.ModifyNetworkInterfaceAttributeInput{DryRun: dry, NetworkInterfaceId: id, Groups: groups})
			return err
		}},
	}
}

// attachmentRuns returns the dry runs of actions that IAM also authorizes for the instance.
func (c *Client) attachmentRuns(n *ec2types.NetworkInterface) []DryRun {
	if n == nil {
		return needing(needsAttached, "AttachNetworkInterface", "DetachNetworkInterface")
	}
	dry, a := new(true), n.Attachment
	return []DryRun{
		{Action: "AttachNetworkInterface", call: func(ctx context.Context) error {
			_, err := c.api.AttachNetworkInterface(ctx, &awsec2.AttachNetworkInterfaceInput{DryRun: dry, NetworkInterfaceId: n.NetworkInterfaceId, InstanceId: a.InstanceId, DeviceIndex: a.DeviceIndex, NetworkCardIndex: a.NetworkCardIndex})
			return err
		}},
		{Action: "DetachNetworkInterface", call: func(ctx context.Context) error {
			_, err := c.api.DetachNetworkInterface(ctx, &awsec2.DetachNetworkInterfaceInput{DryRun: dry, AttachmentId: a.AttachmentId})
			return err
		}},
	}
}

func (c *Client) elasticIPRuns(n *ec2types.NetworkInterface) []DryRun {
	if n == nil {
		return needing(needsElasticIP, "AssociateAddress", "DisassociateAddress")
	}
	dry, a := new(true), n.Association
	return []DryRun{
		{Action: "AssociateAddress", call: func(ctx context.Context) error {
			_, err := c.api.AssociateAddress(ctx, &awsec2.AssociateAddressInput{DryRun: dry, AllocationId: a.AllocationId, NetworkInterfaceId: n.NetworkInterfaceId, AllowReassociation: new(false)})
			return err
		}},
		{Action: "DisassociateAddress", call: func(ctx context.Context) error {
			_, err := c.api.DisassociateAddress(ctx, &awsec2.DisassociateAddressInput{DryRun: dry, AssociationId: a.AssociationId})
			return err
		}},
	}
}

func needing(what string, actions ...string) []DryRun {
	out := make([]DryRun, 0, len(actions))
	for _, a := range actions {
		out = append(out, DryRun{Action: a, Needs: what})
	}
	return out
}

// requestTags returns the tags that a request may set: AWS reserves the prefix aws:.
func requestTags(tags []ec2types.Tag) []ec2types.Tag {
	return slices.DeleteFunc(slices.Clone(tags), func(t ec2types.Tag) bool { return strings.HasPrefix(ptr.Deref(t.Key, ""), "aws:") })
}

// A skewMeter measures the difference of two clocks by the header Date of responses.
type skewMeter struct {
	measured bool
	least    time.Duration
}

// observe takes a measurement. The least of several has the shortest way.
func (m *skewMeter) observe(err error, now time.Time) {
	var resp *smithyhttp.ResponseError
	if !errors.As(err, &resp) || resp.Response == nil {
		return
	}
	date, err := http.ParseTime(resp.Response.Header.Get("Date"))
	if err != nil {
		return
	}
	if skew := date.Sub(now); !m.measured || skew.Abs() < m.least.Abs() {
		m.measured, m.least = true, skew.Round(time.Second)
	}
}
