// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

const (
	detachAction = "ec2:DetachNetworkInterface"
	listAction   = "ec2:DescribeSubnets"
)

// fakeVerifier has the results of the dry runs.
type fakeVerifier struct {
	permissions map[string]ec2.Permission
	skew        time.Duration
	who, list   error
	runs        []string
}

func (f *fakeVerifier) Place(context.Context) (ec2.Place, error) {
	return ec2.Place{AccountID: "123456789012", Region: "us-east-1"}, f.who
}

func (f *fakeVerifier) Principal(context.Context) (string, error) { return "role eni", f.who }

func (f *fakeVerifier) ClusterNetworkInterfaces(context.Context) ([]*ec2types.NetworkInterface, error) {
	return nil, f.list
}

func (f *fakeVerifier) DryRuns() []ec2.DryRun {
	var out []ec2.DryRun
	for _, a := range []string{listAction, detachAction} {
		out = append(out, ec2.DryRun{Action: a, Needs: f.permissions[a].Needs})
	}
	return out
}

func (f *fakeVerifier) VerifyPermissions(_ context.Context, runs []ec2.DryRun) ec2.Verification {
	v := ec2.Verification{ClockSkew: f.skew}
	var made []string
	for _, d := range runs {
		p := f.permissions[d.Action]
		p.Action = d.Action
		v.Permissions = append(v.Permissions, p)
		if p.Needs == "" {
			made = append(made, strings.TrimPrefix(d.Action, "ec2:"))
		}
	}
	f.runs = append(f.runs, strings.Join(made, " "))
	return v
}

func granted() ec2.Permission { return ec2.Permission{State: ec2.PermissionGranted} }

func needing() ec2.Permission { return ec2.Permission{Needs: "an attached network interface"} }

func failing(code string) ec2.Permission {
	return ec2.Permission{Err: &smithy.GenericAPIError{Code: code, Message: "m"}}
}

func TestPreflightCondition(t *testing.T) {
	const who = "role eni, account 123456789012, region us-east-1: "
	cases := map[string]struct {
		reason       string
		list, detach ec2.Permission
		skew         time.Duration
		want         xpv2.Condition
	}{
		"Passed": {
			reason: "All actions are permitted.", list: granted(), detach: granted(), skew: -time.Minute,
			want: v1alpha1.Preflight(corev1.ConditionTrue, v1alpha1.ReasonPreflightPassed, who+"EC2 permits 2 actions"),
		},
		"Needs": {
			reason: "An action without a resource to verify it with is no problem.", list: granted(), detach: needing(),
			want: v1alpha1.Preflight(corev1.ConditionTrue, v1alpha1.ReasonPreflightPassed, who+"EC2 permits 1 actions; not verified without an attached network interface: ec2:DetachNetworkInterface"),
		},
		"Denied": {
			reason: "Each denied action is named.", list: ec2.Permission{State: ec2.PermissionDenied}, detach: ec2.Permission{State: ec2.PermissionDenied},
			want: v1alpha1.Preflight(corev1.ConditionFalse, v1alpha1.ReasonMissingPermission, who+"EC2 does not permit ec2:DescribeSubnets, ec2:DetachNetworkInterface: add the actions to the IAM policy"),
		},
		"Rejected": {
			reason: "Rejected credentials verify nothing.", list: failing("AuthFailure"), detach: failing("AuthFailure"),
			want: v1alpha1.Preflight(corev1.ConditionFalse, v1alpha1.ReasonCredentialsRejected, who+"AWS rejects the credentials: api error AuthFailure: m"),
		},
		"Skew": {
			reason: "The other problems are in the message.", list: granted(), detach: ec2.Permission{State: ec2.PermissionDenied}, skew: -150 * time.Second,
			want: v1alpha1.Preflight(corev1.ConditionFalse, v1alpha1.ReasonMissingPermission, who+"EC2 does not permit ec2:DetachNetworkInterface: add the actions to the IAM policy; EC2's clock and the clock of the provider's node differ by 2m0s: synchronize the node's clock; EC2 permits 1 actions"),
		},
		"SkewOnly": {
			reason: "A clock that differs is a problem of its own.", list: granted(), detach: granted(), skew: 90 * time.Second,
			want: v1alpha1.Preflight(corev1.ConditionFalse, v1alpha1.ReasonClockSkew, who+"EC2's clock and the clock of the provider's node differ by 1m0s: synchronize the node's clock; EC2 permits 2 actions"),
		},
		"Outage": {
			reason: "Without responses nothing is known.", list: failing("Unavailable"), detach: needing(),
			want: v1alpha1.Preflight(corev1.ConditionUnknown, v1alpha1.ReasonNotVerified, who+"EC2 does not respond to dry runs: api error Unavailable: m; not verified without an attached network interface: ec2:DetachNetworkInterface"),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			h := newPreflightHarness(t)
			h.v.permissions, h.v.skew = map[string]ec2.Permission{listAction: tc.list, detachAction: tc.detach}, tc.skew
			h.reconcile()
			if got := h.condition(); !got.Equal(tc.want) {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, cmp.Diff(tc.want, got))
			}
			if want := tc.want.Status == corev1.ConditionFalse; (len(h.events) > 0) != want {
				t.Errorf("\n%s\nevents: %v", tc.reason, h.events)
			}
		})
	}
}

// preflightHarness has a Preflight with a clock.
type preflightHarness struct {
	*harness
	*Preflight

	v   *fakeVerifier
	err error
	at  time.Time
}

func newPreflightHarness(t *testing.T) *preflightHarness {
	t.Helper()
	h := &preflightHarness{harness: newHarness(t, cluster("default", "system", "aws")), v: &fakeVerifier{permissions: map[string]ec2.Permission{}}, at: time.Now()}
	h.Preflight = &Preflight{
		client: h.kube, record: h.harness, kind: clusterKind, newConfig: func() apiConfig { return &v1alpha1.ClusterProviderConfig{} },
		now: func() time.Time { return h.at }, results: map[types.NamespacedName]*preflightResult{},
		verifier: func(context.Context, ec2.ConfigReference) (verifier, error) { return h.v, h.err },
	}
	return h
}

func (h *preflightHarness) reconcile() reconcile.Result {
	h.t.Helper()
	r, err := h.Reconcile(h.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Name: "default"}})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *preflightHarness) condition() xpv2.Condition {
	h.t.Helper()
	pc := &v1alpha1.ClusterProviderConfig{}
	if err := h.kube.Get(h.t.Context(), client.ObjectKey{Name: "default"}, pc); err != nil {
		h.t.Fatal(err)
	}
	return pc.GetCondition(v1alpha1.TypePreflight)
}

// TestPreflightRepeats checks when dry runs are made: at most one of an action in an hour with
// the same credentials.
func TestPreflightRepeats(t *testing.T) {
	h := newPreflightHarness(t)
	h.v.permissions = map[string]ec2.Permission{listAction: granted(), detachAction: needing()}
	step := func(reason string, after, requeue time.Duration, want ...string) {
		t.Helper()
		h.at, h.v.runs = h.at.Add(after), nil
		if r := h.reconcile(); r.RequeueAfter != requeue {
			t.Errorf("\n%s\nrequeued after %s, want %s", reason, r.RequeueAfter, requeue)
		}
		if !slices.Equal(h.v.runs, want) {
			t.Errorf("\n%s\ndry runs %q, want %q", reason, h.v.runs, want)
		}
	}
	step("At the start, all that can be verified is verified.", 0, samplePoll, "DescribeSubnets")
	step("Nothing is verified again within the hour.", samplePoll, samplePoll)
	h.v.permissions[detachAction] = ec2.Permission{State: ec2.PermissionDenied}
	step("A new resource verifies its actions.", samplePoll, verifyRetry, "DetachNetworkInterface")
	if c := h.condition(); c.Reason != v1alpha1.ReasonMissingPermission || len(h.events) != 1 {
		t.Errorf("condition %+v, events %v", c, h.events)
	}
	step("A denied action is not verified again within the hour.", 59*time.Minute-2*samplePoll, verifyRetry)
	h.v.permissions[detachAction] = granted()
	step("Each action has an hour of its own.", time.Minute, verifyRetry, "DescribeSubnets")
	step("A granted permission ends the problem.", 2*time.Minute, verifyRetry, "DetachNetworkInterface")
	if c := h.condition(); c.Status != corev1.ConditionTrue || len(h.events) != 1 {
		t.Errorf("condition %+v, events %v", c, h.events)
	}
	h.v.permissions[detachAction], h.v.permissions[listAction] = failing("Unavailable"), failing("Unavailable")
	step("An outage does not revoke what was verified.", time.Hour, verifyRetry, "DescribeSubnets DetachNetworkInterface")
	if c := h.condition(); c.Status != corev1.ConditionTrue {
		t.Errorf("condition %+v", c)
	}
	h.v.permissions[detachAction], h.v.permissions[listAction] = granted(), granted()
	step("A dry run that verified nothing is repeated sooner.", verifyRetry, verifyRetry, "DescribeSubnets DetachNetworkInterface")
	h.v = &fakeVerifier{permissions: h.v.permissions, who: errors.New("boom")}
	step("New credentials are verified at once.", time.Minute, verifyRetry, "DescribeSubnets DetachNetworkInterface")
	passed := h.condition()
	h.v = &fakeVerifier{permissions: map[string]ec2.Permission{listAction: granted(), detachAction: needing()}, list: errors.New("boom")}
	step("After a restart, the describe actions are verified.", time.Minute, samplePoll, "DescribeSubnets")
	if c := h.condition(); !c.Equal(passed) {
		t.Errorf("Before EC2 has returned the ENIs, the condition of the last run remains: %+v", c)
	}
	step("Without the ENIs for ten minutes, the condition has it.", verifyRetry, samplePoll)
	unverified := "not verified without an attached network interface"
	if c := h.condition(); !strings.Contains(c.Message, unverified) {
		t.Errorf("condition %+v", c)
	}
	h.v = &fakeVerifier{permissions: h.v.permissions, skew: time.Hour}
	step("A clock that differs is reported.", time.Minute, samplePoll, "DescribeSubnets")
	h.v = &fakeVerifier{permissions: h.v.permissions}
	step("After a restart, the ENIs are listed.", time.Minute, samplePoll, "DescribeSubnets")
	if c := h.condition(); c.Status != corev1.ConditionTrue || !strings.Contains(c.Message, unverified) {
		t.Errorf("When EC2 has returned the ENIs, the condition is reported at once: %+v", c)
	}
	h.v.permissions[detachAction] = granted()
	step("A new resource verifies its actions.", time.Minute, verifyRetry, "DetachNetworkInterface")
	h.err = errors.New("cannot use the config: boom")
	step("A config that cannot be used has the error.", time.Minute, samplePoll)
	if c := h.condition(); c.Reason != v1alpha1.ReasonCredentialsRejected || c.Message != h.err.Error() {
		t.Errorf("condition %+v", c)
	}
	h.err = nil
	step("It is verified when it can be used.", time.Minute, verifyRetry, "DescribeSubnets DetachNetworkInterface")
	h.delete(cluster("default", "system", "aws"))
	step("A deleted config is forgotten.", time.Minute, 0)
	if len(h.results) > 0 {
		t.Errorf("left are %v", h.results)
	}
}
