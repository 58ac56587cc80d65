// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Write is a mutating request that the server has answered.
type Write struct {
	// User is the name of the service account whose token the request has, or "admin".
	User      string
	UserAgent string
	Verb      string // create, update, patch, delete
	Resource  string
	// Subresource is status, or empty.
	Subresource string
	Code        int
}

// Options of a Server.
type Options struct {
	// Observe is called for each write, after its response. It may be called concurrently. Default: not
	// called.
	Observe func(Write)
	// BookmarkInterval is the time between bookmarks of a watch. Default 1 minute.
	BookmarkInterval time.Duration
	// History is the number of events of a resource from which watches can begin, at least. Default 20,000.
	History int
}

// A Server is an http.Handler with the API of Kubernetes. It is safe for concurrent use.
type Server struct {
	observe   func(Write)
	bookmarks time.Duration
	history   int
	decoder   runtime.Decoder

	// write is held during each write: versions and events are in the same order.
	write   sync.Mutex
	version uint64

	mu        sync.RWMutex
	resources map[schema.GroupVersionResource]*resource
}

// New returns a server with the resources of Kubernetes that controllers of nodes and pods use, the namespaces
// of a new cluster, and the CRDs.
func New(o Options, crds ...*apiextensionsv1.CustomResourceDefinition) (*Server, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, errors.Wrap(err, "cannot build the scheme")
		}
	}
	s := &Server{
		observe: o.Observe, bookmarks: o.BookmarkInterval, history: o.History, decoder: serializer.NewCodecFactory(scheme).UniversalDeserializer(),
		resources: map[schema.GroupVersionResource]*resource{},
	}
	if s.observe == nil {
		s.observe = func(Write) {}
	}
	if s.bookmarks == 0 {
		s.bookmarks = time.Minute
	}
	if s.history == 0 {
		s.history = 20_000
	}
	for _, r := range builtin() {
		s.add(r)
	}
	for _, name := range []string{"default", "kube-system", "kube-public", "kube-node-lease"} {
		if _, err := s.create(s.resources[corev1.SchemeGroupVersion.WithResource("namespaces")], "", map[string]any{"metadata": map[string]any{"name": name}}); err != nil {
			return nil, errors.Wrapf(err, "cannot create namespace %q", name)
		}
	}
	for _, crd := range crds {
		if err := s.addCRD(crd); err != nil {
			return nil, errors.Wrapf(err, "cannot add CRD %q", crd.GetName())
		}
	}
	return s, nil
}

// builtin returns the resources of Kubernetes itself.
func builtin() []*resource {
	in := func(group, kind, plural string, namespaced bool) *resource {
		return newResource(schema.GroupVersionKind{Group: group, Version: "v1", Kind: kind}, plural, namespaced, false)
	}
	return []*resource{
		in("", "Namespace", "namespaces", false),
		in("", "Node", "nodes", false),
		in("", "Pod", "pods", true),
		in("", "Secret", "secrets", true),
		in("", "ConfigMap", "configmaps", true),
		in("", "ServiceAccount", "serviceaccounts", true),
		in("", "Service", "services", true),
		in("", "Event", "events", true),
		in("apps", "DaemonSet", "daemonsets", true),
		in("apps", "Deployment", "deployments", true),
		in("coordination.k8s.io", "Lease", "leases", true),
		in("rbac.authorization.k8s.io", "ClusterRole", "clusterroles", false),
		in("rbac.authorization.k8s.io", "ClusterRoleBinding", "clusterrolebindings", false),
		in("rbac.authorization.k8s.io", "Role", "roles", true),
		in("rbac.authorization.k8s.io", "RoleBinding", "rolebindings", true),
		in("admissionregistration.k8s.io", "ValidatingAdmissionPolicy", "validatingadmissionpolicies", false),
		in("admissionregistration.k8s.io", "ValidatingAdmissionPolicyBinding", "validatingadmissionpolicybindings", false),
		in("apiextensions.k8s.io", "CustomResourceDefinition", "customresourcedefinitions", false),
	}
}

func (s *Server) add(r *resource) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r.history = s.history
	s.resources[r.gvk.GroupVersion().WithResource(r.name)] = r
}

// addCRD serves the versions of a CRD, which is established at once.
func (s *Server) addCRD(crd *apiextensionsv1.CustomResourceDefinition) error {
	for _, v := range crd.Spec.Versions {
		r := newResource(schema.GroupVersionKind{Group: crd.Spec.Group, Version: v.Name, Kind: crd.Spec.Names.Kind}, crd.Spec.Names.Plural,
			crd.Spec.Scope == apiextensionsv1.NamespaceScoped, v.Subresources != nil && v.Subresources.Status != nil)
		if v.Schema != nil {
			r.schema = v.Schema.OpenAPIV3Schema
		}
		s.add(r)
	}
	crd = crd.DeepCopy()
	crd.Status.Conditions = []apiextensionsv1.CustomResourceDefinitionCondition{
		{Type: apiextensionsv1.NamesAccepted, Status: apiextensionsv1.ConditionTrue},
		{Type: apiextensionsv1.Established, Status: apiextensionsv1.ConditionTrue},
	}
	raw, err := json.Marshal(crd)
	if err != nil {
		return err
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return err
	}
	_, err = s.create(s.resources[apiextensionsv1.SchemeGroupVersion.WithResource("customresourcedefinitions")], "", fields)
	return err
}

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	t := parse(r)
	if t.resource == "" {
		s.serveDiscovery(w, r)
		return
	}
	s.mu.RLock()
	res := s.resources[t.gv.WithResource(t.resource)]
	s.mu.RUnlock()
	verb, body, err := s.answer(w, r, t, res)
	if verb == "" {
		return // written already, or no write
	}
	code := http.StatusOK
	if verb == verbCreate {
		code = http.StatusCreated
	}
	if err != nil {
		code, body = failure(err)
	}
	writeJSON(w, code, body)
	s.observe(Write{User: userOf(r), UserAgent: r.UserAgent(), Verb: verb, Resource: t.resource, Subresource: t.subresource, Code: code})
}

// Verbs of writes.
const (
	verbCreate = "create"
	verbUpdate = "update"
	verbPatch  = "patch"
	verbDelete = "delete"
)

// answer answers a request for a resource. It returns the verb and the body of the response of a write, or an
// empty verb if it has written the response.
func (s *Server) answer(w http.ResponseWriter, r *http.Request, t target, res *resource) (string, []byte, error) {
	if body, ok := review(t, r); ok {
		writeJSON(w, http.StatusCreated, body)
		return "", nil, nil
	}
	if res == nil {
		writeError(w, kerrors.NewNotFound(schema.GroupResource{Group: t.gv.Group, Resource: t.resource}, t.name))
		return "", nil, nil
	}
	switch r.Method {
	case http.MethodGet:
		s.read(w, r, t, res)
		return "", nil, nil
	case http.MethodPost:
		fields, err := s.decode(r)
		if err != nil {
			return verbCreate, nil, err
		}
		body, err := s.create(res, t.namespace, fields)
		return verbCreate, body, err
	case http.MethodPut:
		fields, err := s.decode(r)
		if err != nil {
			return verbUpdate, nil, err
		}
		body, err := s.replace(res, t, fields)
		return verbUpdate, body, err
	case http.MethodPatch:
		body, err := s.patch(res, t, r)
		return verbPatch, body, err
	case http.MethodDelete:
		body, err := s.delete(res, t, r)
		return verbDelete, body, err
	default:
		writeError(w, kerrors.NewMethodNotSupported(res.groupResource(), r.Method))
		return "", nil, nil
	}
}

// decode returns the object in a request, in JSON or in protobuf.
func (s *Server) decode(r *http.Request) (map[string]any, error) {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if strings.Contains(r.Header.Get("Content-Type"), "protobuf") {
		o, _, err := s.decoder.Decode(raw, nil, nil)
		if err != nil {
			return nil, kerrors.NewBadRequest(err.Error())
		}
		if raw, err = json.Marshal(o); err != nil {
			return nil, err
		}
	}
	fields := map[string]any{}
	if err := json.Unmarshal(raw, &fields); err != nil {
		return nil, kerrors.NewBadRequest(err.Error())
	}
	return fields, nil
}

// userOf returns the name of the service account of a token of this server, or admin.
func userOf(r *http.Request) string {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok || !strings.HasPrefix(token, serviceAccountPrefix) {
		return "admin"
	}
	return token
}

// failure returns the response for an error.
func failure(err error) (int, []byte) {
	var known kerrors.APIStatus
	if !errors.As(err, &known) {
		known = kerrors.NewInternalError(err)
	}
	st := known.Status()
	st.TypeMeta = metav1.TypeMeta{Kind: "Status", APIVersion: "v1"}
	body, merr := json.Marshal(st)
	if merr != nil {
		return http.StatusInternalServerError, nil
	}
	return int(st.Code), body
}

func writeError(w http.ResponseWriter, err error) {
	code, body := failure(err)
	writeJSON(w, code, body)
}

func writeJSON(w http.ResponseWriter, code int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(body) // the client may have disconnected
}
