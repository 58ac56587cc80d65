// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"context"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Router serves several Servers at one address, each for its own account and Region, as AWS does: it routes a
// request by the account and Region of its signature. It does not verify signatures.
type Router struct {
	servers []*Server

	mu sync.Mutex
	// accounts of access keys; empty for a rejected key.
	accounts map[string]string
	https    []*http.Server
}

// NewRouter returns a Router for Servers. The first Server serves access keys without an account, and
// the control surface.
func NewRouter(first *Server, others ...*Server) *Router {
	return &Router{servers: append([]*Server{first}, others...), accounts: map[string]string{}}
}

// SetAccount sets the account of an access key.
func (r *Router) SetAccount(accessKeyID, accountID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.accounts[accessKeyID] = accountID
}

// Reject returns AuthFailure for every call with an access key, as for a deleted key.
func (r *Router) Reject(accessKeyID string) { r.SetAccount(accessKeyID, "") }

// Start listens on the address, by default 127.0.0.1 and a free port, and returns the endpoint's URL. The Router
// runs until Close.
func (r *Router) Start(ctx context.Context, address string) (string, error) {
	if address == "" {
		address = "127.0.0.1:0"
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return "", errors.Wrapf(err, "cannot listen on %q", address)
	}
	h := &http.Server{Handler: r, ReadHeaderTimeout: 10 * time.Second}
	r.mu.Lock()
	r.https = append(r.https, h)
	r.mu.Unlock()
	go func() {
		// Serve always returns an error, after Close.
		_ = h.Serve(l)
	}()
	return "http://" + l.Addr().String(), nil
}

// Close stops listening. The Servers keep running.
func (r *Router) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, h := range r.https {
		_ = h.Close()
	}
}

// ServeHTTP routes a request to the Server of its account and Region.
func (r *Router) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	accessKeyID, region, service := scopeOf(req)
	r.mu.Lock()
	account, known := r.accounts[accessKeyID]
	r.mu.Unlock()
	if !known {
		account = r.servers[0].opts.AccountID
	}
	if account == "" {
		w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
		w.WriteHeader(http.StatusUnauthorized)
		e := asAPIError(errAuth("AWS was not able to validate the provided access credentials"))
		// The client may have disconnected.
		_, _ = w.Write(document("Response", "", el("Errors", el("Error", leaf("Code", e.code), leaf("Message", e.message)))))
		return
	}
	r.serverOf(account, region, service).ServeHTTP(w, req)
}

// serverOf returns the Server of an account and Region. STS serves an account in every Region; a request for a Region
// without a Server is routed to a Server that rejects it.
func (r *Router) serverOf(account, region, service string) *Server {
	of := r.servers[0]
	for _, s := range r.servers {
		if s.opts.AccountID != account {
			continue
		}
		if s.opts.Region == region {
			return s
		}
		if of.opts.AccountID != account || service == "sts" {
			of = s
		}
	}
	return of
}

// scopeOf returns the access key, the Region and the service in the scope of a Signature Version 4.
func scopeOf(r *http.Request) (accessKeyID, region, service string) {
	_, credential, found := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	if !found {
		credential = r.URL.Query().Get("X-Amz-Credential")
	}
	scope := strings.Split(credential, "/")
	if len(scope) < 4 {
		return "", "", ""
	}
	return scope[0], scope[2], scope[3]
}
