// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package enitest

import (
	"context"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/pkg/eni"
)

// Resources of a new Server. Each zone, Region a, b and c, also has its own subnets with the
// names nodes-a and tenant-a, nodes-b and tenant-b, nodes-c and tenant-c.
const (
	Region    = "us-east-1"
	AccountID = "123456789012"
	VPCID     = "vpc-0a1b2c3d4e5f60718"

	// InstanceID and OtherInstanceID are running m5.xlarge instances, which support four
	// network interfaces, in zone a. Their primary network interfaces are in NodeSubnetID.
	InstanceID      = "i-000000000000000a1"
	OtherInstanceID = "i-000000000000000a2"

	// NodeSubnetID and SubnetID are subnets in zone a, with the names NodeSubnetName and
	// SubnetName.
	NodeSubnetID   = "subnet-nodes-a"
	NodeSubnetName = "nodes-a"
	SubnetID       = "subnet-tenant-a"
	SubnetName     = "tenant-a"

	// SecurityGroupID has the name SecurityGroupName.
	SecurityGroupID   = "sg-0b1c2d3e4f5061728"
	SecurityGroupName = "tenants"
)

// defaultDelay is the default of the delays of Options.
const defaultDelay = 20 * time.Millisecond

// Options of a Server. The zero value of a field means its default.
type Options struct {
	// AttachDelay and DetachDelay are the times until a network interface is attached or
	// detached. Default: 20 ms.
	AttachDelay time.Duration
	DetachDelay time.Duration

	// VisibilityDelay is the time until new network interfaces and attachments are described,
	// as EC2 is eventually consistent. Default: none.
	VisibilityDelay time.Duration

	// Throttle returns RequestLimitExceeded beyond EC2's documented request rates. Default:
	// false.
	Throttle bool
}

// A Server emulates the EC2 API on a loopback address. It is safe for concurrent use.
type Server struct {
	emulator *ec2emulator.Server
	url      string
}

// NewServer starts a Server. ctx applies to the start; the Server runs until Close.
func NewServer(ctx context.Context, o Options) (*Server, error) {
	if o.AttachDelay == 0 {
		o.AttachDelay = defaultDelay
	}
	if o.DetachDelay == 0 {
		o.DetachDelay = defaultDelay
	}
	e := ec2emulator.New(ec2emulator.Options{
		Region: Region, AccountID: AccountID, AttachDelay: o.AttachDelay, DetachDelay: o.DetachDelay, AvailableDelay: defaultDelay,
		VisibilityDelay: o.VisibilityDelay, Throttle: o.Throttle,
	})
	if err := e.Seed(ec2emulator.DefaultSeed(Region)); err != nil {
		e.Close()
		return nil, err
	}
	url, err := e.Start(ctx, "")
	if err != nil {
		e.Close()
		return nil, err
	}
	return &Server{emulator: e, url: url}, nil
}

// Close stops the Server. It is idempotent.
func (s *Server) Close() { s.emulator.Close() }

// URL returns the endpoint, such as http://127.0.0.1:40123.
func (s *Server) URL() string { return s.url }

// Config returns an AWS SDK configuration whose calls reach the Server, with static
// credentials.
func (s *Server) Config() aws.Config {
	return aws.Config{
		Region:       Region,
		BaseEndpoint: aws.String(s.url),
		Credentials:  credentials.NewStaticCredentialsProvider("enitest", "enitest", ""),
	}
}

// Client returns a Client whose calls reach the Server: eni.NewFromConfig with Config.
func (s *Server) Client(opts ...eni.Option) (*eni.Client, error) {
	return eni.NewFromConfig(s.Config(), opts...)
}
