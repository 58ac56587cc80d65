// Package quiet holds a Kubernetes client that does not write what is written
// already. Crossplane's reconcilers write the status of a resource at the end
// of each reconcile; at ten thousand resources that is a write for each of them
// at each poll, which the API server must admit and audit to change nothing.
package quiet

import (
	"context"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

// NewClient is a manager's NewClientFunc that makes quiet clients.
func NewClient(cfg *rest.Config, o client.Options) (client.Client, error) {
	c, err := client.New(cfg, o)
	if err != nil {
		return nil, err
	}
	return Wrap(c), nil
}

// Wrap returns a client that passes on to c all but writes of what c, reading
// from its cache, shows to be there already.
func Wrap(c client.Client) client.Client {
	return &quiet{Client: c, written: &written{versions: map[string]uint64{}}}
}

type quiet struct {
	client.Client

	written *written
}

// Get reads o, waiting for a moment if the cache is behind our own last write
// of it: a decision on what was there before would end in a conflict.
func (q *quiet) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	fresh := func(ctx context.Context) (bool, error) {
		if err := q.Client.Get(ctx, key, o, opts...); err != nil {
			q.written.forget(o, key)
			return false, err
		}
		return !q.written.behind(o), nil
	}
	if ok, err := fresh(ctx); ok || err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, cacheWait, cachePatience, false, fresh)
	if wait.Interrupted(err) && ctx.Err() == nil {
		return nil // a conflict will tell
	}
	return err
}

// Update writes o unless the version it was made from holds the same.
func (q *quiet) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	if len(opts) == 0 && q.unchanged(ctx, o) {
		return nil
	}
	restore := keepStatus(o)
	err := q.Client.Update(ctx, o, opts...)
	restore()
	return q.written.note(o, err)
}

// keepStatus returns a function that gives a managed resource the status back that
// it has now. The API server answers an update of metadata or spec with the status
// it has stored; without this the status that Observe has just set would be lost
// when Crossplane's reconciler adds its finalizer or records an external name, and
// not be written before the next poll.
func keepStatus(o client.Object) func() {
	switch o := o.(type) {
	case *ec2v1alpha1.NetworkInterface:
		s := o.Status.DeepCopy()
		return func() { o.Status = *s }
	case *ec2v1alpha1.NetworkInterfaceAttachment:
		s := o.Status.DeepCopy()
		return func() { o.Status = *s }
	default:
		return func() {}
	}
}

// Patch writes a change of o.
func (q *quiet) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.PatchOption) error {
	return q.written.note(o, q.Client.Patch(ctx, o, p, opts...))
}

// Status returns a status writer that is as quiet.
func (q *quiet) Status() client.SubResourceWriter {
	return &quietStatus{SubResourceWriter: q.Client.Status(), q: q}
}

type quietStatus struct {
	client.SubResourceWriter

	q *quiet
}

// Update writes the status of o unless the version it was made from holds the
// same.
func (s *quietStatus) Update(ctx context.Context, o client.Object, opts ...client.SubResourceUpdateOption) error {
	amend(ctx, o)
	if have := s.q.stored(ctx, o); have != nil {
		keepTransitionTimes(o, have)
		if len(opts) == 0 && equality.Semantic.DeepEqual(have, o) {
			return nil
		}
	}
	return s.q.written.note(o, s.SubResourceWriter.Update(ctx, o, opts...))
}

// keepTransitionTimes restores the transition time of each unchanged condition of a
// managed resource: a condition that changes and changes back within one reconcile makes
// no transition.
func keepTransitionTimes(o, have client.Object) {
	after, before := conditions(o), conditions(have)
	if after == nil || before == nil {
		return
	}
	for i, c := range after.Conditions {
		if was := before.GetCondition(c.Type); c.Equal(was) {
			after.Conditions[i].LastTransitionTime = was.LastTransitionTime
		}
	}
}

// conditions returns the conditions of a managed resource, or nil.
func conditions(o client.Object) *xpv2.ConditionedStatus {
	switch o := o.(type) {
	case *ec2v1alpha1.NetworkInterface:
		return &o.Status.ConditionedStatus
	case *ec2v1alpha1.NetworkInterfaceAttachment:
		return &o.Status.ConditionedStatus
	default:
		return nil
	}
}

// unchanged reports whether the cache holds o at the version that o was made from,
// with nothing different.
func (q *quiet) unchanged(ctx context.Context, o client.Object) bool {
	have := q.stored(ctx, o)
	return have != nil && equality.Semantic.DeepEqual(have, o)
}

// stored returns what the cache holds of o at the version that o was made from. It is
// nil if the cache lags or leads: then the API server decides, by a conflict if need
// be.
func (q *quiet) stored(ctx context.Context, o client.Object) client.Object {
	if _, ok := o.(runtime.Unstructured); ok || o.GetResourceVersion() == "" {
		return nil
	}
	have, ok := o.DeepCopyObject().(client.Object)
	if !ok {
		return nil
	}
	if err := q.Client.Get(ctx, client.ObjectKeyFromObject(o), have); err != nil || have.GetResourceVersion() != o.GetResourceVersion() {
		return nil
	}
	// Reading sets the kind, writing clears it; it is no difference.
	have.GetObjectKind().SetGroupVersionKind(o.GetObjectKind().GroupVersionKind())
	return have
}
