// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"context"
	"reflect"
	"slices"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// An overlay is a client that returns the objects of another client, except for objects that
// are replaced or removed. All writes fail.
type overlay struct {
	client.Client

	// indexes are the functions of the indexes, by field.
	indexes map[string]client.IndexerFunc
	// objects are the replaced objects. A removed object is nil.
	objects map[schema.GroupVersionKind]map[client.ObjectKey]client.Object
}

func newOverlay(c client.Client, indexes map[string]client.IndexerFunc) *overlay {
	return &overlay{Client: c, indexes: indexes, objects: map[schema.GroupVersionKind]map[client.ObjectKey]client.Object{}}
}

// put replaces an object, or adds it.
func (o *overlay) put(obj client.Object) error { return o.set(obj, obj) }

// remove removes an object.
func (o *overlay) remove(obj client.Object) error { return o.set(obj, nil) }

func (o *overlay) set(of, obj client.Object) error {
	gvk, err := apiutil.GVKForObject(of, o.Scheme())
	if err != nil {
		return err
	}
	if o.objects[gvk] == nil {
		o.objects[gvk] = map[client.ObjectKey]client.Object{}
	}
	o.objects[gvk][client.ObjectKeyFromObject(of)] = obj
	return nil
}

// Get returns an object.
func (o *overlay) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	gvk, err := apiutil.GVKForObject(into, o.Scheme())
	if err != nil {
		return err
	}
	obj, ok := o.objects[gvk][key]
	switch {
	case !ok:
		return o.Client.Get(ctx, key, into, opts...)
	case obj == nil:
		return kerrors.NewNotFound(schema.GroupResource{Group: gvk.Group, Resource: gvk.Kind}, key.Name)
	}
	return copyInto(into, obj.DeepCopyObject())
}

// List lists objects.
func (o *overlay) List(ctx context.Context, into client.ObjectList, opts ...client.ListOption) error {
	if err := o.Client.List(ctx, into, opts...); err != nil {
		return err
	}
	gvk, err := apiutil.GVKForObject(into, o.Scheme())
	if err != nil {
		return err
	}
	gvk.Kind = gvk.Kind[:len(gvk.Kind)-len("List")]
	own := o.objects[gvk]
	if len(own) == 0 {
		return nil
	}
	matches, err := o.matcher(opts)
	if err != nil {
		return err
	}
	items := reflect.ValueOf(into).Elem().FieldByName("Items")
	out := reflect.MakeSlice(items.Type(), 0, items.Len()+len(own))
	for i := range items.Len() {
		item, ok := reflect.TypeAssert[client.Object](items.Index(i).Addr())
		if !ok {
			return errors.Errorf("%T is no list of objects", into)
		}
		if _, replaced := own[client.ObjectKeyFromObject(item)]; !replaced {
			out = reflect.Append(out, items.Index(i))
		}
	}
	for _, obj := range own {
		if obj != nil && matches(obj) {
			out = reflect.Append(out, reflect.ValueOf(obj).Elem())
		}
	}
	items.Set(out)
	return nil
}

// matcher returns whether an object matches the options of a list.
func (o *overlay) matcher(opts []client.ListOption) (func(client.Object) bool, error) {
	var l client.ListOptions
	l.ApplyOptions(opts)
	type field struct {
		by    client.IndexerFunc
		value string
	}
	var fields []field
	if l.FieldSelector != nil {
		for _, r := range l.FieldSelector.Requirements() {
			by, ok := o.indexes[r.Field]
			if !ok {
				return nil, errors.Errorf("no index of field %s", r.Field)
			}
			fields = append(fields, field{by, r.Value})
		}
	}
	return func(obj client.Object) bool {
		if l.Namespace != "" && obj.GetNamespace() != l.Namespace {
			return false
		}
		if l.LabelSelector != nil && !l.LabelSelector.Matches(labels.Set(obj.GetLabels())) {
			return false
		}
		return !slices.ContainsFunc(fields, func(f field) bool { return !slices.Contains(f.by(obj), f.value) })
	}, nil
}

// copyInto copies an object into another of the same type.
func copyInto(into client.Object, from runtime.Object) error {
	to, v := reflect.ValueOf(into).Elem(), reflect.ValueOf(from).Elem()
	if to.Type() != v.Type() {
		return errors.Errorf("cannot read a %T into a %T", from, into)
	}
	to.Set(v)
	return nil
}

// errReadOnly is the error of writes.
var errReadOnly = errors.New("a preview changes nothing")

// Create fails.
func (o *overlay) Create(context.Context, client.Object, ...client.CreateOption) error {
	return errReadOnly
}

// Delete fails.
func (o *overlay) Delete(context.Context, client.Object, ...client.DeleteOption) error {
	return errReadOnly
}

// Update fails.
func (o *overlay) Update(context.Context, client.Object, ...client.UpdateOption) error {
	return errReadOnly
}

// Patch fails.
func (o *overlay) Patch(context.Context, client.Object, client.Patch, ...client.PatchOption) error {
	return errReadOnly
}

// Apply fails.
func (o *overlay) Apply(context.Context, runtime.ApplyConfiguration, ...client.ApplyOption) error {
	return errReadOnly
}

// DeleteAllOf fails.
func (o *overlay) DeleteAllOf(context.Context, client.Object, ...client.DeleteAllOfOption) error {
	return errReadOnly
}

// Status returns a writer that fails.
func (o *overlay) Status() client.SubResourceWriter { return readOnly{} }

// SubResource returns a client that fails.
func (o *overlay) SubResource(string) client.SubResourceClient { return readOnly{} }

// readOnly is a client of subresources all of whose methods fail.
type readOnly struct{}

// Get fails.
func (readOnly) Get(context.Context, client.Object, client.Object, ...client.SubResourceGetOption) error {
	return errReadOnly
}

// Create fails.
func (readOnly) Create(context.Context, client.Object, client.Object, ...client.SubResourceCreateOption) error {
	return errReadOnly
}

// Update fails.
func (readOnly) Update(context.Context, client.Object, ...client.SubResourceUpdateOption) error {
	return errReadOnly
}

// Patch fails.
func (readOnly) Patch(context.Context, client.Object, client.Patch, ...client.SubResourcePatchOption) error {
	return errReadOnly
}

// Apply fails.
func (readOnly) Apply(context.Context, runtime.ApplyConfiguration, ...client.SubResourceApplyOption) error {
	return errReadOnly
}
