// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/policies"
)

// TestPolicies reconciles objects of both kinds in each state with each set of management
// policies that Crossplane supports, at the default poll interval.
func TestPolicies(t *testing.T) {
	for _, p := range policies.Sets() {
		t.Run(policies.Name(p), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newPolicyCluster(t, p)
				defer s.close()
				s.start()
				time.Sleep(30 * time.Second)
				s.deleteOutside()
				time.Sleep(40 * time.Minute)
				for _, o := range s.objects {
					if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(o), o.Managed); err != nil {
						t.Fatal(err)
					}
					if diff := o.Diff(s.ec2, s.mark); diff != "" {
						t.Errorf("%s %s: %s", o.Kind(), o.State, diff)
					}
				}
				if n := s.ec2.Count(func(c ec2emulator.Call) bool { return !ec2emulator.Mutating(c) }); n > 700 {
					t.Errorf("%d calls to describe resources were made in 40 minutes, at most 700", n)
				}
			})
		})
	}
}

// A policyCluster has an object of each kind in each state, with the same management
// policies.
type policyCluster struct {
	*simulatedCluster

	objects []policies.Object
	mark    ec2emulator.Mark
}

// newPolicyCluster returns a cluster with the objects, and with enough other ENIs that the
// missing ones are no outage.
func newPolicyCluster(t *testing.T, p xpv2.ManagementPolicies) *policyCluster {
	t.Helper()
	s := &policyCluster{simulatedCluster: newCluster(t, ec2emulator.Options{})}
	if err := policies.AddSubnet(s.ec2, "vpc-1", "10.0.64.0/20"); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		n, err := s.ec2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: policies.Subnet})
		if err != nil {
			t.Fatal(err)
		}
		o := eniNamed("ns", fmt.Sprintf("other-%d", i), n.ID)
		o.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve}
		s.create(o)
	}
	s.addNodes("a", 1, 5)
	for i, state := range policies.States() {
		o, err := policies.NewInterface(s.ec2, p, state, "ns", string(state))
		if err != nil {
			t.Fatal(err)
		}
		a, err := policies.NewAttachment(s.ec2, p, state, "ns", string(state), instanceOf("a", i+1))
		if err != nil {
			t.Fatal(err)
		}
		s.create(o.Managed)
		s.create(a.Managed)
		s.objects = append(s.objects, o, a)
	}
	s.mark = s.ec2.Mark()
	return s
}

// deleteOutside deletes the ENI, and detaches the attachment, of state deleted.
func (s *policyCluster) deleteOutside() {
	for _, o := range s.objects {
		if o.State != policies.Deleted {
			continue
		}
		if o.Kind() == "NetworkInterface" {
			if _, err := s.console().DeleteNetworkInterface(s.t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &o.ENI}); err != nil {
				s.t.Fatal(err)
			}
			continue
		}
		attachment := meta.GetExternalName(o)
		if _, err := s.console().DetachNetworkInterface(s.t.Context(), &awsec2.DetachNetworkInterfaceInput{AttachmentId: &attachment}); err != nil {
			s.t.Fatal(err)
		}
	}
}
