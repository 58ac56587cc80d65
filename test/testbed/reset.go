// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Baseline is the set of objects that a control plane is reset to.
type Baseline struct {
	kinds map[schema.GroupVersionResource]bool
	keys  map[baselineKey]bool
}

type baselineKey struct {
	kind            schema.GroupVersionResource
	namespace, name string
}

// resetWithin bounds one reset: one or two passes of about sixty list calls each, on
// a machine that runs other tests at the same time.
const resetWithin = 3 * time.Minute

// Baseline returns the set of existing objects.
func (c *ControlPlane) Baseline(ctx context.Context) (*Baseline, error) {
	kinds, err := c.kinds()
	if err != nil {
		return nil, err
	}
	m, err := metadata.NewForConfig(c.Config)
	if err != nil {
		return nil, errors.Wrap(err, "cannot create a client")
	}
	b := &Baseline{kinds: kinds, keys: map[baselineKey]bool{}}
	return b, eachObject(ctx, m, kinds, func(kind schema.GroupVersionResource, o *metav1.PartialObjectMetadata) error {
		b.keys[baselineKey{kind, o.Namespace, o.Name}] = true
		return nil
	})
}

// Reset deletes all objects that are not in the baseline, without waiting for their
// finalizers, and returns when none exists. It does not restore objects of the
// baseline. It returns an error if CRDs were added, because the API server deletes a
// CRD seconds after its objects.
func (c *ControlPlane) Reset(ctx context.Context, b *Baseline) error {
	ctx, cancel := context.WithTimeout(ctx, resetWithin)
	defer cancel()
	kinds, err := c.kinds()
	if err != nil {
		return err
	}
	if len(kinds) != len(b.kinds) {
		return errors.Errorf("cannot reset the control plane: it has %d kinds of objects, and %d at first", len(kinds), len(b.kinds))
	}
	// An object with finalizers cannot be changed after its namespace was deleted.
	if err := c.clear(ctx, b, func(r schema.GroupVersionResource) bool { return !isNamespace(r) }); err != nil {
		return err
	}
	return c.clear(ctx, b, func(schema.GroupVersionResource) bool { return true })
}

func isNamespace(r schema.GroupVersionResource) bool {
	return r.Group == corev1.GroupName && r.Resource == "namespaces"
}

// clear deletes the objects of the selected kinds until none is left.
func (c *ControlPlane) clear(ctx context.Context, b *Baseline, of func(schema.GroupVersionResource) bool) error {
	kinds := map[schema.GroupVersionResource]bool{}
	for kind := range b.kinds {
		if of(kind) {
			kinds[kind] = true
		}
	}
	m, err := metadata.NewForConfig(c.Config)
	if err != nil {
		return errors.Wrap(err, "cannot create a client")
	}
	var last []string
	for {
		var left []string
		if err := eachObject(ctx, m, kinds, func(kind schema.GroupVersionResource, o *metav1.PartialObjectMetadata) error {
			if b.keys[baselineKey{kind, o.Namespace, o.Name}] {
				return nil
			}
			left = append(left, kind.Resource+" "+o.Namespace+"/"+o.Name)
			return c.remove(ctx, m, kind, o)
		}); err != nil {
			return errors.Wrapf(err, "cannot reset the control plane, left in the last pass: %v", last)
		}
		if len(left) == 0 {
			return nil
		}
		last = left
	}
}

// kinds returns the kinds of objects that can be listed and deleted.
func (c *ControlPlane) kinds() (map[schema.GroupVersionResource]bool, error) {
	d, err := discovery.NewDiscoveryClientForConfig(c.Config)
	if err != nil {
		return nil, errors.Wrap(err, "cannot create a discovery client")
	}
	lists, err := d.ServerPreferredResources()
	if err != nil {
		return nil, errors.Wrap(err, "cannot discover the kinds of objects")
	}
	kinds := map[schema.GroupVersionResource]bool{}
	for _, l := range discovery.FilteredBy(discovery.SupportsAllVerbs{Verbs: []string{"list", "delete", "patch"}}, lists) {
		gv, err := schema.ParseGroupVersion(l.GroupVersion)
		if err != nil {
			return nil, errors.Wrap(err, "cannot discover the kinds of objects")
		}
		for _, r := range l.APIResources {
			// Only the API server creates Endpoints here, and listing them prints a
			// deprecation warning. events.k8s.io serves the events of the core group.
			if r.Kind == "Endpoints" || gv.Group == "events.k8s.io" {
				continue
			}
			kinds[gv.WithResource(r.Name)] = true
		}
	}
	return kinds, nil
}

// eachObject calls fn for each object of the given kinds.
func eachObject(ctx context.Context, m metadata.Interface, kinds map[schema.GroupVersionResource]bool, fn func(schema.GroupVersionResource, *metav1.PartialObjectMetadata) error) error {
	for kind := range kinds {
		list, err := m.Resource(kind).List(ctx, metav1.ListOptions{})
		if err != nil {
			return errors.Wrapf(err, "cannot list %s", kind.Resource)
		}
		for i := range list.Items {
			if err := fn(kind, &list.Items[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// remove deletes an object and removes its finalizers.
func (c *ControlPlane) remove(ctx context.Context, m metadata.Interface, kind schema.GroupVersionResource, o *metav1.PartialObjectMetadata) error {
	objects := m.Resource(kind).Namespace(o.Namespace)
	err := objects.Delete(ctx, o.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64), Preconditions: &metav1.Preconditions{UID: &o.UID}})
	if err == nil && len(o.Finalizers) > 0 {
		_, err = objects.Patch(ctx, o.Name, types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{})
	}
	if err == nil && isNamespace(kind) {
		err = c.finalizeNamespace(ctx, o.Name)
	}
	return errors.Wrapf(ignoreGone(err), "cannot delete %s %q", strings.TrimSuffix(kind.Resource, "s"), o.Name)
}

// finalizeNamespace finalizes an empty namespace, as the namespace controller does.
func (c *ControlPlane) finalizeNamespace(ctx context.Context, name string) error {
	kube, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		return errors.Wrap(err, "cannot create a client")
	}
	ns, err := kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	ns.Spec = corev1.NamespaceSpec{}
	_, err = kube.CoreV1().Namespaces().Finalize(ctx, ns, metav1.UpdateOptions{})
	return err
}

// ignoreGone returns nil if err means that the object was deleted or replaced by
// another one of the same name, which the next pass lists.
func ignoreGone(err error) error {
	if kerrors.IsNotFound(err) || kerrors.IsConflict(err) {
		return nil
	}
	return err
}
