// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestAdmission installs a release with another name and namespace than those of
// cluster/manifests, and checks what its service accounts can write.
func TestAdmission(t *testing.T) {
	s := withCRDs.start(t)
	kube := s.client(t)
	h := helmClient{t: t, s: s, name: "acme", namespace: "acme-network"}
	createNamespace(t, kube, "plugins")
	h.install(loadChart(t), `
crds: {install: false}
clusterProviderConfig: {create: false}
fullnameOverride: uplinks
provider: {serviceAccount: {name: cloud}}
agent:
  kernel: {serviceAccount: {name: host}}
  dpdk: {enabled: true, devicePlugin: {namespace: plugins, label: component, values: [dp]}}
`)
	defer h.uninstall()

	for _, node := range []string{"node-a", "node-b"} {
		raw, err := os.ReadFile(filepath.Join(root, "examples", "hostinterface", "illustration.yaml"))
		if err != nil {
			t.Fatal(err)
		}
		u := documents(t, raw)[0]
		u.SetName(node)
		if err := unstructured.SetNestedField(u.Object, node, "spec", "nodeName"); err != nil {
			t.Fatal(err)
		}
		objects := []client.Object{u, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}, pod("plugins", "dp-"+node, node, "dp"), pod("plugins", "other-"+node, node, "other")}
		for _, o := range objects {
			if err := kube.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	as := func(account string) client.Client { return h.as(account, "node-a") }
	provider, agent, dpdk := as("cloud"), as("host"), as("uplinks-agent-dpdk")

	status := func(node string) func(client.Client) error {
		return func(c client.Client) error {
			return c.Status().Patch(t.Context(), hostInterface(node), client.RawPatch("application/merge-patch+json", []byte(`{"status":{"interfaceName":"eth2"}}`)))
		}
	}
	mtu := 1500
	spec := func(c client.Client) error {
		mtu++ // the policies do not evaluate a patch without a change
		return c.Patch(t.Context(), hostInterface("node-a"), client.RawPatch("application/merge-patch+json", fmt.Appendf(nil, `{"spec":{"config":{"mtu":%d}}}`, mtu)))
	}
	lease := func(name string) func(client.Client) error {
		return func(c client.Client) error {
			err := c.Create(t.Context(), &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: name}})
			if kerrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		}
	}
	deletePod := func(name string) func(client.Client) error {
		return func(c client.Client) error {
			return c.Delete(t.Context(), pod("plugins", name, "", ""), client.DryRunAll)
		}
	}
	for _, tc := range []struct {
		what     string
		as       client.Client
		do       func(client.Client) error
		rejected bool
	}{
		{"the agent writes the status of a HostInterface of its node", agent, status("node-a"), false},
		{"the agent writes the status of a HostInterface of another node", agent, status("node-b"), true},
		{"the agent changes the spec of a HostInterface", agent, spec, true},
		{"the agent creates the Lease of its node", agent, lease("agent-node-a"), false},
		{"the agent creates the Lease of another node", agent, lease("agent-node-b"), true},
		{"the agent acquires the provider's Lease", agent, lease("provider-aws-eni"), true},
		{"the agent deletes a pod of the device plugin", agent, deletePod("dp-node-a"), true},
		{"the agent for DPDK writes the status of a HostInterface of its node", dpdk, status("node-a"), false},
		{"the agent for DPDK writes the status of a HostInterface of another node", dpdk, status("node-b"), true},
		{"the agent for DPDK deletes the device plugin's pod on its node", dpdk, deletePod("dp-node-a"), false},
		{"the agent for DPDK deletes the device plugin's pod on another node", dpdk, deletePod("dp-node-b"), true},
		{"the agent for DPDK deletes another pod on its node", dpdk, deletePod("other-node-a"), true},
		{"the provider changes the spec of a HostInterface", provider, spec, false},
		{"the provider acquires its Lease", provider, lease("provider-aws-eni"), false},
		{"the provider writes the status of a HostInterface", provider, status("node-a"), true},
	} {
		// The API server observes new roles and policies by a watch.
		err := eventually(t.Context(), 20*time.Second, func() error {
			err := tc.do(tc.as)
			switch {
			case tc.rejected && err == nil:
				return fmt.Errorf("is allowed")
			case tc.rejected && !kerrors.IsForbidden(err) && !kerrors.IsInvalid(err):
				return err
			case !tc.rejected:
				return err
			}
			return nil
		})
		if err != nil {
			t.Errorf("%s: %v", tc.what, err)
		}
	}
}

func hostInterface(name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion("networking.k8s.aws/v1alpha1")
	u.SetKind("HostInterface")
	u.SetName(name)
	return u
}

func pod(namespace, name, node, component string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{"component": component}},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "main", Image: "main:devel"}}},
	}
}

// as returns a client with a token of a service account of the release, bound to a pod on a
// node.
func (h helmClient) as(account, node string) client.Client {
	h.t.Helper()
	kube := h.s.client(h.t)
	p := pod(h.namespace, account+"-"+node, node, "agent")
	p.Spec.ServiceAccountName = account
	if err := kube.Create(h.t.Context(), p); err != nil {
		h.t.Fatal(err)
	}
	tr := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{BoundObjectRef: &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID}}}
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: h.namespace, Name: account}}
	if err := kube.SubResource("token").Create(h.t.Context(), sa, tr); err != nil {
		h.t.Fatal(err)
	}
	config := rest.AnonymousClientConfig(h.s.config)
	config.BearerToken, config.QPS = tr.Status.Token, -1
	c, err := client.New(config, client.Options{Scheme: kube.Scheme(), Mapper: kube.RESTMapper()})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}
