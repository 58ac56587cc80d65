// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// rejectedBeforeCreate are refusals of what a provider must know before it makes or
// attaches an ENI.
func rejectedBeforeCreate() []rejectedCall {
	var out []rejectedCall
	for _, action := range []string{"DescribeSubnets", "DescribeSecurityGroups", "DescribeInstances", "DescribeInstanceTypes"} {
		out = append(out,
			rejectedCall{action: action, code: "UnauthorizedOperation", reason: v1alpha1.ReasonMissingPermission, calls: slow, recovers: minutes},
			rejectedCall{action: action, code: "InternalError", reason: v1alpha1.ReasonEC2Unavailable, calls: soon * thrice, recovers: time.Minute},
			rejectedCall{action: action, code: "RequestLimitExceeded", reason: v1alpha1.ReasonEC2Throttled, calls: soon, recovers: time.Minute},
			rejectedCall{action: action, code: "SomethingNew", reason: v1alpha1.ReasonEC2Refused, calls: unknown, recovers: minutes},
		)
	}
	out = append(out, otherSpellings()...)
	return append(out,
		rejectedCall{action: "CreateNetworkInterface", code: "ThrottlingException", reason: v1alpha1.ReasonEC2Throttled, calls: soon, recovers: time.Minute},
		rejectedCall{action: "CreateNetworkInterface", code: "TooManyRequestsException", reason: v1alpha1.ReasonEC2Throttled, calls: soon, recovers: time.Minute},
		rejectedCall{action: "CreateNetworkInterface", code: "InvalidSecurityGroup.NotFound", reason: v1alpha1.ReasonSecurityGroupNotFound, calls: slow, recovers: seconds, edit: true},
	)
}

// TestRejectedBefore rejects the calls before a create for ten minutes, and checks conditions
// and events, the number of calls, and the recovery.
func TestRejectedBefore(t *testing.T) {
	for _, r := range sample(t, rejectedBeforeCreate()) {
		t.Run(r.action+"/"+r.code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, 1)
				defer s.stop()
				s.with = func(p *ec2v1alpha1.NetworkInterfaceParameters) {
					p.SecurityGroups = []ec2v1alpha1.SecurityGroupID{"sg-1"}
				}
				kind := eniKind
				if r.action == "DescribeInstances" || r.action == "DescribeInstanceTypes" {
					s.made()
					kind = eniaKind
				}
				fault := s.ec2.Inject(ec2emulator.Fault{Action: r.action, Code: r.code})
				s.make(kind)
				time.Sleep(10 * time.Minute)

				if n := s.ec2.Count(ec2emulator.ByAction(r.action)); n > r.calls || n == 0 {
					t.Errorf("%d calls in ten minutes, want one to %d", n, r.calls)
				}
				s.checkRejection(s.conditioned(kind), r)
				fault.Remove()
				if r.edit {
					s.edit(kind)
				}
				if err := s.eventually(r.recovers, func() error { return good(s.conditioned(kind)) }); err != nil {
					t.Errorf("not well %s after the cause has ended: %v", r.recovers, err)
				}
				if n := len(s.ours()); n != 1 {
					t.Errorf("%d ENIs, want 1", n)
				}
				s.released()
			})
		})
	}
}

// TestRejectedSteadyState rejects the describe calls of a healthy ENI for ten minutes, once cached
// responses have expired.
func TestRejectedSteadyState(t *testing.T) {
	for _, r := range sample(t, rejectedBeforeCreate()) {
		if r.action == "CreateNetworkInterface" {
			continue
		}
		t.Run(r.action+"/"+r.code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, 1)
				defer s.stop()
				s.with = func(p *ec2v1alpha1.NetworkInterfaceParameters) {
					p.SecurityGroups = []ec2v1alpha1.SecurityGroupID{"sg-1"}
				}
				s.made()
				s.attached()
				s.warnings()
				m := s.ec2.Mark()
				fault := s.ec2.Inject(ec2emulator.Fault{Action: r.action, Code: r.code})
				time.Sleep(25 * time.Minute)

				if n := len(s.ec2.Since(m, ec2emulator.ByAction(r.action))); n > 3*r.calls {
					t.Errorf("%d calls, want at most %d", n, 3*r.calls)
				}
				if calls := s.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
					t.Errorf("%s was called, but nothing is to be changed", calls[0].Action)
				}
				for _, kind := range []string{eniKind, eniaKind} {
					if c := s.conditioned(kind).GetCondition(xpv2.TypeReady); c.Reason != xpv2.ReasonAvailable {
						t.Errorf("%s: Ready is %s: %s, but the ENI is unchanged", kind, c.Reason, c.Message)
					}
				}
				fault.Remove()
				for _, kind := range []string{eniKind, eniaKind} {
					if err := s.eventually(max(r.recovers, time.Minute), func() error { return good(s.conditioned(kind)) }); err != nil {
						t.Errorf("%s: not well %s after the cause has ended: %v", kind, r.recovers, err)
					}
				}
				s.released()
			})
		})
	}
}

// addressCalls give addresses to an ENI and take them away.
func addressCalls() []lateCall {
	count := func(n int32) func(s *simulation) {
		return func(s *simulation) {
			s.change(func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.PrivateIPsCount = &n })
		}
	}
	has := func(n int) func(s *simulation) error {
		return func(s *simulation) error {
			return s.inSync(func(e ec2emulator.NetworkInterface) bool { return len(e.PrivateIPAddresses) == 1+n })
		}
	}
	return []lateCall{
		{
			action: "AssignPrivateIpAddresses", kind: eniKind, ready: xpv2.ReasonAvailable,
			settle: func(*simulation) {}, begin: count(2), done: has(2),
		},
		{
			action: "UnassignPrivateIpAddresses", kind: eniKind, ready: xpv2.ReasonAvailable,
			settle: func(s *simulation) {
				count(2)(s)
				s.must(seconds, func() error { return has(2)(s) })
			},
			begin: count(0), done: has(0),
		},
		{
			action: "AssociateAddress", kind: eniKind, ready: xpv2.ReasonAvailable,
			settle: func(*simulation) {}, begin: elasticIP(simulatedElasticIP), done: hasElasticIP(simulatedElasticIP),
		},
		{
			action: "DisassociateAddress", kind: eniKind, ready: xpv2.ReasonAvailable,
			settle: func(s *simulation) {
				elasticIP(simulatedElasticIP)(s)
				s.must(seconds, func() error { return hasElasticIP(simulatedElasticIP)(s) })
			},
			begin: elasticIP(""), done: hasElasticIP(""),
		},
	}
}

// elasticIP sets the Elastic IP of the NetworkInterface, or removes it.
func elasticIP(id ec2v1alpha1.ElasticIPAllocationID) func(s *simulation) {
	return func(s *simulation) {
		s.change(func(o *ec2v1alpha1.NetworkInterface) {
			o.Spec.ForProvider.ElasticIPAllocationID = nil
			if id != "" {
				o.Spec.ForProvider.ElasticIPAllocationID = &id
			}
		})
	}
}

func hasElasticIP(id string) func(s *simulation) error {
	return func(s *simulation) error {
		return s.inSync(func(e ec2emulator.NetworkInterface) bool { return e.AllocationID == id })
	}
}

// addressRefusals returns the refusals that a call about addresses can meet.
func addressRefusals(action string) []rejectedCall {
	out := lateRejections(action)
	add := func(code, message string, reason xpv2.ConditionReason, calls int, recovers time.Duration) {
		out = append(out, rejectedCall{action: action, code: code, message: message, reason: reason, calls: calls, recovers: recovers})
	}
	add("ThrottlingException", "", v1alpha1.ReasonEC2Throttled, soon, time.Minute)
	add("TooManyRequestsException", "", v1alpha1.ReasonEC2Throttled, soon, time.Minute)
	add("InvalidNetworkInterfaceID.NotFound", "", v1alpha1.ReasonWaitingForNetworkInterface, soon, seconds)
	if action == "AssignPrivateIpAddresses" {
		add("PrivateIpAddressLimitExceeded", "", v1alpha1.ReasonAddressLimit, slow, minutes)
		add("InvalidInterface.IpAddressLimitExceeded", "", v1alpha1.ReasonAddressLimit, slow, minutes)
		add("InsufficientFreeAddressesInSubnet", "", v1alpha1.ReasonSubnetFull, slow, minutes)
		add("InsufficientCidrBlocks", "", v1alpha1.ReasonSubnetFull, slow, minutes)
		add("InvalidIPAddress.InUse", "", v1alpha1.ReasonAddressInUse, slow, minutes)
		add("Resource.AlreadyAssigned", "", v1alpha1.ReasonAddressInUse, slow, minutes)
		add("InvalidParameterValue", "Address 10.0.1.1 is in subnet's reserved address range", v1alpha1.ReasonAddressInUse, slow, minutes)
	}
	if action == "AssociateAddress" {
		add("Resource.AlreadyAssociated", "", v1alpha1.ReasonElasticIPInUse, slow, minutes)
		add("InvalidAllocationID.NotFound", "", v1alpha1.ReasonElasticIPNotFound, slow, minutes)
		add("AuthFailure", "The address '203.0.113.1' does not belong to you.", v1alpha1.ReasonElasticIPNotFound, slow, minutes)
		add("AuthFailure", "You do not have permission to access the specified resource.", v1alpha1.ReasonElasticIPInUse, slow, minutes)
		add("Gateway.NotAttached", "", v1alpha1.ReasonNoInternetGateway, slow, minutes)
	}
	return out
}

// TestRejectedAddresses injects each known error of calls about addresses for ten minutes, and
// checks conditions and events, the number of calls, and the recovery.
func TestRejectedAddresses(t *testing.T) {
	for _, c := range addressCalls() {
		for _, r := range sample(t, addressRefusals(c.action)) {
			refuse(t, c, r)
		}
	}
}
