// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"encoding/json"
	"slices"
	"strconv"
	"sync"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A resource is one kind of objects, with its events.
type resource struct {
	gvk        schema.GroupVersionKind
	name       string // plural
	namespaced bool
	status     bool // has a status subresource, and generations
	schema     *apiextensionsv1.JSONSchemaProps
	history    int // events from which watches can begin, at least

	mu      sync.RWMutex
	objects map[string]*object
	keys    []string // sorted
	events  []event
	last    uint64        // version of the last event
	dropped uint64        // version of the last event that is not in events anymore
	changed chan struct{} // closed at the next event
}

// An object is stored as JSON.
type object struct {
	raw    []byte
	labels labels.Set
	// applied has the fields that each field manager applied last.
	applied map[string]map[string]any
}

// An event is a change of an object. before has the labels before it.
type event struct {
	verb          string // ADDED, MODIFIED or DELETED
	version       uint64
	key           string
	raw           []byte
	labels        labels.Set
	before        labels.Set
	existedBefore bool
}

func newResource(gvk schema.GroupVersionKind, name string, namespaced, status bool) *resource {
	return &resource{gvk: gvk, name: name, namespaced: namespaced, status: status, objects: map[string]*object{}, changed: make(chan struct{})}
}

func (r *resource) groupResource() schema.GroupResource {
	return schema.GroupResource{Group: r.gvk.Group, Resource: r.name}
}

// put stores an object and appends its event. The caller holds r.mu.
func (r *resource) put(verb, key string, o *object, version uint64) {
	e := event{verb: verb, version: version, key: key, raw: o.raw, labels: o.labels}
	if have, ok := r.objects[key]; ok {
		e.before, e.existedBefore = have.labels, true
	}
	switch i, found := slices.BinarySearch(r.keys, key); {
	case verb == eventDeleted && found:
		r.keys = slices.Delete(r.keys, i, i+1)
		delete(r.objects, key)
	case verb != eventDeleted:
		if !found {
			r.keys = slices.Insert(r.keys, i, key)
		}
		r.objects[key] = o
	}
	r.events, r.last = append(r.events, e), version
	if len(r.events) > 2*r.history {
		r.dropped = r.events[r.history-1].version
		r.events = slices.Clone(r.events[r.history:])
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

const (
	eventAdded    = "ADDED"
	eventModified = "MODIFIED"
	eventDeleted  = "DELETED"
	eventBookmark = "BOOKMARK"
	eventError    = "ERROR"
)

// since returns the events after a version, and the channel that is closed at the next event. ok is false if
// some of the events are not in the history anymore.
func (r *resource) since(version uint64) (events []event, changed chan struct{}, ok bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if version < r.dropped {
		return nil, nil, false
	}
	i, _ := slices.BinarySearchFunc(r.events, version+1, func(e event, v uint64) int {
		switch {
		case e.version < v:
			return -1
		case e.version > v:
			return 1
		default:
			return 0
		}
	})
	return slices.Clone(r.events[i:]), r.changed, true
}

// encode returns an object as it is stored.
func (r *resource) encode(fields map[string]any, version uint64) (*object, error) {
	fields["apiVersion"], fields["kind"] = r.gvk.GroupVersion().String(), r.gvk.Kind
	m := metadata(fields)
	m["resourceVersion"] = number(version)
	raw, err := json.Marshal(fields)
	if err != nil {
		return nil, errors.Wrap(err, "cannot encode the object")
	}
	o := &object{raw: raw, labels: labels.Set{}}
	if l, ok := m["labels"].(map[string]any); ok {
		for k, v := range l {
			o.labels[k], _ = v.(string)
		}
	}
	return o, nil
}

// number returns a version as it is written in objects.
func number(version uint64) string { return strconv.FormatUint(version, 10) }

// decode returns the fields of a stored object.
func (o *object) decode() (map[string]any, error) {
	fields := map[string]any{}
	return fields, errors.Wrap(json.Unmarshal(o.raw, &fields), "cannot decode the object")
}

// metadata returns the metadata of an object, which it adds if there is none.
func metadata(fields map[string]any) map[string]any {
	m, ok := fields["metadata"].(map[string]any)
	if !ok {
		m = map[string]any{}
		fields["metadata"] = m
	}
	return m
}

func text(m map[string]any, key string) string {
	s, _ := m[key].(string)
	return s
}

// keyOf returns the key of an object in the store.
func keyOf(namespace, name string) string { return namespace + "/" + name }
