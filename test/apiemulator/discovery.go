// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/version"
)

// serveDiscovery answers requests for the groups, versions and resources.
func (s *Server) serveDiscovery(w http.ResponseWriter, r *http.Request) {
	path := strings.Trim(r.URL.Path, "/")
	parts := strings.Split(path, "/")
	var o any
	switch {
	case path == "version":
		o = version.Info{Major: "1", Minor: "35", GitVersion: "v1.35.0"}
	case path == "healthz", path == "readyz", path == "livez":
		_, _ = w.Write([]byte("ok"))
		return
	case path == "api":
		o = metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}}
	case path == "apis":
		o = s.groups()
	case len(parts) == 2 && parts[0] == "api":
		o = s.resourcesOf(schema.GroupVersion{Version: parts[1]})
	case len(parts) == 3 && parts[0] == "apis":
		o = s.resourcesOf(schema.GroupVersion{Group: parts[1], Version: parts[2]})
	}
	if l, ok := o.(*metav1.APIResourceList); o == nil || ok && l == nil {
		writeError(w, kerrors.NewNotFound(schema.GroupResource{}, r.URL.Path))
		return
	}
	body, err := json.Marshal(o)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, http.StatusOK, body)
}

// groups returns the groups and their versions.
func (s *Server) groups() metav1.APIGroupList {
	s.mu.RLock()
	defer s.mu.RUnlock()
	versions := map[string]map[string]bool{}
	for gvr := range s.resources {
		if gvr.Group == "" {
			continue
		}
		if versions[gvr.Group] == nil {
			versions[gvr.Group] = map[string]bool{}
		}
		versions[gvr.Group][gvr.Version] = true
	}
	out := metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	for group, vs := range versions {
		g := metav1.APIGroup{Name: group}
		for v := range vs {
			g.Versions = append(g.Versions, metav1.GroupVersionForDiscovery{GroupVersion: group + "/" + v, Version: v})
		}
		g.PreferredVersion = g.Versions[0]
		out.Groups = append(out.Groups, g)
	}
	slices.SortFunc(out.Groups, func(a, b metav1.APIGroup) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// resourcesOf returns the resources of a version, or nil if there is none.
func (s *Server) resourcesOf(gv schema.GroupVersion) *metav1.APIResourceList {
	s.mu.RLock()
	defer s.mu.RUnlock()
	out := &metav1.APIResourceList{TypeMeta: metav1.TypeMeta{Kind: "APIResourceList", APIVersion: "v1"}, GroupVersion: gv.String()}
	for gvr, r := range s.resources {
		if gvr.GroupVersion() != gv {
			continue
		}
		verbs := metav1.Verbs{"create", "delete", "get", "list", "patch", "update", "watch"}
		out.APIResources = append(out.APIResources, metav1.APIResource{Name: r.name, SingularName: strings.ToLower(r.gvk.Kind), Namespaced: r.namespaced, Kind: r.gvk.Kind, Verbs: verbs})
		if r.status || gv.Group == "" || gv.Group == "apps" {
			out.APIResources = append(out.APIResources, metav1.APIResource{Name: r.name + "/status", Namespaced: r.namespaced, Kind: r.gvk.Kind, Verbs: metav1.Verbs{"get", "patch", "update"}})
		}
	}
	if len(out.APIResources) == 0 {
		return nil
	}
	slices.SortFunc(out.APIResources, func(a, b metav1.APIResource) int { return cmp.Compare(a.Name, b.Name) })
	return out
}
