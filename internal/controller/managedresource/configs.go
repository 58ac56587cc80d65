// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// indexProviderConfig indexes managed resources by their provider config.
const indexProviderConfig = "spec.providerConfigRef"

// WatchProviderConfigs adds watches of provider configs to a controller of managed
// resources: a change of a config's spec enqueues the resources that use it. of is an
// empty resource, list an empty list of them.
func WatchProviderConfigs(mgr ctrl.Manager, b *builder.Builder, of resource.ModernManaged, list client.ObjectList) (*builder.Builder, error) {
	ctx := context.Background() //nolint:forbidigo // set-up has no context, and the index does not use it
	if err := mgr.GetFieldIndexer().IndexField(ctx, of, indexProviderConfig, byProviderConfig); err != nil {
		return nil, errors.Wrapf(err, "cannot index %T by provider config", of)
	}
	for _, config := range []client.Object{&networkingv1alpha1.ClusterProviderConfig{}, &networkingv1alpha1.ProviderConfig{}} {
		b = b.Watches(config, handler.EnqueueRequestsFromMapFunc(configToResources(mgr.GetClient(), list)), builder.WithPredicates(ConfigChanged()))
	}
	return b, nil
}

// ConfigChanged passes creations of provider configs and changes of their spec.
func ConfigChanged() predicate.Predicate {
	return predicate.And(predicate.GenerationChangedPredicate{}, predicate.Funcs{
		DeleteFunc: func(event.DeleteEvent) bool { return false },
	})
}

// byProviderConfig returns the index key of a managed resource's provider config.
func byProviderConfig(o client.Object) []string {
	mg, ok := o.(resource.ModernManaged)
	if !ok {
		return nil
	}
	if key := configKeyOf(mg); key != "" {
		return []string{key}
	}
	return nil
}

// configKeyOf returns the key of a managed resource's provider config, or "".
func configKeyOf(mg resource.ModernManaged) string {
	ref := mg.GetProviderConfigReference()
	if ref == nil {
		return ""
	}
	return configKey(ref.Kind, mg.GetNamespace(), ref.Name)
}

func configKey(kind, namespace, name string) string {
	if kind == networkingv1alpha1.ClusterProviderConfigKind {
		return kind + "/" + name
	}
	return kind + "/" + namespace + "/" + name
}

func configToResources(c client.Reader, list client.ObjectList) handler.MapFunc {
	return func(ctx context.Context, o client.Object) []reconcile.Request {
		kind := networkingv1alpha1.ProviderConfigKind
		if _, ok := o.(*networkingv1alpha1.ClusterProviderConfig); ok {
			kind = networkingv1alpha1.ClusterProviderConfigKind
		}
		l, ok := list.DeepCopyObject().(client.ObjectList)
		if !ok {
			return nil
		}
		if err := c.List(ctx, l, client.MatchingFields{indexProviderConfig: configKey(kind, o.GetNamespace(), o.GetName())}, client.UnsafeDisableDeepCopy); err != nil {
			return nil // a read from the cache fails only on shutdown
		}
		var rs []reconcile.Request
		_ = meta.EachListItem(l, func(o runtime.Object) error { // the function returns no error
			if item, ok := o.(client.Object); ok {
				rs = append(rs, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(item)})
			}
			return nil
		})
		return rs
	}
}
