// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package podnetwork

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// GroupVersionKind of NetworkAttachmentDefinitions.
func GroupVersionKind() schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: "k8s.cni.cncf.io", Version: "v1", Kind: "NetworkAttachmentDefinition"}
}

// annotationResource names the resource of the devices of a definition, for Multus.
const annotationResource = "k8s.v1.cni.cncf.io/resourceName"

// Object returns an empty NetworkAttachmentDefinition.
func Object() *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetGroupVersionKind(GroupVersionKind())
	return u
}

// A Definition is the desired content of a NetworkAttachmentDefinition.
type Definition struct {
	// Name of the object in each namespace.
	Name string
	// Config is the CNI configuration, or empty if each node has its own.
	Config string
	// Resource of the devices of the network, or empty.
	Resource string
}

// Definitions reads and writes NetworkAttachmentDefinitions.
type Definitions struct {
	cached client.Client
	direct client.Reader

	// synced reports whether the cache has listed the objects; nil before the CRD exists.
	synced atomic.Pointer[func() bool]
}

// New returns Definitions that read from a cache of the objects with the label of a
// NodeENI, and from the API server.
func New(cached client.Client, direct client.Reader) *Definitions {
	return &Definitions{cached: cached, direct: direct}
}

// Watched records that the CRD exists. The objects can be read once synced returns true;
// until then, a read would wait.
func (d *Definitions) Watched(synced func() bool) { d.synced.Store(&synced) }

// unavailable returns the condition of a network whose definitions cannot be read, or nil.
func (d *Definitions) unavailable() *xpv2.Condition {
	synced := d.synced.Load()
	switch {
	case synced == nil:
		return new(v1alpha1.NetworkNotDefined(v1alpha1.ReasonMultusNotInstalled, "the API server has no kind NetworkAttachmentDefinition (k8s.cni.cncf.io/v1): install Multus, or remove spec.network"))
	case !(*synced)():
		return new(v1alpha1.NetworkNotDefined(v1alpha1.ReasonCannotListNetworks, "the provider has not listed the NetworkAttachmentDefinitions yet: if this persists, check that its ClusterRole permits list and watch on network-attachment-definitions.k8s.cni.cncf.io"))
	default:
		return nil
	}
}

// Apply makes the definitions of a NodeENI match its spec, and returns its condition
// NetworkDefined.
func (d *Definitions) Apply(ctx context.Context, n *v1alpha1.NodeENI, desired []Definition) (xpv2.Condition, error) {
	if c := d.unavailable(); c != nil {
		return *c, nil
	}
	namespaces, missing, err := d.namespaces(ctx, n.Spec.Network)
	if err != nil {
		return xpv2.Condition{}, err
	}
	have, err := d.controlled(ctx, n)
	if err != nil {
		return xpv2.Condition{}, err
	}
	var foreign []string
	for _, ns := range namespaces {
		for _, w := range desired {
			key := client.ObjectKey{Namespace: ns, Name: w.Name}
			ok, err := d.apply(ctx, n, key, w, have[key])
			if err != nil {
				return xpv2.Condition{}, err
			}
			if !ok {
				foreign = append(foreign, key.String())
			}
			delete(have, key)
		}
	}
	if err := d.deleteAll(ctx, have); err != nil {
		return xpv2.Condition{}, err
	}
	switch {
	case len(foreign) > 0:
		return v1alpha1.NetworkNotDefined(v1alpha1.ReasonNetworkNameTaken, "these NetworkAttachmentDefinitions exist and are not controlled by this NodeENI: "+managedresource.FirstNames(foreign)+"; delete them, or set another spec.network.name"), nil
	case len(missing) > 0:
		return v1alpha1.NetworkNotDefined(v1alpha1.ReasonNamespaceNotFound, "these namespaces of spec.network.namespaces do not exist: "+managedresource.FirstNames(missing)), nil
	default:
		return v1alpha1.NetworkDefined(), nil
	}
}

// Delete deletes the definitions of a NodeENI. While they cannot be read, the garbage
// collector deletes them after the NodeENI.
func (d *Definitions) Delete(ctx context.Context, n *v1alpha1.NodeENI) error {
	if d.unavailable() != nil {
		return nil
	}
	have, err := d.controlled(ctx, n)
	if err != nil {
		return err
	}
	return d.deleteAll(ctx, have)
}

// namespaces returns the namespaces of a network, and the listed ones that do not exist. It
// leaves out namespaces that are being deleted.
func (d *Definitions) namespaces(ctx context.Context, w *v1alpha1.NodeENINetwork) (found, missing []string, err error) {
	all := &corev1.NamespaceList{}
	if err := d.cached.List(ctx, all, client.UnsafeDisableDeepCopy); err != nil {
		return nil, nil, errors.Wrap(err, "cannot list namespaces")
	}
	selector, err := metav1.LabelSelectorAsSelector(w.NamespaceSelector)
	if err != nil {
		return nil, nil, errors.Wrap(err, "spec.network.namespaceSelector is invalid")
	}
	exists := map[string]bool{}
	for _, ns := range all.Items {
		exists[ns.GetName()] = true
		if ns.GetDeletionTimestamp() != nil {
			continue
		}
		if slices.Contains(w.Namespaces, ns.GetName()) || selector.Matches(labels.Set(ns.GetLabels())) {
			found = append(found, ns.GetName())
		}
	}
	for _, name := range w.Namespaces {
		if !exists[name] {
			missing = append(missing, name)
		}
	}
	slices.Sort(found)
	return found, missing, nil
}

// controlled returns the definitions that a NodeENI controls.
func (d *Definitions) controlled(ctx context.Context, n *v1alpha1.NodeENI) (map[client.ObjectKey]*unstructured.Unstructured, error) {
	l := &unstructured.UnstructuredList{}
	l.SetGroupVersionKind(GroupVersionKind().GroupVersion().WithKind(GroupVersionKind().Kind + "List"))
	if err := d.cached.List(ctx, l, client.MatchingLabels{v1alpha1.LabelNodeENI: n.GetName()}); err != nil {
		return nil, errors.Wrap(err, "cannot list NetworkAttachmentDefinitions")
	}
	out := map[client.ObjectKey]*unstructured.Unstructured{}
	for i := range l.Items {
		if metav1.IsControlledBy(&l.Items[i], n) {
			out[client.ObjectKeyFromObject(&l.Items[i])] = &l.Items[i]
		}
	}
	return out, nil
}

// apply creates or corrects a definition. It reports false if an object exists that the
// NodeENI does not control.
func (d *Definitions) apply(ctx context.Context, n *v1alpha1.NodeENI, key client.ObjectKey, w Definition, have *unstructured.Unstructured) (bool, error) {
	if have == nil {
		err := d.cached.Create(ctx, desiredObject(n, key, w))
		if err == nil || kerrors.HasStatusCause(err, corev1.NamespaceTerminatingCause) {
			return true, nil
		}
		if !kerrors.IsAlreadyExists(err) {
			return false, errors.Wrapf(err, "cannot create NetworkAttachmentDefinition %q", key)
		}
		have = Object()
		if err := d.direct.Get(ctx, key, have); err != nil {
			return false, errors.Wrapf(err, "cannot get NetworkAttachmentDefinition %q", key)
		}
		if !metav1.IsControlledBy(have, n) {
			return false, nil
		}
	}
	want := desiredObject(n, key, w)
	if matches(have, want) || have.GetDeletionTimestamp() != nil {
		return true, nil
	}
	// The resource version in the update: an object that another client has replaced or
	// taken over meanwhile is not changed.
	want.SetResourceVersion(have.GetResourceVersion())
	want.SetUID(have.GetUID())
	want.SetLabels(merged(have.GetLabels(), want.GetLabels()))
	annotations := merged(have.GetAnnotations(), want.GetAnnotations())
	if w.Resource == "" {
		delete(annotations, annotationResource)
	}
	want.SetAnnotations(annotations)
	return true, errors.Wrapf(d.cached.Update(ctx, want), "cannot update NetworkAttachmentDefinition %q", key)
}

// desiredObject returns the desired object. An empty configuration is set explicitly, so that
// it replaces a configuration that another client has added.
func desiredObject(n *v1alpha1.NodeENI, key client.ObjectKey, w Definition) *unstructured.Unstructured {
	u := Object()
	u.SetNamespace(key.Namespace)
	u.SetName(key.Name)
	u.SetLabels(map[string]string{v1alpha1.LabelNodeENI: n.GetName()})
	if w.Resource != "" {
		u.SetAnnotations(map[string]string{annotationResource: w.Resource})
	}
	u.SetOwnerReferences([]metav1.OwnerReference{*metav1.NewControllerRef(n, v1alpha1.NodeENIGroupVersionKind)})
	u.Object["spec"] = map[string]any{"config": w.Config}
	return u
}

// matches reports whether an object has the desired content.
func matches(have, want *unstructured.Unstructured) bool {
	h, _, _ := unstructured.NestedString(have.Object, "spec", "config")
	w, _, _ := unstructured.NestedString(want.Object, "spec", "config")
	return h == w && have.GetLabels()[v1alpha1.LabelNodeENI] == want.GetLabels()[v1alpha1.LabelNodeENI] &&
		have.GetAnnotations()[annotationResource] == want.GetAnnotations()[annotationResource]
}

// merged returns the entries of both maps; the second map has precedence.
func merged(a, b map[string]string) map[string]string {
	out := maps.Clone(a)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, b)
	return out
}

// deleteAll deletes definitions, unless they were replaced since they were read.
func (d *Definitions) deleteAll(ctx context.Context, have map[client.ObjectKey]*unstructured.Unstructured) error {
	for key, o := range have {
		if o.GetDeletionTimestamp() != nil {
			continue
		}
		if err := d.cached.Delete(ctx, o, client.Preconditions{UID: new(o.GetUID())}); client.IgnoreNotFound(err) != nil {
			return errors.Wrapf(err, "cannot delete NetworkAttachmentDefinition %q", key)
		}
	}
	return nil
}
