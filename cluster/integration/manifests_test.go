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
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/hack/testbed"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
)

// install applies files of cluster/manifests for good, as kubectl does.
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

// soon repeats check until it is content: the API server hears of new roles
// and policies by a watch, a moment after they were written.
func soon(ctx context.Context, d time.Duration, check func() error) error {
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

// may asks the API server whether a service account has a right.
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

// right reads "verb resource.group/subresource name in namespace", of which all
// but verb and resource may be missing.
func right(text string) authorizationv1.ResourceAttributes {
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

func TestRights(t *testing.T) {
	kube := admin(t)
	install(t, kube, "namespace.yaml", "provider.yaml", "agent.yaml", "clusterproviderconfig.yaml")

	cases := map[string]struct {
		reason  string
		account string
		may     []string
		mayNot  []string
	}{
		"ProviderOwnKinds": {
			reason:  "The provider makes, changes and deletes what NodeENIs are expanded to, and of users' objects writes only finalizers and status.",
			account: testbed.ProviderServiceAccount,
			may: []string{
				"list networkinterfaces.ec2.networking.k8s.aws", "create networkinterfaces.ec2.networking.k8s.aws in team",
				"delete networkinterfaceattachments.ec2.networking.k8s.aws in team", "update networkinterfaces.ec2.networking.k8s.aws/status in team",
				"patch nodeenis.networking.k8s.aws", "update nodeenis.networking.k8s.aws/status", "update nodeenis.networking.k8s.aws/finalizers",
				"create hostinterfaces.networking.k8s.aws", "delete hostinterfaces.networking.k8s.aws",
				"update clusterproviderconfigs.networking.k8s.aws", "create providerconfigusages.networking.k8s.aws in team",
			},
			mayNot: []string{
				"create nodeenis.networking.k8s.aws", "delete nodeenis.networking.k8s.aws", "patch hostinterfaces.networking.k8s.aws/status",
				"create clusterproviderconfigs.networking.k8s.aws", "delete providerconfigs.networking.k8s.aws in team",
				"deletecollection networkinterfaces.ec2.networking.k8s.aws in team",
			},
		},
		"ProviderCluster": {
			reason:  "Of the rest of the cluster the provider reads nodes, CRDs and the name of the cluster, and changes nothing.",
			account: testbed.ProviderServiceAccount,
			may: []string{
				"get nodes", "list nodes", "watch nodes", "get namespaces kube-system", "list customresourcedefinitions.apiextensions.k8s.io",
				"create events in team",
			},
			mayNot: []string{
				"update nodes", "patch nodes", "patch nodes/status", "delete nodes", "list pods", "get pods in kube-system", "create pods/exec in kube-system", "delete pods in kube-system",
				"get namespaces", "list namespaces", "update customresourcedefinitions.apiextensions.k8s.io", "list configmaps in kube-system",
				"impersonate users", "create serviceaccounts/token in provider-aws-eni-system", "escalate clusterroles.rbac.authorization.k8s.io",
			},
		},
		"ProviderSecrets": {
			reason:  "The provider reads Secrets that it is told of by name and writes connection secrets; it cannot look for any.",
			account: testbed.ProviderServiceAccount,
			may:     []string{"get secrets in team", "create secrets in team", "patch secrets in team"},
			mayNot:  []string{"list secrets in team", "watch secrets", "delete secrets in team", "update secrets in team"},
		},
		"ProviderLeases": {
			reason:  "The provider takes its own Lease, reads those of agents, and sees none elsewhere.",
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
			reason:  "An agent reads HostInterfaces, answers them, renews a Lease and writes events.",
			account: testbed.AgentServiceAccount,
			may: []string{
				"get hostinterfaces.networking.k8s.aws", "list hostinterfaces.networking.k8s.aws", "watch hostinterfaces.networking.k8s.aws",
				"patch hostinterfaces.networking.k8s.aws", "patch hostinterfaces.networking.k8s.aws/status",
				"get leases.coordination.k8s.io in provider-aws-eni-system", "create leases.coordination.k8s.io in provider-aws-eni-system", "update leases.coordination.k8s.io in provider-aws-eni-system",
				"create events.events.k8s.io in default", "patch events.events.k8s.io in default",
			},
			mayNot: []string{
				"create hostinterfaces.networking.k8s.aws", "delete hostinterfaces.networking.k8s.aws",
				"list nodeenis.networking.k8s.aws", "get providerconfigs.networking.k8s.aws in team", "get clusterproviderconfigs.networking.k8s.aws",
				"list networkinterfaces.ec2.networking.k8s.aws", "patch networkinterfaceattachments.ec2.networking.k8s.aws in provider-aws-eni-system",
				"get nodes", "list nodes", "patch nodes", "list pods", "get pods in kube-system", "delete pods in kube-system", "create pods/exec in kube-system",
				"get secrets in provider-aws-eni-system", "list secrets", "get configmaps in kube-system",
				"list leases.coordination.k8s.io in provider-aws-eni-system", "get leases.coordination.k8s.io in kube-node-lease", "create events in kube-system",
			},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			for _, what := range tc.may {
				err := soon(t.Context(), 10*time.Second, func() error {
					if !may(t, kube, testbed.Namespace, tc.account, right(what)) {
						return fmt.Errorf("%s\n%s may not %s", tc.reason, tc.account, what)
					}
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			}
			for _, what := range tc.mayNot {
				if may(t, kube, testbed.Namespace, tc.account, right(what)) {
					t.Errorf("%s\n%s may %s", tc.reason, tc.account, what)
				}
			}
		})
	}
}

// rules returns all rules of the roles in files of cluster/manifests, those of
// Roles with their namespace.
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
	for namespace, rs := range rules(t, "provider.yaml", "agent.yaml", "crossplane/rbac.yaml") {
		for _, r := range rs {
			if slices.Contains(slices.Concat(r.APIGroups, r.Resources, r.Verbs), "*") || len(r.NonResourceURLs) > 0 {
				t.Errorf("namespace %q: a rule says more than it can know: %v", namespace, r)
			}
		}
	}
}

// TestRightsUnderCrossplane says that what Crossplane gives a provider and what
// cluster/manifests/crossplane adds are together what cluster/manifests give.
func TestRightsUnderCrossplane(t *testing.T) {
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
				err := soon(t.Context(), 10*time.Second, func() error {
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

// expand returns each right that a rule gives.
func expand(r rbacv1.PolicyRule, namespace string) []authorizationv1.ResourceAttributes {
	names := r.ResourceNames
	if len(names) == 0 {
		names = []string{""}
	}
	var out []authorizationv1.ResourceAttributes
	for _, g := range r.APIGroups {
		for _, res := range r.Resources {
			// A rule may name kinds of several groups; each belongs to one.
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

// TestAgentConfinement uses the token of a pod, in which the API server writes
// the node that the pod is on.
func TestAgentConfinement(t *testing.T) {
	kube := admin(t)
	install(t, kube, "namespace.yaml", "provider.yaml", "agent.yaml", "admission.yaml")
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
	if err := kube.Create(t.Context(), lease); err != nil {
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

	// Each time another value: a patch that was let through while the API server
	// did not know the policy yet would be no change the next time.
	mtu := 1500
	changeOrders := func(c client.Client) error {
		mtu++
		return patch("confined-a", fmt.Sprintf(`{"spec":{"config":{"mtu":%d}}}`, mtu))(c)
	}

	agent := agentOn(t, kube, "confined-a")
	nowhere := agentOn(t, kube, "")
	cases := map[string]struct {
		reason  string
		as      client.Client
		do      func(client.Client) error
		refused bool
	}{
		"OtherStatus":    {reason: "An agent says nothing about another node.", as: agent, do: status("confined-b"), refused: true},
		"OtherFinalizer": {reason: "An agent does not let go of another node's interface.", as: agent, do: patch("confined-b", `{"metadata":{"finalizers":null}}`), refused: true},
		"OwnSpec":        {reason: "An agent does not change its orders.", as: agent, do: changeOrders, refused: true},
		"MoveToOwnNode":  {reason: "Nor does it make another's interface its own.", as: agent, do: patch("confined-b", `{"spec":{"nodeName":"confined-a"}}`), refused: true},
		"OtherLease":     {reason: "An agent does not say that another is alive.", as: agent, do: createLease("agent-confined-b"), refused: true},
		"ProviderLease":  {reason: "An agent does not become the leader of the providers.", as: agent, do: takeLease, refused: true},
		"NoNode":         {reason: "A token that is not a pod's, on a node, writes nothing.", as: nowhere, do: status("confined-a"), refused: true},
		"OwnStatus":      {reason: "An agent answers the HostInterfaces of its node.", as: agent, do: status("confined-a")},
		"OwnFinalizer":   {reason: "An agent holds the interfaces of its node.", as: agent, do: patch("confined-a", `{"metadata":{"finalizers":["networking.k8s.aws/agent"]}}`)},
		"OwnLease":       {reason: "An agent says that it is alive.", as: agent, do: createLease("agent-confined-a")},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := soon(t.Context(), 20*time.Second, func() error {
				err := tc.do(tc.as)
				if refused := kerrors.IsForbidden(err) || kerrors.IsInvalid(err); refused != tc.refused || !refused && err != nil {
					return errors.Errorf("%s\ngot error %q, want a refusal: %t", tc.reason, fmt.Sprint(err), tc.refused)
				}
				return nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
}

// agentOn returns a client with the token of an agent's pod on a node, or, for
// the node "", with one that is bound to no pod.
func agentOn(t *testing.T, kube client.Client, node string) client.Client {
	t.Helper()
	tr := &authenticationv1.TokenRequest{}
	if node != "" {
		if err := kube.Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: node}}); err != nil {
			t.Fatal(err)
		}
		pod := &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: "agent-" + node},
			Spec: corev1.PodSpec{
				NodeName: node, ServiceAccountName: testbed.AgentServiceAccount,
				Containers: []corev1.Container{{Name: "agent", Image: "provider-aws-eni-agent:devel"}},
			},
		}
		if err := kube.Create(t.Context(), pod); err != nil {
			t.Fatal(err)
		}
		tr.Spec.BoundObjectRef = &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID}
	}
	sa := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: testbed.AgentServiceAccount}}
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

// TestKustomization keeps a manifest from being forgotten.
func TestKustomization(t *testing.T) {
	var k struct {
		Resources []string `json:"resources"`
	}
	if err := yaml.Unmarshal([]byte(read(t, "cluster/manifests/kustomization.yaml")), &k); err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(filepath.Join(testbed.RepositoryRoot(), "cluster/manifests"))
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
		t.Errorf("resources: -want, +got:\n%s", diff)
	}
}

// TestDocumentation says that flags and reasons are documented, and that what
// the documents point to is there.
func TestDocumentation(t *testing.T) {
	for _, program := range []string{"provider", "agent"} {
		section := read(t, "docs/configuration.md")
		for _, m := range regexp.MustCompile(`app\.Flag\("([a-z-]+)".*?Envar\("([A-Z_]+)"\)`).FindAllStringSubmatch(read(t, "cmd/"+program+"/main.go"), -1) {
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

	documents, err := filepath.Glob(filepath.Join(testbed.RepositoryRoot(), "docs/*.md"))
	if err != nil {
		t.Fatal(err)
	}
	root := testbed.RepositoryRoot()
	for _, path := range append(documents, filepath.Join(root, "README.md"), filepath.Join(root, "CONTRIBUTING.md")) {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`\]\(([^)#]+)(#[^)]*)?\)`).FindAllStringSubmatch(string(b), -1) {
			if strings.Contains(m[1], "://") {
				continue
			}
			if _, err := os.Stat(filepath.Join(filepath.Dir(path), m[1])); err != nil {
				t.Errorf("%s points to %s, which is not there", filepath.Base(path), m[1])
			}
		}
	}
}
