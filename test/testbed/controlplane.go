// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// RepositoryRoot returns the directory of go.mod.
func RepositoryRoot() string {
	_, file, _, _ := runtime.Caller(0) //nolint:dogsled // only the file is used
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// A ControlPlane is a running kube-apiserver and etcd.
type ControlPlane struct {
	// Config connects to the API server as cluster administrator.
	Config *rest.Config

	// KubeconfigData is Config in the kubeconfig format.
	KubeconfigData []byte

	// Assets is the directory of etcd, kube-apiserver and kubectl.
	Assets string

	// ServiceAccountKey is the file with the key that signs tokens of service accounts.
	ServiceAccountKey string

	env *envtest.Environment
	dir string
}

// Assets returns the directory of etcd, kube-apiserver and kubectl, after
// downloading or building them if necessary. It writes progress to standard error.
func Assets(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(RepositoryRoot(), "test", "testservers", "ensure.sh"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", errors.Wrap(err, "cannot get the test servers")
	}
	return strings.TrimSpace(string(out)), nil
}

// StartControlPlane starts a control plane with this provider's CRDs and RBAC
// enabled, after it has called configure. The caller must call Stop.
func StartControlPlane(ctx context.Context, configure ...func(*envtest.APIServer)) (*ControlPlane, error) {
	assets, err := Assets(ctx)
	if err != nil {
		return nil, err
	}
	// envtest deletes its own directories when it stops a server. In this directory
	// the data survives a restart.
	dir, err := os.MkdirTemp("", "provider-aws-eni-testbed-")
	if err != nil {
		return nil, errors.Wrap(err, "cannot create a directory for the control plane")
	}
	env := &envtest.Environment{
		BinaryAssetsDirectory:    assets,
		CRDDirectoryPaths:        []string{filepath.Join(RepositoryRoot(), "package", "crds")},
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: 3 * time.Minute,
		CRDInstallOptions:        envtest.CRDInstallOptions{MaxTime: 3 * time.Minute},
		// The API server waits for requests that are not finished, at most for a minute: a
		// test may have cut off their clients.
		ControlPlaneStopTimeout: 90 * time.Second,
	}
	env.ControlPlane.Etcd = &envtest.Etcd{DataDir: filepath.Join(dir, "etcd")}
	env.ControlPlane.GetAPIServer().CertDir = filepath.Join(dir, "apiserver")
	for _, d := range []string{env.ControlPlane.Etcd.DataDir, env.ControlPlane.GetAPIServer().CertDir} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return nil, errors.Wrap(err, "cannot create a directory for the control plane")
		}
	}
	env.ControlPlane.Etcd.Configure().Append("unsafe-no-fsync")
	env.ControlPlane.GetAPIServer().Configure().
		Set("authorization-mode", "Node,RBAC").
		Set("max-requests-inflight", "2000").
		Set("max-mutating-requests-inflight", "1000")
	for _, f := range configure {
		f(env.ControlPlane.GetAPIServer())
	}

	cfg, err := env.Start()
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, errors.Wrap(err, "cannot start the control plane")
	}
	// A client-side rate limit would hide how many requests the provider sends.
	cfg.QPS = -1
	return &ControlPlane{
		Config: cfg, KubeconfigData: env.KubeConfig, Assets: assets, env: env, dir: dir,
		ServiceAccountKey: filepath.Join(env.ControlPlane.GetAPIServer().CertDir, "sa-signer.key"),
	}, nil
}

// Stop stops the control plane and removes its files.
func (c *ControlPlane) Stop() error {
	err := c.env.Stop()
	return errors.Wrap(errors.Join(err, os.RemoveAll(c.dir)), "cannot stop the control plane")
}
