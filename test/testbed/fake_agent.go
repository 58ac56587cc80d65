// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"strconv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// crdPoll is how often a FakeAgent checks for a CRD that does not exist.
const crdPoll = 200 * time.Millisecond

// A FakeAgent replaces the agents of nodes that have no host. It reports every
// HostInterface as configured and removes the finalizer of each deleted one.
type FakeAgent struct {
	// Only restricts the agent to nodes for which it returns true. Default: all nodes.
	Only func(node string) bool
}

// Run reconciles HostInterfaces until ctx is done. It waits while the CRD does not exist.
func (a FakeAgent) Run(ctx context.Context, c client.WithWatch) error {
	for ctx.Err() == nil {
		w, err := c.Watch(ctx, &v1alpha1.HostInterfaceList{})
		if kerrors.IsNotFound(err) || apimeta.IsNoMatchError(err) {
			select {
			case <-ctx.Done():
			case <-time.After(crdPoll):
			}
			continue
		}
		if err != nil {
			if ctx.Err() == nil {
				return errors.Wrap(err, "cannot watch HostInterfaces")
			}
			break
		}
		for e := range w.ResultChan() {
			h, ok := e.Object.(*v1alpha1.HostInterface)
			if !ok || e.Type == watch.Deleted || (a.Only != nil && !a.Only(h.Spec.NodeName)) {
				continue
			}
			// A conflict means a newer version, which the watch delivers.
			if err := a.reconcile(ctx, c, h); err != nil && !kerrors.IsConflict(err) && !kerrors.IsNotFound(err) && ctx.Err() == nil {
				w.Stop()
				return err
			}
		}
	}
	return nil
}

// reconcile configures or releases one HostInterface.
func (a FakeAgent) reconcile(ctx context.Context, c client.Client, h *v1alpha1.HostInterface) error {
	if meta.WasDeleted(h) {
		if !meta.FinalizerExists(h, v1alpha1.FinalizerAgent) {
			return nil
		}
		meta.RemoveFinalizer(h, v1alpha1.FinalizerAgent)
		return c.Update(ctx, h)
	}
	if h.Status.ObservedGeneration == h.GetGeneration() {
		return nil
	}
	h.Status.ObservedGeneration = h.GetGeneration()
	h.Status.InterfaceName = "eth" + strconv.Itoa(int(h.Spec.DeviceIndex))
	h.Status.MTU = ptr.Deref(h.Spec.Config.MTU, 1500)
	h.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
	return c.Status().Update(ctx, h)
}

// RenewLease renews the Lease of a node's agent once.
func RenewLease(ctx context.Context, c client.Client, node string, at time.Time) error {
	l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: v1alpha1.AgentLeaseName(node)}}
	err := c.Get(ctx, client.ObjectKeyFromObject(l), l)
	l.Spec.HolderIdentity = &node
	l.Spec.RenewTime = new(metav1.NewMicroTime(at))
	if kerrors.IsNotFound(err) {
		return c.Create(ctx, l)
	}
	if err != nil {
		return err
	}
	return c.Update(ctx, l)
}
