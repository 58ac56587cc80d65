// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/equality"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpresource "github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/test/apiemulator"
)

// An apiServer is an in-memory API server for the controllers: resource versions and
// conflicts, generations, finalizers, status subresources, merge patches and applies. It
// is its own client. Unlike controller-runtime's fake it increments generations, assigns
// UIDs, and sends each change to caches.
type apiServer struct {
	client.Client // nil: other methods panic

	scheme *runtime.Scheme
	mapper meta.RESTMapper
	// slow is called before each write, without a lock.
	slow func(verb string, o client.Object)

	write  sync.Mutex // one write at a time, its events included
	caches []*apiCache
	writes []apiWrite

	// applied are the fields that were last applied to an object, by UID. A field that is no
	// longer applied is removed. There is one field manager.
	applied map[types.UID]map[string]any

	mu      sync.RWMutex
	objects map[schema.GroupVersionKind]map[types.NamespacedName]client.Object
	version uint64
}

// An apiWrite is one successful write request.
type apiWrite struct {
	at   time.Time
	verb string
	kind string
	key  types.NamespacedName
}

func newAPIServer(scheme *runtime.Scheme) *apiServer {
	m := meta.NewDefaultRESTMapper(nil)
	for gvk := range scheme.AllKnownTypes() {
		m.Add(gvk, meta.RESTScopeNamespace)
	}
	return &apiServer{scheme: scheme, mapper: m, slow: func(string, client.Object) {}, applied: map[types.UID]map[string]any{}, objects: map[schema.GroupVersionKind]map[types.NamespacedName]client.Object{}}
}

func (s *apiServer) Scheme() *runtime.Scheme     { return s.scheme }
func (s *apiServer) RESTMapper() meta.RESTMapper { return s.mapper }

func (s *apiServer) GroupVersionKindFor(o runtime.Object) (schema.GroupVersionKind, error) {
	return apiutil.GVKForObject(o, s.scheme)
}

func (s *apiServer) kind(o runtime.Object) schema.GroupVersionKind {
	gvk, err := s.GroupVersionKindFor(o)
	if err != nil {
		panic(err)
	}
	gvk.Kind = strings.TrimSuffix(gvk.Kind, "List")
	return gvk
}

func resourceOf(gvk schema.GroupVersionKind) schema.GroupResource {
	return schema.GroupResource{Group: gvk.Group, Resource: strings.ToLower(gvk.Kind) + "s"}
}

func (s *apiServer) stored(gvk schema.GroupVersionKind, k types.NamespacedName) (client.Object, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if o, ok := s.objects[gvk][k]; ok {
		return o, nil
	}
	return nil, kerrors.NewNotFound(resourceOf(gvk), k.Name)
}

// fill makes into a copy of from.
func fill(into, from client.Object) {
	reflect.ValueOf(into).Elem().Set(reflect.ValueOf(from.DeepCopyObject()).Elem())
}

func (s *apiServer) Get(_ context.Context, k client.ObjectKey, o client.Object, _ ...client.GetOption) error {
	gvk := s.kind(o)
	have, err := s.stored(gvk, k)
	if err != nil {
		return err
	}
	fill(o, have)
	o.GetObjectKind().SetGroupVersionKind(gvk)
	return nil
}

func (s *apiServer) List(_ context.Context, l client.ObjectList, opts ...client.ListOption) error {
	return s.list(l, nil, opts...)
}

// list lists; index finds the function of a field that is selected by.
func (s *apiServer) list(l client.ObjectList, index func(gvk schema.GroupVersionKind, field string) client.IndexerFunc, opts ...client.ListOption) error {
	o := client.ListOptions{}
	o.ApplyOptions(opts)
	gvk := s.kind(l)
	s.mu.RLock()
	all := slices.Collect(maps.Values(s.objects[gvk]))
	s.mu.RUnlock()
	all = slices.DeleteFunc(all, func(x client.Object) bool {
		if o.Namespace != "" && x.GetNamespace() != o.Namespace || o.LabelSelector != nil && !o.LabelSelector.Matches(labelSet(x.GetLabels())) {
			return true
		}
		if o.FieldSelector != nil {
			for _, r := range o.FieldSelector.Requirements() {
				if !slices.Contains(index(gvk, r.Field)(x), r.Value) {
					return true
				}
			}
		}
		return false
	})
	slices.SortFunc(all, func(a, b client.Object) int {
		return strings.Compare(client.ObjectKeyFromObject(a).String(), client.ObjectKeyFromObject(b).String())
	})
	if p, ok := l.(*metav1.PartialObjectMetadataList); ok {
		p.Items, p.Continue = nil, ""
		for _, x := range all {
			p.Items = append(p.Items, metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Namespace: x.GetNamespace(), Name: x.GetName(), UID: x.GetUID()}})
		}
		return nil
	}
	items := reflect.ValueOf(l).Elem().FieldByName("Items")
	out := reflect.MakeSlice(items.Type(), 0, len(all))
	for _, x := range all {
		if o.UnsafeDisableDeepCopy == nil || !*o.UnsafeDisableDeepCopy {
			x = x.DeepCopyObject().(client.Object)
			x.GetObjectKind().SetGroupVersionKind(gvk)
		}
		out = reflect.Append(out, reflect.ValueOf(x).Elem())
	}
	items.Set(out)
	return nil
}

type labelSet map[string]string

func (l labelSet) Has(k string) bool              { _, ok := l[k]; return ok }
func (l labelSet) Get(k string) string            { return l[k] }
func (l labelSet) Lookup(k string) (string, bool) { v, ok := l[k]; return v, ok }

// change makes one write: fn returns what an object, or nil, becomes.
func (s *apiServer) change(verb string, o client.Object, fn func(gvk schema.GroupVersionKind, have client.Object) (client.Object, error)) error {
	s.slow(verb, o)
	gvk, k := s.kind(o), client.ObjectKeyFromObject(o)
	s.write.Lock()
	defer s.write.Unlock()
	have, err := s.stored(gvk, k)
	if err != nil && verb != "create" && verb != "apply" {
		return err
	}
	want, err := fn(gvk, have)
	if err != nil {
		return err
	}
	s.commit(verb, gvk, k, have, want)
	if o != want {
		kind := o.GetObjectKind().GroupVersionKind()
		if reflect.TypeOf(o) == reflect.TypeOf(want) {
			fill(o, want)
		}
		o.GetObjectKind().SetGroupVersionKind(kind)
	}
	return nil
}

// commit stores want in place of have, and sends the change to the caches.
func (s *apiServer) commit(verb string, gvk schema.GroupVersionKind, k types.NamespacedName, have, want client.Object) {
	want.GetObjectKind().SetGroupVersionKind(schema.GroupVersionKind{})
	if have != nil {
		want.SetResourceVersion(have.GetResourceVersion())
		if !equality.Semantic.DeepEqual(field(have, "Spec"), field(want, "Spec")) {
			want.SetGeneration(have.GetGeneration() + 1)
		}
		if equality.Semantic.DeepEqual(have, want) {
			return // no change and no event
		}
	}
	s.mu.Lock()
	s.version++
	want.SetResourceVersion(strconv.FormatUint(s.version, 10))
	gone := want.GetDeletionTimestamp() != nil && len(want.GetFinalizers()) == 0
	if s.objects[gvk] == nil {
		s.objects[gvk] = map[types.NamespacedName]client.Object{}
	}
	if gone {
		delete(s.objects[gvk], k)
	} else {
		s.objects[gvk][k] = want.DeepCopyObject().(client.Object)
	}
	s.mu.Unlock()
	s.writes = append(s.writes, apiWrite{at: time.Now(), verb: verb, kind: gvk.Kind, key: k})
	for _, c := range s.caches {
		for _, h := range c.informer(gvk).handlers {
			switch {
			case have == nil:
				h.OnAdd(want.DeepCopyObject(), false)
			case gone:
				h.OnDelete(want.DeepCopyObject())
			default:
				h.OnUpdate(have, want.DeepCopyObject())
			}
		}
	}
}

// field returns a field of an object by its name, or nil.
func field(o client.Object, name string) any {
	if f := reflect.ValueOf(o).Elem().FieldByName(name); f.IsValid() {
		return f.Interface()
	}
	return nil
}

// carry copies a field from one object to another, if they have it.
func carry(to, from client.Object, name string) {
	if f := reflect.ValueOf(to).Elem().FieldByName(name); f.IsValid() {
		f.Set(reflect.ValueOf(from.DeepCopyObject()).Elem().FieldByName(name))
	}
}

func (s *apiServer) Create(_ context.Context, o client.Object, _ ...client.CreateOption) error {
	return s.change("create", o, func(gvk schema.GroupVersionKind, have client.Object) (client.Object, error) {
		if have != nil {
			return nil, kerrors.NewAlreadyExists(resourceOf(gvk), o.GetName())
		}
		return s.fresh(o), nil
	})
}

// fresh is an object as it is stored first, with the one default of the CRDs
// that matters. Its status is kept: tests make nodes that are ready.
func (s *apiServer) fresh(o client.Object) client.Object {
	want := o.DeepCopyObject().(client.Object)
	if want.GetUID() == "" {
		want.SetUID(types.UID(fmt.Sprintf("uid-%06d", s.version+1)))
	}
	want.SetCreationTimestamp(metav1.NewTime(time.Now().Truncate(time.Second)))
	want.SetGeneration(1)
	if mg, ok := want.(xpresource.Managed); ok && mg.GetManagementPolicies() == nil { // an empty list pauses the object
		mg.SetManagementPolicies(xpv2.ManagementPolicies{xpv2.ManagementActionAll})
	}
	return want
}

func fits(gvk schema.GroupVersionKind, have client.Object, version string) error {
	if version != "" && version != have.GetResourceVersion() {
		return kerrors.NewConflict(resourceOf(gvk), have.GetName(), errors.New("the object has been modified"))
	}
	return nil
}

func (s *apiServer) Update(_ context.Context, o client.Object, _ ...client.UpdateOption) error {
	return s.change("update", o, func(gvk schema.GroupVersionKind, have client.Object) (client.Object, error) {
		want := o.DeepCopyObject().(client.Object)
		return s.replaced(have, want), fits(gvk, have, o.GetResourceVersion())
	})
}

// replaced is want, with what only the API server sets.
func (s *apiServer) replaced(have, want client.Object) client.Object {
	carry(want, have, "Status") // it is written apart
	want.SetUID(have.GetUID())
	want.SetCreationTimestamp(have.GetCreationTimestamp())
	want.SetDeletionTimestamp(have.GetDeletionTimestamp())
	want.SetGeneration(have.GetGeneration())
	return want
}

func (s *apiServer) Patch(_ context.Context, o client.Object, p client.Patch, _ ...client.PatchOption) error {
	if p.Type() != types.MergePatchType {
		panic("no patch but a merge patch is implemented")
	}
	raw, err := p.Data(o)
	if err != nil {
		return err
	}
	return s.change("patch", o, func(gvk schema.GroupVersionKind, have client.Object) (client.Object, error) {
		want, version, err := merged(have, raw, false)
		if err != nil {
			return nil, err
		}
		return s.replaced(have, want), fits(gvk, have, version)
	})
}

func (s *apiServer) Apply(_ context.Context, a runtime.ApplyConfiguration, _ ...client.ApplyOption) error {
	raw, err := json.Marshal(a)
	if err != nil {
		return err
	}
	m := &metav1.PartialObjectMetadata{}
	if err := json.Unmarshal(raw, m); err != nil {
		return err
	}
	typed, err := s.scheme.New(m.GroupVersionKind())
	if err != nil {
		return err
	}
	o := typed.(client.Object)
	if err := json.Unmarshal(raw, o); err != nil {
		return err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	return s.change("apply", o, func(_ schema.GroupVersionKind, have client.Object) (client.Object, error) {
		if have == nil {
			have = s.fresh(o)
			s.applied[have.GetUID()] = fields
			return have, nil
		}
		patch, err := json.Marshal(apiemulator.WithRemoved(s.applied[have.GetUID()], fields))
		if err != nil {
			return nil, err
		}
		want, _, err := merged(have, patch, true)
		if err != nil {
			return nil, err
		}
		s.applied[have.GetUID()] = fields
		return s.replaced(have, want), nil
	})
}

// merged returns an object with a merge patch, and the version that the patch
// is for. As a set, finalizers are added to where the patch is an apply.
func merged(have client.Object, raw []byte, apply bool) (client.Object, string, error) {
	was, err := json.Marshal(have)
	if err != nil {
		return nil, "", err
	}
	base, patch := map[string]any{}, map[string]any{}
	if err := errors.Join(json.Unmarshal(was, &base), json.Unmarshal(raw, &patch)); err != nil {
		return nil, "", err
	}
	version := ""
	if m, ok := patch["metadata"].(map[string]any); ok {
		version, _ = m["resourceVersion"].(string)
		delete(m, "resourceVersion")
	}
	apiemulator.Merge(base, patch)
	if raw, err = json.Marshal(base); err != nil {
		return nil, "", err
	}
	want := reflect.New(reflect.TypeOf(have).Elem()).Interface().(client.Object)
	if err := json.Unmarshal(raw, want); err != nil {
		return nil, "", err
	}
	if apply {
		fs := have.GetFinalizers()
		for _, f := range want.GetFinalizers() {
			if !slices.Contains(fs, f) {
				fs = append(slices.Clone(fs), f)
			}
		}
		want.SetFinalizers(fs)
	}
	return want, version, nil
}

func (s *apiServer) Delete(_ context.Context, o client.Object, opts ...client.DeleteOption) error {
	d := client.DeleteOptions{}
	d.ApplyOptions(opts)
	return s.change("delete", o, func(gvk schema.GroupVersionKind, have client.Object) (client.Object, error) {
		if p := d.Preconditions; p != nil && p.UID != nil && *p.UID != have.GetUID() {
			return nil, kerrors.NewConflict(resourceOf(gvk), have.GetName(), errors.New("the UID differs"))
		}
		want := have.DeepCopyObject().(client.Object)
		if want.GetDeletionTimestamp() == nil {
			now := metav1.NewTime(time.Now().Truncate(time.Second))
			want.SetDeletionTimestamp(&now)
			want.SetGeneration(want.GetGeneration() + 1)
		}
		return want, nil
	})
}

func (s *apiServer) Status() client.SubResourceWriter { return statusWriter{s: s} }

type statusWriter struct {
	client.SubResourceWriter // nil: other methods panic

	s *apiServer
}

func (w statusWriter) Update(_ context.Context, o client.Object, _ ...client.SubResourceUpdateOption) error {
	return w.s.change("status", o, func(gvk schema.GroupVersionKind, have client.Object) (client.Object, error) {
		want := have.DeepCopyObject().(client.Object)
		carry(want, o, "Status")
		return want, fits(gvk, have, o.GetResourceVersion())
	})
}

// written returns the writes since a time that keep accepts.
func (s *apiServer) written(since time.Time, keep func(apiWrite) bool) []apiWrite {
	s.write.Lock()
	defer s.write.Unlock()
	return slices.DeleteFunc(slices.Clone(s.writes), func(w apiWrite) bool { return w.at.Before(since) || !keep(w) })
}

// An apiCache is what one manager's cache shows of an API server: all of it, at
// once.
type apiCache struct {
	*apiServer

	mu        sync.Mutex
	informers map[schema.GroupVersionKind]*apiInformer
	indexes   map[string]client.IndexerFunc
}

func (s *apiServer) cache() *apiCache {
	c := &apiCache{apiServer: s, informers: map[schema.GroupVersionKind]*apiInformer{}, indexes: map[string]client.IndexerFunc{}}
	s.write.Lock()
	defer s.write.Unlock()
	s.caches = append(s.caches, c)
	return c
}

func (c *apiCache) List(_ context.Context, l client.ObjectList, opts ...client.ListOption) error {
	return c.list(l, func(gvk schema.GroupVersionKind, field string) client.IndexerFunc {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.indexes[gvk.Kind+"/"+field]
	}, opts...)
}

func (c *apiCache) IndexField(_ context.Context, o client.Object, field string, fn client.IndexerFunc) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.indexes[c.kind(o).Kind+"/"+field] = fn
	return nil
}

func (c *apiCache) informer(gvk schema.GroupVersionKind) *apiInformer {
	c.mu.Lock()
	defer c.mu.Unlock()
	i, ok := c.informers[gvk]
	if !ok {
		i = &apiInformer{cache: c, gvk: gvk}
		c.informers[gvk] = i
	}
	return i
}

func (c *apiCache) GetInformer(_ context.Context, o client.Object, _ ...cache.InformerGetOption) (cache.Informer, error) {
	return c.informer(c.kind(o)), nil
}

func (c *apiCache) GetInformerForKind(_ context.Context, gvk schema.GroupVersionKind, _ ...cache.InformerGetOption) (cache.Informer, error) {
	return c.informer(gvk), nil
}

func (c *apiCache) RemoveInformer(context.Context, client.Object) error { return nil }
func (c *apiCache) WaitForCacheSync(context.Context) bool               { return true }

// Start shows changes until ctx ends.
func (c *apiCache) Start(ctx context.Context) error {
	<-ctx.Done()
	c.write.Lock()
	defer c.write.Unlock()
	c.caches = slices.DeleteFunc(c.caches, func(x *apiCache) bool { return x == c })
	return nil
}

// An apiInformer sends the changes of a kind to handlers.
type apiInformer struct {
	cache    *apiCache
	gvk      schema.GroupVersionKind
	handlers []toolscache.ResourceEventHandler
}

type synced struct{}

func (synced) HasSynced() bool { return true }

func (i *apiInformer) AddEventHandlerWithOptions(h toolscache.ResourceEventHandler, _ toolscache.HandlerOptions) (toolscache.ResourceEventHandlerRegistration, error) {
	s := i.cache.apiServer
	s.write.Lock()
	defer s.write.Unlock()
	s.mu.RLock()
	there := slices.Collect(maps.Values(s.objects[i.gvk]))
	s.mu.RUnlock()
	for _, o := range there {
		h.OnAdd(o.DeepCopyObject(), true)
	}
	i.handlers = append(i.handlers, h)
	return synced{}, nil
}

func (i *apiInformer) AddEventHandler(h toolscache.ResourceEventHandler) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(h, toolscache.HandlerOptions{})
}

func (i *apiInformer) AddEventHandlerWithResyncPeriod(h toolscache.ResourceEventHandler, _ time.Duration) (toolscache.ResourceEventHandlerRegistration, error) {
	return i.AddEventHandlerWithOptions(h, toolscache.HandlerOptions{})
}

func (i *apiInformer) RemoveEventHandler(toolscache.ResourceEventHandlerRegistration) error {
	return nil
}
func (i *apiInformer) AddIndexers(toolscache.Indexers) error { return nil }
func (i *apiInformer) HasSynced() bool                       { return true }
func (i *apiInformer) IsStopped() bool                       { return false }
