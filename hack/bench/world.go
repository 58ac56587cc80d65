// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// Resources of the bench's own VPC: the VPC of the manifests is too small for
// thousands of nodes.
const (
	vpcID       = "vpc-bench"
	groupID     = "sg-bench"
	nodesSubnet = "subnet-bench-nodes"
	moreNodes   = "subnet-bench-more-nodes" // for the nodes beyond nodesPerSubnet
	nodeENIName = "bench"
	nodeLabel   = "bench"
)

const (
	// nodesPerSubnet fit into a subnet of the largest size.
	nodesPerSubnet = 60_000
	maxNodes       = 2 * nodesPerSubnet
	// maxENIsPerNode is the limit of the largest instance type, without the primary ENI.
	maxENIsPerNode = 14
	// nodeWorkers create nodes concurrently.
	nodeWorkers = 8
)

func dataSubnet(i int) string { return fmt.Sprintf("subnet-bench-data-%d", i) }

// subnetOf returns the subnet of a node.
func subnetOf(node int) string {
	if node < nodesPerSubnet {
		return nodesSubnet
	}
	return moreNodes
}

// dataSubnets returns the number of subnets for ENIs: one for each ENI of a node, or two if one has too few
// addresses for all nodes.
func (o *options) dataSubnets() int {
	if o.nodes > nodesPerSubnet {
		return 2
	}
	return o.enisPerNode
}

// seedWorld adds a VPC with subnets for the nodes and a number of subnets for ENIs, all in one zone.
func seedWorld(s *ec2emulator.Server, dataSubnets int) error {
	seed := ec2emulator.Seed{
		VPCs: []ec2emulator.VPC{{ID: vpcID, CIDR: "172.16.0.0/12"}},
		Subnets: []ec2emulator.Subnet{
			{ID: nodesSubnet, VPCID: vpcID, CIDR: "172.16.0.0/16", AvailabilityZone: testbed.ZoneA},
			{ID: moreNodes, VPCID: vpcID, CIDR: "172.31.0.0/16", AvailabilityZone: testbed.ZoneA},
		},
		SecurityGroups: []ec2emulator.SecurityGroup{{ID: groupID, VPCID: vpcID, Name: "bench"}},
	}
	for i := range dataSubnets {
		seed.Subnets = append(seed.Subnets, ec2emulator.Subnet{
			ID: dataSubnet(i), VPCID: vpcID, CIDR: fmt.Sprintf("172.%d.0.0/16", 17+i), AvailabilityZone: testbed.ZoneA,
		})
	}
	return errors.Wrap(s.Seed(seed), "cannot seed the EC2 emulator")
}

// instanceType returns an instance type with enough ENIs besides the primary ENI.
func instanceType(enisPerNode int) string {
	switch {
	case enisPerNode <= 3:
		return "m5.xlarge"
	case enisPerNode <= 7:
		return "m5.4xlarge"
	default:
		return "m5.24xlarge"
	}
}

// addNodes creates the instances and their Nodes.
func (s *stage) addNodes(ctx context.Context) error {
	var made atomic.Int64
	g, gctx := errgroup.WithContext(ctx)
	g.SetLimit(nodeWorkers)
	s.logf("creating %d nodes", s.o.nodes)
	done := make(chan struct{})
	defer close(done)
	go func() {
		t := time.NewTicker(progressInterval)
		defer t.Stop()
		for {
			select {
			case <-done:
				return
			case <-t.C:
				s.logf("  … %d of %d nodes", made.Load(), s.o.nodes)
			}
		}
	}()
	for i := range s.o.nodes {
		g.Go(func() error {
			defer made.Add(1)
			if err := gctx.Err(); err != nil {
				return err
			}
			_, err := s.world.AddNode(gctx, fmt.Sprintf("node-%06d", i), subnetOf(i), instanceType(s.o.enisPerNode), map[string]string{nodeLabel: "true"})
			return err
		})
	}
	return errors.Wrap(g.Wait(), "cannot create the nodes")
}
