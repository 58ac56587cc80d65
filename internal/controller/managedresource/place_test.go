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
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
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
		"Same":              {reason: "An object is changed in the place that it was created in.", recorded: home, actual: home},
		"New":               {reason: "An object that was not created yet is created anywhere.", actual: home},
		"OtherRegion":       {reason: "An object is not changed in another region.", recorded: home, actual: ec2.Place{AccountID: account, Region: "eu-west-1"}, want: networkingv1alpha1.ReasonWrongRegion},
		"OtherRegionAlone":  {reason: "Nor where only its region is recorded.", recorded: ec2.Place{Region: "us-east-1"}, actual: ec2.Place{AccountID: account, Region: "eu-west-1"}, want: networkingv1alpha1.ReasonWrongRegion},
		"OtherAccount":      {reason: "An object is not changed in another account.", recorded: home, actual: ec2.Place{AccountID: other, Region: "us-east-1"}, want: networkingv1alpha1.ReasonWrongAccount},
		"UnknownAccount":    {reason: "Nor in an account that is not known.", recorded: home, actual: ec2.Place{Region: "us-east-1"}, want: networkingv1alpha1.ReasonAccountUnknown},
		"AccountUnrecorded": {reason: "An object whose account was not known is changed where its region is.", recorded: ec2.Place{Region: "us-east-1"}, actual: home},
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
		"Status":     {reason: "The status is the record of an object that was observed.", status: ec2.Place{AccountID: other, Region: "eu-west-1"}, args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalName(mg, "eni-1") }, want: ec2.Place{AccountID: other, Region: "eu-west-1"}},
		"RegionOnly": {reason: "So it is where it holds the region alone.", status: ec2.Place{Region: "eu-west-1"}, args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalName(mg, "eni-1") }, want: ec2.Place{Region: "eu-west-1"}},
		"Failed":     {reason: "A create that EC2 rejected has made nothing: the object is created anywhere.", args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalCreateFailed(mg, when) }},
		"Answered":   {reason: "A create that was answered has made the ENI, though no status records it.", args: func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalName(mg, "eni-1") }, want: home},
		"Interrupted": {
			reason: "A create that was interrupted may have made an ENI.",
			args:   func(mg *ec2v1alpha1.NetworkInterface) { recorded(mg); meta.SetExternalCreatePending(mg, when) }, want: home,
		},
		"Unanswered": {
			reason: "So may a create that EC2 did not answer.",
			args: func(mg *ec2v1alpha1.NetworkInterface) {
				recorded(mg)
				meta.SetExternalCreatePending(mg, when)
				meta.SetExternalCreateFailed(mg, when.Add(time.Second))
				noteUnanswered(mg, when)
			},
			want: home,
		},
		"Unrecorded": {reason: "An object that was imported by its id was created anywhere.", args: func(mg *ec2v1alpha1.NetworkInterface) { meta.SetExternalName(mg, "eni-1") }},
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
		"Confirmed": {reason: "The annotation confirms the deletion of what it names.", annotation: "eni-1", id: "eni-1", want: true},
		"Other":     {reason: "It confirms the deletion of nothing else.", annotation: "eni-2", id: "eni-1"},
		"None":      {reason: "Without it nothing is confirmed.", id: "eni-1"},
		"NoID":      {reason: "Nor is it of an object that has no id."},
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

// An observer observes an object in one way.
type observer struct {
	managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]

	observation managed.ExternalObservation
	err         error
}

func (o observer) Observe(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	return o.observation, o.err
}

func guarded(t *testing.T, inner managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]) managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface] {
	t.Helper()
	c, err := Guarded(managed.TypedExternalConnectorFn[*ec2v1alpha1.NetworkInterface](func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], error) {
		return inner, nil
	}), NewRefusals(), func(*ec2v1alpha1.NetworkInterface) string { return "" }).Connect(t.Context(), &ec2v1alpha1.NetworkInterface{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestMisplaced observes objects of another account.
func TestMisplaced(t *testing.T) {
	wrong := CheckPlace(ec2.Place{AccountID: account, Region: "r"}, ec2.Place{AccountID: other, Region: "r"}, nil)
	cases := map[string]struct {
		reason string
		args   func(mg *ec2v1alpha1.NetworkInterface)
		want   xpv2.ConditionReason // of Ready
	}{
		"New":   {reason: "An object that was never ready has the reason in Ready.", args: func(*ec2v1alpha1.NetworkInterface) {}, want: networkingv1alpha1.ReasonWrongAccount},
		"Ready": {reason: "An object that was ready stays so: nothing about it was observed.", args: func(mg *ec2v1alpha1.NetworkInterface) { mg.SetConditions(xpv2.Available()) }, want: xpv2.ReasonAvailable},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			tc.args(mg)
			ctx, turn := throttle.WithReservation(t.Context(), name)
			_, err := guarded(t, observer{err: wrong}).Observe(ctx, mg)
			if after := turn.End(); !errors.Is(err, wrong) || after < placePoll || after > placePoll+placePoll/3 {
				t.Errorf("\nIt is observed again soon: no event tells that the provider config was corrected.\nObserve(...): %v", err)
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
		"First":    {reason: "A correction is noticed soon.", since: now, least: placePoll, max: 20 * time.Second},
		"Minutes":  {reason: "What lasts is observed less often.", since: now.Add(-4 * time.Minute), least: time.Minute, max: 80 * time.Second},
		"Days":     {reason: "But every few minutes at least.", since: now.Add(-48 * time.Hour), least: placePollMax, max: 160 * time.Second},
		"ClockSet": {reason: "A clock that was set back shortens nothing.", since: now.Add(time.Hour), least: placePoll, max: 20 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			waits := map[time.Duration]bool{}
			for range 100 {
				d := placeWait(tc.since, now)
				waits[d] = true
				if d < tc.least || d >= tc.max {
					t.Fatalf("\n%s\nplaceWait(...): %s, want %s to %s", tc.reason, d, tc.least, tc.max)
				}
			}
			if len(waits) < 50 {
				t.Errorf("\nThousands of objects are spread over the time.\nplaceWait(...): %d of 100 differ", len(waits))
			}
		})
	}
}

// TestInterruptedCreateIsRemembered observes an object whose create was interrupted.
func TestInterruptedCreateIsRemembered(t *testing.T) {
	when := time.Date(2030, 1, 2, 3, 4, 5, 0, time.UTC)
	cases := map[string]struct {
		reason      string
		observation managed.ExternalObservation
		want        string
	}{
		"Creating": {reason: "A create that follows an interrupted one must not hide it, should it fail.", want: "2030-01-02T03:04:05Z"},
		"Existing": {reason: "What exists is not created.", observation: managed.ExternalObservation{ResourceExists: true}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			meta.SetExternalCreatePending(mg, when)
			if _, err := guarded(t, observer{observation: tc.observation}).Observe(t.Context(), mg); err != nil {
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
			reason: "A first answer without the ENI is not yet its deletion.", fate: eni.FateDoubtful,
			want: "EC2 in account 111111111111, region us-east-1 did not return network interface eni-1 at 2030-01-02T03:04:05Z: it is taken for deleted when a second answer more than a minute later confirms it",
		},
		"Unwitnessed": {
			reason: "Where EC2 returns nothing of the cluster the user can confirm the deletion.", fate: eni.FateUnwitnessed,
			want: "EC2 in account 111111111111, region us-east-1 did not return network interface eni-1, nor anything else of this cluster, since 2030-01-02T03:04:05Z: nothing is changed; if it was deleted, confirm with the annotation networking.k8s.aws/confirm-deleted=eni-1",
		},
		"Outage": {
			reason: "So he can where many are missing at once.", fate: eni.FateOutage,
			want: "EC2 in account 111111111111, region us-east-1 did not return network interface eni-1, nor many others at the same time: this is taken for a fault of credentials, region or EC2 and nothing is changed; if it was deleted, confirm with the annotation networking.k8s.aws/confirm-deleted=eni-1",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			mg := &ec2v1alpha1.NetworkInterface{}
			ctx, turn := throttle.WithReservation(t.Context(), name)
			Missing(ctx, mg, "network interface", "eni-1", place, ec2.Absence{Fate: tc.fate, Since: since, RequeueAfter: 42 * time.Second})
			ready := mg.GetCondition(xpv2.TypeReady)
			if diff := cmp.Diff(tc.want, ready.Message); diff != "" || ready.Status != corev1.ConditionFalse {
				t.Errorf("\n%s\nMissing(...): -want, +got:\n%s", tc.reason, diff)
			}
			if got := turn.End(); got != 42*time.Second {
				t.Errorf("\nIt is observed again when its fate may be decided differently.\nMissing(...): after %s", got)
			}
		})
	}
}
