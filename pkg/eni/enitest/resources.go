// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package enitest

import (
	"maps"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/pkg/eni"
)

// AddSubnet adds a subnet to the VPC, and returns it with a generated ID if it has none.
// CIDRBlock, inside of 10.0.0.0/16, is required. A Name is added to the Tags. The default zone
// is us-east-1a.
func (s *Server) AddSubnet(n eni.Subnet) (eni.Subnet, error) {
	made, err := s.emulator.AddSubnet(ec2emulator.Subnet{
		ID: n.ID, VPCID: n.VPCID, CIDR: n.CIDRBlock, AvailabilityZone: n.AvailabilityZone, Tags: named(n.Name, n.Tags),
	})
	return eni.Subnet{
		ID: made.ID, Name: made.Tags["Name"], VPCID: made.VPCID, AvailabilityZone: made.AvailabilityZone, CIDRBlock: made.CIDR, Tags: made.Tags,
		AvailableIPAddressCount: int32(made.AvailableIPAddressCount), //nolint:gosec // a subnet has at most 65,536 addresses
	}, err
}

// AddSecurityGroup adds a security group to the VPC, and returns it with a generated ID if it
// has none.
func (s *Server) AddSecurityGroup(g eni.SecurityGroup) (eni.SecurityGroup, error) {
	made, err := s.emulator.AddSecurityGroup(ec2emulator.SecurityGroup{ID: g.ID, Name: g.Name, VPCID: g.VPCID, Tags: g.Tags})
	return eni.SecurityGroup{ID: made.ID, Name: made.Name, VPCID: made.VPCID, Tags: made.Tags}, err
}

// AddInstance adds a running instance with a primary network interface in a subnet, and
// returns its generated ID. An empty type is m5.large, which supports three network interfaces.
func (s *Server) AddInstance(instanceType, subnetID string) (string, error) {
	made, err := s.emulator.AddInstance(ec2emulator.Instance{Type: instanceType, SubnetID: subnetID})
	return made.ID, err
}

// AddNetworkInterface adds a network interface that no Client created, with the SubnetID,
// Description, SecurityGroupIDs, Tags and Attachment of n, and returns it with a generated ID
// if it has none.
func (s *Server) AddNetworkInterface(n eni.NetworkInterface) (eni.NetworkInterface, error) {
	in := ec2emulator.NetworkInterface{ID: n.ID, SubnetID: n.SubnetID, Description: n.Description, SecurityGroupIDs: n.SecurityGroupIDs, Tags: n.Tags}
	if a := n.Attachment; a != nil {
		in.Attachment = &ec2emulator.Attachment{
			ID: a.ID, InstanceID: a.InstanceID, DeviceIndex: int(a.DeviceIndex), NetworkCardIndex: int(a.NetworkCardIndex), DeleteOnTermination: a.DeleteOnTermination,
		}
	}
	made, err := s.emulator.AddNetworkInterface(in)
	return networkInterface(made), err
}

// NetworkInterfaces returns all network interfaces, sorted by id, with changes that EC2 would
// not describe yet. It makes no call.
func (s *Server) NetworkInterfaces() []eni.NetworkInterface {
	all := s.emulator.State().NetworkInterfaces
	out := make([]eni.NetworkInterface, len(all))
	for i := range all {
		out[i] = networkInterface(all[i])
	}
	return out
}

func networkInterface(n ec2emulator.NetworkInterface) eni.NetworkInterface {
	out := eni.NetworkInterface{
		ID: n.ID, SubnetID: n.SubnetID, VPCID: n.VPCID, AvailabilityZone: n.AvailabilityZone, Description: n.Description, MACAddress: n.MACAddress,
		PrivateIPAddresses: n.PrivateIPAddresses, IPv6Addresses: n.IPv6Addresses, SecurityGroupIDs: n.SecurityGroupIDs,
		Status: eni.Status(n.Status), Owner: n.Tags[eni.OwnerTagKey], Tags: n.Tags,
	}
	if a := n.Attachment; a != nil {
		out.Attachment = &eni.Attachment{
			ID: a.ID, NetworkInterfaceID: n.ID, InstanceID: a.InstanceID, Status: eni.AttachmentStatus(a.Status), DeleteOnTermination: a.DeleteOnTermination, AttachTime: a.AttachTime,
			DeviceIndex: int32(a.DeviceIndex), NetworkCardIndex: int32(a.NetworkCardIndex), //nolint:gosec // indexes are small
		}
	}
	return out
}

func named(name string, tags map[string]string) map[string]string {
	if name == "" {
		return tags
	}
	out := map[string]string{}
	maps.Copy(out, tags)
	out["Name"] = name
	return out
}
