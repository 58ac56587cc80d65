// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"time"

	"github.com/google/uuid"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/rand"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// create stores a new object.
func (s *Server) create(res *resource, namespace string, fields map[string]any) ([]byte, error) {
	s.write.Lock()
	defer s.write.Unlock()
	m := metadata(fields)
	if text(m, "name") == "" && text(m, "generateName") != "" {
		m["name"] = text(m, "generateName") + rand.String(5)
	}
	name := text(m, "name")
	if name == "" {
		return nil, kerrors.NewBadRequest("metadata.name is missing")
	}
	if res.namespaced {
		m["namespace"] = namespace
	}
	key := keyOf(namespace, name)
	if res.get(key) != nil {
		return nil, kerrors.NewAlreadyExists(res.groupResource(), name)
	}
	return s.store(res, key, fields, nil)
}

// store stores a new object under a key. The caller holds s.write.
func (s *Server) store(res *resource, key string, fields map[string]any, applied map[string]map[string]any) ([]byte, error) {
	m := metadata(fields)
	m["uid"] = uuid.NewString()
	m["creationTimestamp"] = now()
	delete(m, "managedFields")
	if res.status {
		m["generation"] = float64(1)
		delete(fields, "status")
	}
	res.convert(fields)
	s.version++
	o, err := res.encode(fields, s.version)
	if err != nil {
		return nil, err
	}
	o.applied = applied
	res.mu.Lock()
	defer res.mu.Unlock()
	res.put(eventAdded, key, o, s.version)
	return o.raw, nil
}

// convert sets the defaults of an object, and moves stringData of a Secret to data.
func (r *resource) convert(fields map[string]any) {
	setDefaults(fields, r.schema)
	plain, ok := fields["stringData"].(map[string]any)
	if !ok || r.gvk.Kind != "Secret" {
		return
	}
	data, ok := fields["data"].(map[string]any)
	if !ok {
		data = map[string]any{}
		fields["data"] = data
	}
	for k, v := range plain {
		text, _ := v.(string)
		data[k] = base64.StdEncoding.EncodeToString([]byte(text))
	}
	delete(fields, "stringData")
}

func now() string { return time.Now().UTC().Format(time.RFC3339) }

func (r *resource) get(key string) *object {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.objects[key]
}

// existing returns a stored object and its fields, or an error if it does not exist. The caller holds s.write.
func (r *resource) existing(t target) (*object, map[string]any, error) {
	o := r.get(keyOf(t.namespace, t.name))
	if o == nil {
		return nil, nil, kerrors.NewNotFound(r.groupResource(), t.name)
	}
	fields, err := o.decode()
	return o, fields, err
}

// replace updates an object, or its status.
func (s *Server) replace(res *resource, t target, fields map[string]any) ([]byte, error) {
	s.write.Lock()
	defer s.write.Unlock()
	o, have, err := res.existing(t)
	if err != nil {
		return nil, err
	}
	if err := fits(res, t, have, text(metadata(fields), "resourceVersion"), text(metadata(fields), "uid")); err != nil {
		return nil, err
	}
	return s.commit(res, t, o, have, fields)
}

// fits returns a conflict if a version or UID is set and differs from the version or UID of the object.
func fits(res *resource, t target, have map[string]any, version, uid string) error {
	m := metadata(have)
	switch {
	case version != "" && version != text(m, "resourceVersion"):
		return kerrors.NewConflict(res.groupResource(), t.name, errors.New("the object has been modified; please apply your changes to the latest version and try again"))
	case uid != "" && uid != text(m, "uid"):
		return kerrors.NewConflict(res.groupResource(), t.name, errors.New("the UID in the precondition differs from the UID of the object"))
	}
	return nil
}

// commit stores the new fields of an object: with the subresource status its status, otherwise all but its
// status. An object without a change keeps its version. An object that is being deleted and has no finalizer
// is deleted. The caller holds s.write.
func (s *Server) commit(res *resource, t target, o *object, have, want map[string]any) ([]byte, error) {
	if t.subresource == "status" {
		status := want["status"]
		if want = runtime.DeepCopyJSON(have); status == nil {
			delete(want, "status")
		} else {
			want["status"] = status
		}
	} else if status, ok := have["status"]; ok && (res.status || res.name == "nodes") {
		want["status"] = status
	} else if res.status {
		delete(want, "status")
	}
	was, m := metadata(have), metadata(want)
	for _, f := range []string{"uid", "creationTimestamp", "deletionTimestamp", "generation", "resourceVersion", "namespace", "name"} {
		if v, ok := was[f]; ok {
			m[f] = v
		} else {
			delete(m, f)
		}
	}
	delete(m, "managedFields")
	res.convert(want)
	if res.status && differs(have, want) {
		g, _ := m["generation"].(float64)
		m["generation"] = g + 1
	}
	have["apiVersion"], have["kind"] = res.gvk.GroupVersion().String(), res.gvk.Kind
	want["apiVersion"], want["kind"] = have["apiVersion"], have["kind"]
	if reflect.DeepEqual(have, want) {
		return o.raw, nil
	}
	return s.update(res, t, o, want)
}

// differs reports whether objects differ outside of their metadata and status.
func differs(have, want map[string]any) bool {
	without := func(o map[string]any) map[string]any {
		out := map[string]any{}
		for k, v := range o {
			if k != "metadata" && k != "status" && k != "apiVersion" && k != "kind" {
				out[k] = v
			}
		}
		return out
	}
	return !reflect.DeepEqual(without(have), without(want))
}

// update stores an existing object, or deletes it if it is being deleted and has no finalizer.
func (s *Server) update(res *resource, t target, o *object, want map[string]any) ([]byte, error) {
	m := metadata(want)
	verb := eventModified
	if text(m, "deletionTimestamp") != "" && len(finalizers(want)) == 0 {
		verb = eventDeleted
	}
	s.version++
	next, err := res.encode(want, s.version)
	if err != nil {
		return nil, err
	}
	next.applied = o.applied
	res.mu.Lock()
	defer res.mu.Unlock()
	res.put(verb, keyOf(t.namespace, t.name), next, s.version)
	return next.raw, nil
}

// patch applies a merge patch, or the fields of a manager.
func (s *Server) patch(res *resource, t target, r *http.Request) ([]byte, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	kind := types.PatchType(r.Header.Get("Content-Type"))
	if kind == types.ApplyYAMLPatchType {
		if raw, err = yaml.YAMLToJSON(raw); err != nil {
			return nil, kerrors.NewBadRequest(err.Error())
		}
	} else if kind != types.MergePatchType {
		return nil, kerrors.NewGenericServerResponse(http.StatusUnsupportedMediaType, "patch", res.groupResource(), t.name, string(kind)+" is not implemented", 0, false)
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, kerrors.NewBadRequest(err.Error())
	}
	s.write.Lock()
	defer s.write.Unlock()
	o, have, err := res.existing(t)
	switch {
	case kerrors.IsNotFound(err) && kind == types.ApplyYAMLPatchType && t.subresource == "":
		metadata(fields)["name"] = t.name
		if res.namespaced {
			metadata(fields)["namespace"] = t.namespace
		}
		return s.store(res, keyOf(t.namespace, t.name), fields, map[string]map[string]any{r.URL.Query().Get("fieldManager"): runtime.DeepCopyJSON(fields)})
	case err != nil:
		return nil, err
	}
	if err := fits(res, t, have, text(metadata(fields), "resourceVersion"), text(metadata(fields), "uid")); err != nil {
		return nil, err
	}
	want := runtime.DeepCopyJSON(have)
	if kind == types.MergePatchType {
		Merge(want, fields)
		return s.commit(res, t, o, have, want)
	}
	manager := r.URL.Query().Get("fieldManager")
	apply(want, o.applied[manager], fields)
	if o.applied == nil {
		o.applied = map[string]map[string]any{}
	}
	o.applied[manager] = runtime.DeepCopyJSON(fields)
	return s.commit(res, t, o, have, want)
}

// delete deletes an object, or all objects of a namespace that match.
func (s *Server) delete(res *resource, t target, r *http.Request) ([]byte, error) {
	options, err := s.deleteOptions(r)
	switch {
	case err != nil:
		return nil, err
	case t.name == "":
		return s.deleteAll(res, t, r)
	default:
		return s.deleteOne(res, t, ptr.Deref(options.Preconditions, metav1.Preconditions{}))
	}
}

// deleteOne deletes an object, or marks it as being deleted if it has finalizers.
func (s *Server) deleteOne(res *resource, t target, p metav1.Preconditions) ([]byte, error) {
	s.write.Lock()
	defer s.write.Unlock()
	o, have, err := res.existing(t)
	if err != nil {
		return nil, err
	}
	if err := fits(res, t, have, ptr.Deref(p.ResourceVersion, ""), string(ptr.Deref(p.UID, ""))); err != nil {
		return nil, err
	}
	m := metadata(have)
	if text(m, "deletionTimestamp") != "" {
		return o.raw, nil
	}
	m["deletionTimestamp"] = now()
	if g, ok := m["generation"].(float64); ok {
		m["generation"] = g + 1
	}
	return s.update(res, t, o, have)
}

func (s *Server) deleteOptions(r *http.Request) (metav1.DeleteOptions, error) {
	o := metav1.DeleteOptions{}
	if r.ContentLength == 0 {
		return o, nil
	}
	fields, err := s.decode(r)
	if err != nil {
		return o, err
	}
	raw, err := json.Marshal(fields)
	if err != nil {
		return o, err
	}
	return o, json.Unmarshal(raw, &o)
}

func (s *Server) deleteAll(res *resource, t target, r *http.Request) ([]byte, error) {
	f, err := filterOf(t, r)
	if err != nil {
		return nil, err
	}
	res.mu.RLock()
	var keys []string
	for _, k := range res.keys {
		if f.matches(k, res.objects[k].labels) {
			keys = append(keys, k)
		}
	}
	res.mu.RUnlock()
	for _, k := range keys {
		namespace, name, _ := strings.Cut(k, "/")
		one := t
		one.namespace, one.name = namespace, name
		if _, err := s.deleteOne(res, one, metav1.Preconditions{}); err != nil && !kerrors.IsNotFound(err) {
			return nil, err
		}
	}
	return json.Marshal(metav1.Status{TypeMeta: metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}, Status: metav1.StatusSuccess})
}
