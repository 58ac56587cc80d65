// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// account and other are accounts of two clusters.
const account, other = "111111111111", "222222222222"

func TestCheckPlace(t *testing.T) {
	home := ec2.Place{AccountID: account, Region: "us-east-1"}
	cases := map[string]struct {
		reason           string
		recorded, actual ec2.Place
		want             xpv2.ConditionReason // "" if there is no error
	}{
		"Same":              {reason: "An object is changed in the account and region it was created in.", recorded: home, actual: home},
		"New":               {reason: "An object that was not created yet can be created anywhere.", actual: home},
		"OtherRegion":       {reason: "An object is not changed in another region.", recorded: home, actual: ec2.Place{AccountID: account, Region: "eu-west-1"}, want: networkingv1alpha1.ReasonWrongRegion},
		"OtherRegionAlone":  {reason: "Also if only its region is recorded.", recorded: ec2.Place{Region: "us-east-1"}, actual: ec2.Place{AccountID: account, Region: "eu-west-1"}, want: networkingv1alpha1.ReasonWrongRegion},
		"OtherAccount":      {reason: "An object is not changed in another account.", recorded: home, actual: ec2.Place{AccountID: other, Region: "us-east-1"}, want: networkingv1alpha1.ReasonWrongAccount},
		"UnknownAccount":    {reason: "An object is not changed in an unknown account.", recorded: home, actual: ec2.Place{Region: "us-east-1"}, want: networkingv1alpha1.ReasonAccountUnknown},
		"AccountUnrecorded": {reason: "An object whose account is not recorded is changed in its region.", recorded: ec2.Place{Region: "us-east-1"}, actual: home},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got xpv2.ConditionReason
			var p *PlaceError
			if err := CheckPlace(tc.recorded, tc.actual, nil); errors.As(err, &p) {
				got = p.Reason
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nCheckPlace(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCheckKnown(t *testing.T) {
	home := ec2.Place{AccountID: account, Region: "us-east-1"}
	cases := map[string]struct {
		reason string
		args   ec2.Place
		want   bool
	}{
		"Same":           {reason: "The recorded account and region match.", args: home, want: true},
		"UnknownAccount": {reason: "An unknown account matches: the owner of the ENI may prove it.", args: ec2.Place{Region: "us-east-1"}, want: true},
		"OtherAccount":   {reason: "Another account does not match.", args: ec2.Place{AccountID: other, Region: "us-east-1"}},
		"OtherRegion":    {reason: "Another region does not match, even if the account is unknown.", args: ec2.Place{Region: "eu-west-1"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			p := ClientPlace{Place: tc.args}
			if got := p.CheckKnown(home) == nil; got != tc.want {
				t.Errorf("\n%s\nCheckKnown(...): want %t, got %t", tc.reason, tc.want, got)
			}
			if p.Place != tc.args {
				t.Errorf("\nCheckKnown changes nothing.\nCheckKnown(...): %v", p.Place)
			}
		})
	}
}

func TestRecordedPlace(t *testing.T) {
	when := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	home := ec2.Place{AccountID: account, Region: "us-east-1"}
	recorded := func(mg *ec2v1alpha1.NetworkInterface) { RecordCreate(mg, home) }
	cases := map[string]struct {
		reason string
		status ec2.Place
		args   func(mg *ec2v1alpha1.NetworkInterface)
		want   ec2.Place
	}{
		"Status":     {reason: "The status of an observed object is its record.", status: ec2.Place{AccountID: other, Region: "eu-west-1"}, args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalName(mg, "eni-1") }, want: ec2.Place{AccountID: other, Region: "eu-west-1"}},
		"RegionOnly": {reason: "Also if the status has only a region.", status: ec2.Place{Region: "eu-west-1"}, args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalName(mg, "eni-1") }, want: ec2.Place{Region: "eu-west-1"}},
		"Failed":     {reason: "A create that EC2 rejected has no effect: the object can be created anywhere.", args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalCreateFailed(mg, when) }},
		"Answered":   {reason: "A create with a response created the ENI, though no status records it.", args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalName(mg, "eni-1") }, want: home},
		"Interrupted": {
			reason: "An interrupted create may have created an ENI.",
			args:   func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalCreatePending(mg, when) }, want: home,
		},
		"Unanswered": {
			reason: "A create without a response may have created one too.",
			args: func(mg *ec2v1alpha1.NetworkInterface) {
				recorded(mg)
				meta.SetExternalCreatePending(mg, when)
				meta.SetExternalCreateFailed(mg, when.Add(time.Second))
				noteUnanswered(mg, when)
			},
			want: home,
		},
		"Unrecorded": {reason: "An object that was imported by its id has no recorded place.", args: func(mg *ec2v1alpha1.NetworkInterface) { meta.SetExternalName(mg, "eni-1") }},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			tc.args(mg)
			if diff := cmp.Diff(tc.want, RecordedPlace(mg, tc.status)); diff != "" {
				t.Errorf("\n%s\nRecordedPlace(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestConfirmedDeleted(t *testing.T) {
	cases := map[string]struct {
		reason     string
		annotation string
		id         string
		want       bool
	}{
		"Confirmed": {reason: "The annotation confirms the deletion of the ENI it names.", annotation: "eni-1", id: "eni-1", want: true},
		"Other":     {reason: "It does not confirm the deletion of another ENI.", annotation: "eni-2", id: "eni-1"},
		"None":      {reason: "Without it nothing is confirmed.", id: "eni-1"},
		"NoID":      {reason: "Without an id nothing is confirmed."},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			if tc.annotation != "" {
				meta.AddAnnotations(mg, map[string]string{networkingv1alpha1.AnnotationConfirmDeleted: tc.annotation})
			}
			if diff := cmp.Diff(tc.want, ConfirmedDeleted(mg, tc.id)); diff != "" {
				t.Errorf("\n%s\nConfirmedDeleted(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// An observer returns fixed results of Observe.
type observer struct {
	managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]

	observation managed.ExternalObservation
	err         error
}

func (o observer) Observe(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	return o.observation, o.err
}

func withBackoff(t *testing.T, inner managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]) managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface] {
	t.Helper()
	c, err := WithBackoff(managed.TypedExternalConnectorFn[*ec2v1alpha1.NetworkInterface](func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], error) {
		return inner, nil
	}), NewBackoffTracker(timings.Default()), func(*ec2v1alpha1.NetworkInterface) string { return "" }).Connect(t.Context(), &ec2v1alpha1.NetworkInterface{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestWrongPlace observes objects of another account.
func TestWrongPlace(t *testing.T) {
	wrong := CheckPlace(ec2.Place{AccountID: account, Region: "r"}, ec2.Place{AccountID: other, Region: "r"}, nil)
	cases := map[string]struct {
		reason string
		args   func(mg *ec2v1alpha1.NetworkInterface)
		want   xpv2.ConditionReason // of Ready
	}{
		"New":   {reason: "The Ready condition of an object that was never ready has the reason.", args: func(*ec2v1alpha1.NetworkInterface) {}, want: networkingv1alpha1.ReasonWrongAccount},
		"Ready": {reason: "The Ready condition of a ready object does not change: the ENI was not observed.", args: func(mg *ec2v1alpha1.NetworkInterface) { mg.SetConditions(xpv2.Available()) }, want: xpv2.ReasonAvailable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			tc.args(mg)
			ctx, s := withScope(t.Context())
			_, err := withBackoff(t, observer{err: wrong}).Observe(ctx, mg)
			if after := s.requeueAfter(); !errors.Is(err, wrong) || after < timings.Default().PlacePoll || after > timings.Default().PlacePoll+timings.Default().PlacePoll/3 {
				t.Errorf("\nIt is requeued soon: no event reports that the provider config was corrected.\nObserve(...): %v", err)
			}
			if diff := cmp.Diff(tc.want, mg.GetCondition(xpv2.TypeReady).Reason); diff != "" {
				t.Errorf("\n%s\nReady: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestPlaceWait(t *testing.T) {
	now := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]struct {
		reason     string
		since      time.Time
		least, max time.Duration
	}{
		"First":    {reason: "A correction is noticed soon.", since: now, least: timings.Default().PlacePoll, max: 20 * time.Second},
		"Minutes":  {reason: "The delay grows with time.", since: now.Add(-4 * time.Minute), least: time.Minute, max: 80 * time.Second},
		"Days":     {reason: "The delay is a few minutes at most.", since: now.Add(-48 * time.Hour), least: timings.Default().PlacePollMax, max: 160 * time.Second},
		"ClockSet": {reason: "A clock that was set back does not shorten the delay.", since: now.Add(time.Hour), least: timings.Default().PlacePoll, max: 20 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			waits := map[time.Duration]bool{}
			for range 100 {
				d := placeWait(tc.since, now, timings.Default())
				waits[d] = true
				if d < tc.least || d >= tc.max {
					t.Fatalf("\n%s\nplaceWait(...): %s, want %s to %s", tc.reason, d, tc.least, tc.max)
				}
			}
			if len(waits) < 50 {
				t.Errorf("\nThe delay has jitter.\nplaceWait(...): %d of 100 differ", len(waits))
			}
		})
	}
}

// TestRecordInterruptedCreate observes an object whose create was interrupted.
func TestRecordInterruptedCreate(t *testing.T) {
	when := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]struct {
		reason      string
		observation managed.ExternalObservation
		want        string
	}{
		"Creating": {reason: "An interrupted create stays recorded if the next one fails.", want: "2030-01-02T03:04:05Z"},
		"Existing": {reason: "An existing resource is not created.", observation: managed.ExternalObservation{ResourceExists: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			meta.SetExternalCreatePending(mg, when)
			if _, err := withBackoff(t, observer{observation: tc.observation}).Observe(t.Context(), mg); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, mg.GetAnnotations()[networkingv1alpha1.AnnotationCreateUnanswered]); diff != "" {
				t.Errorf("\n%s\nannotation: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	since := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	place := ec2.Place{AccountID: account, Region: "us-east-1"}
	cases := map[string]struct {
		reason string
		fate   eni.Fate
		want   string
	}{
		"Doubtful": {
			reason: "The first response without the ENI does not confirm its deletion.", fate: eni.FateDoubtful,
			want: "EC2 in account 111111111111, region us-east-1 did not return network interface eni-1 at 2030-01-02T03:04:05Z: it is considered deleted if a second response more than a minute later does not contain it either",
		},
		"Unwitnessed": {
			reason: "If EC2 returns no resource of the cluster, a user can confirm the deletion.", fate: eni.FateUnwitnessed,
			want: "EC2 in account 111111111111, region us-east-1 did not return network interface eni-1 or any other resource of this cluster since 2030-01-02T03:04:05Z: nothing is changed; if it was deleted, confirm with the annotation networking.k8s.aws/confirm-deleted=eni-1",
		},
		"Outage": {
			reason: "If many are missing at once, a user can confirm the deletion.", fate: eni.FateOutage,
			want: "EC2 in account 111111111111, region us-east-1 did not return network interface eni-1 and many others at the same time: check the credentials, the region and EC2's health; nothing is changed until EC2 returns them again; if it was deleted, confirm with the annotation networking.k8s.aws/confirm-deleted=eni-1",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			ctx, s := withScope(t.Context())
			SetMissing(ctx, mg, "network interface", "eni-1", place, ec2.Absence{Fate: tc.fate, Since: since, RequeueAfter: 42 * time.Second})
			ready := mg.GetCondition(xpv2.TypeReady)
			if diff := cmp.Diff(tc.want, ready.Message); diff != "" || ready.Status != corev1.ConditionFalse {
				t.Errorf("\n%s\nSetMissing(...): -want, +got:\n%s", tc.reason, diff)
			}
			if got := s.requeueAfter(); got != 42*time.Second {
				t.Errorf("\nIt is requeued for the next check.\nSetMissing(...): after %s", got)
			}
		})
	}
}
