// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// cloud reads from EC2. It has no mutating calls.
type cloud interface {
	subnets
	instances

	adoptables
	elasticIPs

	Place(ctx context.Context) (ec2.Place, error)
}

// adoptables finds ENIs that a NodeENI may adopt.
type adoptables interface {
	Adoptable(ctx context.Context, key, value string) ([]ec2types.NetworkInterface, error)
	NodeENINetworkInterfaces(ctx context.Context, key, nodeENI string) ([]ec2types.NetworkInterface, error)
	NetworkInterfaceFresh(ctx context.Context, id string) (*ec2types.NetworkInterface, error)
}

// instances describes EC2 instances.
type instances interface {
	Instances(ctx context.Context, ids, changing []string) (map[string]ec2.Instance, error)
	FateOfInstance(ctx context.Context, id, subnetID string) (ec2.Absence, error)
}

// elasticIPs describes Elastic IPs.
type elasticIPs interface {
	ElasticIPsTagged(ctx context.Context, tags map[string]string, consistency ec2.Consistency) ([]ec2.ElasticIP, error)
	ElasticIPsByID(ctx context.Context, ids []string, consistency ec2.Consistency) ([]ec2.ElasticIP, error)
}

// subnets describes subnets.
type subnets interface {
	Subnet(ctx context.Context, id string) (*ec2.Subnet, error)
	SubnetsTagged(ctx context.Context, tags map[string]string) ([]ec2.Subnet, error)
	SubnetsByID(ctx context.Context, ids []string) (map[string]ec2.Subnet, error)
	SubnetFull(id string) bool
}

// clouds returns the cloud for a NodeENI.
type clouds interface {
	For(ctx context.Context, n *v1alpha1.NodeENI) (cloud, error)
}

type clientsCloud struct {
	clients   *ec2.Clients
	namespace string
}

// For returns the client for the NodeENI's provider config.
func (c clientsCloud) For(ctx context.Context, n *v1alpha1.NodeENI) (cloud, error) {
	return c.client(ctx, n)
}

func (c clientsCloud) client(ctx context.Context, n *v1alpha1.NodeENI) (*ec2.Client, error) {
	ref := eni.ConfigReference(n)
	return c.clients.Get(ctx, ec2.ConfigReference{Kind: ref.Kind, Name: ref.Name, Namespace: c.namespace}, "")
}
