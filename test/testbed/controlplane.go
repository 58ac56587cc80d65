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

// RepositoryRoot is the folder that holds go.mod.
func RepositoryRoot() string {
	_, file, _, _ := runtime.Caller(0) //nolint:dogsled // only the file is of use
	return filepath.Dir(filepath.Dir(filepath.Dir(file)))
}

// A ControlPlane is a running kube-apiserver and etcd.
type ControlPlane struct {
	// Config reaches the API server as its administrator.
	Config *rest.Config

	// KubeconfigData is the same as a kubeconfig file.
	KubeconfigData []byte

	// Assets is the folder with etcd, kube-apiserver and kubectl.
	Assets string

	env *envtest.Environment
	dir string
}

// Assets returns the folder with etcd, kube-apiserver and kubectl, after
// downloading or building them where they are not at hand. Progress goes to
// standard error.
func Assets(ctx context.Context) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(RepositoryRoot(), "test", "testservers", "ensure.sh"))
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return "", errors.Wrap(err, "cannot get the test servers")
	}
	return strings.TrimSpace(string(out)), nil
}

// StartControlPlane starts a control plane with this provider's CRDs, RBAC
// switched on, and nothing else. Stop ends it.
func StartControlPlane(ctx context.Context) (*ControlPlane, error) {
	assets, err := Assets(ctx)
	if err != nil {
		return nil, err
	}
	// A folder of our own outlives its processes, so that they can be stopped
	// and started with what they had.
	dir, err := os.MkdirTemp("", "provider-aws-eni-testbed-")
	if err != nil {
		return nil, errors.Wrap(err, "cannot make a folder for the control plane")
	}
	env := &envtest.Environment{
		BinaryAssetsDirectory:    assets,
		CRDDirectoryPaths:        []string{filepath.Join(RepositoryRoot(), "package", "crds")},
		ErrorIfCRDPathMissing:    true,
		ControlPlaneStartTimeout: time.Minute,
		ControlPlaneStopTimeout:  20 * time.Second,
	}
	env.ControlPlane.Etcd = &envtest.Etcd{DataDir: filepath.Join(dir, "etcd")}
	env.ControlPlane.GetAPIServer().CertDir = filepath.Join(dir, "apiserver")
	for _, d := range []string{env.ControlPlane.Etcd.DataDir, env.ControlPlane.GetAPIServer().CertDir} {
		if err := os.Mkdir(d, 0o700); err != nil {
			return nil, errors.Wrap(err, "cannot make a folder for the control plane")
		}
	}
	env.ControlPlane.Etcd.Configure().Append("unsafe-no-fsync")
	env.ControlPlane.GetAPIServer().Configure().
		Set("authorization-mode", "Node,RBAC").
		Set("max-requests-inflight", "2000").
		Set("max-mutating-requests-inflight", "1000")

	cfg, err := env.Start()
	if err != nil {
		_ = os.RemoveAll(dir)
		return nil, errors.Wrap(err, "cannot start the control plane")
	}
	// The client's own limiter would hide what the provider costs.
	cfg.QPS = -1
	return &ControlPlane{Config: cfg, KubeconfigData: env.KubeConfig, Assets: assets, env: env, dir: dir}, nil
}

// Stop ends the control plane and removes its files.
func (c *ControlPlane) Stop() error {
	err := c.env.Stop()
	return errors.Wrap(errors.Join(err, os.RemoveAll(c.dir)), "cannot stop the control plane")
}
