// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

func (e *env) change(name string, f func(*v1alpha1.NodeENISpec)) {
	e.t.Helper()
	n := e.nodeENI(name)
	b := n.DeepCopy()
	f(&n.Spec)
	if err := e.kube.Patch(e.t.Context(), n, client.MergeFrom(b)); err != nil {
		e.t.Fatal(err)
	}
}

// mutations returns the number of mutating calls by action.
func (e *env) mutations(since func() []callRecord) map[string]int {
	out := map[string]int{}
	for _, c := range since() {
		if ec2emulator.Mutating(c) {
			out[c.Action]++
		}
	}
	return out
}

func TestUpdateNodeENI(t *testing.T) {
	e := newEnv(t, options{core: true})
	a := e.node("node-a")
	e.apply(head("live") + "  subnetIDs: [subnet-0f59b4f14737be9ad, subnet-abcdef1234567890]\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  deviceIndex: 2\n  tags: {team: blue, cost: \"1\"}\n  description: before\n  mtu: 1500\n")
	e.eventually(20*time.Second, e.ready("live", 2))
	before := e.attachedTo(a)
	mark := e.EC2.Mark()

	e.change("live", func(s *v1alpha1.NodeENISpec) {
		s.SecurityGroupIDs = []v1alpha1.SecurityGroupID{"sg-tenant-a", "sg-05da196f3314d4af8"}
		s.Description = new("after")
		s.Tags = map[string]string{"team": "red"}
		s.MTU = new(int32(9001))
		s.DeleteOnTermination = new(false)
		s.SourceDestCheck = new(false)
		s.Addresses = &v1alpha1.NodeENIAddresses{SecondaryPrivateIPCount: new(int32(2))}
	})
	e.eventually(20*time.Second, func() error {
		for i, x := range e.attachedTo(a) {
			if x.ID != before[i].ID || x.Attachment.ID != before[i].Attachment.ID {
				return fmt.Errorf("ENI at index %d is another: %s", i, x.ID)
			}
			_, stale := x.Tags["cost"]
			if x.Description != "after" || x.Tags["team"] != "red" || stale || x.Attachment.DeleteOnTermination || !x.SourceDestCheckDisabled ||
				len(x.PrivateIPAddresses) != 3 || !slices.Equal(slices.Sorted(slices.Values(x.SecurityGroupIDs)), []string{"sg-05da196f3314d4af8", "sg-tenant-a"}) {
				return fmt.Errorf("ENI at index %d differs from the spec: %+v", i, x)
			}
		}
		return checkHosts(e, 2, 9001, "")
	})
	want := map[string]int{"ModifyNetworkInterfaceAttribute": 8, "DeleteTags": 2, "CreateTags": 2, "AssignPrivateIpAddresses": 2}
	if d := cmp.Diff(want, e.mutations(func() []callRecord { return e.EC2.Since(mark) })); d != "" {
		t.Errorf("EC2 calls of the change: -want, +got:\n%s", d)
	}

	t.Log("removing a subnet from the spec deletes only the ENI in it")
	mark = e.EC2.Mark()
	e.change("live", func(s *v1alpha1.NodeENISpec) { s.SubnetIDs = []v1alpha1.SubnetID{"subnet-abcdef1234567890"} })
	e.eventually(20*time.Second, func() error {
		got := e.attachedTo(a)
		if len(got) != 1 || got[3].ID != before[3].ID || got[3].Attachment.ID != before[3].Attachment.ID || len(e.live()) != 1 {
			return fmt.Errorf("attached ENIs are %+v", got)
		}
		return e.ready("live", 1)()
	})
	if d := cmp.Diff(map[string]int{"DetachNetworkInterface": 1, "DeleteNetworkInterface": 1}, e.mutations(func() []callRecord { return e.EC2.Since(mark) })); d != "" {
		t.Errorf("EC2 calls of the release of one ENI: -want, +got:\n%s", d)
	}
}

func TestDrift(t *testing.T) {
	e := newEnv(t, options{settings: shortPoll}) // changes in EC2 are observed by polls
	a := e.node("node-a")
	e.apply(head("live") + "  subnetIDs: [subnet-abcdef1234567890]\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  tags: {team: red}\n  deviceIndex: 3\n")
	e.eventually(20*time.Second, e.ready("live", 1))

	t.Log("drift in EC2 is corrected, and foreign tags are kept")
	x := e.attachedTo(a)[3]
	e.tag(x.ID, "foreign", "tag")
	e.tag(x.ID, "team", "green")
	e.eventually(20*time.Second, func() error {
		n, _ := e.EC2.NetworkInterface(x.ID)
		if n.Tags["team"] != "red" || n.Tags["foreign"] != "tag" {
			return fmt.Errorf("tags are %v", n.Tags)
		}
		return nil
	})
}

func TestZonesAndMissingResources(t *testing.T) {
	e := newEnv(t, options{})
	a, b := e.node("node-a"), e.nodeIn("node-b", "subnet-nodes-b")

	t.Log("each node uses the subnets of its own zone")
	e.apply(head("zones") + "  subnetIDs: [subnet-0f59b4f14737be9ad, subnet-0b000000000000001]\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  deviceIndex: 2\n")
	e.eventually(20*time.Second, e.ready("zones", 2))
	if x, y := e.attachedTo(a)[2].SubnetID, e.attachedTo(b)[2].SubnetID; x != "subnet-0f59b4f14737be9ad" || y != "subnet-0b000000000000001" {
		t.Errorf("zone a has %s, zone b has %s", x, y)
	}
	e.deleteAllNodeENIs()
	e.eventually(20*time.Second, e.allDeleted)

	for name, tc := range map[string]struct {
		reason   string
		spec     string
		cond     string
		want     string
		mutating int
	}{
		"no-subnet":      {"A missing subnet is reported.", "  subnetID: subnet-0ffffffffffffffff\n", "SubnetsUsable", "SubnetNotFound", 0},
		"no-name":        {"A missing subnet name is reported.", "  subnetName: nowhere\n", "SubnetsUsable", "SubnetNotFound", 0},
		"ambiguous":      {"A name of two subnets in a zone is ambiguous.", "  subnetName: ambiguous\n", "SubnetsUsable", "SubnetAmbiguous", 0},
		"other-zone":     {"A subnet in a zone without nodes is reported and not used.", "  subnetID: subnet-0b000000000000001\n  nodeSelectorTerms:\n  - matchExpressions: [{key: topology.kubernetes.io/zone, operator: In, values: [us-east-1a]}]\n", "SubnetsUsable", "SubnetInOtherZone", 0},
		"no-group-name":  {"A missing security group name is reported.", "  subnetID: subnet-0f59b4f14737be9ad\n  securityGroupNames: [missing]\n", "Ready", "Progressing", 0},
		"no-group-by-id": {"A missing security group is reported.", "  subnetID: subnet-0f59b4f14737be9ad\n  securityGroupIDs: [sg-0ffffffffffffffff]\n", "Ready", "Progressing", 0},
	} {
		t.Run(name, func(t *testing.T) {
			e := e.with(t)
			mark := e.EC2.Mark()
			e.apply(head(name) + tc.spec + "  deviceIndex: 2\n")
			e.eventually(10*time.Second, func() error {
				c := e.nodeENI(name).GetCondition(condition(tc.cond))
				if string(c.Reason) != tc.want || c.Message == "" {
					return fmt.Errorf("%s: %s is %+v", tc.reason, tc.cond, c)
				}
				return nil
			})
			e.consistently(2*time.Second, func() error {
				if m := e.mutations(func() []callRecord { return e.EC2.Since(mark) }); len(m) != tc.mutating {
					return fmt.Errorf("EC2 was changed: %v", m)
				}
				return nil
			})
			if n := len(e.EC2.Since(mark)); n > 60 {
				t.Errorf("EC2 was called %d times in a few seconds", n)
			}
			e.deleteAllNodeENIs()
			e.eventually(20*time.Second, e.allDeleted)
		})
	}
}

func TestFullSubnet(t *testing.T) {
	e := newEnv(t, options{})
	small, rest := e.subnet("10.0.200.0/27"), e.subnet("10.0.200.32/28")
	spec := "  subnetPolicy: OnePerZone\n  subnetIDs: [" + rest + ", " + small + "]\n  securityGroupIDs: [sg-05da196f3314d4af8]\n  deviceIndex: 2\n"

	t.Log("the subnet with the most available addresses is used first")
	a := e.node("node-a")
	e.apply(head("full") + spec)
	e.eventually(20*time.Second, e.ready("full", 1))
	if got := e.attachedTo(a)[2].SubnetID; got != small {
		t.Fatalf("the first ENI is in %s, want %s", got, small)
	}

	t.Log("when its addresses are used up, the next node gets an ENI in the other subnet")
	const left = 32 - 5 - 1 // EC2 keeps five, the first ENI has one
	_, err := e.ec2Client().CreateNetworkInterface(t.Context(), &awsec2.CreateNetworkInterfaceInput{SubnetId: &small, SecondaryPrivateIpAddressCount: new(int32(left - 1))})
	if err != nil {
		t.Fatal(err)
	}
	mark := e.EC2.Mark()
	b, c := e.node("node-b"), e.node("node-c")
	e.eventually(30*time.Second, e.ready("full", 3))
	rejected := 0
	for _, call := range e.EC2.Since(mark) {
		if call.Action == "CreateNetworkInterface" && call.Code == "InsufficientFreeAddressesInSubnet" {
			rejected++
		}
	}
	// Both ENIs may have been requested before the first error. After it no ENI is
	// requested in the subnet.
	if rejected == 0 || rejected > 2 {
		t.Errorf("EC2 rejected a create in the full subnet %d times, want once or twice", rejected)
	}
	for _, n := range []*corev1.Node{b, c} {
		if got := e.attachedTo(n)[2].SubnetID; got != rest {
			t.Errorf("the ENI of %s is in %s, want %s", n.GetName(), got, rest)
		}
	}

	t.Log("the existing ENI in the full subnet is kept")
	if got := e.attachedTo(a)[2].SubnetID; got != small {
		t.Errorf("the first ENI is in %q, want %s", got, small)
	}
}

// subnet creates a subnet in zone a.
func (e *env) subnet(cidr string) string {
	e.t.Helper()
	beside, err := e.ec2Client().DescribeSubnets(e.t.Context(), &awsec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-0f59b4f14737be9ad"}})
	if err != nil {
		e.t.Fatal(err)
	}
	s := beside.Subnets[0]
	made, err := e.ec2Client().CreateSubnet(e.t.Context(), &awsec2.CreateSubnetInput{VpcId: s.VpcId, AvailabilityZone: s.AvailabilityZone, CidrBlock: &cidr})
	if err != nil {
		e.t.Fatal(err)
	}
	return *made.Subnet.SubnetId
}
