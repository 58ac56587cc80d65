// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A policyState is a state of an external resource before its object is reconciled.
type policyState string

const (
	stateMissing policyState = "missing" // never created
	stateNamed   policyState = "named"   // an external name that EC2 does not return
	stateExists  policyState = "exists"  // imported, without drift
	stateDrifted policyState = "drifted" // imported, with drift
	stateDeleted policyState = "deleted" // imported, and deleted in EC2 afterwards
)

// TestPolicies reconciles objects of both kinds in each state with each set of management
// policies that Crossplane supports, at the default poll interval.
func TestPolicies(t *testing.T) {
	for _, p := range policySets() {
		t.Run(cmp.Or(strings.Join(names(p), "-"), "Paused"), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newPolicyCluster(t, p)
				defer s.close()
				s.start()
				time.Sleep(30 * time.Second)
				s.deleteOutside()
				time.Sleep(40 * time.Minute)
				for _, o := range s.objects {
					kind := strings.TrimPrefix(fmt.Sprintf("%T", o.managedObject), "*v1alpha1.")
					if diff := gocmp.Diff(s.expected(o), s.result(o)); diff != "" {
						t.Errorf("%s %s: -want, +got:\n%s", kind, o.state, diff)
					}
					s.describes(kind, o)
				}
				if n := s.ec2.Count(func(c ec2emulator.Call) bool { return !ec2emulator.Mutating(c) }); n > 700 {
					t.Errorf("%d calls to describe resources were made in 40 minutes, at most 700", n)
				}
			})
		})
	}
}

// A policyResult is the effect of a set of management policies on one object.
type policyResult struct {
	Calls  []string // by the provider, on the ENI, sorted
	Exists bool     // the external resource
	Late   bool     // whether the spec is initialized late
	Ready  corev1.ConditionStatus
	Reason xpv2.ConditionReason
	Synced corev1.ConditionStatus
}

// expected returns the result that Crossplane documents for the policies of the cluster.
func (s *policyCluster) expected(o policyObject) policyResult {
	has := func(a xpv2.ManagementAction) bool {
		return slices.Contains(s.policies, a) || slices.Contains(s.policies, xpv2.ManagementActionAll)
	}
	_, isENI := o.managedObject.(*ec2v1alpha1.NetworkInterface)
	if len(s.policies) == 0 {
		return policyResult{Exists: o.state == stateExists || o.state == stateDrifted, Ready: corev1.ConditionUnknown, Synced: corev1.ConditionFalse}
	}
	want := policyResult{Exists: true, Ready: corev1.ConditionTrue, Reason: xpv2.ReasonAvailable, Synced: corev1.ConditionTrue, Late: has(xpv2.ManagementActionLateInitialize)}
	creates := has(xpv2.ManagementActionCreate)
	imported := o.state != stateMissing && o.state != stateNamed
	if o.state != stateExists && o.state != stateDrifted && !creates {
		want.Exists, want.Ready, want.Reason = false, corev1.ConditionFalse, v1alpha1.ReasonCreateNotAllowed
		want.Late = want.Late && o.state == stateDeleted
		if len(s.policies) == 1 {
			want.Synced = corev1.ConditionFalse
		}
	}
	call := func(when bool, action string) {
		if when {
			want.Calls = append(want.Calls, action)
		}
	}
	updates := has(xpv2.ManagementActionUpdate)
	attached := !isENI && (o.state == stateMissing || o.state == stateNamed || o.state == stateDeleted) && creates
	call(attached, "AttachNetworkInterface")
	call(isENI && imported && updates, "CreateTags") // the ownership tags
	call(updates && (o.state == stateDrifted || attached), "ModifyNetworkInterfaceAttribute")
	return want
}

// result returns the result for an object.
func (s *policyCluster) result(o policyObject) policyResult {
	s.t.Helper()
	if err := s.api.Get(s.t.Context(), client.ObjectKeyFromObject(o), o.managedObject); err != nil {
		s.t.Fatal(err)
	}
	r := o.GetCondition(xpv2.TypeReady)
	got := policyResult{Ready: r.Status, Reason: r.Reason, Synced: o.GetCondition(xpv2.TypeSynced).Status}
	for _, c := range s.ec2.Since(s.mark, ec2emulator.Mutating) {
		if o.eni != "" && slices.Contains(c.ResourceIDs, o.eni) && !slices.Contains(s.outside, c.Action) {
			got.Calls = append(got.Calls, c.Action)
		}
	}
	slices.Sort(got.Calls)
	got.Calls = slices.Compact(got.Calls)
	switch x := o.managedObject.(type) {
	case *ec2v1alpha1.NetworkInterface:
		got.Late = x.Spec.ForProvider.SubnetID != nil
		got.Exists = s.exists(func(n ec2emulator.NetworkInterface) bool { return n.ID == meta.GetExternalName(x) })
	case *ec2v1alpha1.NetworkInterfaceAttachment:
		got.Late = x.Spec.ForProvider.DeviceIndex != nil
		got.Exists = s.exists(func(n ec2emulator.NetworkInterface) bool {
			return n.Attachment != nil && n.Attachment.ID == meta.GetExternalName(x)
		})
	}
	return got
}

// describes fails the test unless an object that is not ready has a message that is true.
func (s *policyCluster) describes(kind string, o policyObject) {
	s.t.Helper()
	r := o.GetCondition(xpv2.TypeReady)
	if r.Status == corev1.ConditionFalse && (!strings.Contains(r.Message, "spec.managementPolicies does not include Create") || strings.Contains(r.Message, "again")) {
		s.t.Errorf("%s %s: the message does not state the cause: %q", kind, o.state, r.Message)
	}
}

func (s *policyCluster) exists(is func(ec2emulator.NetworkInterface) bool) bool {
	return slices.ContainsFunc(s.ec2.ENIs(is), func(n ec2emulator.NetworkInterface) bool { return n.DeletedAt.IsZero() })
}

// policySets returns the sets of management policies that Crossplane supports.
func policySets() []xpv2.ManagementPolicies {
	const o, c, u, d, l = xpv2.ManagementActionObserve, xpv2.ManagementActionCreate, xpv2.ManagementActionUpdate, xpv2.ManagementActionDelete, xpv2.ManagementActionLateInitialize
	return []xpv2.ManagementPolicies{
		{xpv2.ManagementActionAll},
		{o, c, u, d, l},
		{o},
		{},
		{o, c, u, d},
		{o, c, u, l},
		{o, c, u},
		{o, c, d, l},
		{o, c, l},
		{o, c, d},
		{o, c},
		{o, d},
		{o, u},
		{o, l},
		{o, u, l},
	}
}

func names(p xpv2.ManagementPolicies) []string {
	out := make([]string, len(p))
	for i, a := range p {
		out[i] = string(a)
	}
	return out
}

const policySubnet = "subnet-policies"

// A policyObject is an object of one kind in one state.
type policyObject struct {
	managedObject

	state policyState
	eni   string // id, if it exists at the beginning
}

// A policyCluster has an object of each kind in each state, with the same management
// policies.
type policyCluster struct {
	*simulatedCluster

	policies xpv2.ManagementPolicies
	objects  []policyObject
	mark     ec2emulator.Mark
	outside  []string // actions of a user, which the provider never calls here
}

// newPolicyCluster returns a cluster with the objects, and with enough other ENIs that the
// missing ones are no outage.
func newPolicyCluster(t *testing.T, p xpv2.ManagementPolicies) *policyCluster {
	t.Helper()
	s := &policyCluster{simulatedCluster: newCluster(t, ec2emulator.Options{}), policies: p, outside: []string{"DeleteNetworkInterface", "DetachNetworkInterface"}}
	if _, err := s.ec2.AddSubnet(ec2emulator.Subnet{ID: policySubnet, VPCID: "vpc-1", CIDR: "10.0.64.0/20", AvailabilityZone: "us-east-1a", Tags: map[string]string{"Name": "one"}}); err != nil {
		t.Fatal(err)
	}
	for i := range 30 {
		n := s.addENI(ec2emulator.NetworkInterface{})
		o := eniNamed("ns", fmt.Sprintf("other-%d", i), n)
		o.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve}
		s.create(o)
	}
	s.addNodes("a", 1, 5)
	for i, state := range []policyState{stateMissing, stateNamed, stateExists, stateDrifted, stateDeleted} {
		s.addInterface(state)
		s.addAttachment(state, instanceOf("a", i+1))
	}
	s.mark = s.ec2.Mark()
	return s
}

func (s *policyCluster) addENI(n ec2emulator.NetworkInterface) string {
	s.t.Helper()
	n.SubnetID = policySubnet
	added, err := s.ec2.AddNetworkInterface(n)
	if err != nil {
		s.t.Fatal(err)
	}
	return added.ID
}

// addInterface adds a NetworkInterface whose subnet is selected, so that its id can be
// initialized late.
func (s *policyCluster) addInterface(state policyState) {
	o := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: string(state)}}
	o.Spec.ForProvider.SubnetSelector = &ec2v1alpha1.SubnetSelector{Name: new("one")}
	o.Spec.ForProvider.Description = new("desired")
	id := ""
	switch state {
	case stateMissing:
	case stateNamed:
		meta.SetExternalName(o, "eni-0123456789abcdef0")
	case stateExists, stateDeleted:
		id = s.addENI(ec2emulator.NetworkInterface{Description: "desired"})
	case stateDrifted:
		id = s.addENI(ec2emulator.NetworkInterface{Description: "other"})
	}
	if id != "" {
		meta.SetExternalName(o, id)
	}
	o.Spec.ManagedResourceSpec = managedSpec()
	o.Spec.ManagementPolicies = s.policies
	s.create(o)
	s.objects = append(s.objects, policyObject{managedObject: o, state: state, eni: id})
}

// addAttachment adds an attachment without a device index, so that it can be initialized
// late.
func (s *policyCluster) addAttachment(state policyState, instance string) {
	n := ec2emulator.NetworkInterface{}
	if state == stateExists || state == stateDrifted || state == stateDeleted {
		n.Attachment = &ec2emulator.Attachment{InstanceID: instance, DeviceIndex: 1, DeleteOnTermination: state != stateDrifted}
	}
	id := s.addENI(n)
	o := eniaOf("ns", string(state), id, instance)
	o.Spec.ManagementPolicies = s.policies
	switch {
	case state == stateNamed:
		meta.SetExternalName(o, "eni-attach-0123456789abcdef0")
	case n.Attachment != nil:
		for _, x := range s.ec2.ENIs(func(n ec2emulator.NetworkInterface) bool { return n.ID == id }) {
			meta.SetExternalName(o, x.Attachment.ID)
		}
	}
	s.create(o)
	s.objects = append(s.objects, policyObject{managedObject: o, state: state, eni: id})
}

// deleteOutside deletes the ENI, and detaches the attachment, of state deleted.
func (s *policyCluster) deleteOutside() {
	for _, o := range s.objects {
		if o.state != stateDeleted {
			continue
		}
		if _, ok := o.managedObject.(*ec2v1alpha1.NetworkInterface); ok {
			if _, err := s.console().DeleteNetworkInterface(s.t.Context(), &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &o.eni}); err != nil {
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
