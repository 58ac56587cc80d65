// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// A stream is the response of a watch.
type stream struct {
	w       http.ResponseWriter
	res     *resource
	filter  filter
	partial bool
	cursor  uint64 // version of the last event
}

// watch sends events until the client disconnects, the request's timeout ends, or the events that follow the
// last one are not in the history anymore.
func (s *Server) watch(w http.ResponseWriter, r *http.Request, res *resource, f filter, partial bool) {
	q := r.URL.Query()
	version, err := strconv.ParseUint(q.Get("resourceVersion"), 10, 64)
	if err != nil && q.Get("resourceVersion") != "" {
		writeError(w, kerrors.NewBadRequest("resourceVersion is invalid"))
		return
	}
	ctx := r.Context()
	if n, err := strconv.Atoi(q.Get("timeoutSeconds")); err == nil && n > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(n)*time.Second)
		defer cancel()
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusOK)
	st := &stream{w: w, res: res, filter: f, partial: partial, cursor: version}
	initial, bookmarks := q.Get("sendInitialEvents") == "true", q.Get("allowWatchBookmarks") == "true"
	if version == 0 || initial {
		st.initial(initial && bookmarks)
	}
	st.flush()
	var tick <-chan time.Time
	if bookmarks {
		t := time.NewTicker(s.bookmarks)
		defer t.Stop()
		tick = t.C
	}
	st.run(ctx, tick)
}

// initial sends all objects, and a bookmark after them.
func (st *stream) initial(bookmark bool) {
	st.res.mu.RLock()
	keys := slices.Clone(st.res.keys)
	objects := make([]*object, len(keys))
	for i, k := range keys {
		objects[i] = st.res.objects[k]
	}
	st.cursor = max(st.res.last, 1)
	st.res.mu.RUnlock()
	for i, o := range objects {
		if st.filter.matches(keys[i], o.labels) {
			st.send(eventAdded, shown(o.raw, st.partial))
		}
	}
	if bookmark {
		st.bookmark(map[string]string{metav1.InitialEventsAnnotationKey: "true"})
	}
}

// run sends events.
func (st *stream) run(ctx context.Context, tick <-chan time.Time) {
	for {
		events, changed, ok := st.res.since(st.cursor)
		if !ok {
			_, body := failure(kerrors.NewResourceExpired("too old resource version: " + number(st.cursor)))
			st.send(eventError, body)
			return
		}
		for _, e := range events {
			st.cursor = e.version
			if verb := st.verb(e); verb != "" && !st.send(verb, shown(e.raw, st.partial)) {
				return
			}
		}
		st.flush()
		select {
		case <-ctx.Done():
			return
		case <-changed:
		case <-tick:
			st.bookmark(nil)
			st.flush()
		}
	}
}

// verb returns the verb of an event for the watch's filter, or "" if the event is not sent.
func (st *stream) verb(e event) string {
	is := e.verb != eventDeleted && st.filter.matches(e.key, e.labels)
	was := e.existedBefore && st.filter.matches(e.key, e.before)
	switch {
	case is && was:
		return eventModified
	case is:
		return eventAdded
	case was:
		return eventDeleted
	default:
		return ""
	}
}

// bookmark sends the version of the last event.
func (st *stream) bookmark(annotations map[string]string) {
	kind, apiVersion := st.res.gvk.Kind, st.res.gvk.GroupVersion().String()
	if st.partial {
		kind, apiVersion = "PartialObjectMetadata", "meta.k8s.io/v1"
	}
	body, err := json.Marshal(map[string]any{"kind": kind, "apiVersion": apiVersion, "metadata": map[string]any{
		"resourceVersion": number(st.cursor), "annotations": annotations, "creationTimestamp": nil,
	}})
	if err == nil {
		st.send(eventBookmark, body)
	}
}

// send sends an event, and reports whether the client is still connected.
func (st *stream) send(verb string, object []byte) bool {
	_, err := st.w.Write(slices.Concat([]byte(`{"type":"`+verb+`","object":`), object, []byte("}\n")))
	return err == nil
}

func (st *stream) flush() {
	if f, ok := st.w.(http.Flusher); ok {
		f.Flush()
	}
}
