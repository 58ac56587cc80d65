// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

const (
	// fieldOwner owns the fields of children that a NodeENI sets. Fields that another
	// controller sets, such as deviceIndex, are not among them.
	fieldOwner = "provider-aws-eni/nodeeni"

	// annotationApplied holds a digest of the last applied object, so that a removed
	// field is detected.
	annotationApplied = "networking.k8s.aws/applied"

	// applyWorkers is the number of children that are written in parallel.
	applyWorkers = 8
)

// apply applies an object of a child of n with server-side apply, and reports whether it
// matched already. have may be nil. v is the cache entry for the object.
func (r *Reconciler) apply(ctx context.Context, n *v1alpha1.NodeENI, v appliedObject, want func() client.Object, have client.Object) (bool, error) {
	if have != nil {
		v.version = have.GetResourceVersion()
		if r.applied.contains(v) {
			return true, nil
		}
	}
	good, err := r.applyIfChanged(ctx, n, want(), have)
	if good && err == nil {
		r.applied.add(v)
	}
	return good, err
}

// applyIfChanged applies an object unless it matches already.
func (r *Reconciler) applyIfChanged(ctx context.Context, n *v1alpha1.NodeENI, want, have client.Object) (bool, error) {
	u, err := toUnstructured(want)
	if err != nil {
		return false, err
	}
	if have != nil {
		h, err := toUnstructured(have)
		if err != nil {
			return false, err
		}
		if path := editedSetting(h, u); path != "" {
			return false, r.revert(ctx, n, h, u, path)
		}
		if covers(h.Object, u.Object) {
			return true, nil
		}
	}
	if changesNode(want, have) {
		u.SetResourceVersion(have.GetResourceVersion())
	}
	err = r.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), client.FieldOwner(fieldOwner), client.ForceOwnership)
	return false, errors.Wrapf(err, "cannot apply %s %q", want.GetObjectKind().GroupVersionKind().Kind, want.GetName())
}

// toUnstructured returns the fields to apply, without status and server-set fields, and
// with the digest of them all.
func toUnstructured(o client.Object) (*unstructured.Unstructured, error) {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, errors.Wrap(err, "cannot convert a child")
	}
	delete(m, "status")
	u := &unstructured.Unstructured{Object: m}
	unstructured.RemoveNestedField(u.Object, "metadata", "creationTimestamp")
	if o.GetResourceVersion() == "" { // desired, not observed
		raw, err := json.Marshal(u.Object)
		if err != nil {
			return nil, errors.Wrap(err, "cannot encode a child")
		}
		sum := sha256.Sum256(raw)
		a := u.GetAnnotations()
		a[annotationApplied] = hex.EncodeToString(sum[:8])
		u.SetAnnotations(a)
	}
	return u, nil
}

// covers reports whether have has every field of want.
func covers(have, want any) bool {
	w, ok := want.(map[string]any)
	if !ok {
		return reflect.DeepEqual(have, want)
	}
	h, ok := have.(map[string]any)
	if !ok {
		return false
	}
	for k, v := range w {
		if k == "apiVersion" || k == "kind" {
			continue // the cache returns objects without them
		}
		x, ok := h[k]
		if !ok || (k == "finalizers" && !includes(x, v)) || (k != "finalizers" && !covers(x, v)) {
			return false
		}
	}
	return true
}

// includes reports whether the list have contains every item of want: other controllers
// may add finalizers.
func includes(have, want any) bool {
	h, _ := have.([]any)
	w, ok := want.([]any)
	return ok && !slices.ContainsFunc(w, func(x any) bool { return !slices.Contains(h, x) })
}

// applyAll applies the children of a plan, applyWorkers in parallel. It returns the
// number of new children.
func (r *Reconciler) applyAll(ctx context.Context, n *v1alpha1.NodeENI, s *state) (int, error) {
	created := 0
	var children []eni.Child
	for _, c := range s.plan.Apply {
		ni, at := s.interfaces[c.Name], s.attachments[c.Name]
		if s.stale[c.Name] || (ni != nil && ni.GetDeletionTimestamp() != nil) || (at != nil && at.GetDeletionTimestamp() != nil) {
			continue // being deleted; created again afterwards
		}
		if ni == nil {
			created++
		}
		children = append(children, c)
	}
	for _, c := range s.plan.Retain {
		if ni := s.interfaces[c.Name]; ni != nil && ni.GetDeletionTimestamp() == nil {
			children = append(children, c)
		}
	}
	byNode(children, s)
	err := forEach(applyWorkers, children, func(c eni.Child) error { return r.applyChild(ctx, n, c, s) })
	r.applied.prune(n.GetUID(), slices.Concat(s.plan.Apply, s.plan.Retain))
	return created, err
}

// byNode sorts children by node: first the nodes that lack the fewest ENIs. The other controllers serve
// nodes in the order in which their objects appear.
func byNode(children []eni.Child, s *state) {
	missing := map[string]int{}
	for _, c := range children {
		if at := s.attachments[c.Name]; at == nil || !attached(at) {
			missing[c.NodeName]++
		}
	}
	if len(missing) == 0 {
		return
	}
	slices.SortFunc(children, func(a, b eni.Child) int {
		return cmp.Or(cmp.Compare(missing[a.NodeName], missing[b.NodeName]), cmp.Compare(a.NodeName, b.NodeName), cmp.Compare(a.Ordinal, b.Ordinal), cmp.Compare(a.Name, b.Name))
	})
}

// namesByNode returns the names of children, sorted by their nodes.
func (s *state) namesByNode(names []string) []string {
	node := func(name string) string {
		if ni := s.interfaces[name]; ni != nil {
			return ni.GetLabels()[v1alpha1.LabelNode]
		}
		return ""
	}
	return slices.SortedStableFunc(slices.Values(names), func(a, b string) int { return cmp.Compare(node(a), node(b)) })
}

// applyChild applies the NetworkInterface and the NetworkInterfaceAttachment of a child.
func (r *Reconciler) applyChild(ctx context.Context, n *v1alpha1.NodeENI, c eni.Child, s *state) error {
	ni, at := s.interfaces[c.Name], s.attachments[c.Name]
	if takesOver(c, ni) {
		if ok, err := r.lastAttachmentDeleted(ctx, c); !ok || err != nil {
			s.outdated.add(c.Name)
			return err // the deletion of the attachment enqueues the NodeENI
		}
	}
	trace := r.traceOf(ctx, n, c, ni, at)
	applied, err := r.applyObjects(ctx, n, c, s, trace.parent)
	trace.end(ctx, applied, err)
	return err
}

// applyObjects applies the objects of a child, with the context of its trace. It reports whether
// it applied both of them, or found that they matched.
func (r *Reconciler) applyObjects(ctx context.Context, n *v1alpha1.NodeENI, c eni.Child, s *state, trace string) (bool, error) {
	d := r.defaults()
	ni, at := s.interfaces[c.Name], s.attachments[c.Name]
	v := appliedObject{nodeENI: n.GetUID(), generation: n.GetGeneration(), child: c, trace: trace}
	v.child.Adopt = "" // only a new object adopts an ENI
	v.kind = ec2v1alpha1.NetworkInterfaceKind
	good, err := r.apply(ctx, n, v, func() client.Object { return traced(networkInterface(n, c, d, ni), trace) }, orNil(ni))
	if !good {
		s.outdated.add(c.Name)
	}
	switch {
	case kerrors.IsConflict(err):
		return false, nil // the change of the object enqueues the NodeENI
	case err != nil:
		return false, err
	case c.Retained && slices.Contains(s.plan.Detach, c.Name):
		return false, r.deleteObject(ctx, n, orNil(at))
	case c.Retained:
		return false, nil
	}
	v.kind = ec2v1alpha1.NetworkInterfaceAttachmentKind
	good, err = r.apply(ctx, n, v, func() client.Object { return traced(attachment(n, c, d, at), trace) }, orNil(at))
	if !good {
		s.outdated.add(c.Name)
	}
	return err == nil, err
}

// releaseAll deletes children, a limited number in parallel. Other controllers release
// the host interface, detach the ENI and delete it, in this order.
//
// It does not delete an object that the NodeENI does not control, or that was replaced
// since it was read.
func (r *Reconciler) releaseAll(ctx context.Context, n *v1alpha1.NodeENI, s *state, names []string) error {
	return forEach(max(1, r.o.MaxConcurrentCleanups), s.namesByNode(names), func(name string) error {
		for _, o := range []client.Object{orNil(s.attachments[name]), orNil(s.interfaces[name])} {
			if err := r.deleteObject(ctx, n, o); err != nil {
				return err
			}
		}
		return nil
	})
}

// deleteObject deletes an object of a child, unless it is nil or being deleted, or the NodeENI
// does not control it.
func (r *Reconciler) deleteObject(ctx context.Context, n *v1alpha1.NodeENI, o client.Object) error {
	if o == nil || o.GetDeletionTimestamp() != nil || !controlledBy(o, n.GetUID()) {
		return nil
	}
	if err := r.leaveENI(ctx, n, o); err != nil {
		return err
	}
	err := r.client.Delete(ctx, o, client.Preconditions{UID: new(o.GetUID())})
	return errors.Wrapf(client.IgnoreNotFound(err), "cannot delete %q", o.GetName())
}

// releaseTainted deletes children after it has set the taint of rollout.taintEffect on their
// nodes.
func (r *Reconciler) releaseTainted(ctx context.Context, n *v1alpha1.NodeENI, s *state, names []string) error {
	if err := r.applyReleasingTaints(ctx, n, s, slices.Concat(names, s.plan.Detach)); err != nil {
		s.plan.Detach = nil
		return err
	}
	return r.releaseAll(ctx, n, s, names)
}

// halfDeleted returns the desired children whose NetworkInterface is being deleted by another
// actor. Its deletion waits for the deletion of the attachment, which no other controller
// deletes. Both are created again afterwards.
func halfDeleted(s *state) []string {
	var names []string
	for _, c := range s.plan.Apply {
		ni, at := s.interfaces[c.Name], s.attachments[c.Name]
		if ni != nil && ni.GetDeletionTimestamp() != nil && at != nil && at.GetDeletionTimestamp() == nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// controlledBy reports whether the controller of an object has a UID.
func controlledBy(o client.Object, uid types.UID) bool {
	if o == nil {
		return false
	}
	c := metav1.GetControllerOf(o)
	return c != nil && c.UID == uid
}

// orNil converts a nil pointer to a nil interface.
func orNil[T any, P interface {
	*T
	client.Object
}](o P) client.Object {
	if o == nil {
		return nil
	}
	return o
}
