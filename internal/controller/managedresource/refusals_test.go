package managedresource

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/smithy-go"
	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// A registry is what EC2 is to one object: it refuses to make, change or delete
// it for as long as a code is set, and counts how often it was asked to.
type registry struct {
	managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]

	code   string
	step   step // that is refused
	exists bool
	fresh  bool
	tried  int
}

func (r *registry) answer(s step) error {
	if s == r.step {
		r.tried++
	}
	if s == r.step && r.code != "" {
		return &smithy.GenericAPIError{Code: r.code}
	}
	return nil
}

func (r *registry) Observe(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	return managed.ExternalObservation{ResourceExists: r.exists, ResourceUpToDate: r.fresh}, r.answer(observing)
}

func (r *registry) Create(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalCreation, error) {
	err := r.answer(creating)
	r.exists, r.fresh = err == nil, err == nil
	return managed.ExternalCreation{}, err
}

func (r *registry) Update(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalUpdate, error) {
	err := r.answer(updating)
	r.fresh = err == nil
	return managed.ExternalUpdate{}, err
}

func (r *registry) Delete(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalDelete, error) {
	err := r.answer(deleting)
	r.exists = err != nil
	return managed.ExternalDelete{}, err
}

// look does what Crossplane's reconciler does at one look at an object.
func look(ctx context.Context, c managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], mg *ec2v1alpha1.NetworkInterface) error {
	obs, err := c.Observe(ctx, mg)
	if err != nil {
		return err
	}
	switch next(mg, obs) {
	case creating:
		_, err = c.Create(ctx, mg)
	case updating:
		_, err = c.Update(ctx, mg)
	case deleting:
		_, err = c.Delete(ctx, mg)
	case observing, none:
	}
	return err
}

// A dependentClient's step depends on something that changes.
type dependentClient struct {
	registry

	depends string
}

func (d *dependentClient) DependsOn() string { return d.depends }

// TestRefusalDepends rejects a step, and observes the object again after what the step
// depends on has changed, or not.
func TestRefusalDepends(t *testing.T) {
	cases := map[string]struct {
		reason string
		after  string
		want   int
	}{
		"Unchanged": {reason: "A step that was rejected is not repeated while nothing has changed.", after: "6 addresses"},
		"Changed":   {reason: "It is repeated when what it depends on has.", after: "5 addresses", want: 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := &dependentClient{registry: registry{code: "PrivateIpAddressLimitExceeded", step: creating}, depends: "6 addresses"}
			mg := &ec2v1alpha1.NetworkInterface{}
			c := guarded(t, d)
			if err := look(t.Context(), c, mg); err == nil {
				t.Fatal("the step was not rejected")
			}
			d.depends, d.code = tc.after, ""
			before := d.tried
			for range 3 {
				_ = look(t.Context(), c, mg)
			}
			if got := d.tried - before; got != tc.want {
				t.Errorf("\n%s\nCreate(...): called %d times, want %d", tc.reason, got, tc.want)
			}
		})
	}
}

// TestRefusalIsTriedAgain has a step refused and looks at the object ten times
// more, at once, after something happened to it.
func TestRefusalIsTriedAgain(t *testing.T) {
	const subnet, permission = "InvalidSubnetID.NotFound", "UnauthorizedOperation"
	none := func(*ec2v1alpha1.NetworkInterface) {}
	ask := func(mg *ec2v1alpha1.NetworkInterface) { meta.SetReconcileRequest(mg, "2031-01-02T03:04:05Z") }
	cases := map[string]struct {
		reason string
		now    registry
		// before is what was done to the object before the refusal, and after
		// what was done after it.
		before, after func(mg *ec2v1alpha1.NetworkInterface)
		mended        bool
		want          int // tries after the refusal
		fails         bool
	}{
		"Remembered": {
			reason: "What EC2 refused is not asked for again before its time.",
			now:    registry{code: subnet, step: creating}, before: none, after: none, mended: true, fails: true,
		},
		"Changed": {
			reason: "An object that was changed is tried anew.",
			now:    registry{code: subnet, step: creating}, before: none,
			after: func(mg *ec2v1alpha1.NetworkInterface) { mg.Generation++ }, mended: true, want: 1,
		},
		"Asked": {
			reason: "A request for a look is one for a try: what was wrong may have been mended in AWS.",
			now:    registry{code: subnet, step: creating}, before: none, after: ask, mended: true, want: 1,
		},
		"AskedInVain": {
			reason: "One request is one try.",
			now:    registry{code: subnet, step: creating}, before: none, after: ask, want: 1, fails: true,
		},
		"AskedBefore": {
			reason: "A request from before the refusal has had its try.",
			now:    registry{code: subnet, step: creating}, before: ask, after: none, mended: true, fails: true,
		},
		"AskedAgain": {
			reason: "A request with another value is another one.",
			now:    registry{code: subnet, step: creating}, before: ask,
			after: func(mg *ec2v1alpha1.NetworkInterface) { meta.SetReconcileRequest(mg, "again") }, mended: true, want: 1,
		},
		"RequestTakenBack": {
			reason: "A request that is taken away asks for nothing.",
			now:    registry{code: subnet, step: creating}, before: ask,
			after: func(mg *ec2v1alpha1.NetworkInterface) {
				meta.RemoveAnnotations(mg, meta.AnnotationKeyReconcileRequestedAt)
			}, mended: true, fails: true,
		},
		"Update": {
			reason: "A change that was refused is tried as well.",
			now:    registry{code: permission, step: updating, exists: true}, before: none, after: ask, mended: true, want: 1,
		},
		"Look": {
			reason: "So is a look that was refused.",
			now:    registry{code: permission, step: observing, exists: true, fresh: true}, before: none, after: ask, want: 1, fails: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r, mg := tc.now, &ec2v1alpha1.NetworkInterface{}
			c := &guard[*ec2v1alpha1.NetworkInterface]{inner: &r, refusals: NewRefusals(), updates: newUpdates(), held: func(*ec2v1alpha1.NetworkInterface) string { return "" }}
			tc.before(mg)
			if err := look(t.Context(), c, mg); err == nil {
				t.Fatal("it was not refused")
			}
			tc.after(mg)
			if tc.mended {
				r.code = ""
			}
			r.tried = 0
			var err error
			for range 10 {
				err = look(t.Context(), c, mg)
			}
			if r.tried != tc.want || (err != nil) != tc.fails {
				t.Errorf("\n%s\ntried %d times, want %d; fails with %v, want a failure: %t", tc.reason, r.tried, tc.want, err, tc.fails)
			}
		})
	}
}

// TestRequestKeepsThePace has a step refused five times, which makes the pause
// before the next try four minutes, and asks for a try.
func TestRequestKeepsThePace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, mg := &registry{code: "UnauthorizedOperation", step: creating}, &ec2v1alpha1.NetworkInterface{}
		c := &guard[*ec2v1alpha1.NetworkInterface]{inner: r, refusals: NewRefusals(), updates: newUpdates(), held: func(*ec2v1alpha1.NetworkInterface) string { return "" }}
		for r.tried < 5 {
			_ = look(t.Context(), c, mg)
			time.Sleep(time.Second)
		}
		meta.SetReconcileRequest(mg, "now")
		for range 200 {
			_ = look(t.Context(), c, mg)
			time.Sleep(time.Second)
		}
		if r.tried != 6 {
			t.Errorf("\nA request does not make the pauses short again.\n%d tries, want 6", r.tried)
		}
	})
}

// TestRefusalTellsHowToDecode has a step refused again and again, each time with a
// reason that EC2 encodes anew.
func TestRefusalTellsHowToDecode(t *testing.T) {
	const command = "; attach the policy in docs/iam.md to the provider's IAM identity; for details run: aws sts decode-authorization-message --encoded-message "
	cases := map[string]struct {
		reason string
		now    []string // EC2's messages
		want   []string
	}{
		"Same": {
			reason: "The same refusal has the same text, however it is encoded.",
			now:    []string{"No. Encoded authorization failure message: one", "No. Encoded authorization failure message: two"},
			want:   []string{"UnauthorizedOperation: No" + command + "one", "UnauthorizedOperation: No" + command + "one"},
		},
		"Another": {
			reason: "Another refusal has reasons of its own.",
			now:    []string{"No. Encoded authorization failure message: one", "Nor this. Encoded authorization failure message: two"},
			want:   []string{"UnauthorizedOperation: No" + command + "one", "UnauthorizedOperation: Nor this" + command + "two"},
		},
		"NoMore": {
			reason: "One that has no reasons is given none.",
			now:    []string{"No. Encoded authorization failure message: one", "Nor this."},
			want:   []string{"UnauthorizedOperation: No" + command + "one", "UnauthorizedOperation: Nor this; attach the policy in docs/iam.md to the provider's IAM identity"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r, mg := NewRefusals(), &ec2v1alpha1.NetworkInterface{}
			var got []string
			for _, message := range tc.now {
				f := r.note(mg, creating, awserr.Clean(&smithy.GenericAPIError{Code: "UnauthorizedOperation", Message: message}), "")
				got = append(got, f.condition().Message)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nnote(...): conditions: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
