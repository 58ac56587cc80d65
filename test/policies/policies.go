// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package policies has the results that Crossplane documents for each set of management
// policies, for each kind of managed resource and each state of its external resource.
package policies

import (
	"slices"
	"strings"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A State is a state of an external resource before its object is reconciled.
type State string

// The states.
const (
	Missing State = "missing" // never created
	Named   State = "named"   // an external name that EC2 does not return
	Exists  State = "exists"  // imported, without drift
	Drifted State = "drifted" // imported, with drift
	Deleted State = "deleted" // imported, and deleted in EC2 afterwards
)

// States returns all states.
func States() []State { return []State{Missing, Named, Exists, Drifted, Deleted} }

// Sets returns the sets of management policies that Crossplane supports.
func Sets() []xpv2.ManagementPolicies {
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

// Name returns the name of a set, for tests.
func Name(p xpv2.ManagementPolicies) string {
	if len(p) == 0 {
		return "Paused"
	}
	out := make([]string, len(p))
	for i, a := range p {
		out[i] = string(a)
	}
	return strings.Join(out, "-")
}

// A Result is the effect of a set of management policies on one object.
type Result struct {
	Calls  []string // by the provider, on the ENI, sorted
	Exists bool     // the external resource
	Late   bool     // whether the spec is initialized late
	Ready  corev1.ConditionStatus
	Reason xpv2.ConditionReason
	Synced corev1.ConditionStatus
}

// An Object is a managed resource in a state.
type Object struct {
	resource.Managed

	State State
	ENI   string // id, if it exists at the beginning
}

// Kind returns the kind of the object.
func (o Object) Kind() string {
	if o.isENI() {
		return "NetworkInterface"
	}
	return "NetworkInterfaceAttachment"
}

func (o Object) isENI() bool {
	_, ok := o.Managed.(*ec2v1alpha1.NetworkInterface)
	return ok
}

// Expected returns the result that Crossplane documents.
func (o Object) Expected() Result {
	policies := o.GetManagementPolicies()
	has := func(a xpv2.ManagementAction) bool {
		return slices.Contains(policies, a) || slices.Contains(policies, xpv2.ManagementActionAll)
	}
	if len(policies) == 0 {
		return Result{Exists: o.State == Exists || o.State == Drifted, Ready: corev1.ConditionUnknown, Synced: corev1.ConditionFalse}
	}
	want := Result{Exists: true, Ready: corev1.ConditionTrue, Reason: xpv2.ReasonAvailable, Synced: corev1.ConditionTrue, Late: has(xpv2.ManagementActionLateInitialize)}
	creates := has(xpv2.ManagementActionCreate)
	imported := o.State != Missing && o.State != Named
	if o.State != Exists && o.State != Drifted && !creates {
		want.Exists, want.Ready, want.Reason = false, corev1.ConditionFalse, v1alpha1.ReasonCreateNotAllowed
		want.Late = want.Late && o.State == Deleted
		if len(policies) == 1 {
			want.Synced = corev1.ConditionFalse
		}
	}
	call := func(when bool, action string) {
		if when {
			want.Calls = append(want.Calls, action)
		}
	}
	updates := has(xpv2.ManagementActionUpdate)
	attached := !o.isENI() && (o.State == Missing || o.State == Named || o.State == Deleted) && creates
	call(attached, "AttachNetworkInterface")
	call(o.isENI() && imported && updates, "CreateTags") // the ownership tags
	call(updates && (o.State == Drifted || attached), "ModifyNetworkInterfaceAttribute")
	return want
}

// Result returns the result for an object that was read again, without the calls that only
// a user makes.
func (o Object) Result(ec2 *ec2emulator.Server, since ec2emulator.Mark) Result {
	r := o.GetCondition(xpv2.TypeReady)
	got := Result{Ready: r.Status, Reason: r.Reason, Synced: o.GetCondition(xpv2.TypeSynced).Status}
	for _, c := range ec2.Since(since, ec2emulator.Mutating) {
		if o.ENI != "" && slices.Contains(c.ResourceIDs, o.ENI) && c.Action != "DeleteNetworkInterface" && c.Action != "DetachNetworkInterface" {
			got.Calls = append(got.Calls, c.Action)
		}
	}
	slices.Sort(got.Calls)
	got.Calls = slices.Compact(got.Calls)
	exists := func(is func(ec2emulator.NetworkInterface) bool) bool {
		return len(ec2.ENIs(ec2emulator.Exists, is)) > 0
	}
	switch x := o.Managed.(type) {
	case *ec2v1alpha1.NetworkInterface:
		got.Late = x.Spec.ForProvider.SubnetID != nil
		got.Exists = exists(func(n ec2emulator.NetworkInterface) bool { return n.ID == meta.GetExternalName(x) })
	case *ec2v1alpha1.NetworkInterfaceAttachment:
		got.Late = x.Spec.ForProvider.DeviceIndex != nil
		got.Exists = exists(func(n ec2emulator.NetworkInterface) bool {
			return n.Attachment != nil && n.Attachment.ID == meta.GetExternalName(x)
		})
	}
	return got
}

// Diff returns the difference of the result for an object that was read again from the
// expected one, or "". A message must name the cause if the object is not Ready.
func (o Object) Diff(ec2 *ec2emulator.Server, since ec2emulator.Mark) string {
	if diff := gocmp.Diff(o.Expected(), o.Result(ec2, since)); diff != "" {
		return "-want, +got:\n" + diff
	}
	r := o.GetCondition(xpv2.TypeReady)
	if r.Status == corev1.ConditionFalse && (!strings.Contains(r.Message, "spec.managementPolicies does not include Create") || strings.Contains(r.Message, "again")) {
		return "the message does not state the cause: " + r.Message
	}
	return ""
}
