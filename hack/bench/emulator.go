// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/pem"
	"net/http/httptest"
	"path/filepath"

	"k8s.io/client-go/rest"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/apiemulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// startEmulatedAPI starts an emulator of the API server in this process, and counts its writes in log. The
// returned function stops it.
func startEmulatedAPI(log *auditLog) (*testbed.ControlPlane, func() error, error) {
	crds, err := apiemulator.ReadCRDs(filepath.Join(testbed.RepositoryRoot(), "package", "crds"))
	if err != nil {
		return nil, nil, err
	}
	s, err := apiemulator.New(apiemulator.Options{Observe: func(w apiemulator.Write) {
		resource := w.Resource
		if w.Subresource != "" {
			resource += "/" + w.Subresource
		}
		log.add(write{Who: writer(w.User, w.UserAgent), Verb: w.Verb, Resource: resource, Rejected: w.Code >= 400})
	}}, crds...)
	if err != nil {
		return nil, nil, errors.Wrap(err, "cannot make an emulator of the API server")
	}
	srv := httptest.NewUnstartedServer(s)
	srv.EnableHTTP2 = true
	srv.StartTLS() // client-go sends tokens only with TLS
	ca := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw})
	cfg := &rest.Config{Host: srv.URL, QPS: -1, TLSClientConfig: rest.TLSClientConfig{CAData: ca}}
	return &testbed.ControlPlane{Config: cfg}, func() error { srv.CloseClientConnections(); srv.Close(); return nil }, nil
}
