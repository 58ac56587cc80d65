// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package crossplane

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/envtest"

	"github.com/nodeeni/provider-aws-eni/test/process"
)

// root is the directory of the repository.
const root = "../.."

// auditPolicy records who requested what.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived]
rules:
- level: Metadata
  users:
  - system:serviceaccount:crossplane-system:provider-aws-eni
  - system:serviceaccount:provider-aws-eni-system:provider-aws-eni
  - system:serviceaccount:provider-aws-eni-system:provider-aws-eni-agent
- level: None
`

// A cluster is an API server with etcd and a controller manager.
type cluster struct {
	dir        string
	env        *envtest.Environment
	config     *rest.Config
	kube       client.WithWatch
	kubeconfig string // of a cluster administrator
	processes  []*process.Process
}

// startCluster starts a cluster. It runs those controllers of Kubernetes that Crossplane
// depends on and that need no kubelet: Deployments get no pods.
func startCluster(dir string) (_ *cluster, err error) {
	assets := os.Getenv("KUBEBUILDER_ASSETS")
	manager := filepath.Join(os.Getenv("KUBE_CONTROLLER_MANAGER"), "kube-controller-manager")
	if assets == "" || os.Getenv("KUBE_CONTROLLER_MANAGER") == "" || os.Getenv("CROSSPLANE_PROGRAMS") == "" {
		return nil, errors.New("KUBEBUILDER_ASSETS, KUBE_CONTROLLER_MANAGER or CROSSPLANE_PROGRAMS is not set: run make e2e-crossplane")
	}
	c := &cluster{dir: dir, env: &envtest.Environment{BinaryAssetsDirectory: assets, ControlPlaneStartTimeout: time.Minute, ControlPlaneStopTimeout: 20 * time.Second}}
	policy := filepath.Join(dir, "audit.yaml")
	if err := os.WriteFile(policy, []byte(auditPolicy), 0o600); err != nil {
		return nil, err
	}
	c.env.ControlPlane.Etcd = &envtest.Etcd{}
	c.env.ControlPlane.Etcd.Configure().Append("unsafe-no-fsync")
	c.env.ControlPlane.GetAPIServer().CertDir = filepath.Join(dir, "apiserver")
	if err := os.Mkdir(c.env.ControlPlane.GetAPIServer().CertDir, 0o700); err != nil {
		return nil, err
	}
	c.env.ControlPlane.GetAPIServer().Configure().
		Set("authorization-mode", "Node,RBAC").
		Set("advertise-address", serviceAddress). // there is no default route
		Set("enable-aggregator-routing", "true"). // webhooks of Services without kube-proxy
		Set("audit-policy-file", policy).
		Set("audit-log-path", c.auditLog()).
		Disable("disable-admission-plugins")
	log, err := os.Create(filepath.Join(dir, "kube-apiserver.log"))
	if err != nil {
		return nil, err
	}
	c.env.ControlPlane.GetAPIServer().Out, c.env.ControlPlane.GetAPIServer().Err = log, log
	if c.config, err = c.env.Start(); err != nil {
		err = fmt.Errorf("%w:\n%s", err, process.Tail(log.Name(), 20))
		return nil, err
	}
	c.config.QPS = -1
	if c.kube, err = client.NewWithWatch(c.config, client.Options{}); err != nil {
		return nil, err
	}
	c.kubeconfig = filepath.Join(dir, "admin.kubeconfig")
	if err := os.WriteFile(c.kubeconfig, c.env.KubeConfig, 0o600); err != nil {
		return nil, err
	}
	return c, c.start("kube-controller-manager", nil, manager,
		"--kubeconfig", c.kubeconfig, "--leader-elect=false",
		"--service-account-private-key-file", filepath.Join(dir, "apiserver", "sa-signer.key"),
		"--controllers", "namespace-controller,garbage-collector-controller,clusterrole-aggregation-controller,serviceaccount-controller")
}

func (c *cluster) auditLog() string { return filepath.Join(c.dir, "audit.log") }

// start starts a program, which ends with the cluster. Its output is in NAME.log.
func (c *cluster) start(name string, env []string, program string, args ...string) error {
	p, err := process.Start(filepath.Join(c.dir, name+".log"), "env", append(append(env, program), args...)...)
	if err != nil {
		return err
	}
	c.processes = append(c.processes, p)
	return nil
}

func (c *cluster) stop() {
	for _, p := range c.processes {
		p.Kill()
	}
	_ = c.env.Stop() // Its processes end with the namespace.
}

// token writes a kubeconfig with a token of a service account and returns its path. A pod
// binds the token, unless it is nil.
func (c *cluster) token(ctx context.Context, namespace, account, name string, pod *corev1.Pod) (string, error) {
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account}}
	tr := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(24 * 3600))}}
	if pod != nil {
		tr.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}
	}
	if err := c.kube.SubResource("token").Create(ctx, sa, tr); err != nil {
		return "", fmt.Errorf("cannot get a token for service account %s/%s: %w", namespace, account, err)
	}
	cfg := clientcmdapi.NewConfig()
	cfg.Clusters["test"] = &clientcmdapi.Cluster{Server: c.config.Host, CertificateAuthorityData: c.config.CAData}
	cfg.AuthInfos["test"] = &clientcmdapi.AuthInfo{Token: tr.Status.Token}
	cfg.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "test", Namespace: namespace}
	cfg.CurrentContext = "test"
	path := filepath.Join(c.dir, name+".kubeconfig")
	return path, clientcmd.WriteToFile(*cfg, path)
}

// kubectl runs kubectl as a cluster administrator.
func (c *cluster) kubectl(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, filepath.Join(os.Getenv("KUBEBUILDER_ASSETS"), "kubectl"), append([]string{"--kubeconfig", c.kubeconfig}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return string(out), fmt.Errorf("kubectl %s: %w: %s", strings.Join(args, " "), err, out)
	}
	return string(out), nil
}

// eventually calls check until it returns nil, and returns its last error after a time.
func eventually(ctx context.Context, within time.Duration, check func() error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	for {
		err := check()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("after %s: %w", within, err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// wait fails the test if check does not return nil within a time.
func (e *environment) wait(t *testing.T, within time.Duration, check func() error) {
	t.Helper()
	if err := eventually(t.Context(), within, check); err != nil {
		e.dump(t)
		t.Fatal(err)
	}
}
