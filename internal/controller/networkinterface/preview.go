// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"fmt"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A Preview is what the controller would do for a NetworkInterface.
type Preview struct {
	// ID of the ENI, or empty if it does not exist.
	ID string
	// Calls are the EC2 actions of the calls, in order.
	Calls []string
	// Changes are the settings that the calls change, for an ENI that exists.
	Changes []string
	// Addresses is the number of IPv4 addresses of the subnet that the ENI has afterwards,
	// and More how many it has more than before. A prefix has 16.
	Addresses, More int32
	// Waiting is the reason why no ENI is created, or empty.
	Waiting string
	// AfterRelease is true if the ENI is created after the release of other ENIs.
	AfterRelease bool
}

// A Previewer computes Previews. It writes nothing.
type Previewer struct {
	// Kube returns the objects as they would be, NetworkInterfaces of released ENIs excluded.
	Kube client.Client
	// Uncached reads from the API server.
	Uncached client.Reader
	// EC2 is the client of the objects' provider config.
	EC2 *ec2.Client
	// Cluster is the value of the cluster tag.
	Cluster string
	// Reserves are the ENIs for which places are kept.
	Reserves eni.Reserves
	// Released are the ids of the ENIs that are released from their instances.
	Released map[string]bool
}

// Indexes returns the functions of the indexes that a Previewer uses, by field.
func Indexes() map[string]client.IndexerFunc {
	return map[string]client.IndexerFunc{IndexInstance: ByInstance}
}

func (p *Previewer) external() *external {
	return &external{kube: p.Kube, cached: p.Kube, uncached: p.Uncached, ec2: p.EC2, cluster: p.Cluster, reserves: p.Reserves, stopwatch: managedresource.NewStopwatch(time.Now)}
}

// Apply returns what the controller would do for a NetworkInterface that is not being
// deleted. It changes mg.
func (p *Previewer) Apply(ctx context.Context, mg *v1alpha1.NetworkInterface) (Preview, error) {
	out, err := p.apply(ctx, mg)
	if err == nil && len(out.Calls) > 0 && meta.IsPaused(mg) {
		out = Preview{ID: out.ID, Addresses: out.Addresses - out.More, Waiting: managedresource.PausedMessage(mg)}
	}
	return out, err
}

func (p *Previewer) apply(ctx context.Context, mg *v1alpha1.NetworkInterface) (Preview, error) {
	e := p.external()
	found, err := e.find(ctx, mg)
	if err != nil {
		return Preview{}, err
	}
	if found == nil {
		return p.create(ctx, e, mg)
	}
	e.seen = found
	out := Preview{ID: ptr.Deref(found.NetworkInterfaceId, ""), Addresses: addressesOf(found)}
	if err := e.identify(ctx, mg); err != nil {
		return out, err
	}
	if refused := eni.CheckOwner(e.actor, eniview.Interface(found)); refused != nil {
		out.Waiting = refused.Error()
		return out, nil
	}
	if e.seenSubnet, err = e.ec2.Subnet(ctx, ptr.Deref(found.SubnetId, "")); err != nil {
		return out, err
	}
	owner := e.owner(mg)
	e.recordTagKeys(mg, owner)
	d, err := e.compare(ctx, mg, owner)
	if err != nil {
		return out, err
	}
	if !managedresource.Allows(mg, xpv2.ManagementActionUpdate) {
		return out, nil
	}
	out.add(d)
	out.More = addressChanges(e.wanted, found)
	out.Addresses += out.More
	return out, nil
}

// add adds the calls of changes.
func (p *Preview) add(cs changes) {
	for _, c := range cs {
		if c.action != "" {
			p.Calls = append(p.Calls, c.action)
			p.Changes = append(p.Changes, c.what)
		}
	}
}

// create returns the preview of an ENI that does not exist.
func (p *Previewer) create(ctx context.Context, e *external, mg *v1alpha1.NetworkInterface) (Preview, error) {
	var out Preview
	if !managedresource.Allows(mg, xpv2.ManagementActionCreate) {
		out.Waiting = "spec.managementPolicies does not include Create"
		return out, nil
	}
	c, full, err := e.noRoom(ctx, mg, nil)
	if err != nil {
		return out, err
	}
	if full {
		out.Waiting = c.Message
		e.released = p.Released
		if _, full, err = e.noRoom(ctx, mg, nil); full || err != nil {
			return out, err
		}
		out.Waiting, out.AfterRelease = "", true
	}
	params := initialParameters(mg)
	subnet, err := e.subnet(ctx, &params)
	if err != nil {
		return out, err
	}
	groups, err := e.securityGroups(ctx, &params, subnet.VPCID)
	if err != nil {
		return out, err
	}
	owner := e.owner(mg)
	in := createInput(&params, subnet.ID, groups, owner.CreationTags(params.Tags, mg.GetCreationTimestamp().Time))
	created := createdENI(in)
	out.Calls = []string{ec2.ActionCreate}
	w := wanted{parameters: params, groups: groups, tags: owner.Tags(params.Tags)}
	out.add(drift(w, nil, created))
	out.Changes = nil // the ENI is new
	out.Addresses = addressesOf(created)
	out.More = out.Addresses
	return out, nil
}

// createdENI returns the ENI that EC2 creates for a request. Its addresses are placeholders
// where the request has only their number.
func createdENI(in *awsec2.CreateNetworkInterfaceInput) *ec2types.NetworkInterface {
	n := &ec2types.NetworkInterface{
		NetworkInterfaceId: new("eni-new"), SubnetId: in.SubnetId, Description: in.Description, SourceDestCheck: new(true),
		PrivateIpAddress: in.PrivateIpAddress, TagSet: in.TagSpecifications[0].Tags,
	}
	for _, g := range in.Groups {
		n.Groups = append(n.Groups, ec2types.GroupIdentifier{GroupId: new(g)})
	}
	addIPv4(n, in)
	for _, a := range in.Ipv6Addresses {
		n.Ipv6Addresses = append(n.Ipv6Addresses, ec2types.NetworkInterfaceIpv6Address{Ipv6Address: a.Ipv6Address})
	}
	for i := range ptr.Deref(in.Ipv6AddressCount, 0) {
		n.Ipv6Addresses = append(n.Ipv6Addresses, ec2types.NetworkInterfaceIpv6Address{Ipv6Address: new(fmt.Sprintf("2001:db8::%x", i+1))})
	}
	if len(n.Ipv6Addresses) > 0 && ptr.Deref(in.EnablePrimaryIpv6, false) {
		n.Ipv6Addresses[0].IsPrimaryIpv6 = new(true)
	}
	for _, x := range in.Ipv6Prefixes {
		n.Ipv6Prefixes = append(n.Ipv6Prefixes, ec2types.Ipv6PrefixSpecification(x))
	}
	for i := range ptr.Deref(in.Ipv6PrefixCount, 0) {
		n.Ipv6Prefixes = append(n.Ipv6Prefixes, ec2types.Ipv6PrefixSpecification{Ipv6Prefix: new(fmt.Sprintf("2001:db8:%x::/80", i+1))})
	}
	if c := in.ConnectionTrackingSpecification; c != nil {
		n.ConnectionTrackingConfiguration = &ec2types.ConnectionTrackingConfiguration{
			TcpEstablishedTimeout: c.TcpEstablishedTimeout, UdpStreamTimeout: c.UdpStreamTimeout, UdpTimeout: c.UdpTimeout,
		}
	}
	return n
}

// addIPv4 adds the IPv4 addresses and prefixes of a request.
func addIPv4(n *ec2types.NetworkInterface, in *awsec2.CreateNetworkInterfaceInput) {
	for _, a := range in.PrivateIpAddresses {
		n.PrivateIpAddresses = append(n.PrivateIpAddresses, ec2types.NetworkInterfacePrivateIpAddress{PrivateIpAddress: a.PrivateIpAddress, Primary: a.Primary})
		if ptr.Deref(a.Primary, false) {
			n.PrivateIpAddress = a.PrivateIpAddress
		}
	}
	if len(n.PrivateIpAddresses) == 0 {
		n.PrivateIpAddress = new(ptr.Deref(n.PrivateIpAddress, "192.0.2.0"))
		n.PrivateIpAddresses = []ec2types.NetworkInterfacePrivateIpAddress{{PrivateIpAddress: n.PrivateIpAddress, Primary: new(true)}}
	}
	for i := range ptr.Deref(in.SecondaryPrivateIpAddressCount, 0) {
		n.PrivateIpAddresses = append(n.PrivateIpAddresses, ec2types.NetworkInterfacePrivateIpAddress{PrivateIpAddress: new(fmt.Sprintf("192.0.2.%d", i+1))})
	}
	for _, x := range in.Ipv4Prefixes {
		n.Ipv4Prefixes = append(n.Ipv4Prefixes, ec2types.Ipv4PrefixSpecification{Ipv4Prefix: x.Ipv4Prefix})
	}
	for i := range ptr.Deref(in.Ipv4PrefixCount, 0) {
		n.Ipv4Prefixes = append(n.Ipv4Prefixes, ec2types.Ipv4PrefixSpecification{Ipv4Prefix: new(fmt.Sprintf("192.0.2.%d/28", 16*i))})
	}
}

// prefixAddresses is the number of addresses of an IPv4 prefix, a /28.
const prefixAddresses = 16

// addressesOf returns the number of IPv4 addresses of an ENI's subnet that the ENI has.
func addressesOf(n *ec2types.NetworkInterface) int32 {
	return int32(len(n.PrivateIpAddresses) + prefixAddresses*len(n.Ipv4Prefixes)) //nolint:gosec // EC2 limits them
}

// addressChanges returns how many IPv4 addresses more an ENI has after its changes.
func addressChanges(w wanted, n *ec2types.NetworkInterface) int32 {
	secondary, prefixes := secondaryAddresses(&w.parameters, n), prefixChange(w, n)
	more := len(secondary.add) + int(secondary.count) - len(secondary.remove) +
		prefixAddresses*(len(prefixes.add)+int(prefixes.count)-len(prefixes.remove))
	return int32(more) //nolint:gosec // EC2 limits them
}

// Release returns what the controller would do for a NetworkInterface that is deleted after
// its detach.
func (p *Previewer) Release(ctx context.Context, mg *v1alpha1.NetworkInterface) (Preview, error) {
	out, err := p.release(ctx, mg)
	if err == nil && len(out.Calls) > 0 && meta.IsPaused(mg) {
		out = Preview{ID: out.ID, Addresses: out.Addresses, Waiting: managedresource.PausedMessage(mg)}
	}
	return out, err
}

func (p *Previewer) release(ctx context.Context, mg *v1alpha1.NetworkInterface) (Preview, error) {
	e := p.external()
	name := meta.GetExternalName(mg)
	if name == "" {
		return Preview{}, nil
	}
	found, err := e.find(ctx, mg)
	if err != nil || found == nil {
		return Preview{}, err
	}
	e.seen = found
	out := Preview{ID: ptr.Deref(found.NetworkInterfaceId, ""), Addresses: addressesOf(found)}
	if err := e.identify(ctx, mg); err != nil {
		return out, err
	}
	view := eniview.Interface(found)
	protected, owned := eni.Protected(view), eni.CheckOwner(e.actor, view) == nil
	switch {
	case !owned: // this object has no external resource
	case protected != nil:
		out.Waiting = protected.Error()
	case managedresource.Allows(mg, xpv2.ManagementActionDelete):
		out.Calls, out.More, out.Addresses = []string{ec2.ActionDelete}, -out.Addresses, 0
	case mayNeedKeep(mg) && eniview.Tags(found.TagSet)[eni.TagKeep] == "":
		out.Calls = []string{ec2.ActionCreateTags}
	}
	return out, nil
}
