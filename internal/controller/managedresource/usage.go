// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// A UsageTracker records that a managed resource uses a ProviderConfig.
type UsageTracker interface {
	Track(ctx context.Context, mg resource.ModernManaged) error
}

// NewUsageTracker returns a UsageTracker that writes ProviderConfigUsages. A child of a NodeENI needs none
// of its own while the NodeENI has one for the same config: a fleet of 10,000 ENIs would have 20,000. The
// finalizer with which the child is created keeps the config, too.
// cached and uncached read from the cache and from the API server.
func NewUsageTracker(cached client.Client, uncached client.Reader) UsageTracker {
	return &usageTracker{cached: cached, uncached: uncached, own: resource.NewProviderConfigUsageTracker(cached, &networkingv1alpha1.ProviderConfigUsage{})}
}

type usageTracker struct {
	cached   client.Reader
	uncached client.Reader
	own      UsageTracker
}

// Track records the use of a managed resource's provider config, unless its NodeENI does.
func (t *usageTracker) Track(ctx context.Context, mg resource.ModernManaged) error {
	covered, err := t.covered(ctx, mg)
	if covered || err != nil {
		return err
	}
	return t.own.Track(ctx, mg)
}

// covered reports whether the NodeENI that controls a resource has a usage of the resource's config.
// The cache may not have the usage yet, which the NodeENI controller creates before its first children.
func (t *usageTracker) covered(ctx context.Context, mg resource.ModernManaged) (bool, error) {
	owner, ref := nodeENIReference(mg), mg.GetProviderConfigReference()
	if owner == nil || ref == nil {
		return false, nil
	}
	u := &networkingv1alpha1.ProviderConfigUsage{}
	err := t.cached.Get(ctx, types.NamespacedName{Namespace: mg.GetNamespace(), Name: usageName(owner.UID)}, u)
	if kerrors.IsNotFound(err) && !meta.WasDeleted(mg) {
		// The provider may list usages, not get them.
		l := &networkingv1alpha1.ProviderConfigUsageList{}
		err = t.uncached.List(ctx, l, client.InNamespace(mg.GetNamespace()), client.MatchingFields{metav1.ObjectNameField: usageName(owner.UID)})
		if len(l.Items) > 0 {
			u = &l.Items[0]
		}
	}
	if err != nil {
		return false, errors.Wrap(client.IgnoreNotFound(err), "cannot read the ProviderConfigUsage of the NodeENI")
	}
	return u.GetDeletionTimestamp() == nil && u.ProviderConfigReference == *ref && isControlledBy(u, owner.UID), nil
}

func usageName(nodeENI types.UID) string { return "nodeeni-" + string(nodeENI) }

func isControlledBy(o metav1.Object, uid types.UID) bool {
	c := metav1.GetControllerOf(o)
	return c != nil && c.UID == uid
}

// TrackNodeENI records that a NodeENI uses a provider config, for its children in a namespace. A config that
// is being deleted gets no new usage.
func TrackNodeENI(ctx context.Context, kube client.Client, n *networkingv1alpha1.NodeENI, namespace string, ref xpv2.ProviderConfigReference) error {
	gvk := networkingv1alpha1.NodeENIGroupVersionKind
	have := &networkingv1alpha1.ProviderConfigUsage{}
	err := kube.Get(ctx, types.NamespacedName{Namespace: namespace, Name: usageName(n.GetUID())}, have)
	if err == nil && have.ProviderConfigReference == ref || client.IgnoreNotFound(err) != nil {
		return errors.Wrap(client.IgnoreNotFound(err), "cannot get the ProviderConfigUsage")
	}
	pc, gerr := getConfig(ctx, kube, ec2.ConfigReference{Kind: ref.Kind, Namespace: namespace, Name: ref.Name})
	if gerr != nil || meta.WasDeleted(pc) {
		return client.IgnoreNotFound(gerr) // the children report it
	}
	u := &networkingv1alpha1.ProviderConfigUsage{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: usageName(n.GetUID()),
		Labels:          map[string]string{xpv2.LabelKeyProviderName: ref.Name, xpv2.LabelKeyProviderKind: ref.Kind},
		OwnerReferences: []metav1.OwnerReference{meta.AsController(meta.TypedReferenceTo(n, gvk))},
	}}
	u.ProviderConfigReference = ref
	u.ResourceReference = xpv2.TypedReference{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Name: n.GetName()}
	if err == nil {
		u.SetResourceVersion(have.GetResourceVersion())
		return errors.Wrap(kube.Update(ctx, u), "cannot change the ProviderConfigUsage")
	}
	if err := kube.Create(ctx, u); err != nil && !kerrors.IsAlreadyExists(err) {
		return errors.Wrap(err, "cannot create the ProviderConfigUsage")
	}
	return nil
}
