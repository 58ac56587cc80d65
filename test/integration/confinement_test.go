// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// A renaming is the namespace and namePrefix of a kustomization.
type renaming struct{ namespace, prefix string }

func (r renaming) ns(namespace string) string {
	if namespace == testbed.Namespace {
		return r.namespace
	}
	return namespace
}

// apply renames an object and its references.
func (r renaming) apply(u *unstructured.Unstructured) {
	if u.GetKind() == "Namespace" {
		u.SetName(r.ns(u.GetName()))
		return
	}
	u.SetName(r.prefix + u.GetName())
	u.SetNamespace(r.ns(u.GetNamespace()))
	for _, path := range [][]string{{"roleRef", "name"}, {"spec", "policyName"}, {"spec", "template", "spec", "serviceAccountName"}} {
		if name, found, _ := unstructured.NestedString(u.Object, path...); found {
			_ = unstructured.SetNestedField(u.Object, r.prefix+name, path...)
		}
	}
	subjects, found, _ := unstructured.NestedSlice(u.Object, "subjects")
	for _, s := range subjects {
		subject := s.(map[string]any)
		subject["name"] = r.prefix + subject["name"].(string)
		subject["namespace"] = r.ns(subject["namespace"].(string))
	}
	if found {
		_ = unstructured.SetNestedSlice(u.Object, subjects, "subjects")
	}
}

// TestConfinementUnderAnyName applies cluster/manifests with other names, and checks that
// the admission policies still restrict agents, and not the provider.
func TestConfinementUnderAnyName(t *testing.T) {
	kube := admin(t)
	cases := map[string]struct {
		reason string
		renaming
	}{
		"DefaultNames": {reason: "The policies restrict agents with the names of cluster/manifests.", renaming: renaming{namespace: testbed.Namespace}},
		"Renamed":      {reason: "The policies restrict agents in another namespace with other names.", renaming: renaming{namespace: "confined-system", prefix: "acme-"}},
		"KubeSystem":   {reason: "The policies restrict agents in kube-system, where they exempt controllers.", renaming: renaming{namespace: metav1.NamespaceSystem, prefix: "eni-"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.namespace != metav1.NamespaceSystem {
				ns := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tc.namespace}}
				if err := kube.Create(t.Context(), ns); err != nil && !kerrors.IsAlreadyExists(err) {
					t.Fatal(err)
				}
			}
			for _, f := range []string{"provider.yaml", "agent.yaml", "admission.yaml", "dpdk/agent.yaml", "dpdk/admission.yaml"} {
				for _, u := range documents(t, filepath.Join("cluster/manifests", f)) {
					if k := u.GetKind(); k == "DaemonSet" || k == "Deployment" {
						continue
					}
					tc.apply(u)
					if err := kube.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(u), client.FieldOwner("kubectl"), client.ForceOwnership); err != nil {
						t.Fatalf("cannot apply %s %q: %v", u.GetKind(), u.GetName(), err)
					}
				}
			}
			confined(t, kube, strings.ToLower(name), tc.renaming, tc.reason)
		})
	}
}

// confined checks each kind of write of an agent and the provider.
func confined(t *testing.T, kube client.Client, id string, r renaming, reason string) {
	t.Helper()
	nodeA, nodeB := id+"-a", id+"-b"
	for _, node := range []string{nodeA, nodeB} {
		h := documents(t, "examples/hostinterface/illustration.yaml")[0]
		h.SetName(node)
		if err := unstructured.SetNestedField(h.Object, node, "spec", "nodeName"); err != nil {
			t.Fatal(err)
		}
		for _, o := range []client.Object{h, &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}} {
			if err := kube.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	provider := agentIn(t, kube, r.namespace, r.prefix+testbed.ProviderServiceAccount, nodeA)
	agent := agentIn(t, kube, r.namespace, r.prefix+testbed.AgentServiceAccount, nodeA)
	dpdk := agentIn(t, kube, r.namespace, r.prefix+dpdkAgent, nodeA)
	other := leaseHolder(t, kube, r.namespace, id+"-holder", nodeA)

	merge := func(body string) client.Patch {
		return client.RawPatch("application/merge-patch+json", []byte(body))
	}
	hostInterface := func(node string) *v1alpha1.HostInterface {
		return &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: node}}
	}
	status := func(node string) func(client.Client) error {
		return func(c client.Client) error {
			return c.Status().Patch(t.Context(), hostInterface(node), merge(`{"status":{"interfaceName":"eth2"}}`))
		}
	}
	mtu := 1500
	spec := func(c client.Client) error {
		mtu++ // Policies do not evaluate a patch without a change.
		return c.Patch(t.Context(), hostInterface(nodeA), merge(fmt.Sprintf(`{"spec":{"config":{"mtu":%d}}}`, mtu)))
	}
	finalizers := func(c client.Client) error {
		return c.Patch(t.Context(), hostInterface(nodeB), merge(`{"metadata":{"finalizers":null}}`))
	}
	lease := func(name string) func(client.Client) error {
		return func(c client.Client) error {
			l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: r.namespace, Name: name}}
			if err := c.Create(t.Context(), l); !kerrors.IsAlreadyExists(err) {
				return err
			}
			if err := c.Get(t.Context(), client.ObjectKeyFromObject(l), l); err != nil {
				return err
			}
			holder := time.Now().String()
			l.Spec.HolderIdentity = &holder
			return c.Update(t.Context(), l)
		}
	}
	unbound := agentIn(t, kube, r.namespace, r.prefix+testbed.AgentServiceAccount, "")

	for _, tc := range []struct {
		what     string
		as       client.Client
		do       func(client.Client) error
		rejected bool
	}{
		{"the status of its own node", agent, status(nodeA), false},
		{"the Lease of its own node", agent, lease("agent-" + nodeA), false},
		{"the status of another node", agent, status(nodeB), true},
		{"the finalizers of another node", agent, finalizers, true},
		{"a spec", agent, spec, true},
		{"the Lease of another node", agent, lease("agent-" + nodeB), true},
		{"the provider's Lease", agent, lease("provider-aws-eni"), true},
		{"the status of its own node, DPDK profile,", dpdk, status(nodeA), false},
		{"the status of another node, DPDK profile,", dpdk, status(nodeB), true},
		{"the provider's Lease, DPDK profile,", dpdk, lease("provider-aws-eni"), true},
		{"a spec, as the provider,", provider, spec, false},
		{"finalizers, as the provider,", provider, finalizers, false},
		{"its Lease, as the provider,", provider, lease("provider-aws-eni"), false},
		{"a Lease, as a service account that writes no HostInterfaces,", other, lease(id + "-holder"), false},
	} {
		err := retry(t.Context(), 20*time.Second, func() error {
			err := tc.do(tc.as)
			if rejected := kerrors.IsForbidden(err) || kerrors.IsInvalid(err); rejected != tc.rejected || !rejected && err != nil {
				return errors.Errorf("%s\nwrite %s: got error %q, want an error: %t", reason, tc.what, fmt.Sprint(err), tc.rejected)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
	// In kube-system controllers use tokens that are not bound to a pod.
	if r.namespace == metav1.NamespaceSystem {
		return
	}
	if err := status(nodeA)(unbound); !kerrors.IsForbidden(err) && !kerrors.IsInvalid(err) {
		t.Errorf("%s\nA token without a node claim may not write: %v", reason, err)
	}
}

// leaseHolder returns a client of a service account that may write Leases in a
// namespace, like many controllers.
func leaseHolder(t *testing.T, kube client.Client, namespace, name, node string) client.Client {
	t.Helper()
	meta := metav1.ObjectMeta{Namespace: namespace, Name: name}
	for _, o := range []client.Object{
		&corev1.ServiceAccount{ObjectMeta: meta},
		&rbacv1.Role{ObjectMeta: meta, Rules: []rbacv1.PolicyRule{{APIGroups: []string{"coordination.k8s.io"}, Resources: []string{"leases"}, Verbs: []string{"get", "create", "update"}}}},
		&rbacv1.RoleBinding{
			ObjectMeta: meta,
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: name},
			Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: namespace, Name: name}},
		},
	} {
		if err := kube.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	return agentIn(t, kube, namespace, name, node)
}

// TestPoliciesNameNoAccounts checks that the policies contain no names, which a
// kustomization would not rename.
func TestPoliciesNameNoAccounts(t *testing.T) {
	for _, f := range []string{"admission.yaml", "dpdk/admission.yaml"} {
		for _, u := range documents(t, filepath.Join("cluster/manifests", f)) {
			conditions, _, _ := unstructured.NestedSlice(u.Object, "spec", "matchConditions")
			for _, c := range conditions {
				expression := c.(map[string]any)["expression"].(string)
				for _, name := range []string{testbed.Namespace, testbed.AgentServiceAccount, testbed.ProviderServiceAccount} {
					if strings.Contains(expression, name) {
						t.Errorf("%s %s depends on the name %s, which differs under a kustomization:\n%s", f, u.GetName(), name, expression)
					}
				}
			}
		}
	}
}
