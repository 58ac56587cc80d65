// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// startControlPlane is like testbed.StartControlPlane, configured for many writes, which
// it audits to log. The returned function stops it.
func startControlPlane(ctx context.Context, dir string, log *auditLog) (*testbed.ControlPlane, func() error, error) {
	assets, err := testbed.Assets(ctx)
	if err != nil {
		return nil, nil, err
	}
	policy := filepath.Join(dir, "audit-policy.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, nil, errors.Wrap(err, "cannot write the audit policy")
	}
	env := &envtest.Environment{
		BinaryAssetsDirectory:    assets,
		CRDDirectoryPaths:        []string{filepath.Join(testbed.RepositoryRoot(), "package", "crds")},
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: time.Minute,
		ControlPlaneStopTimeout:  20 * time.Second,
	}
	env.ControlPlane.Etcd = &envtest.Etcd{}
	// Ten thousand ENIs need about 300,000 writes within minutes, and etcd keeps
	// each revision until compaction.
	env.ControlPlane.Etcd.Configure().Append("unsafe-no-fsync").Set("quota-backend-bytes", "8589934592")
	api := env.ControlPlane.GetAPIServer()
	api.Configure().
		Set("authorization-mode", "Node,RBAC").
		Set("max-requests-inflight", "2000").
		Set("max-mutating-requests-inflight", "1000").
		Set("etcd-compaction-interval", "1m").
		Set("audit-policy-file", policy).
		// Blocking, the default mode: a response is sent after the request is in
		// the log, so that the counts of a phase are complete when it ends.
		Set("audit-log-path", "-")
	api.Out = log

	cfg, err := env.Start()
	if err != nil {
		return nil, nil, errors.Wrap(errors.Join(err, env.Stop()), "cannot start the control plane")
	}
	cfg.QPS = -1
	cp := &testbed.ControlPlane{Config: cfg, KubeconfigData: env.KubeConfig, Assets: assets}
	return cp, func() error { return errors.Wrap(env.Stop(), "cannot stop the control plane") }, nil
}
