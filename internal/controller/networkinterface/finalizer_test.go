// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"testing"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func TestMayNeedKeep(t *testing.T) {
	outlives := func(mg *v1alpha1.NetworkInterface) {
		mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionUpdate}
	}
	tagged := func(mg *v1alpha1.NetworkInterface) {
		mg.Status.AtProvider.ManagedTagKeys = []string{eni.TagKeep}
		mg.SetConditions(xpv2.ReconcileSuccess())
	}
	cases := map[string]struct {
		reason string
		args   []func(mg *v1alpha1.NetworkInterface)
		want   bool
	}{
		"Deleted":  {reason: "An ENI that is deleted with its object needs no tag.", args: []func(*v1alpha1.NetworkInterface){func(mg *v1alpha1.NetworkInterface) { mg.Spec.ManagementPolicies = nil }}},
		"Outlives": {reason: "An ENI that outlives its object needs the tag.", args: []func(*v1alpha1.NetworkInterface){outlives}, want: true},
		"Tagged":   {reason: "EC2 is not called if the last reconcile has set it.", args: []func(*v1alpha1.NetworkInterface){outlives, tagged}},
		"Failed": {reason: "A recorded tag may not be set if the last reconcile failed.", args: []func(*v1alpha1.NetworkInterface){outlives, tagged, func(mg *v1alpha1.NetworkInterface) {
			mg.SetConditions(xpv2.ReconcileError(errors.New("denied")))
		}}, want: true},
		"Observed": {reason: "An ENI that is only observed is not changed.", args: []func(*v1alpha1.NetworkInterface){func(mg *v1alpha1.NetworkInterface) {
			mg.Spec.ManagementPolicies = xpv2.ManagementPolicies{xpv2.ManagementActionObserve}
		}}},
		"NoENI": {reason: "There is no ENI.", args: []func(*v1alpha1.NetworkInterface){outlives, func(mg *v1alpha1.NetworkInterface) { meta.SetExternalName(mg, "") }}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := managedENI(func(mg *v1alpha1.NetworkInterface) { meta.SetExternalName(mg, "eni-1") })
			for _, f := range tc.args {
				f(mg)
			}
			if got := mayNeedKeep(mg); got != tc.want {
				t.Errorf("\n%s\nmayNeedKeep(...): %t, want %t", tc.reason, got, tc.want)
			}
		})
	}
}
