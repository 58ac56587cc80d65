// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"strings"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
)

// A filter selects objects.
type filter struct {
	namespace string
	labels    labels.Selector
	fields    fields.Selector
}

// filterOf returns the filter of a request.
func filterOf(t target, r *http.Request) (filter, error) {
	q := r.URL
	f := filter{namespace: t.namespace, labels: labels.Everything(), fields: fields.Everything()}
	if q == nil {
		return f, nil
	}
	var err error
	if f.labels, err = labels.Parse(q.Query().Get("labelSelector")); err != nil {
		return f, kerrors.NewBadRequest(err.Error())
	}
	if f.fields, err = fields.ParseSelector(q.Query().Get("fieldSelector")); err != nil {
		return f, kerrors.NewBadRequest(err.Error())
	}
	for _, req := range f.fields.Requirements() {
		if req.Field != "metadata.name" && req.Field != "metadata.namespace" {
			return f, kerrors.NewBadRequest("field label not supported: " + req.Field)
		}
	}
	return f, nil
}

// matches reports whether the filter selects an object.
func (f filter) matches(key string, l labels.Set) bool {
	namespace, name, _ := strings.Cut(key, "/")
	return (f.namespace == "" || f.namespace == namespace) && f.labels.Matches(l) &&
		f.fields.Matches(fields.Set{"metadata.name": name, "metadata.namespace": namespace})
}

// read answers a get, a list or a watch.
func (s *Server) read(w http.ResponseWriter, r *http.Request, t target, res *resource) {
	partial := strings.Contains(r.Header.Get("Accept"), "as=PartialObjectMetadata")
	if t.name != "" {
		o := res.get(keyOf(t.namespace, t.name))
		if o == nil {
			writeError(w, kerrors.NewNotFound(res.groupResource(), t.name))
			return
		}
		writeJSON(w, http.StatusOK, shown(o.raw, partial))
		return
	}
	f, err := filterOf(t, r)
	if err != nil {
		writeError(w, err)
		return
	}
	if q := r.URL.Query(); q.Get("watch") == "true" || q.Get("watch") == "1" {
		s.watch(w, r, res, f, partial)
		return
	}
	body, err := res.list(r, f, partial)
	if err != nil {
		writeError(w, err)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// shown returns an object as it is sent: all of it, or its metadata.
func shown(raw []byte, partial bool) []byte {
	if !partial {
		return raw
	}
	o := struct {
		Metadata json.RawMessage `json:"metadata"`
	}{}
	if json.Unmarshal(raw, &o) != nil {
		return raw
	}
	out, err := json.Marshal(map[string]any{"apiVersion": "meta.k8s.io/v1", "kind": "PartialObjectMetadata", "metadata": o.Metadata})
	if err != nil {
		return raw
	}
	return out
}

// list returns a page of the objects.
func (r *resource) list(req *http.Request, f filter, partial bool) ([]byte, error) {
	q := req.URL.Query()
	limit, _ := strconv.Atoi(q.Get("limit")) // 0: all
	after := ""
	version := uint64(0)
	if c := q.Get("continue"); c != "" {
		token, err := base64.RawURLEncoding.DecodeString(c)
		if err != nil {
			return nil, kerrors.NewBadRequest("continue is invalid")
		}
		v, key, _ := strings.Cut(string(token), " ")
		if version, err = strconv.ParseUint(v, 10, 64); err != nil {
			return nil, kerrors.NewBadRequest("continue is invalid")
		}
		after = key
	}
	r.mu.RLock()
	defer r.mu.RUnlock()
	if version == 0 {
		version = max(r.last, 1)
	}
	meta := metav1.ListMeta{ResourceVersion: number(version)}
	var b bytes.Buffer
	n := 0
	start, found := slices.BinarySearch(r.keys, after)
	if found {
		start++
	}
	for _, key := range r.keys[start:] {
		o := r.objects[key]
		if !f.matches(key, o.labels) {
			continue
		}
		if limit > 0 && n == limit {
			meta.Continue = base64.RawURLEncoding.EncodeToString([]byte(number(version) + " " + after))
			break
		}
		if n > 0 {
			b.WriteByte(',')
		}
		b.Write(shown(o.raw, partial))
		after, n = key, n+1
	}
	head, err := json.Marshal(meta)
	if err != nil {
		return nil, err
	}
	kind, apiVersion := r.gvk.Kind+"List", r.gvk.GroupVersion().String()
	if partial {
		kind, apiVersion = "PartialObjectMetadataList", "meta.k8s.io/v1"
	}
	return slices.Concat([]byte(`{"kind":"`+kind+`","apiVersion":"`+apiVersion+`","metadata":`), head, []byte(`,"items":[`), b.Bytes(), []byte("]}")), nil
}
