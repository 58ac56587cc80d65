// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"maps"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/podnetwork"
)

// discoveryPoll is the period of retries while the API server's discovery does not list an
// established CRD yet.
const discoveryPoll = time.Second

// watchDefinitions watches the NetworkAttachmentDefinitions of a CRD that is established.
func (r *Reconciler) watchDefinitions(ctx context.Context, mgr ctrl.Manager, c controller.Controller) error {
	err := wait.PollUntilContextCancel(ctx, discoveryPoll, true, func(ctx context.Context) (bool, error) {
		informer, err := mgr.GetCache().GetInformer(ctx, podnetwork.Object(), cache.BlockUntilSynced(false))
		if err != nil {
			r.log.Debug("Cannot watch NetworkAttachmentDefinitions yet", "error", err)
			return false, nil
		}
		r.networks.Watched(informer.HasSynced)
		return true, nil
	})
	if err != nil {
		return nil //nolint:nilerr // the manager stops
	}
	return errors.Wrap(c.Watch(source.Kind(mgr.GetCache(), client.Object(podnetwork.Object()), definitionHandler(mgr.GetClient()))), "cannot watch NetworkAttachmentDefinitions")
}

// namespaceHandler enqueues the NodeENIs that have a network.
func namespaceHandler(c client.Reader) handler.EventHandler {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, _ client.Object) []reconcile.Request {
		return withNetwork(ctx, c)
	})
}

func withNetwork(ctx context.Context, c client.Reader) []reconcile.Request {
	l := &v1alpha1.NodeENIList{}
	if err := c.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return nil // a read from the cache fails only on shutdown
	}
	var rs []reconcile.Request
	for i := range l.Items {
		if l.Items[i].Spec.Network != nil {
			rs = append(rs, reconcile.Request{NamespacedName: types.NamespacedName{Name: l.Items[i].GetName()}})
		}
	}
	return rs
}

// namespaceChanged passes the creation and deletion of namespaces, and changes of their
// labels.
func namespaceChanged() predicate.Predicate {
	return predicate.Funcs{UpdateFunc: func(e event.UpdateEvent) bool {
		return !maps.Equal(e.ObjectOld.GetLabels(), e.ObjectNew.GetLabels()) ||
			(e.ObjectOld.GetDeletionTimestamp() == nil) != (e.ObjectNew.GetDeletionTimestamp() == nil)
	}}
}

// definitionHandler enqueues the NodeENI that controls a NetworkAttachmentDefinition. The
// deletion of a foreign one enqueues every NodeENI with a network: it may have had the name
// of a network.
func definitionHandler(c client.Reader) handler.TypedEventHandler[client.Object, reconcile.Request] {
	return handler.EnqueueRequestsFromMapFunc(func(ctx context.Context, o client.Object) []reconcile.Request {
		if owner := metav1.GetControllerOf(o); owner != nil && owner.Kind == v1alpha1.NodeENIKind {
			return []reconcile.Request{{NamespacedName: types.NamespacedName{Name: owner.Name}}}
		}
		return withNetwork(ctx, c)
	})
}
