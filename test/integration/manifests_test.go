// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// install applies files of cluster/manifests, like kubectl.
func install(t *testing.T, kube client.Client, files ...string) {
	t.Helper()
	for _, f := range files {
		for _, u := range documents(t, filepath.Join("cluster/manifests", f)) {
			if err := kube.Apply(t.Context(), client.ApplyConfigurationFromUnstructured(u), client.FieldOwner("kubectl"), client.ForceOwnership); err != nil {
				t.Fatalf("cannot apply %s %q: %v", u.GetKind(), u.GetName(), err)
			}
		}
	}
}

// retry calls check until it returns nil: the API server observes new roles and policies
// by a watch.
func retry(ctx context.Context, d time.Duration, check func() error) error {
	deadline := time.Now().Add(d)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func admin(t *testing.T) client.Client {
	t.Helper()
	scheme, err := controller.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	kube, err := client.New(controlPlane(t).Config, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return kube
}

// may reports whether a service account has a permission.
func may(t *testing.T, kube client.Client, namespace, account string, a authorizationv1.ResourceAttributes) bool {
	t.Helper()
	r := &authorizationv1.SubjectAccessReview{Spec: authorizationv1.SubjectAccessReviewSpec{
		User:               "system:serviceaccount:" + namespace + ":" + account,
		Groups:             []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
		ResourceAttributes: &a,
	}}
	if err := kube.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	return r.Status.Allowed
}

// permission parses "verb resource.group/subresource name in namespace". All parts but
// verb and resource are optional.
func permission(text string) authorizationv1.ResourceAttributes {
	text, namespace, _ := strings.Cut(text, " in ")
	words := strings.Fields(text)
	a := authorizationv1.ResourceAttributes{Verb: words[0], Namespace: namespace, Version: "*"}
	resource, subresource, _ := strings.Cut(words[1], "/")
	a.Resource, a.Group, _ = strings.Cut(resource, ".")
	a.Subresource = subresource
	if len(words) > 2 {
		a.Name = words[2]
	}
	return a
}

// dpdkAgent is the service account of the agent's DPDK profile.
const dpdkAgent = "provider-aws-eni-agent-dpdk"

func TestRBAC(t *testing.T) {
	kube := admin(t)
	install(t, kube, "namespace.yaml", "provider.yaml", "agent.yaml", "dpdk/agent.yaml", "clusterproviderconfig.yaml")

	cases := map[string]struct {
		reason  string
		account string
		may     []string
		mayNot  []string
	}{
		"ProviderOwnKinds": {
			reason:  "The provider creates, updates and deletes the children of NodeENIs, and writes only finalizers and status of users' objects.",
			account: testbed.ProviderServiceAccount,
			may: []string{
				"list networkinterfaces.ec2.networking.k8s.aws", "create networkinterfaces.ec2.networking.k8s.aws in team",
				"delete networkinterfaceattachments.ec2.networking.k8s.aws in team", "update networkinterfaces.ec2.networking.k8s.aws/status in team",
				"patch nodeenis.networking.k8s.aws", "update nodeenis.networking.k8s.aws/status", "update nodeenis.networking.k8s.aws/finalizers",
				"create hostinterfaces.networking.k8s.aws", "delete hostinterfaces.networking.k8s.aws", "manage-all-nodes hostinterfaces.networking.k8s.aws",
				"update clusterproviderconfigs.networking.k8s.aws", "create providerconfigusages.networking.k8s.aws in team",
				"delete nodeeniplans.networking.k8s.aws", "update nodeeniplans.networking.k8s.aws/status",
			},
			mayNot: []string{
				"create nodeenis.networking.k8s.aws", "delete nodeenis.networking.k8s.aws", "patch hostinterfaces.networking.k8s.aws/status",
				"create clusterproviderconfigs.networking.k8s.aws", "delete providerconfigs.networking.k8s.aws in team",
				"deletecollection networkinterfaces.ec2.networking.k8s.aws in team", "create nodeeniplans.networking.k8s.aws", "update nodeeniplans.networking.k8s.aws",
			},
		},
		"ProviderCluster": {
			reason:  "The provider reads CRDs and namespaces, patches nodes within an admission policy, manages NetworkAttachmentDefinitions, creates token and subject access reviews for its metrics endpoint, and changes no other objects.",
			account: testbed.ProviderServiceAccount,
			may: []string{
				"get nodes", "list nodes", "watch nodes", "patch nodes", "patch nodes/status", "create network-attachment-definitions.k8s.cni.cncf.io in team", "get namespaces kube-system", "list customresourcedefinitions.apiextensions.k8s.io",
				"get namespaces", "list namespaces", "watch namespaces", "create tokenreviews.authentication.k8s.io", "create subjectaccessreviews.authorization.k8s.io",
				"create events in team",
			},
			mayNot: []string{
				"update nodes", "update nodes/status", "delete nodes", "patch network-attachment-definitions.k8s.cni.cncf.io in team", "list pods", "get pods in kube-system", "create pods/exec in kube-system", "delete pods in kube-system",
				"create namespaces", "update namespaces", "patch namespaces", "delete namespaces", "update customresourcedefinitions.apiextensions.k8s.io", "list configmaps in kube-system",
				"impersonate users", "create serviceaccounts/token in provider-aws-eni-system", "escalate clusterroles.rbac.authorization.k8s.io",
			},
		},
		"ProviderSecrets": {
			reason:  "The provider reads Secrets by name and writes connection secrets, and cannot list Secrets.",
			account: testbed.ProviderServiceAccount,
			may:     []string{"get secrets in team", "create secrets in team", "patch secrets in team"},
			mayNot:  []string{"list secrets in team", "watch secrets", "delete secrets in team", "update secrets in team"},
		},
		"ProviderLeases": {
			reason:  "The provider acquires its own Lease, reads the agents' Leases, and cannot read Leases of other namespaces.",
			account: testbed.ProviderServiceAccount,
			may: []string{
				"create leases.coordination.k8s.io in provider-aws-eni-system", "update leases.coordination.k8s.io provider-aws-eni in provider-aws-eni-system",
				"get leases.coordination.k8s.io agent-node-a in provider-aws-eni-system",
			},
			mayNot: []string{
				"update leases.coordination.k8s.io agent-node-a in provider-aws-eni-system", "get leases.coordination.k8s.io in kube-node-lease",
				"get leases.coordination.k8s.io in kube-system",
			},
		},
		"Agent": {
			reason:  "An agent lists HostInterfaces, updates their status, renews its Lease and creates events, also about pods; it reads and changes no events outside of the namespace default.",
			account: testbed.AgentServiceAccount,
			may: []string{
				"list hostinterfaces.networking.k8s.aws", "watch hostinterfaces.networking.k8s.aws",
				"patch hostinterfaces.networking.k8s.aws", "patch hostinterfaces.networking.k8s.aws/status",
				"get leases.coordination.k8s.io in provider-aws-eni-system", "create leases.coordination.k8s.io in provider-aws-eni-system", "update leases.coordination.k8s.io in provider-aws-eni-system",
				"create events in default", "patch events in default", "create events in team",
			},
			mayNot: []string{
				"create hostinterfaces.networking.k8s.aws", "delete hostinterfaces.networking.k8s.aws", "deletecollection hostinterfaces.networking.k8s.aws",
				"get hostinterfaces.networking.k8s.aws", "update hostinterfaces.networking.k8s.aws", "update hostinterfaces.networking.k8s.aws/status", "manage-all-nodes hostinterfaces.networking.k8s.aws",
				"list nodeenis.networking.k8s.aws", "get providerconfigs.networking.k8s.aws in team", "get clusterproviderconfigs.networking.k8s.aws",
				"list networkinterfaces.ec2.networking.k8s.aws", "patch networkinterfaceattachments.ec2.networking.k8s.aws in provider-aws-eni-system",
				"get nodes", "list nodes", "patch nodes", "list pods", "get pods in kube-system", "delete pods in kube-system", "create pods/exec in kube-system",
				"get secrets in provider-aws-eni-system", "list secrets", "get configmaps in kube-system",
				"list leases.coordination.k8s.io in provider-aws-eni-system", "get leases.coordination.k8s.io in kube-node-lease", "list events in default", "get events in team", "patch events in team", "update events in team", "delete events in team", "create events.events.k8s.io in default",
				"list pods in kube-system",
			},
		},
		"AgentDPDK": {
			reason:  "An agent of the DPDK profile also lists pods in the device plugin's namespace, and deletes one.",
			account: dpdkAgent,
			may: []string{
				"list pods in kube-system", "delete pods in kube-system",
				"list hostinterfaces.networking.k8s.aws", "watch hostinterfaces.networking.k8s.aws", "patch hostinterfaces.networking.k8s.aws/status",
				"update leases.coordination.k8s.io in provider-aws-eni-system", "create events in default",
			},
			mayNot: []string{
				"get pods in kube-system", "watch pods in kube-system", "patch pods in kube-system", "create pods in kube-system", "deletecollection pods in kube-system",
				"create pods/exec in kube-system", "create pods/eviction in kube-system", "get pods/log in kube-system",
				"list pods", "list pods in default", "delete pods in provider-aws-eni-system",
				"list daemonsets.apps in kube-system", "get configmaps in kube-system", "get secrets in kube-system", "list nodes",
				"create hostinterfaces.networking.k8s.aws", "delete hostinterfaces.networking.k8s.aws", "manage-all-nodes hostinterfaces.networking.k8s.aws",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, what := range tc.may {
				err := retry(t.Context(), 10*time.Second, func() error {
					if !may(t, kube, testbed.Namespace, tc.account, permission(what)) {
						return fmt.Errorf("%s\n%s may not %s", tc.reason, tc.account, what)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			for _, what := range tc.mayNot {
				if may(t, kube, testbed.Namespace, tc.account, permission(what)) {
					t.Errorf("%s\n%s may %s", tc.reason, tc.account, what)
				}
			}
		})
	}
}

// rules returns the rules of the roles in files of cluster/manifests, by namespace; "" for
// ClusterRoles.
func rules(t *testing.T, files ...string) map[string][]rbacv1.PolicyRule {
	t.Helper()
	out := map[string][]rbacv1.PolicyRule{}
	for _, f := range files {
		for _, u := range documents(t, filepath.Join("cluster/manifests", f)) {
			if u.GetKind() != "ClusterRole" && u.GetKind() != "Role" {
				continue
			}
			r := &rbacv1.ClusterRole{} // a Role has the same rules
			if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, r); err != nil {
				t.Fatal(err)
			}
			out[u.GetNamespace()] = append(out[u.GetNamespace()], r.Rules...)
		}
	}
	return out
}

func TestNoWildcards(t *testing.T) {
	for namespace, rs := range rules(t, "provider.yaml", "agent.yaml", "dpdk/agent.yaml", "crossplane/rbac.yaml") {
		for _, r := range rs {
			if slices.Contains(slices.Concat(r.APIGroups, r.Resources, r.Verbs), "*") || len(r.NonResourceURLs) > 0 {
				t.Errorf("namespace %q: a rule has a wildcard or a non-resource URL: %v", namespace, r)
			}
		}
	}
}

// TestRBACUnderCrossplane checks that the permissions of a provider under Crossplane and of
// cluster/manifests/crossplane together are the permissions of cluster/manifests.
func TestRBACUnderCrossplane(t *testing.T) {
	kube := admin(t)
	const namespace, account = "crossplane-system", "provider-aws-eni"
	// As Crossplane 2.3 renders the role provider-aws-eni:system:
	// https://github.com/crossplane/crossplane/blob/v2.3.4/internal/controller/rbac/provider/roles/roles.go
	system := &rbacv1.ClusterRole{ObjectMeta: metav1.ObjectMeta{Name: "crossplane:provider:provider-aws-eni:system"}, Rules: []rbacv1.PolicyRule{
		{APIGroups: []string{"*"}, Resources: []string{"customresourcedefinitions"}, Verbs: []string{"get", "list", "watch"}},
		{APIGroups: []string{"ec2.networking.k8s.aws", "networking.k8s.aws"}, Resources: []string{"*/finalizers"}, Verbs: []string{"update"}},
		{APIGroups: []string{"", "coordination.k8s.io"}, Resources: []string{"secrets", "configmaps", "events", "leases"}, Verbs: []string{"*"}},
	}}
	for _, path := range yamlFiles(t, "package/crds") {
		for _, u := range documents(t, path) {
			group, _, _ := unstructured.NestedString(u.Object, "spec", "group")
			plural, _, _ := unstructured.NestedString(u.Object, "spec", "names", "plural")
			system.Rules = append(system.Rules, rbacv1.PolicyRule{
				APIGroups: []string{group}, Resources: []string{plural, plural + "/status"},
				Verbs: []string{"get", "list", "watch", "update", "patch", "create"},
			})
		}
	}
	binding := &rbacv1.ClusterRoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: system.Name},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: system.Name},
		Subjects:   []rbacv1.Subject{{Kind: "ServiceAccount", Namespace: namespace, Name: account}},
	}
	for _, o := range []client.Object{system, binding} {
		if err := kube.Create(t.Context(), o); err != nil {
			t.Fatal(err)
		}
	}
	install(t, kube, "crossplane/rbac.yaml")

	for ns, rs := range rules(t, "provider.yaml") {
		for _, r := range rs {
			for _, a := range expand(r, ns) {
				err := retry(t.Context(), 10*time.Second, func() error {
					if !may(t, kube, namespace, account, a) {
						return fmt.Errorf("under Crossplane the provider may not %s %s.%s/%s", a.Verb, a.Resource, a.Group, a.Subresource)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		}
	}
}

// expand returns each permission of a rule.
func expand(r rbacv1.PolicyRule, namespace string) []authorizationv1.ResourceAttributes {
	names := r.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	var out []authorizationv1.ResourceAttributes
	for _, g := range r.APIGroups {
		for _, res := range r.Resources {
			// A rule may have resources of several groups; each resource belongs to one.
			if strings.HasPrefix(res, "nodeenis/") && g != v1alpha1.Group || strings.HasPrefix(res, "networkinterface") && !strings.HasPrefix(g, "ec2.") {
				continue
			}
			resource, sub, _ := strings.Cut(res, "/")
			for _, v := range r.Verbs {
				for _, n := range names {
					out = append(out, authorizationv1.ResourceAttributes{Group: g, Resource: resource, Subresource: sub, Verb: v, Name: n, Namespace: namespace, Version: "*"})
				}
			}
		}
	}
	return out
}

// TestAgentConfinement checks the admission policies for agents, with tokens bound to pods,
// which have a claim with the node of the pod.
func TestAgentConfinement(t *testing.T) {
	kube := admin(t)
	install(t, kube, "namespace.yaml", "provider.yaml", "agent.yaml", "admission.yaml", "dpdk/agent.yaml", "dpdk/admission.yaml")
	for _, node := range []string{"confined-a", "confined-b"} {
		h := documents(t, "examples/hostinterface/illustration.yaml")[0]
		h.SetName("confinement." + node)
		if err := unstructured.SetNestedField(h.Object, node, "spec", "nodeName"); err != nil {
			t.Fatal(err)
		}
		if err := kube.Create(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: "provider-aws-eni"}}
	if err := kube.Create(t.Context(), lease); err != nil && !kerrors.IsAlreadyExists(err) {
		t.Fatal(err)
	}

	status := func(node string) func(client.Client) error {
		return func(c client.Client) error {
			h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "confinement." + node}}
			return c.Status().Patch(t.Context(), h, client.RawPatch("application/merge-patch+json", []byte(`{"status":{"interfaceName":"eth2"}}`)))
		}
	}
	patch := func(node, body string) func(client.Client) error {
		return func(c client.Client) error {
			h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "confinement." + node}}
			return c.Patch(t.Context(), h, client.RawPatch("application/merge-patch+json", []byte(body)))
		}
	}
	createLease := func(name string) func(client.Client) error {
		return func(c client.Client) error {
			err := c.Create(t.Context(), &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: name}})
			if kerrors.IsAlreadyExists(err) {
				return nil
			}
			return err
		}
	}
	takeLease := func(c client.Client) error {
		l := &coordinationv1.Lease{}
		if err := c.Get(t.Context(), client.ObjectKeyFromObject(lease), l); err != nil {
			return err
		}
		l.Spec.HolderIdentity = &l.Name
		return c.Update(t.Context(), l)
	}

	// A new value each time: if the API server admitted a patch before it observed the
	// policy, the same patch again would change nothing.
	mtu := 1500
	changeSpec := func(c client.Client) error {
		mtu++
		return patch("confined-a", fmt.Sprintf(`{"spec":{"config":{"mtu":%d}}}`, mtu))(c)
	}

	deletePod := func(name string, o ...client.DeleteOption) func(client.Client) error {
		return func(c client.Client) error {
			return c.Delete(t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: name}}, o...)
		}
	}
	// A dry run: policies do not apply to missing pods.
	tryDelete := func(name string) func(client.Client) error { return deletePod(name, client.DryRunAll) }
	for name, p := range map[string]struct{ node, app string }{
		"plugin-a": {"confined-a", "sriovdp"}, "operators-plugin-a": {"confined-a", "sriov-device-plugin"}, "plugin-b": {"confined-b", "sriovdp"},
		"other-a": {"confined-a", "kube-dns"}, "bare-a": {"confined-a", ""}, "plugin-nowhere": {"", "sriovdp"},
	} {
		if err := kube.Create(t.Context(), pod(metav1.NamespaceSystem, name, p.node, p.app)); err != nil {
			t.Fatal(err)
		}
	}

	for _, node := range []string{"confined-a", "confined-b"} {
		if err := kube.Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}); err != nil {
			t.Fatal(err)
		}
	}
	agent := agentOn(t, kube, testbed.AgentServiceAccount, "confined-a")
	nowhere := agentOn(t, kube, testbed.AgentServiceAccount, "")
	dpdk := agentOn(t, kube, dpdkAgent, "confined-a")
	stolen := agentOn(t, kube, dpdkAgent, "confined-b")
	dpdkNowhere := agentOn(t, kube, dpdkAgent, "")
	cases := map[string]struct {
		reason   string
		as       client.Client
		do       func(client.Client) error
		rejected bool
		// because is part of the message of an error.
		because string
	}{
		"OtherStatus":    {reason: "An agent may not update the status of another node's HostInterface.", as: agent, do: status("confined-b"), rejected: true},
		"OtherFinalizer": {reason: "An agent may not remove finalizers of another node's HostInterface.", as: agent, do: patch("confined-b", `{"metadata":{"finalizers":null}}`), rejected: true},
		"OwnSpec":        {reason: "An agent may not change the spec of a HostInterface.", as: agent, do: changeSpec, rejected: true},
		"MoveToOwnNode":  {reason: "An agent may not move another node's HostInterface to its own node.", as: agent, do: patch("confined-b", `{"spec":{"nodeName":"confined-a"}}`), rejected: true},
		"OtherLease":     {reason: "An agent may not create the Lease of another node's agent.", as: agent, do: createLease("agent-confined-b"), rejected: true},
		"ProviderLease":  {reason: "An agent may not acquire the provider's Lease.", as: agent, do: takeLease, rejected: true},
		"NoNode":         {reason: "A token that is not bound to a pod on a node may not write.", as: nowhere, do: status("confined-a"), rejected: true},
		"OwnStatus":      {reason: "An agent may update the status of its node's HostInterfaces.", as: agent, do: status("confined-a")},
		"OwnFinalizer":   {reason: "An agent may add its finalizer to its node's HostInterfaces.", as: agent, do: patch("confined-a", `{"metadata":{"finalizers":["networking.k8s.aws/agent"]}}`)},
		"OwnLease":       {reason: "An agent may create its own Lease.", as: agent, do: createLease("agent-confined-a")},

		"DPDKOtherStatus":      {reason: "An agent of the DPDK profile may not update the status of another node's HostInterface.", as: dpdk, do: status("confined-b"), rejected: true},
		"DPDKOtherFinalizer":   {reason: "An agent of the DPDK profile may not remove finalizers of another node's HostInterface.", as: dpdk, do: patch("confined-b", `{"metadata":{"finalizers":null}}`), rejected: true},
		"DPDKOtherLease":       {reason: "An agent of the DPDK profile may not create the Lease of another node's agent.", as: dpdk, do: createLease("agent-confined-b"), rejected: true},
		"DPDKProviderLease":    {reason: "An agent of the DPDK profile may not acquire the provider's Lease.", as: dpdk, do: takeLease, rejected: true},
		"DPDKOwnStatus":        {reason: "An agent of the DPDK profile may update the status of its node's HostInterfaces.", as: dpdk, do: status("confined-a")},
		"DPDKOwnLease":         {reason: "An agent of the DPDK profile may create its own Lease.", as: dpdk, do: createLease("agent-confined-a")},
		"OtherPlugin":          {reason: "An agent may not delete the device plugin's pod of another node.", as: dpdk, do: tryDelete("plugin-b"), rejected: true, because: "an agent deletes no pod of another node"},
		"PluginOtherNodeToken": {reason: "A token of another node's agent may not delete the device plugin's pod.", as: stolen, do: tryDelete("plugin-a"), rejected: true, because: "an agent deletes no pod of another node"},
		"OtherPod":             {reason: "An agent may not delete other pods of its node.", as: dpdk, do: tryDelete("other-a"), rejected: true, because: "an agent deletes no pod but the SR-IOV network device plugin's"},
		"PodWithoutLabels":     {reason: "An agent may not delete a pod without labels.", as: dpdk, do: tryDelete("bare-a"), rejected: true, because: "an agent deletes no pod but the SR-IOV network device plugin's"},
		"UnscheduledPlugin":    {reason: "An agent may not delete an unscheduled pod.", as: dpdk, do: tryDelete("plugin-nowhere"), rejected: true, because: "an agent deletes no pod of another node"},
		"PluginUnboundToken":   {reason: "A token that is not bound to a pod on a node may not delete pods.", as: dpdkNowhere, do: tryDelete("plugin-nowhere"), rejected: true, because: "an agent deletes no pod of another node"},
		"KernelProfile":        {reason: "An agent of the kernel profile may not delete pods.", as: agent, do: tryDelete("plugin-a"), rejected: true, because: "cannot delete resource"},
		"OwnPlugin":            {reason: "An agent may delete the device plugin's pod of its node.", as: dpdk, do: tryDelete("plugin-a")},
		"OwnOperatorPlugin":    {reason: "An agent may delete the pod of a device plugin that the SR-IOV operator installed.", as: dpdk, do: tryDelete("operators-plugin-a")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := retry(t.Context(), 20*time.Second, func() error {
				err := tc.do(tc.as)
				if rejected := kerrors.IsForbidden(err) || kerrors.IsInvalid(err); rejected != tc.rejected || !rejected && err != nil {
					return errors.Errorf("%s\ngot error %q, want an error: %t", tc.reason, fmt.Sprint(err), tc.rejected)
				}
				if tc.rejected && !strings.Contains(err.Error(), tc.because) {
					return errors.Errorf("%s\ngot error %q, want it to contain %q", tc.reason, err, tc.because)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}

	// Delete the pod after the dry runs.
	if err := deletePod("plugin-a")(dpdk); err != nil {
		t.Error(err)
	}
	p := &corev1.Pod{}
	err := kube.Get(t.Context(), client.ObjectKey{Namespace: metav1.NamespaceSystem, Name: "plugin-a"}, p)
	if err != nil || p.DeletionTimestamp == nil {
		t.Errorf("the device plugin's pod is not being deleted: %v", err)
	}
}

// pod returns a pod on a node, or an unscheduled pod for node "".
func pod(namespace, name, node, app string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "main", Image: "main:devel"}}},
	}
	if app != "" {
		p.Labels = map[string]string{"app": app}
	}
	return p
}

// agentOn returns a client with a token that is bound to an agent's pod on a node, or to no
// pod for node "".
func agentOn(t *testing.T, kube client.Client, account, node string) client.Client {
	t.Helper()
	return agentIn(t, kube, testbed.Namespace, account, node)
}

// agentIn is agentOn in another namespace.
func agentIn(t *testing.T, kube client.Client, namespace, account, node string) client.Client {
	t.Helper()
	tr := &authenticationv1.TokenRequest{}
	if node != "" {
		p := pod(namespace, account+"-"+node, node, "")
		p.Spec.ServiceAccountName = account
		if err := kube.Create(t.Context(), p); err != nil {
			t.Fatal(err)
		}
		tr.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: p.Name, UID: p.UID}
	}
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: account}}
	if err := kube.SubResource("token").Create(t.Context(), sa, tr); err != nil {
		t.Fatal(err)
	}
	cfg := rest.AnonymousClientConfig(controlPlane(t).Config)
	cfg.BearerToken = tr.Status.Token
	c, err := client.New(cfg, client.Options{Scheme: kube.Scheme(), Mapper: kube.RESTMapper()})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestNetworkPolicy checks which connections the provider's pods accept.
func TestNetworkPolicy(t *testing.T) {
	decode := func(file, kind string, into any) {
		t.Helper()
		for _, u := range documents(t, filepath.Join("cluster/manifests", file)) {
			if u.GetKind() == kind {
				if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, into); err != nil {
					t.Fatal(err)
				}
				return
			}
		}
		t.Fatalf("%s has no %s", file, kind)
	}
	policy, provider, agent := &networkingv1.NetworkPolicy{}, &appsv1.Deployment{}, &appsv1.DaemonSet{}
	decode("networkpolicy.yaml", "NetworkPolicy", policy)
	decode("provider.yaml", "Deployment", provider)
	decode("agent.yaml", "DaemonSet", agent)

	selector, err := metav1.LabelSelectorAsSelector(&policy.Spec.PodSelector)
	if err != nil {
		t.Fatal(err)
	}
	if policy.Namespace != provider.Namespace || selector.Empty() || !selector.Matches(labels.Set(provider.Spec.Template.Labels)) {
		t.Errorf("The policy does not select the provider's pods: %s in %s", selector, policy.Namespace)
	}
	if selector.Matches(labels.Set(agent.Spec.Template.Labels)) {
		t.Error("The policy selects the agents, which use the host network, where a policy has no effect.")
	}
	tcp, port := corev1.ProtocolTCP, intstr.FromString("metrics")
	want := networkingv1.NetworkPolicySpec{
		PodSelector: policy.Spec.PodSelector,
		PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress},
		Ingress: []networkingv1.NetworkPolicyIngressRule{{
			From:  []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"networking.k8s.aws/metrics": "allowed"}}}},
			Ports: []networkingv1.NetworkPolicyPort{{Protocol: &tcp, Port: &port}},
		}},
	}
	if diff := cmp.Diff(want, policy.Spec); diff != "" {
		t.Errorf("Only namespaces with the label may connect, and only to the metrics port.\n-want, +got:\n%s", diff)
	}
	if !slices.ContainsFunc(provider.Spec.Template.Spec.Containers[0].Ports, func(p corev1.ContainerPort) bool { return p.Name == port.StrVal }) {
		t.Error("The provider's container has no port of that name.")
	}
}

// TestAgentListensLocally checks that agents listen on loopback addresses, because
// NetworkPolicies do not apply to the host network.
func TestAgentListensLocally(t *testing.T) {
	for _, file := range []string{"cluster/manifests/agent.yaml", "cluster/manifests/dpdk/agent.yaml"} {
		_, d := profileOf(t, documents(t, file))
		c := d.Spec.Template.Spec.Containers[0]
		ports := map[string]int32{}
		for _, p := range c.Ports {
			ports[p.Name] = p.ContainerPort
		}
		for flag, port := range map[string]string{"--metrics-bind-address": "metrics", "--health-probe-bind-address": "health"} {
			if want := fmt.Sprintf("%s=127.0.0.1:%d", flag, ports[port]); !slices.Contains(c.Args, want) {
				t.Errorf("%s: want argument %s in %v", file, want, c.Args)
			}
		}
		for _, p := range []*corev1.Probe{c.LivenessProbe, c.ReadinessProbe} {
			if p == nil || p.HTTPGet == nil || p.HTTPGet.Host != "127.0.0.1" {
				t.Errorf("%s: want probes of 127.0.0.1, got %+v", file, p)
			}
		}
	}
}

// TestKustomization checks that the kustomizations contain all manifests.
func TestKustomization(t *testing.T) {
	for _, dir := range []string{"cluster/manifests", "cluster/manifests/dpdk"} {
		var k struct {
			Resources []string `json:"resources"`
		}
		if err := yaml.Unmarshal([]byte(read(t, filepath.Join(dir, "kustomization.yaml"))), &k); err != nil {
			t.Fatal(err)
		}
		entries, err := os.ReadDir(filepath.Join(testbed.RepositoryRoot(), dir))
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, e := range entries {
			if n := e.Name(); filepath.Ext(n) == ".yaml" && n != "kustomization.yaml" {
				want = append(want, n)
			}
		}
		slices.Sort(k.Resources)
		if diff := cmp.Diff(want, k.Resources); diff != "" {
			t.Errorf("resources of %s: -want, +got:\n%s", dir, diff)
		}
	}
}

// TestDocumentation checks that flags and condition reasons are documented, and that the
// targets of links in documents exist.
func TestDocumentation(t *testing.T) {
	for _, program := range []string{"provider", "agent"} {
		section := read(t, "docs/configuration.md")
		for _, m := range regexp.MustCompile(`app\.Flag\("([a-z-]+)".*?Envar\("([A-Z_]+)"\)`).FindAllStringSubmatch(read(t, "cmd/"+program+"/main.go"), -1) {
			if strings.Contains(m[0], ".Hidden()") {
				continue // for tests
			}
			if !strings.Contains(section, "`--"+m[1]+"`") || !strings.Contains(section, "`"+m[2]+"`") {
				t.Errorf("docs/configuration.md lacks flag --%s (%s) of the %s", m[1], m[2], program)
			}
		}
	}
	for _, m := range regexp.MustCompile(`ConditionReason = "([A-Za-z0-9]+)"`).FindAllStringSubmatch(read(t, "apis/networking/v1alpha1/conditions.go"), -1) {
		if !strings.Contains(read(t, "docs/troubleshooting.md"), "`"+m[1]+"`") {
			t.Errorf("docs/troubleshooting.md lacks reason %s", m[1])
		}
	}

	root := testbed.RepositoryRoot()
	paths, err := filepath.Glob(filepath.Join(root, "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range append(paths, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#]*)(#[^)]*)?\)`).FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			to := filepath.Join(filepath.Dir(path), m[1])
			if m[1] == "" {
				to = path
			}
			if _, err := os.Stat(to); err != nil {
				t.Errorf("%s links to %s, which does not exist", filepath.Base(path), m[1])
				continue
			}
			if m[2] != "" && !slices.Contains(anchors(t, to), m[2]) {
				t.Errorf("%s links to %s%s, which is not a heading", filepath.Base(path), m[1], m[2])
			}
		}
	}
}

// anchors returns the anchors of a document's headings: in lower case, with hyphens for
// spaces and without punctuation.
func anchors(t *testing.T, path string) []string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range regexp.MustCompile(`(?m)^#+ (.+)$`).FindAllStringSubmatch(string(b), -1) {
		words := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		out = append(out, "#"+strings.ReplaceAll(words, " ", "-"))
	}
	return out
}
