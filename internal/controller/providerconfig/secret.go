// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// secretOf returns the Secret that a config names, or nil. A ProviderConfig cannot use a
// Secret of another namespace.
func secretOf(pc apiConfig) *xpv2.SecretReference {
	c := pc.Config().Credentials
	if c.Source != v1alpha1.CredentialsSourceSecret || c.SecretRef == nil {
		return nil
	}
	return within(pc, &xpv2.SecretReference{Namespace: c.SecretRef.Namespace, Name: c.SecretRef.Name})
}

// within returns the reference, or nil if the config may not protect that Secret. A tenant
// can write any reference into the spec and the status.
func within(pc apiConfig, s *xpv2.SecretReference) *xpv2.SecretReference {
	if s == nil || s.Name == "" || pc.GetNamespace() != "" && s.Namespace != pc.GetNamespace() {
		return nil
	}
	return s
}

// holdSecret adds a finalizer to the Secret of a config while the config is in use, and
// removes it from any other Secret. The status names the Secret before the finalizer is
// added and until it is removed, so that none is leaked.
func (r *Reconciler) holdSecret(ctx context.Context, pc apiConfig, used bool) error {
	want := secretOf(pc)
	if !used {
		want = nil
	}
	status := pc.ConfigStatus()
	if held := status.HeldSecret; held != nil && (want == nil || *held != *want) {
		if err := r.release(ctx, pc, within(pc, held)); err != nil {
			return err
		}
		status.HeldSecret = nil
		if want == nil {
			return r.writeStatus(ctx, pc)
		}
	}
	if want == nil {
		return nil
	}
	if status.HeldSecret == nil {
		status.HeldSecret = want
		if err := r.writeStatus(ctx, pc); err != nil {
			return err
		}
	}
	return r.patch(ctx, want, func(s *metav1.PartialObjectMetadata) {
		if s.GetDeletionTimestamp() == nil { // no finalizer can be added to an object being deleted
			meta.AddFinalizer(s, v1alpha1.FinalizerInUse)
		}
	})
}

func (r *Reconciler) writeStatus(ctx context.Context, pc apiConfig) error {
	return errors.Wrapf(r.client.Status().Update(ctx, pc), "cannot update the status of %s %q", r.kind, pc.GetName())
}

// release removes the finalizer, unless another config in use names the same Secret.
func (r *Reconciler) release(ctx context.Context, pc apiConfig, held *xpv2.SecretReference) error {
	if held == nil {
		return nil
	}
	needed, err := r.neededByOthers(ctx, pc, *held)
	if err != nil || needed {
		return err
	}
	return r.patch(ctx, held, func(s *metav1.PartialObjectMetadata) { meta.RemoveFinalizer(s, v1alpha1.FinalizerInUse) })
}

func (r *Reconciler) neededByOthers(ctx context.Context, pc apiConfig, held xpv2.SecretReference) (bool, error) {
	cluster, namespaced := &v1alpha1.ClusterProviderConfigList{}, &v1alpha1.ProviderConfigList{}
	if err := r.client.List(ctx, cluster); err != nil {
		return false, errors.Wrap(err, "cannot list ClusterProviderConfigs")
	}
	if err := r.client.List(ctx, namespaced, client.InNamespace(held.Namespace)); err != nil {
		return false, errors.Wrap(err, "cannot list ProviderConfigs")
	}
	type other struct {
		kind   string
		config apiConfig
	}
	var others []other
	for i := range cluster.Items {
		others = append(others, other{v1alpha1.ClusterProviderConfigKind, &cluster.Items[i]})
	}
	for i := range namespaced.Items {
		others = append(others, other{v1alpha1.ProviderConfigKind, &namespaced.Items[i]})
	}
	for _, o := range others {
		s := secretOf(o.config)
		if o.config.GetUID() == pc.GetUID() || s == nil || *s != held {
			continue
		}
		n, err := r.usages(ctx, r.client, o.kind, o.config)
		if err == nil && n == 0 {
			n, err = r.resources(ctx, r.client, o.kind, o.config)
		}
		if err != nil || n > 0 {
			return n > 0, err
		}
	}
	return false, nil
}

// patch changes the finalizers of a Secret without reading its data. It ignores a Secret
// that does not exist.
func (r *Reconciler) patch(ctx context.Context, ref *xpv2.SecretReference, change func(*metav1.PartialObjectMetadata)) error {
	s := &metav1.PartialObjectMetadata{}
	s.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := r.uncached.Get(ctx, client.ObjectKey{Namespace: ref.Namespace, Name: ref.Name}, s); err != nil {
		return errors.Wrapf(client.IgnoreNotFound(err), "cannot get Secret %q in namespace %q", ref.Name, ref.Namespace)
	}
	before := s.DeepCopy()
	change(s)
	if len(before.GetFinalizers()) == len(s.GetFinalizers()) {
		return nil
	}
	// The optimistic lock protects concurrent changes of other finalizers.
	err := r.client.Patch(ctx, s, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{}))
	return errors.Wrapf(client.IgnoreNotFound(err), "cannot change the finalizers of Secret %q in namespace %q", ref.Name, ref.Namespace)
}
