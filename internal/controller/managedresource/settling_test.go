package managedresource

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// An updater's ENI always differs from the spec.
type updater struct {
	managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface]

	err error
}

func (updater) Observe(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalObservation, error) {
	return managed.ExternalObservation{ResourceExists: true}, nil
}

func (u updater) Update(context.Context, *ec2v1alpha1.NetworkInterface) (managed.ExternalUpdate, error) {
	return managed.ExternalUpdate{}, u.err
}

// TestUpdateSettles observes an object after an update that EC2's answer does not
// contain.
func TestUpdateSettles(t *testing.T) {
	errBoom := errors.New("boom")
	type want struct {
		UpToDate bool
		Again    time.Duration
	}
	cases := map[string]struct {
		reason string
		err    error
		after  time.Duration
		edit   func(mg *ec2v1alpha1.NetworkInterface)
		want   want
	}{
		"AtOnce": {reason: "The update is not repeated while the answer may lag behind.", after: 500 * time.Millisecond, want: want{UpToDate: true, Again: 1500 * time.Millisecond}},
		"Later":  {reason: "An update that had no effect is repeated.", after: 2 * time.Second},
		"Edited": {reason: "A new spec does not wait.", after: 500 * time.Millisecond, edit: func(mg *ec2v1alpha1.NetworkInterface) { mg.Generation++ }},
		"Other":  {reason: "Nor does another object.", after: 500 * time.Millisecond, edit: func(mg *ec2v1alpha1.NetworkInterface) { mg.UID = "other" }},
		"Failed": {reason: "An update that failed is not waited for.", err: errBoom, after: 500 * time.Millisecond},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				mg := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{UID: "uid", Generation: 1}}
				c := guarded(t, updater{err: tc.err})
				if _, err := c.Update(t.Context(), mg); !errors.Is(err, tc.err) {
					t.Fatal(err)
				}
				time.Sleep(tc.after)
				if tc.edit != nil {
					tc.edit(mg)
				}
				ctx, turn := throttle.WithTurn(t.Context(), name)
				obs, err := c.Observe(ctx, mg)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(tc.want, want{UpToDate: obs.ResourceUpToDate, Again: turn.End()}); diff != "" {
					t.Errorf("\n%s\nObserve(...): -want, +got:\n%s", tc.reason, diff)
				}
			})
		})
	}
}
