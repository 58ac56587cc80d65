// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// install creates the service accounts and RBAC rules of cluster/manifests, or with
// DEMO_INSTALL=helm all objects of a release of the Helm chart. Workloads of the release
// create no pods, because the demo runs no controllers of Kubernetes.
func (s *stage) install(ctx context.Context) error {
	switch v := os.Getenv("DEMO_INSTALL"); v {
	case "":
		return testbed.ApplyRBAC(ctx, s.kube)
	case "helm":
		s.release = "demo-"
		s.logf("applying the Helm chart as release demo")
	default:
		return errors.Errorf("DEMO_INSTALL is %q: set it to helm, or not at all", v)
	}
	root := testbed.RepositoryRoot()
	objects, err := exec.CommandContext(ctx, filepath.Join(root, "bin", "chart"), "-root", root, "-name", "demo", "-namespace", testbed.Namespace, "template").Output()
	if err != nil {
		return errors.Wrap(err, "cannot render the Helm chart")
	}
	path := filepath.Join(s.dir, "release.yaml")
	if err := os.WriteFile(path, objects, 0o600); err != nil {
		return errors.Wrap(err, "cannot write the release")
	}
	out, err := s.kubectl(ctx, "apply", "--server-side", "--force-conflicts", "-f", path)
	return errors.Wrapf(err, "kubectl apply: %s", bytes.TrimSpace([]byte(out)))
}

// agentKubeconfig writes a kubeconfig for the agent of a node and returns its path. The
// admission policies of a release admit only tokens that are bound to a pod on the node.
func (s *stage) agentKubeconfig(ctx context.Context, node string) (string, error) {
	if s.release == "" {
		return s.cp.Kubeconfig(ctx, s.kube, testbed.AgentServiceAccount, s.dir)
	}
	account := s.release + testbed.AgentServiceAccount
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: account + "-" + node},
		Spec:       corev1.PodSpec{NodeName: node, ServiceAccountName: account, Containers: []corev1.Container{{Name: "agent", Image: "provider-aws-eni-agent:devel"}}},
	}
	if err := s.kube.Create(ctx, pod); err != nil {
		return "", errors.Wrapf(err, "cannot create pod %q", pod.Name)
	}
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: account}}
	tr := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: new(int64(24 * 3600)),
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID},
	}}
	if err := s.kube.SubResource("token").Create(ctx, sa, tr); err != nil {
		return "", errors.Wrapf(err, "cannot get a token for service account %q", account)
	}
	cfg := api.NewConfig()
	cfg.Clusters["demo"] = &api.Cluster{Server: s.cp.Config.Host, CertificateAuthorityData: s.cp.Config.CAData}
	cfg.AuthInfos["demo"] = &api.AuthInfo{Token: tr.Status.Token}
	cfg.Contexts["demo"] = &api.Context{Cluster: "demo", AuthInfo: "demo", Namespace: testbed.Namespace}
	cfg.CurrentContext = "demo"
	path := filepath.Join(s.dir, node+".kubeconfig")
	return path, errors.Wrap(clientcmd.WriteToFile(*cfg, path), "cannot write kubeconfig")
}
