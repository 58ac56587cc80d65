// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"os"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Names of the service accounts in cluster/manifests.
const (
	ProviderServiceAccount = "provider-aws-eni"
	AgentServiceAccount    = "provider-aws-eni-agent"
	// DPDKAgentServiceAccount is for agents that run the device plugin.
	DPDKAgentServiceAccount = "provider-aws-eni-agent-dpdk"
)

// ApplyRBAC creates the service accounts, roles and bindings of cluster/manifests, and the
// admission policy of the provider.
func ApplyRBAC(ctx context.Context, kube client.Client) error {
	for _, f := range []string{"provider.yaml", "agent.yaml", "dpdk/agent.yaml"} {
		raw, err := os.ReadFile(filepath.Join(RepositoryRoot(), "cluster", "manifests", f))
		if err != nil {
			return errors.Wrap(err, "cannot read the manifests")
		}
		docs, err := Documents(raw)
		if err != nil {
			return errors.Wrapf(err, "cannot read cluster/manifests/%s", f)
		}
		for _, u := range docs {
			switch u.GetKind() {
			case "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding":
				if err := kube.Create(ctx, u); err != nil && !kerrors.IsAlreadyExists(err) {
					return errors.Wrapf(err, "cannot create %s %q", u.GetKind(), u.GetName())
				}
			}
		}
	}
	return nil
}

// As returns a client configuration that impersonates a service account.
func (c *ControlPlane) As(serviceAccount string) *rest.Config {
	cfg := rest.CopyConfig(c.Config)
	cfg.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + Namespace + ":" + serviceAccount,
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + Namespace, "system:authenticated"},
	}
	return cfg
}

// Kubeconfig writes a kubeconfig with a token of a service account and returns the
// file's path.
func (c *ControlPlane) Kubeconfig(ctx context.Context, kube client.Client, serviceAccount, dir string) (string, error) {
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: serviceAccount}}
	tr := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(24 * 3600))}}
	if err := kube.SubResource("token").Create(ctx, sa, tr); err != nil {
		return "", errors.Wrapf(err, "cannot get a token for service account %q", serviceAccount)
	}
	cfg := clientcmdapi.NewConfig()
	cfg.Clusters["testbed"] = &clientcmdapi.Cluster{Server: c.Config.Host, CertificateAuthorityData: c.Config.CAData}
	cfg.AuthInfos["testbed"] = &clientcmdapi.AuthInfo{Token: tr.Status.Token}
	cfg.Contexts["testbed"] = &clientcmdapi.Context{Cluster: "testbed", AuthInfo: "testbed", Namespace: Namespace}
	cfg.CurrentContext = "testbed"
	path := filepath.Join(dir, serviceAccount+".kubeconfig")
	return path, errors.Wrap(clientcmd.WriteToFile(*cfg, path), "cannot write kubeconfig")
}
