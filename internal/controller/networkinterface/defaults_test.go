// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/test"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestRemovedFields sets fields and removes them. EC2 rejects a call in between.
func TestRemovedFields(t *testing.T) {
	s, c := region(t)
	mg := managedENI(named("eni-free"), func(mg *v1alpha1.NetworkInterface) {
		p := &mg.Spec.ForProvider
		p.Description, p.SourceDestCheck, p.PrivateIPsCount = new("mine"), new(false), new(int32(2))
		p.SecurityGroupSelector = &v1alpha1.SecurityGroupSelector{Names: []string{"web"}}
	})
	var recorded []string
	kube := &test.MockClient{MockStatusUpdate: func(_ context.Context, o client.Object, _ ...client.SubResourceUpdateOption) error {
		recorded = o.(*v1alpha1.NetworkInterface).Status.AtProvider.AppliedFields
		return nil
	}}
	// reconcile observes and updates once, as another process that knows the status.
	reconcile := func() error {
		e := &external{ec2: c, stopwatch: managedresource.NewStopwatch(time.Now), kube: kube}
		obs, err := e.Observe(t.Context(), mg)
		if err != nil || obs.ResourceUpToDate {
			return err
		}
		_, err = e.Update(t.Context(), mg)
		return err
	}
	has := func(reason, description string, addresses int, check bool, groups []string, applied []string) {
		t.Helper()
		n, _ := s.NetworkInterface("eni-free")
		if n.Description != description || len(n.PrivateIPAddresses) != addresses || n.SourceDestCheckDisabled == check || !slices.Equal(n.SecurityGroupIDs, groups) {
			t.Errorf("\n%s\nEC2 has %+v", reason, n)
		}
		if diff := cmp.Diff(applied, mg.Status.AtProvider.AppliedFields); diff != "" {
			t.Errorf("\n%s\nappliedFields: -want, +got:\n%s", reason, diff)
		}
	}
	byDefault, _ := s.NetworkInterface("eni-ours")
	standard := byDefault.SecurityGroupIDs // of an ENI that was created without any
	all := []string{"description", "privateIps", "securityGroups", "sourceDestCheck"}
	if err := reconcile(); err != nil {
		t.Fatal(err)
	}
	has("Fields that are set are applied.", "mine", 3, false, []string{"sg-1"}, all)
	if diff := cmp.Diff(all, recorded); diff != "" {
		t.Errorf("\nFields are recorded before they are applied: -want, +got:\n%s", diff)
	}

	p := &mg.Spec.ForProvider
	p.Description, p.SourceDestCheck, p.PrivateIPsCount, p.SecurityGroupSelector = nil, nil, nil, nil
	s.Inject(ec2emulator.Fault{Action: "UnassignPrivateIpAddresses", Code: "UnauthorizedOperation", Message: "No.", Count: 1})
	if err := reconcile(); err == nil {
		t.Error("\nA rejected call is reported.")
	}
	has("Fields stay recorded until all have their defaults.", "", 3, true, standard, all)
	for range 2 {
		if err := reconcile(); err != nil {
			t.Fatal(err)
		}
	}
	has("Fields that are removed return to their defaults.", "", 1, true, standard, nil)
}
