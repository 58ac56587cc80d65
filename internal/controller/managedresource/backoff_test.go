// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

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
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

// A rejectingClient is an external client of one object that rejects a step while a code
// is set, and counts the attempts.
type rejectingClient struct {
	managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]

	code     string
	step     step // to reject
	exists   bool
	upToDate bool
	tried    int
}

func (r *rejectingClient) answer(s step) error {
	if s == r.step {
		r.tried++
	}
	if s == r.step && r.code != "" {
		return &smithy.GenericAPIError{Code: r.code}
	}
	return nil
}

func (r *rejectingClient) Observe(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	return managed.ExternalObservation{ResourceExists: r.exists, ResourceUpToDate: r.upToDate}, r.answer(observing)
}

func (r *rejectingClient) Create(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalCreation, error) {
	err := r.answer(creating)
	r.exists, r.upToDate = err == nil, err == nil
	return managed.ExternalCreation{}, err
}

func (r *rejectingClient) Update(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalUpdate, error) {
	err := r.answer(updating)
	r.upToDate = err == nil
	return managed.ExternalUpdate{}, err
}

func (r *rejectingClient) Delete(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalDelete, error) {
	err := r.answer(deleting)
	r.exists = err != nil
	return managed.ExternalDelete{}, err
}

// reconcileOnce does the steps of one reconcile of Crossplane's reconciler.
func reconcileOnce(ctx context.Context, c managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], mg *ec2v1alpha1.NetworkInterface) error {
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

// A dependentClient is a Dependent.
type dependentClient struct {
	rejectingClient

	depends string
}

func (d *dependentClient) DependsOn() string { return d.depends }

// TestBackoffDependsOn rejects a step, and observes the object again after the step's
// dependency has changed, or not.
func TestBackoffDependsOn(t *testing.T) {
	cases := map[string]struct {
		reason string
		after  string
		want   int
	}{
		"Unchanged": {reason: "A rejected step is not repeated while its dependency is unchanged.", after: "6 addresses"},
		"Changed":   {reason: "It is repeated after its dependency has changed.", after: "5 addresses", want: 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			d := &dependentClient{rejectingClient: rejectingClient{code: "PrivateIpAddressLimitExceeded", step: creating}, depends: "6 addresses"}
			mg := &ec2v1alpha1.NetworkInterface{}
			c := withBackoff(t, d)
			if err := reconcileOnce(t.Context(), c, mg); err == nil {
				t.Fatal("the step was not rejected")
			}
			d.depends, d.code = tc.after, ""
			before := d.tried
			for range 3 {
				_ = reconcileOnce(t.Context(), c, mg)
			}
			if got := d.tried - before; got != tc.want {
				t.Errorf("\n%s\nCreate(...): called %d times, want %d", tc.reason, got, tc.want)
			}
		})
	}
}

// TestBackoffEnds rejects a step, changes the object, and reconciles it ten times
// without a delay.
func TestBackoffEnds(t *testing.T) {
	const subnet, permission = "InvalidSubnetID.NotFound", "UnauthorizedOperation"
	none := func(*ec2v1alpha1.NetworkInterface) {}
	request := func(mg *ec2v1alpha1.NetworkInterface) { meta.SetReconcileRequest(mg, "2031-01-02T03:04:05Z") }
	cases := map[string]struct {
		reason string
		now    rejectingClient
		// before changes the object before the step is rejected, and after
		// changes it afterwards.
		before, after func(mg *ec2v1alpha1.NetworkInterface)
		fixed         bool
		want          int // attempts after the rejection
		fails         bool
	}{
		"Remembered": {
			reason: "A rejected step is not repeated during its backoff.",
			now:    rejectingClient{code: subnet, step: creating}, before: none, after: none, fixed: true, fails: true,
		},
		"Changed": {
			reason: "A changed spec ends the backoff.",
			now:    rejectingClient{code: subnet, step: creating}, before: none,
			after: func(mg *ec2v1alpha1.NetworkInterface) { mg.Generation++ }, fixed: true, want: 1,
		},
		"Requested": {
			reason: "A reconcile request ends the backoff: the cause may have been fixed in AWS.",
			now:    rejectingClient{code: subnet, step: creating}, before: none, after: request, fixed: true, want: 1,
		},
		"RequestedStillRejected": {
			reason: "One request triggers one attempt.",
			now:    rejectingClient{code: subnet, step: creating}, before: none, after: request, want: 1, fails: true,
		},
		"RequestedBefore": {
			reason: "A request from before the rejection has no effect.",
			now:    rejectingClient{code: subnet, step: creating}, before: request, after: none, fixed: true, fails: true,
		},
		"RequestedAgain": {
			reason: "A request with another value is a new request.",
			now:    rejectingClient{code: subnet, step: creating}, before: request,
			after: func(mg *ec2v1alpha1.NetworkInterface) { meta.SetReconcileRequest(mg, "again") }, fixed: true, want: 1,
		},
		"RequestRemoved": {
			reason: "Removing the request has no effect.",
			now:    rejectingClient{code: subnet, step: creating}, before: request,
			after: func(mg *ec2v1alpha1.NetworkInterface) {
				meta.RemoveAnnotations(mg, meta.AnnotationKeyReconcileRequestedAt)
			}, fixed: true, fails: true,
		},
		"Update": {
			reason: "A rejected update is attempted again too.",
			now:    rejectingClient{code: permission, step: updating, exists: true}, before: none, after: request, fixed: true, want: 1,
		},
		"Observe": {
			reason: "A rejected observation is attempted again too.",
			now:    rejectingClient{code: permission, step: observing, exists: true, upToDate: true}, before: none, after: request, want: 1, fails: true,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r, mg := tc.now, &ec2v1alpha1.NetworkInterface{}
			c := &backoffClient[*ec2v1alpha1.NetworkInterface]{inner: &r, tracker: NewBackoffTracker(timings.Default()), updates: newUpdates(), blockedBy: func(*ec2v1alpha1.NetworkInterface) string { return "" }}
			tc.before(mg)
			if err := reconcileOnce(t.Context(), c, mg); err == nil {
				t.Fatal("EC2 did not reject the step")
			}
			tc.after(mg)
			if tc.fixed {
				r.code = ""
			}
			r.tried = 0
			var err error
			for range 10 {
				err = reconcileOnce(t.Context(), c, mg)
			}
			if r.tried != tc.want || (err != nil) != tc.fails {
				t.Errorf("\n%s\n%d attempts, want %d; error %v, want an error: %t", tc.reason, r.tried, tc.want, err, tc.fails)
			}
		})
	}
}

// TestRequestKeepsBackoff rejects a step five times, which makes the backoff before
// the next attempt four minutes, and requests a reconcile.
func TestRequestKeepsBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, mg := &rejectingClient{code: "UnauthorizedOperation", step: creating}, &ec2v1alpha1.NetworkInterface{}
		c := &backoffClient[*ec2v1alpha1.NetworkInterface]{inner: r, tracker: NewBackoffTracker(timings.Default()), updates: newUpdates(), blockedBy: func(*ec2v1alpha1.NetworkInterface) string { return "" }}
		for r.tried < 5 {
			_ = reconcileOnce(t.Context(), c, mg)
			time.Sleep(time.Second)
		}
		meta.SetReconcileRequest(mg, "now")
		for range 200 {
			_ = reconcileOnce(t.Context(), c, mg)
			time.Sleep(time.Second)
		}
		if r.tried != 6 {
			t.Errorf("\nA request does not reset the backoff.\n%d attempts, want 6", r.tried)
		}
	})
}

// TestDecodeCommand rejects a step repeatedly. EC2 encodes the reason differently each
// time.
func TestDecodeCommand(t *testing.T) {
	const command = "; attach the policy in docs/iam.md to the provider's IAM identity; for details run: aws sts decode-authorization-message --encoded-message "
	cases := map[string]struct {
		reason string
		now    []string // EC2's messages
		want   []string
	}{
		"Same": {
			reason: "Equal errors have equal messages, whatever their encoding.",
			now:    []string{"No. Encoded authorization failure message: one", "No. Encoded authorization failure message: two"},
			want:   []string{"UnauthorizedOperation: No" + command + "one", "UnauthorizedOperation: No" + command + "one"},
		},
		"Another": {
			reason: "Another error has its own encoded message.",
			now:    []string{"No. Encoded authorization failure message: one", "Nor this. Encoded authorization failure message: two"},
			want:   []string{"UnauthorizedOperation: No" + command + "one", "UnauthorizedOperation: Nor this" + command + "two"},
		},
		"NotEncoded": {
			reason: "An error without an encoded message has no command.",
			now:    []string{"No. Encoded authorization failure message: one", "Nor this."},
			want:   []string{"UnauthorizedOperation: No" + command + "one", "UnauthorizedOperation: Nor this; attach the policy in docs/iam.md to the provider's IAM identity"},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r, mg := NewBackoffTracker(timings.Default()), &ec2v1alpha1.NetworkInterface{}
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
