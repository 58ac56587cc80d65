// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A staleClient returns an earlier version of a HostInterface, as a cache does.
type staleClient struct {
	client.Client

	stale *v1alpha1.HostInterface
}

// Get implements client.Client.
func (c *staleClient) Get(ctx context.Context, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
	if h, ok := o.(*v1alpha1.HostInterface); ok && c.stale != nil && key.Name == c.stale.Name {
		c.stale.DeepCopyInto(h)
		return nil
	}
	return c.Client.Get(ctx, key, o, opts...)
}

// TestStatusOfStaleCache has a cache with the provider's last write and without the agent's
// last write: a change of the MTU to another value and back.
func TestStatusOfStaleCache(t *testing.T) {
	r := newHarness(t, hif("a", mac1, 1, func(hi *v1alpha1.HostInterface) { hi.Spec.Config.MTU = new(int32(9001)) }))
	r.net.PlugIn("eth1", mac1)
	r.reconcile("a")
	c := &staleClient{Client: r.Reconciler.client}
	r.Reconciler.client = c

	r.change("a", func(hi *v1alpha1.HostInterface) { hi.Spec.Config.AltNames = []string{"again"} })
	c.stale = r.get("a") // MTU 9001, of an earlier generation
	later := r.get("a")
	later.Status.MTU = 8500
	must(t, c.Client.Status().Update(t.Context(), later))

	result, err := r.Reconcile(t.Context(), request("a"))
	must(t, err)
	c.stale = nil
	if result.RequeueAfter < r.resync { // at once: a change of the status causes no reconcile
		r.reconcile("a")
	}
	if got := r.get("a"); got.Status.MTU != 9001 || got.Status.ObservedGeneration != got.Generation {
		t.Errorf("The status has the MTU of its generation: MTU %d of generation %d, want 9001 of %d", got.Status.MTU, got.Status.ObservedGeneration, got.Generation)
	}
}
