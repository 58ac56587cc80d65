// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import "slices"

// State contains all existing resources.
type State struct {
	// Region of the endpoint.
	Region string `json:"region"`
	// AccountID of the owner.
	AccountID string `json:"accountID"`
	// VPCs by identifier.
	VPCs []VPC `json:"vpcs"`
	// Subnets by identifier.
	Subnets []Subnet `json:"subnets"`
	// SecurityGroups by identifier.
	SecurityGroups []SecurityGroup `json:"securityGroups"`
	// Instances by identifier.
	Instances []Instance `json:"instances"`
	// NetworkInterfaces that exist, by identifier.
	NetworkInterfaces []NetworkInterface `json:"networkInterfaces"`
	// ElasticIPs by allocation identifier.
	ElasticIPs []ElasticIP `json:"elasticIPs"`
}

// State returns all existing resources, including changes that describe calls do not return yet.
func (s *Server) State() State {
	out := State{Region: s.opts.Region, AccountID: s.opts.AccountID}
	s.view(func(c *cloud) {
		for _, v := range sorted(c.vpcs) {
			out.VPCs = append(out.VPCs, v.snapshot())
		}
		for _, v := range sorted(c.subnets) {
			out.Subnets = append(out.Subnets, v.snapshot())
		}
		for _, g := range sorted(c.groups) {
			out.SecurityGroups = append(out.SecurityGroups, g.snapshot())
		}
		for _, i := range sorted(c.instances) {
			out.Instances = append(out.Instances, i.snapshot())
		}
		for _, e := range sorted(c.enis) {
			out.NetworkInterfaces = append(out.NetworkInterfaces, e.snapshot(c.now))
		}
		for _, a := range sorted(c.elasticIPs) {
			out.ElasticIPs = append(out.ElasticIPs, a.snapshot())
		}
	})
	return out
}

// ENIs returns all network interfaces that all filters accept: deleted ones first, in the order of their
// deletion, with DeletedAt set; then existing ones by identifier. Use it to find leaks and duplicates.
func (s *Server) ENIs(filters ...func(NetworkInterface) bool) []NetworkInterface {
	out := []NetworkInterface{}
	s.view(func(c *cloud) {
		out = append(out, c.deleted...)
		for _, e := range sorted(c.enis) {
			out = append(out, e.snapshot(c.now))
		}
	})
	return slices.DeleteFunc(out, func(n NetworkInterface) bool {
		for _, keep := range filters {
			if !keep(n) {
				return true
			}
		}
		return false
	})
}

// NetworkInterface returns an existing network interface.
func (s *Server) NetworkInterface(id string) (NetworkInterface, bool) {
	var n NetworkInterface
	found := false
	s.view(func(c *cloud) {
		if e, ok := c.enis[id]; ok {
			n, found = e.snapshot(c.now), true
		}
	})
	return n, found
}

// ElasticIP returns an allocated Elastic IP address.
func (s *Server) ElasticIP(allocationID string) (ElasticIP, bool) {
	var v ElasticIP
	found := false
	s.view(func(c *cloud) {
		if a, ok := c.elasticIPs[allocationID]; ok {
			v, found = a.snapshot(), true
		}
	})
	return v, found
}

// Instance returns an instance that exists or was terminated less than an hour ago.
func (s *Server) Instance(id string) (Instance, bool) {
	var i Instance
	found := false
	s.view(func(c *cloud) {
		if v, ok := c.instances[id]; ok {
			i, found = v.snapshot(), true
		}
	})
	return i, found
}

// Exists accepts network interfaces that are not deleted.
func Exists(n NetworkInterface) bool { return n.DeletedAt.IsZero() }

// WithTag accepts network interfaces with the tag.
func WithTag(key, value string) func(NetworkInterface) bool {
	return func(n NetworkInterface) bool {
		v, ok := n.Tags[key]
		return ok && v == value
	}
}

// view runs f on the settled cloud.
func (s *Server) view(f func(*cloud)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.cloud.settle(s.clock.Now())
	f(s.cloud)
}
