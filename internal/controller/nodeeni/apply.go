package nodeeni

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"

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
	// fieldOwner owns the fields of children that a NodeENI decides. Those that
	// a controller fills in later, such as deviceIndex, are not among them.
	fieldOwner = "provider-aws-eni/nodeeni"

	// annotationApplied holds a digest of what was applied last, so that a
	// field that is no longer wanted is noticed and taken away.
	annotationApplied = "networking.k8s.aws/applied"

	// applyWorkers bounds how many children are written at once.
	applyWorkers = 8
)

// apply applies a child's object, server-side, and reports whether it was as wanted
// already. have may be nil. v is what was wanted of which version when it was last
// found good.
func (r *Reconciler) apply(ctx context.Context, v verdict, want func() client.Object, have client.Object) (bool, error) {
	if have != nil {
		v.version = have.GetResourceVersion()
		if r.good.is(v) {
			return true, nil
		}
	}
	good, err := r.applied(ctx, want(), have)
	if good && err == nil {
		r.good.set(v)
	}
	return good, err
}

// applied applies an object, unless it is good already.
func (r *Reconciler) applied(ctx context.Context, want, have client.Object) (bool, error) {
	u, err := toUnstructured(want)
	if err != nil {
		return false, err
	}
	if have != nil {
		h, err := toUnstructured(have)
		if err != nil {
			return false, err
		}
		if covers(h.Object, u.Object) {
			return true, nil
		}
	}
	err = r.client.Apply(ctx, client.ApplyConfigurationFromUnstructured(u), client.FieldOwner(fieldOwner), client.ForceOwnership)
	return false, errors.Wrapf(err, "cannot apply %s %q", want.GetObjectKind().GroupVersionKind().Kind, want.GetName())
}

// toUnstructured returns only what is to be applied: no status, nothing that
// the API server fills in, and the digest of it all.
func toUnstructured(o client.Object) (*unstructured.Unstructured, error) {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil, errors.Wrap(err, "cannot convert a child")
	}
	delete(m, "status")
	u := &unstructured.Unstructured{Object: m}
	unstructured.RemoveNestedField(u.Object, "metadata", "creationTimestamp")
	if o.GetResourceVersion() == "" { // wanted, not read
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

// covers says whether have holds everything that want says, in any field.
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
			continue // not set on what the cache returns
		}
		x, ok := h[k]
		if !ok || (k == "finalizers" && !includes(x, v)) || (k != "finalizers" && !covers(x, v)) {
			return false
		}
	}
	return true
}

// includes says whether the list have has every item of want: others may add
// finalizers of their own.
func includes(have, want any) bool {
	h, _ := have.([]any)
	w, ok := want.([]any)
	return ok && !slices.ContainsFunc(w, func(x any) bool { return !slices.Contains(h, x) })
}

// applyAll applies the children of a plan, a bounded number at a time.
func (r *Reconciler) applyAll(ctx context.Context, n *v1alpha1.NodeENI, s *state) (int, error) {
	d := r.defaults()
	created := 0
	var staying []eni.Child
	for _, c := range s.plan.Apply {
		ni, at := s.interfaces[c.Name], s.attachments[c.Name]
		if s.stale[c.Name] || (ni != nil && ni.GetDeletionTimestamp() != nil) || (at != nil && at.GetDeletionTimestamp() != nil) {
			continue // on its way out; made anew once it is gone
		}
		if ni == nil {
			created++
		}
		staying = append(staying, c)
	}
	err := each(applyWorkers, staying, func(c eni.Child) error {
		ni, at := s.interfaces[c.Name], s.attachments[c.Name]
		v := verdict{nodeENI: n.GetUID(), generation: n.GetGeneration(), child: c}
		v.child.Adopt = "" // only what is made anew takes one over
		v.kind = ec2v1alpha1.NetworkInterfaceKind
		good, err := r.apply(ctx, v, func() client.Object { return networkInterface(n, c, d, ni) }, orNil(ni))
		if !good {
			s.outdated.add(c.Name)
		}
		if err != nil {
			return err
		}
		v.kind = ec2v1alpha1.NetworkInterfaceAttachmentKind
		good, err = r.apply(ctx, v, func() client.Object { return attachment(n, c, d, at) }, orNil(at))
		if !good {
			s.outdated.add(c.Name)
		}
		return err
	})
	r.good.keep(n.GetUID(), s.plan.Apply)
	return created, err
}

// releaseAll deletes children, a bounded number at a time. Their order on the
// way out is the other controllers' part: host, detach, delete.
//
// An object that the NodeENI does not control is left alone, and so is one that was
// replaced since it was read.
func (r *Reconciler) releaseAll(ctx context.Context, n *v1alpha1.NodeENI, s *state, names []string) error {
	return each(max(1, r.o.MaxConcurrentCleanups), names, func(name string) error {
		for _, o := range []client.Object{orNil(s.attachments[name]), orNil(s.interfaces[name])} {
			if o == nil || o.GetDeletionTimestamp() != nil || !controlledBy(o, n.GetUID()) {
				continue
			}
			if err := r.client.Delete(ctx, o, client.Preconditions{UID: new(o.GetUID())}); client.IgnoreNotFound(err) != nil {
				return errors.Wrapf(err, "cannot delete %q", name)
			}
		}
		return nil
	})
}

// halves returns the wanted children whose NetworkInterface somebody deleted.
// It waits for the attachment to go, which nobody else would take away; both
// are made anew once they are gone.
func halves(s *state) []string {
	var names []string
	for _, c := range s.plan.Apply {
		ni, at := s.interfaces[c.Name], s.attachments[c.Name]
		if ni != nil && ni.GetDeletionTimestamp() != nil && at != nil && at.GetDeletionTimestamp() == nil {
			names = append(names, c.Name)
		}
	}
	return names
}

// controlledBy reports whether an object's controller has a UID.
func controlledBy(o client.Object, uid types.UID) bool {
	if o == nil {
		return false
	}
	c := metav1.GetControllerOf(o)
	return c != nil && c.UID == uid
}

// orNil turns a nil pointer into a nil interface.
func orNil[T any, P interface {
	*T
	client.Object
}](o P) client.Object {
	if o == nil {
		return nil
	}
	return o
}
