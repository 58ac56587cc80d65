// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestDryRunsCoverAPI verifies that each method of API has a dry run, except methods whose input
// has no parameter DryRun: a call without it would change EC2.
func TestDryRunsCoverAPI(t *testing.T) {
	var want, got []string
	without := withoutDryRun()
	api := reflect.TypeFor[API]()
	for m := range api.Methods() {
		_, has := m.Type.In(1).Elem().FieldByName("DryRun")
		if has == slices.Contains(without, m.Name) {
			t.Errorf("%s has a parameter DryRun: %t", m.Name, has)
		}
		if has {
			want = append(want, "ec2:"+m.Name)
		}
	}
	for _, d := range NewClient(nil, "").DryRuns() {
		got = append(got, d.Action)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the dry runs: -API, +got:\n%s", diff)
	}
}

// permissionsAccount returns an account with an attached ENI of the cluster that has an Elastic
// IP.
func permissionsAccount(t *testing.T) account {
	t.Helper()
	a := newAccount(t, 1)
	if err := a.ec2.Seed(ec2emulator.Seed{
		Instances:  []ec2emulator.Instance{{ID: "i-1", Type: "m5.large", SubnetID: "subnet-1"}},
		ElasticIPs: []ec2emulator.ElasticIP{{AllocationID: "eipalloc-1"}, {AllocationID: "eipalloc-2"}},
	}); err != nil {
		t.Fatal(err)
	}
	a.enis.ClusterTag, a.enis.Cluster = "cluster", "this"
	return a
}

// attached creates an ENI with the cluster tag, attaches it at a device index, and describes it.
func (a account) attached(t *testing.T, cluster string, index int32) {
	t.Helper()
	ctx := t.Context()
	n, err := a.api.CreateNetworkInterface(ctx, &awsec2.CreateNetworkInterfaceInput{SubnetId: new("subnet-1"), TagSpecifications: []ec2types.TagSpecification{{
		ResourceType: ec2types.ResourceTypeNetworkInterface, Tags: []ec2types.Tag{{Key: new("cluster"), Value: new(cluster)}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	id := n.NetworkInterface.NetworkInterfaceId
	if _, err := a.api.AttachNetworkInterface(ctx, &awsec2.AttachNetworkInterfaceInput{NetworkInterfaceId: id, InstanceId: new("i-1"), DeviceIndex: &index}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.api.AssociateAddress(ctx, &awsec2.AssociateAddressInput{NetworkInterfaceId: id, AllocationId: new(fmt.Sprintf("eipalloc-%d", index))}); err != nil {
		t.Fatal(err)
	}
	if _, err := a.NetworkInterface(ctx, *id); err != nil {
		t.Fatal(err)
	}
}

// TestVerifyPermissions verifies permissions without an ENI of the cluster, with one, and with a
// policy that lacks actions. Dry runs change nothing.
func TestVerifyPermissions(t *testing.T) {
	a := permissionsAccount(t)
	state := func(s PermissionState) string {
		var out []string
		for _, p := range a.VerifyPermissions(t.Context(), a.DryRuns()).Permissions {
			if p.State == s {
				out = append(out, strings.TrimPrefix(p.Action, "ec2:"))
			}
		}
		return strings.Join(out, " ")
	}
	describe := "DescribeAddresses DescribeInstanceTypes DescribeInstances DescribeNetworkInterfaces DescribeSecurityGroups DescribeSubnets"
	change := "AssociateAddress AttachNetworkInterface CreateNetworkInterface CreateTags DeleteNetworkInterface DeleteTags"
	last := "DetachNetworkInterface DisassociateAddress ModifyNetworkInterfaceAttribute"
	if got := state(PermissionGranted); got != describe {
		t.Errorf("Without an ENI, the describe actions are verified, not %s", got)
	}
	a.attached(t, "other", 1)
	if got := state(PermissionGranted); got != describe {
		t.Errorf("With an ENI of another cluster, only the describe actions are verified, not %s", got)
	}
	a.attached(t, "this", 2)
	m := a.ec2.Mark()
	if got, want := state(PermissionGranted), change+" "+describe+" "+last; got != want {
		for _, p := range a.VerifyPermissions(t.Context(), a.DryRuns()).Permissions {
			t.Logf("%+v", p)
		}
		t.Errorf("With an ENI, all actions are verified.\ngot  %s\nwant %s", got, want)
	}
	for _, action := range []string{"DetachNetworkInterface", "DescribeSubnets"} {
		a.ec2.Inject(ec2emulator.Fault{Action: action, Code: "UnauthorizedOperation"})
	}
	if got, want := state(PermissionDenied), "DescribeSubnets DetachNetworkInterface"; got != want {
		t.Errorf("denied: %s, want %s", got, want)
	}
	a.ec2.Inject(ec2emulator.Fault{Code: "AuthFailure"})
	if got := state(PermissionGranted); got != "" {
		t.Errorf("Rejected credentials verify nothing, but %s are granted", got)
	}
	if n := a.ec2.Since(m, ec2emulator.Mutating); len(n) > 0 {
		t.Errorf("dry runs changed EC2: %+v", n)
	}
}

func TestSkewMeter(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	answered := func(date string) error {
		return &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: &http.Response{Header: http.Header{"Date": {date}}}}, Err: errors.New("boom")}
	}
	at := func(d time.Duration) error { return answered(now.Add(d).Format(http.TimeFormat)) }
	cases := map[string]struct {
		reason string
		errs   []error
		want   time.Duration
	}{
		"None":    {reason: "Without a response nothing is measured.", errs: []error{nil, errors.New("boom"), answered("yesterday")}},
		"Ahead":   {reason: "A positive skew is EC2's clock ahead.", errs: []error{at(90 * time.Second)}, want: 90 * time.Second},
		"Behind":  {reason: "A negative skew is EC2's clock behind.", errs: []error{at(-time.Hour)}, want: -time.Hour},
		"Slowest": {reason: "The least difference counts: a slow response has another age.", errs: []error{at(-40 * time.Second), at(-2 * time.Second), at(-9 * time.Second)}, want: -2 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := skewMeter{}
			for _, err := range tc.errs {
				m.observe(err, now)
			}
			if m.least != tc.want {
				t.Errorf("\n%s\ngot %s, want %s", tc.reason, m.least, tc.want)
			}
		})
	}
}

func TestPrincipalOf(t *testing.T) {
	cases := map[string]struct{ reason, arn, want string }{
		"Role": {reason: "The session is left out.", arn: "arn:aws:sts::123456789012:assumed-role/eni/session-1", want: "role eni"},
		"User": {reason: "A user has its name.", arn: "arn:aws:iam::123456789012:user/eni", want: "user eni"},
		"Root": {reason: "The root user has no name.", arn: "arn:aws:iam::123456789012:root", want: "root"},
		"None": {reason: "Other text is kept.", arn: "eni", want: "eni"},
	}
	for name, tc := range cases {
		if got := principalOf(tc.arn); got != tc.want {
			t.Errorf("%s: %s got %q, want %q", name, tc.reason, got, tc.want)
		}
	}
}
