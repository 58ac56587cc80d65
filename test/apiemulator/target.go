// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// serviceAccountPrefix precedes the namespace and name of a service account in its user name, which is its token
// as well.
const serviceAccountPrefix = "system:serviceaccount:"

// A target is what the path of a request names.
type target struct {
	gv          schema.GroupVersion
	namespace   string
	resource    string
	name        string
	subresource string
}

// parse parses the path of a request. The target of a path of discovery has no resource.
func parse(r *http.Request) target {
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	t := target{}
	switch {
	case len(parts) > 2 && parts[0] == "api":
		t.gv, parts = schema.GroupVersion{Version: parts[1]}, parts[2:]
	case len(parts) > 3 && parts[0] == "apis":
		t.gv, parts = schema.GroupVersion{Group: parts[1], Version: parts[2]}, parts[3:]
	default:
		return t
	}
	if parts[0] == "namespaces" && len(parts) > 2 && !slices.Contains([]string{"status", "finalize"}, parts[2]) {
		t.namespace, parts = parts[1], parts[2:]
	}
	t.resource = parts[0]
	if len(parts) > 1 {
		t.name = parts[1]
	}
	if len(parts) > 2 {
		t.subresource = parts[2]
	}
	return t
}

// review answers requests that are not stored: access reviews, which allow everything, and tokens.
func review(t target, r *http.Request) ([]byte, bool) {
	if r.Method != http.MethodPost {
		return nil, false
	}
	var o any
	switch {
	case t.gv.Group == "authorization.k8s.io":
		kind := map[string]string{
			"selfsubjectaccessreviews": "SelfSubjectAccessReview", "subjectaccessreviews": "SubjectAccessReview",
			"localsubjectaccessreviews": "LocalSubjectAccessReview",
		}[t.resource]
		o = map[string]any{"apiVersion": t.gv.String(), "kind": kind, "status": map[string]any{"allowed": true}}
	case t.resource == "serviceaccounts" && t.subresource == "token":
		o = &authenticationv1.TokenRequest{
			TypeMeta: metav1.TypeMeta{APIVersion: "authentication.k8s.io/v1", Kind: "TokenRequest"},
			Status:   authenticationv1.TokenRequestStatus{Token: serviceAccountPrefix + t.namespace + ":" + t.name, ExpirationTimestamp: metav1.NewTime(time.Now().Add(24 * time.Hour))},
		}
	default:
		return nil, false
	}
	body, err := json.Marshal(o)
	return body, err == nil
}
