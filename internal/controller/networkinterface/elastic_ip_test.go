// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"strings"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/test"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

func TestElasticIPDrift(t *testing.T) {
	associate := func(id string) any {
		return &awsec2.AssociateAddressInput{AllocationId: &id, NetworkInterfaceId: new("eni-1"), PrivateIpAddress: new("10.0.0.4"), AllowReassociation: new(false)}
	}
	disassociate := &awsec2.DisassociateAddressInput{AssociationId: new("eipassoc-1")}
	has := func(id string) *ec2types.NetworkInterfaceAssociation {
		return &ec2types.NetworkInterfaceAssociation{PublicIp: new("203.0.113.1"), AllocationId: &id, AssociationId: new("eipassoc-1")}
	}
	assigned := &ec2types.NetworkInterfaceAssociation{PublicIp: new("203.0.113.1"), IpOwnerId: new("amazon")}
	cases := map[string]struct {
		reason  string
		want    string // in the spec
		applied string
		have    *ec2types.NetworkInterfaceAssociation
		calls   []any
		err     string
	}{
		"Unset":         {reason: "Without the field nothing is associated."},
		"Associate":     {reason: "A missing association is made.", want: "eipalloc-1", calls: []any{associate("eipalloc-1")}},
		"Repair":        {reason: "An association that another actor ended is made again.", want: "eipalloc-1", applied: "eipalloc-1", calls: []any{associate("eipalloc-1")}},
		"Same":          {reason: "An association of the desired address does not drift.", want: "eipalloc-1", applied: "eipalloc-1", have: has("eipalloc-1")},
		"SameForeign":   {reason: "Not even if another actor made it.", want: "eipalloc-1", have: has("eipalloc-1")},
		"Remove":        {reason: "An own association ends with the field.", applied: "eipalloc-1", have: has("eipalloc-1"), calls: []any{disassociate}},
		"RemoveForeign": {reason: "A foreign association stays.", have: has("eipalloc-1")},
		"RemoveOther":   {reason: "An association of another address than the recorded one is foreign.", applied: "eipalloc-2", have: has("eipalloc-1")},
		"RemoveNothing": {reason: "An association that another actor ended needs no call.", applied: "eipalloc-1"},
		"Assigned":      {reason: "A public address that EC2 assigned stays.", have: assigned},
		"Change":        {reason: "An own association is replaced.", want: "eipalloc-2", applied: "eipalloc-1", have: has("eipalloc-1"), calls: []any{disassociate, associate("eipalloc-2")}},
		"ChangeForeign": {
			reason: "A foreign association is not replaced, and the error states what to do.", want: "eipalloc-2", applied: "eipalloc-2", have: has("eipalloc-1"),
			err: "the network interface has the Elastic IP 203.0.113.1 (eipalloc-1), which this object did not associate and does not replace: disassociate it, or set elasticIPAllocationId to its id",
		},
		"ChangeAssigned": {
			reason: "A public address that EC2 assigned is not replaced: it would be lost.", want: "eipalloc-2", have: assigned,
			err: "the network interface has the public address 203.0.113.1, which EC2 assigned when it launched the instance and which is not replaced: remove elasticIPAllocationId",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := wanted{appliedElasticIP: tc.applied}
			if tc.want != "" {
				w.parameters.ElasticIPAllocationID = new(v1alpha1.ElasticIPAllocationID(tc.want))
			}
			n := &ec2types.NetworkInterface{NetworkInterfaceId: new("eni-1"), PrivateIpAddress: new("10.0.0.4"), Association: tc.have}
			cs := drift(w, nil, n)
			if tc.err != "" {
				err := cs[0].apply(t.Context(), nil)
				if err == nil || err.Error() != tc.err || cs[0].action != "" || len(cs) != 1 {
					t.Errorf("\n%s\ndrift(...): %v, want %s", tc.reason, err, tc.err)
				}
				return
			}
			if diff := cmp.Diff(tc.calls, applied(t, cs), ignoreMetadata()); diff != "" {
				t.Errorf("\n%s\ndrift(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// elasticRegion returns an EC2 with Elastic IPs: eipalloc-free, and eipalloc-used of a foreign
// ENI.
func elasticRegion(t *testing.T) (*ec2emulator.Server, *ec2.Client) {
	t.Helper()
	s, c := region(t)
	for _, a := range []ec2emulator.ElasticIP{
		{AllocationID: "eipalloc-free", PublicIP: "203.0.113.1"},
		{AllocationID: "eipalloc-used", PublicIP: "203.0.113.2", NetworkInterfaceID: "eni-used"},
	} {
		if _, err := s.AddElasticIP(a); err != nil {
			t.Fatal(err)
		}
	}
	return s, c
}

// settleTags makes the tags of the ENI the desired ones.
func settleTags(e *external) {
	e.wanted.tags, e.unrecorded = eniview.Tags(e.seen.TagSet), false
}

// TestElasticIPUpdate observes and updates an object.
func TestElasticIPUpdate(t *testing.T) {
	type want struct {
		Free, Used string // the ENIs of the addresses
		Applied    string // the recorded address
		Condition  xpv2.ConditionReason
		Calls      int // mutating calls
	}
	wants := func(id string) func(*v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) {
			mg.Spec.ForProvider.ElasticIPAllocationID = new(v1alpha1.ElasticIPAllocationID(id))
		}
	}
	applied := func(id string) func(*v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) {
			mg.Status.AtProvider.AppliedElasticIP = &v1alpha1.AppliedElasticIP{AllocationID: id, RequestTime: metav1.Now()}
		}
	}
	at := func(id string) func(*ec2emulator.Server) {
		return func(s *ec2emulator.Server) {
			if _, err := s.AddElasticIP(ec2emulator.ElasticIP{AllocationID: id, NetworkInterfaceID: "eni-ours"}); err != nil {
				panic(err)
			}
		}
	}
	const late = "late" // associated by another actor after the observation
	cases := map[string]struct {
		reason string
		args   []func(*v1alpha1.NetworkInterface)
		before func(*ec2emulator.Server)
		want   want
	}{
		"Associated": {reason: "A free address is associated and recorded.", args: []func(*v1alpha1.NetworkInterface){wants("eipalloc-free")}, want: want{Free: "eni-ours", Used: "eni-used", Applied: "eipalloc-free", Condition: "Associating", Calls: 1}},
		"InUse":      {reason: "An address of another ENI is not taken, and not recorded.", args: []func(*v1alpha1.NetworkInterface){wants("eipalloc-used")}, want: want{Used: "eni-used", Condition: "ElasticIPInUse", Calls: 1}},
		"NotFound":   {reason: "An address that does not exist has its own reason.", args: []func(*v1alpha1.NetworkInterface){wants("eipalloc-9")}, want: want{Used: "eni-used", Condition: "ElasticIPNotFound", Calls: 1}},
		"Foreign":    {reason: "A foreign address of the ENI is not replaced.", args: []func(*v1alpha1.NetworkInterface){wants("eipalloc-free")}, before: at("eipalloc-3"), want: want{Used: "eni-used", Condition: "ElasticIPConflict"}},
		"Replaced":   {reason: "An own address is replaced in one update.", args: []func(*v1alpha1.NetworkInterface){wants("eipalloc-free"), applied("eipalloc-3")}, before: at("eipalloc-3"), want: want{Free: "eni-ours", Used: "eni-used", Applied: "eipalloc-free", Condition: "Associating", Calls: 2}},
		"Removed":    {reason: "An own address is disassociated, and its record dropped.", args: []func(*v1alpha1.NetworkInterface){applied("eipalloc-3")}, before: at("eipalloc-3"), want: want{Used: "eni-used", Calls: 1}},
		"Ended": {
			reason: "An association that ended before is as desired.", args: []func(*v1alpha1.NetworkInterface){applied("eipalloc-3")},
			before: func(s *ec2emulator.Server) {
				at("eipalloc-3")(s)
				s.Inject(ec2emulator.Fault{Action: "DisassociateAddress", Code: "InvalidAssociationID.NotFound"})
			},
			want: want{Used: "eni-used", Calls: 1},
		},
		"Kept": {reason: "A foreign address stays.", before: at("eipalloc-3"), want: want{Used: "eni-used"}},
		late:   {reason: "An address that another actor associated after the observation is not replaced.", args: []func(*v1alpha1.NetworkInterface){wants("eipalloc-free")}, want: want{Used: "eni-used", Condition: "Associating"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s, c := elasticRegion(t)
			if tc.before != nil {
				tc.before(s)
			}
			mg := managedENI(append(tc.args, named("eni-ours"))...)
			mg.Generation = 1
			kube := test.NewMockClient()
			e := &external{ec2: c, kube: kube, stopwatch: managedresource.NewStopwatch(time.Now)}
			if _, err := e.Observe(t.Context(), mg); err != nil {
				t.Fatal(err)
			}
			settleTags(e)
			if name == late {
				at("eipalloc-3")(s)
			}
			_, err := e.Update(t.Context(), mg)
			got := want{Calls: len(s.Calls(ec2emulator.Mutating, ec2emulator.ByAction("AssociateAddress", "DisassociateAddress"))), Condition: mg.GetCondition(networkingv1alpha1.TypeElasticIPAssociated).Reason}
			for id, into := range map[string]*string{"eipalloc-free": &got.Free, "eipalloc-used": &got.Used} {
				a, _ := s.ElasticIP(id)
				*into = a.NetworkInterfaceID
			}
			if a := mg.Status.AtProvider.AppliedElasticIP; a != nil {
				got.Applied = a.AllocationID
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nUpdate(...): %v: -want, +got:\n%s", tc.reason, err, diff)
			}
			if failed := strings.HasPrefix(string(got.Condition), "ElasticIP") || name == late; (err != nil) != failed {
				t.Errorf("\n%s\nUpdate(...): %v, want an error: %t", tc.reason, err, failed)
			}
		})
	}
}

// TestElasticIPRecordedFirst checks that the record is written before the call.
func TestElasticIPRecordedFirst(t *testing.T) {
	s, c := elasticRegion(t)
	mg := managedENI(named("eni-ours"), func(mg *v1alpha1.NetworkInterface) {
		mg.Spec.ForProvider.ElasticIPAllocationID = ptr.To(v1alpha1.ElasticIPAllocationID("eipalloc-free"))
	})
	kube := &test.MockClient{MockStatusUpdate: test.NewMockSubResourceUpdateFn(context.DeadlineExceeded)}
	e := &external{ec2: c, kube: kube, stopwatch: managedresource.NewStopwatch(time.Now)}
	if _, err := e.Observe(t.Context(), mg); err != nil {
		t.Fatal(err)
	}
	settleTags(e)
	if _, err := e.Update(t.Context(), mg); err == nil || s.Count(ec2emulator.ByAction("AssociateAddress")) > 0 {
		t.Errorf("\nAn address that cannot be recorded is not associated: it would stay after its removal from the spec.\nUpdate(...): %v", err)
	}
}

func TestAppliedElasticIP(t *testing.T) {
	_, c := region(t)
	long := metav1.NewTime(time.Now().Add(-time.Hour))
	cases := map[string]struct {
		reason  string
		desired string
		has     *v1alpha1.ElasticIPState
		at      metav1.Time
		want    string
	}{
		"Desired":    {reason: "The record of the desired address stays.", desired: "eipalloc-1", at: long, want: "eipalloc-1"},
		"Associated": {reason: "The record of an association stays until it ends.", has: &v1alpha1.ElasticIPState{AllocationID: "eipalloc-1"}, at: long, want: "eipalloc-1"},
		"Recent":     {reason: "EC2 may not return a recent association yet.", at: metav1.Now(), want: "eipalloc-1"},
		"Ended":      {reason: "A later association of the address is by another actor.", at: long},
		"Other":      {reason: "So it is if the ENI has another address.", has: &v1alpha1.ElasticIPState{AllocationID: "eipalloc-2"}, at: long},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := managedENI()
			if tc.desired != "" {
				mg.Spec.ForProvider.ElasticIPAllocationID = new(v1alpha1.ElasticIPAllocationID(tc.desired))
			}
			mg.Status.AtProvider.ElasticIP = tc.has
			mg.Status.AtProvider.AppliedElasticIP = &v1alpha1.AppliedElasticIP{AllocationID: "eipalloc-1", RequestTime: tc.at}
			if diff := cmp.Diff(tc.want, (&external{ec2: c}).appliedElasticIP(mg)); diff != "" {
				t.Errorf("\n%s\nappliedElasticIP(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
