// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// initial has a value for each field of initProvider.
func initial() *v1alpha1.NetworkInterfaceInitParameters {
	return &v1alpha1.NetworkInterfaceInitParameters{
		Description: new("initial"), InterfaceType: new("efa"), SubnetID: new(v1alpha1.SubnetID("subnet-1")),
		SecurityGroups: []v1alpha1.SecurityGroupID{"sg-1"}, SecurityGroupSelector: &v1alpha1.SecurityGroupSelector{Names: []string{"a"}},
		PrivateIP: new(v1alpha1.IPv4Address("10.0.1.10")), PrivateIPs: []v1alpha1.IPv4Address{"10.0.1.10"}, PrivateIPsCount: new(int32(2)),
		IPv4PrefixCount: new(int32(3)), IPv4Prefixes: []v1alpha1.IPv4Prefix{"10.0.1.16/28"},
		IPv6AddressCount: new(int32(4)), IPv6Addresses: []v1alpha1.IPv6Address{"2600::1"},
		IPv6PrefixCount: new(int32(5)), IPv6Prefixes: []v1alpha1.IPv6Prefix{"2600:0:0:1:1::/80"},
		EnablePrimaryIPv6: new(true), SourceDestCheck: new(false), EnaSrdSpecification: &networkingv1alpha1.EnaSrdSpecification{EnaSrdEnabled: new(true)},
		ConnectionTracking: &v1alpha1.ConnectionTracking{UDPTimeoutSeconds: new(int32(40))}, Tags: map[string]string{"a": "initial"},
	}
}

// TestInitialParametersEach merges each field of initProvider alone.
func TestInitialParametersEach(t *testing.T) {
	all := reflect.ValueOf(initial()).Elem()
	for i := range all.NumField() {
		name := all.Type().Field(i).Name
		t.Run(name, func(t *testing.T) {
			if all.Field(i).IsZero() {
				t.Fatalf("initial() has no value for the field")
			}
			mg := of(v1alpha1.NetworkInterfaceParameters{})
			mg.Spec.InitProvider = &v1alpha1.NetworkInterfaceInitParameters{}
			reflect.ValueOf(mg.Spec.InitProvider).Elem().Field(i).Set(all.Field(i))
			want := v1alpha1.NetworkInterfaceParameters{}
			reflect.ValueOf(&want).Elem().FieldByName(name).Set(all.Field(i))
			if diff := cmp.Diff(want, initialParameters(mg)); diff != "" {
				t.Errorf("\nA setting of initProvider alone is used for a new ENI.\ninitialParameters(...): -want, +got:\n%s", diff)
			}
		})
	}
}

func TestInitialParameters(t *testing.T) {
	type params = v1alpha1.NetworkInterfaceParameters
	type initParams = v1alpha1.NetworkInterfaceInitParameters
	cases := map[string]struct {
		reason string
		args   params
		init   *initParams
		want   params
	}{
		"None":     {reason: "Without initProvider, the parameters are forProvider.", args: params{Description: new("a")}, want: params{Description: new("a")}},
		"Both":     {reason: "A setting of forProvider takes precedence.", args: params{Description: new("a"), SourceDestCheck: new(true)}, init: &initParams{Description: new("b"), SourceDestCheck: new(false)}, want: params{Description: new("a"), SourceDestCheck: new(true)}},
		"List":     {reason: "A count in forProvider excludes a list in initProvider.", args: params{PrivateIPsCount: new(int32(2))}, init: &initParams{PrivateIPs: []v1alpha1.IPv4Address{"10.0.1.10"}}, want: params{PrivateIPsCount: new(int32(2))}},
		"Groups":   {reason: "Groups in forProvider exclude a selector in initProvider.", args: params{SecurityGroups: []v1alpha1.SecurityGroupID{"sg-1"}}, init: &initParams{SecurityGroupSelector: &v1alpha1.SecurityGroupSelector{Names: []string{"a"}}}, want: params{SecurityGroups: []v1alpha1.SecurityGroupID{"sg-1"}}},
		"Selector": {reason: "A subnet selector in forProvider excludes a subnet in initProvider.", args: params{SubnetSelector: &v1alpha1.SubnetSelector{Name: new("a")}}, init: &initParams{SubnetID: new(v1alpha1.SubnetID("subnet-1"))}, want: params{SubnetSelector: &v1alpha1.SubnetSelector{Name: new("a")}}},
		"Tags":     {reason: "Tags are merged by key.", args: params{Tags: map[string]string{"a": "1"}}, init: &initParams{Tags: map[string]string{"a": "2", "b": "2"}}, want: params{Tags: map[string]string{"a": "1", "b": "2"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := of(tc.args)
			mg.Spec.InitProvider = tc.init
			if diff := cmp.Diff(tc.want, initialParameters(mg)); diff != "" {
				t.Errorf("\n%s\ninitialParameters(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDesiredParameters(t *testing.T) {
	attempted := func(mg *v1alpha1.NetworkInterface) { meta.SetExternalCreatePending(mg, time.Now()) }
	initialized := func(id string) func(mg *v1alpha1.NetworkInterface) {
		return func(mg *v1alpha1.NetworkInterface) { mg.Status.AtProvider.InitializedID = id }
	}
	cases := map[string]struct {
		reason string
		args   *v1alpha1.NetworkInterface
		want   *string // description
	}{
		"New":         {reason: "A new ENI gets all settings.", args: managedENI(named("eni-9"), attempted), want: new("initial")},
		"Initialized": {reason: "An ENI that had all settings is left to others.", args: managedENI(named("eni-9"), attempted, initialized("eni-9"))},
		"Again":       {reason: "An ENI that replaces a deleted one gets them too.", args: managedENI(named("eni-9"), attempted, initialized("eni-8")), want: new("initial")},
		"Imported":    {reason: "An imported ENI is not changed.", args: managedENI(named("eni-9"))},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			tc.args.Spec.InitProvider = &v1alpha1.NetworkInterfaceInitParameters{Description: new("initial")}
			tc.args.Spec.ForProvider.Description = nil
			if diff := cmp.Diff(tc.want, desiredParameters(tc.args, "eni-9").Description); diff != "" {
				t.Errorf("\n%s\ndesiredParameters(...): description: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
