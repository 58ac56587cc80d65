// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package metricsauth

import (
	"context"
	"crypto/sha256"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	// A decision is cached for as long as controller-runtime's filter caches an
	// authenticated token. A scraper connects every few seconds.
	decisionTTL = time.Minute

	// maxDecisions limits the cache: any client can send requests.
	maxDecisions = 1000

	// maxConcurrent limits the requests that wait for the API server.
	maxConcurrent = 4

	// reviewTimeout limits the duration of a request's reviews.
	reviewTimeout = 10 * time.Second
)

// A reviewer authenticates and authorizes requests.
type reviewer interface {
	// Review returns the HTTP status for a request with a token: OK,
	// Unauthorized or Forbidden.
	Review(ctx context.Context, token, path, verb string) (int, error)
}

// New returns a filter of the metrics server. The provider requires permission to create
// tokenreviews and subjectaccessreviews, and the client permission to get /metrics.
func New(cfg *rest.Config, httpClient *http.Client) (metricsserver.Filter, error) {
	authn, err := authenticationclient.NewForConfigAndClient(cfg, httpClient)
	if err != nil {
		return nil, errors.Wrap(err, "cannot create client for TokenReviews")
	}
	authz, err := authorizationclient.NewForConfigAndClient(cfg, httpClient)
	if err != nil {
		return nil, errors.Wrap(err, "cannot create client for SubjectAccessReviews")
	}
	return filter(&apiReviewer{authn: authn, authz: authz}), nil
}

func filter(r reviewer) metricsserver.Filter {
	return func(log logr.Logger, next http.Handler) (http.Handler, error) {
		return &handler{next: next, reviewer: r, log: log, slots: make(chan struct{}, maxConcurrent), decisions: map[question]decision{}}, nil
	}
}

type apiReviewer struct {
	authn authenticationclient.AuthenticationV1Interface
	authz authorizationclient.AuthorizationV1Interface
}

// Review authenticates a token, and authorizes its user for the path.
func (r *apiReviewer) Review(ctx context.Context, token, path, verb string) (int, error) {
	t, err := r.authn.TokenReviews().Create(ctx, &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token}}, metav1.CreateOptions{})
	if err != nil {
		return 0, errors.Wrap(err, "cannot create TokenReview")
	}
	if !t.Status.Authenticated {
		return http.StatusUnauthorized, nil
	}
	u := t.Status.User
	spec := authorizationv1.SubjectAccessReviewSpec{
		User: u.Username, Groups: u.Groups, UID: u.UID, Extra: map[string]authorizationv1.ExtraValue{},
		NonResourceAttributes: &authorizationv1.NonResourceAttributes{Path: path, Verb: verb},
	}
	for k, v := range u.Extra {
		spec.Extra[k] = authorizationv1.ExtraValue(v)
	}
	s, err := r.authz.SubjectAccessReviews().Create(ctx, &authorizationv1.SubjectAccessReview{Spec: spec}, metav1.CreateOptions{})
	if err != nil {
		return 0, errors.Wrap(err, "cannot create SubjectAccessReview")
	}
	if !s.Status.Allowed || s.Status.Denied {
		return http.StatusForbidden, nil
	}
	return http.StatusOK, nil
}

type question struct {
	token      [sha256.Size]byte
	path, verb string
}

type decision struct {
	status  int
	expires time.Time
}

type handler struct {
	next     http.Handler
	reviewer reviewer
	log      logr.Logger
	slots    chan struct{}

	mu        sync.Mutex
	decisions map[question]decision
}

// ServeHTTP passes on authorized requests.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	token = strings.TrimSpace(token)
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
		return
	}
	status, err := h.decide(r.Context(), token, r.URL.Path, strings.ToLower(r.Method))
	if err != nil {
		h.log.Error(err, "Cannot authorize a request for metrics")
		http.Error(w, http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
		return
	}
	if status != http.StatusOK {
		http.Error(w, http.StatusText(status), status)
		return
	}
	h.next.ServeHTTP(w, r)
}

func (h *handler) decide(ctx context.Context, token, path, verb string) (int, error) {
	q := question{token: sha256.Sum256([]byte(token)), path: path, verb: verb}
	if d, ok := h.recall(q); ok {
		return d, nil
	}
	ctx, cancel := context.WithTimeout(ctx, reviewTimeout)
	defer cancel()
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	status, err := h.reviewer.Review(ctx, token, path, verb)
	if err != nil {
		return 0, err
	}
	h.remember(q, status)
	return status, nil
}

func (h *handler) recall(q question) (int, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	d, ok := h.decisions[q]
	return d.status, ok && time.Now().Before(d.expires)
}

// remember caches a decision. If the cache is full, it drops all decisions.
func (h *handler) remember(q question, status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.decisions) >= maxDecisions {
		clear(h.decisions)
	}
	h.decisions[q] = decision{status: status, expires: time.Now().Add(decisionTTL)}
}
