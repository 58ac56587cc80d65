// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package statuswriter provides a Kubernetes client that skips writes without a
// change. Crossplane's reconcilers update the status of a resource at the end of each
// reconcile. With ten thousand resources these are ten thousand no-op updates per poll
// interval, each of which the API server must admit and audit.
package statuswriter

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

// A Mutator changes an object before its status is written, and reports whether to write
// it. ctx is the context of the status update.
type Mutator func(ctx context.Context, o client.Object) bool

// NewClient returns a NewClientFunc for a manager, whose clients skip writes as Wrap's do.
func NewClient(mutate Mutator) client.NewClientFunc {
	return func(cfg *rest.Config, o client.Options) (client.Client, error) {
		c, err := client.New(cfg, o)
		if err != nil {
			return nil, err
		}
		return Wrap(c, mutate), nil
	}
}

// Wrap returns a client that skips an update if the cache of c already holds the same
// object. It applies mutate, if not nil, to each object whose status it updates, and skips
// the update if mutate returns false.
func Wrap(c client.Client, mutate Mutator) client.Client {
	if mutate == nil {
		mutate = func(context.Context, client.Object) bool { return true }
	}
	return &dedupClient{Client: c, mutate: mutate, tracker: &writeTracker{versions: map[string]uint64{}}}
}

type dedupClient struct {
	client.Client

	mutate  Mutator
	tracker *writeTracker
}

// Get reads o. If the cache does not contain this client's last write of o yet, Get
// polls it briefly: a decision based on the older version would end in a conflict.
func (c *dedupClient) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	fresh := func(ctx context.Context) (bool, error) {
		if err := c.Client.Get(ctx, key, o, opts...); err != nil {
			c.tracker.forget(o, key)
			return false, err
		}
		return !c.tracker.isStale(o), nil
	}
	if ok, err := fresh(ctx); ok || err != nil {
		return err
	}
	err := wait.PollUntilContextTimeout(ctx, cachePollInterval, cachePollTimeout, false, fresh)
	if wait.Interrupted(err) && ctx.Err() == nil {
		return nil // a write of the stale object ends in a conflict
	}
	return err
}

// Update writes o unless the cache holds the same object at the same version.
func (c *dedupClient) Update(ctx context.Context, o client.Object, opts ...client.UpdateOption) error {
	if len(opts) == 0 && c.unchanged(ctx, o) {
		return nil
	}
	restore := keepStatus(o)
	err := c.Client.Update(ctx, o, opts...)
	restore()
	return c.tracker.record(o, err)
}

// keepStatus returns a function that restores the present status of a managed resource.
// An update of metadata or spec overwrites o with the API server's response, which has
// the stored status. Without this, the status that Observe has set would be lost when
// Crossplane's reconciler adds its finalizer or records an external name, and not be
// written before the next poll.
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

// Patch patches o.
func (c *dedupClient) Patch(ctx context.Context, o client.Object, p client.Patch, opts ...client.PatchOption) error {
	return c.tracker.record(o, c.Client.Patch(ctx, o, p, opts...))
}

// Status returns a status writer that skips updates without a change.
func (c *dedupClient) Status() client.SubResourceWriter {
	return &dedupStatusWriter{SubResourceWriter: c.Client.Status(), c: c}
}

type dedupStatusWriter struct {
	client.SubResourceWriter

	c *dedupClient
}

// Update writes the status of o unless the mutator skips it, or the cache holds the same
// object at the same version.
func (w *dedupStatusWriter) Update(ctx context.Context, o client.Object, opts ...client.SubResourceUpdateOption) error {
	if !w.c.mutate(ctx, o) {
		return nil
	}
	if have := w.c.stored(ctx, o); have != nil {
		keepTransitionTimes(o, have)
		if len(opts) == 0 && equality.Semantic.DeepEqual(have, o) {
			return nil
		}
	}
	return w.c.tracker.record(o, w.SubResourceWriter.Update(ctx, o, opts...))
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

// unchanged reports whether the cache holds an object equal to o at o's version.
func (c *dedupClient) unchanged(ctx context.Context, o client.Object) bool {
	have := c.stored(ctx, o)
	return have != nil && equality.Semantic.DeepEqual(have, o)
}

// stored returns the cached object at o's resource version. It is nil if the cache
// holds an older or newer version: then the API server decides, and may return a
// conflict.
func (c *dedupClient) stored(ctx context.Context, o client.Object) client.Object {
	if _, ok := o.(runtime.Unstructured); ok || o.GetResourceVersion() == "" {
		return nil
	}
	have, ok := o.DeepCopyObject().(client.Object)
	if !ok {
		return nil
	}
	if err := c.Client.Get(ctx, client.ObjectKeyFromObject(o), have); err != nil || have.GetResourceVersion() != o.GetResourceVersion() {
		return nil
	}
	// Get sets the type meta and Update clears it: this is not a difference.
	have.GetObjectKind().SetGroupVersionKind(o.GetObjectKind().GroupVersionKind())
	return have
}
