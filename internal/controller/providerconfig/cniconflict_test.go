// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// fakeTypes has the limits of instance types.
type fakeTypes map[string]ec2.InstanceType

func (f fakeTypes) InstanceType(_ context.Context, name string) (ec2.InstanceType, error) {
	t, ok := f[name]
	if !ok {
		return t, errors.New("boom")
	}
	return t, nil
}

func node(name, instance, instanceType, pods string) *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelInstanceTypeStable: instanceType}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///us-east-1a/" + instance},
		Status:     corev1.NodeStatus{Capacity: corev1.ResourceList{corev1.ResourcePods: resource.MustParse(pods)}},
	}
}

// attachment returns an attachment of a NodeENI to a node, by its name or the id of its instance.
func attachment(name, nodeENI, to string, changes ...func(*ec2v1alpha1.NetworkInterfaceAttachment)) *ec2v1alpha1.NetworkInterfaceAttachment {
	a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: name, Labels: map[string]string{v1alpha1.LabelNodeENI: nodeENI}}}
	a.Spec.ProviderConfigReference = &xpv2.ProviderConfigReference{Kind: clusterKind, Name: "default"}
	if strings.HasPrefix(to, "i-") {
		a.Spec.ForProvider.InstanceID = &to
	} else {
		a.Spec.ForProvider.NodeName = &to
	}
	for _, change := range changes {
		change(a)
	}
	return a
}

func awsNode(env ...corev1.EnvVar) *appsv1.DaemonSet {
	d := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "aws-node"}}
	d.Spec.Template.Spec.Containers = []corev1.Container{{Name: "aws-node", Image: "registry.example.org/amazon-k8s-cni:v1.23.1", Env: env}}
	return d
}

func TestCNIConflict(t *testing.T) {
	ofOther := func(a *ec2v1alpha1.NetworkInterfaceAttachment) { a.Spec.ProviderConfigReference.Name = "other" }
	onCard := func(a *ec2v1alpha1.NetworkInterfaceAttachment) {
		a.Spec.ForProvider.NetworkCardIndex = new(int32(1))
	}
	startup := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "tainted"}, Spec: v1alpha1.NodeENISpec{Readiness: &v1alpha1.NodeENIReadiness{StartupTaint: new("networking.k8s.aws/not-ready")}}}
	with := func(s v1alpha1.NodeENISpec) *v1alpha1.NodeENI {
		return &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}, Spec: s}
	}
	ciliumSet := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "cilium", Name: "cilium"}}
	ciliumSet.Spec.Template.Spec.Containers = []corev1.Container{{Name: "cilium-agent"}}
	settings := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Namespace: "cilium", Name: "cilium-config"}, Data: map[string]string{"ipam": "eni"}}
	large := func(ours, nodes int32, example string, maxPods *int32, s *v1alpha1.NodeGroupSettings) v1alpha1.NodeGroup {
		return v1alpha1.NodeGroup{InstanceType: "m5.large", NetworkInterfaces: ours, MaxNetworkInterfaces: 3, AddressesPerNetworkInterface: 10, Nodes: nodes, ExampleNode: example, MaxPods: maxPods, Recommended: s}
	}
	cases := map[string]struct {
		reason  string
		objects []client.Object
		fail    error
		want    xpv2.Condition
		groups  []v1alpha1.NodeGroup
	}{
		"NoPlugins": {
			reason: "Node groups are counted without plugins.", objects: []client.Object{node("node-a", "i-a", "m5.large", "29"), attachment("a", "data", "node-a")},
			want:   v1alpha1.CNIConflict(corev1.ConditionFalse, v1alpha1.ReasonNoCNIConflict, "the cluster has none of the plugins that the provider verifies: VPC CNI, Cilium, Multus and SR-IOV network device plugin"),
			groups: []v1alpha1.NodeGroup{large(1, 1, "node-a", new(int32(29)), nil)},
		},
		"Groups": {
			reason: "ENIs of other configs, and attachments by instance id, count for the nodes of the config. Other network cards, and other nodes, do not.",
			objects: []client.Object{
				node("node-b", "i-b", "m5.large", "11"), node("node-a", "i-a", "m5.large", "11"), node("node-c", "i-c", "m5.large", "11"), node("node-d", "i-d", "m5.large", "29"), node("node-e", "i-e", "", "29"),
				attachment("a", "tainted", "node-a"), attachment("a-2", "tainted", "node-a", onCard), attachment("b", "tainted", "node-b"),
				attachment("c", "tainted", "node-c"), attachment("c-2", "data", "i-c", ofOther), attachment("d", "data", "node-d", ofOther), attachment("e", "data", "node-e"), startup, awsNode(),
			},
			want: v1alpha1.CNIConflict(corev1.ConditionTrue, v1alpha1.ReasonVPCCNITakesPlaces, "the VPC CNI (kube-system/aws-node) can attach so many ENIs that the provider's have no place: "+
				"register the nodes with a startup taint (spec.readiness of the NodeENIs), or set m5.large with 2 of the provider's ENIs: MAX_ENI=1"),
			groups: []v1alpha1.NodeGroup{
				func() v1alpha1.NodeGroup {
					g := large(1, 2, "node-a", new(int32(11)), &v1alpha1.NodeGroupSettings{MaxPods: 11, ReservedENIs: 1})
					g.StartupTaint = true
					return g
				}(),
				large(2, 1, "node-c", new(int32(11)), &v1alpha1.NodeGroupSettings{MaxENI: new(int32(1)), MaxPods: 11, ReservedENIs: 2}),
			},
		},
		"UnknownType": {
			reason: "Without limits nothing is recommended.", objects: []client.Object{node("node-a", "i-a", "x9.large", "29"), attachment("a", "data", "node-a"), awsNode()},
			want:   v1alpha1.CNIConflict(corev1.ConditionFalse, v1alpha1.ReasonNoCNIConflict, "verified: the VPC CNI (kube-system/aws-node)"),
			groups: []v1alpha1.NodeGroup{{InstanceType: "x9.large", NetworkInterfaces: 1, Nodes: 1, ExampleNode: "node-a", MaxPods: new(int32(29))}},
		},
		"Cilium": {
			reason: "The ConfigMap of Cilium is read.", objects: []client.Object{ciliumSet, settings, with(v1alpha1.NodeENISpec{Network: &v1alpha1.NodeENINetwork{}})},
			want: v1alpha1.CNIConflict(corev1.ConditionTrue, v1alpha1.ReasonCiliumUsesNetworkInterfaces,
				"Cilium (cilium/cilium) assigns addresses of all ENIs to pods: set eni-exclude-interface-tags: node.k8s.amazonaws.com/no_manage=true in ConfigMap cilium-config (Helm: eni.nodeSpec.excludeInterfaceTags)"),
		},
		"CiliumUnknown": {
			reason: "Without the ConfigMap nothing is known.", objects: []client.Object{ciliumSet},
			want: v1alpha1.CNIConflict(corev1.ConditionUnknown, v1alpha1.ReasonPluginsUnknown, `cannot get the ConfigMap of Cilium: configmaps "cilium-config" not found`),
		},
		"Forbidden": {
			reason: "Without the permission nothing is known, but node groups are counted.", objects: []client.Object{node("node-a", "i-a", "m5.large", "29"), attachment("a", "data", "node-a")}, fail: errors.New("forbidden"),
			want:   v1alpha1.CNIConflict(corev1.ConditionUnknown, v1alpha1.ReasonPluginsUnknown, "cannot list DaemonSets: forbidden"),
			groups: []v1alpha1.NodeGroup{large(1, 1, "node-a", new(int32(29)), nil)},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r := newCNIHarness(t, tc.fail, append(tc.objects, cluster("default", "system", "aws"))...)
			for range 2 { // the second changes nothing
				if got := r.reconcile("", "default"); got.RequeueAfter != pluginsPoll {
					t.Errorf("requeued after %s", got.RequeueAfter)
				}
			}
			pc := &v1alpha1.ClusterProviderConfig{}
			if err := r.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, pc); err != nil {
				t.Fatal(err)
			}
			if c := pc.GetCondition(v1alpha1.TypeCNIConflict); !c.Equal(tc.want) {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, cmp.Diff(tc.want, c))
			}
			if diff := cmp.Diff(tc.groups, pc.Status.NodeGroups); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if want := tc.want.Status == corev1.ConditionTrue; (len(r.events) == 1) != want || len(r.events) > 1 {
				t.Errorf("\n%s\nevents: %v", tc.reason, r.events)
			}
			if r.writes != 1 {
				t.Errorf("\n%s\nthe status was written %d times", tc.reason, r.writes)
			}
		})
	}
}

// TestCNIConflictOfTenant verifies that a config in another namespace than the provider's has no
// condition: its message would name nodes.
func TestCNIConflictOfTenant(t *testing.T) {
	tenant := &v1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "default"}}
	own := &v1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "default"}}
	r := newCNIHarness(t, nil, tenant, own, awsNode())
	r.kind, r.newConfig = namespacedKind, configOfKind(namespacedKind)
	if got := r.reconcile("team-a", "default"); got.RequeueAfter != 0 || r.writes != 0 {
		t.Errorf("the config of a tenant: %+v, %d writes", got, r.writes)
	}
	if got := r.reconcile("system", "default"); got.RequeueAfter != pluginsPoll || r.writes != 1 {
		t.Errorf("a config in the provider's namespace: %+v, %d writes", got, r.writes)
	}
	ofOwn := &v1alpha1.NodeENI{Spec: v1alpha1.NodeENISpec{ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: namespacedKind, Name: "default"}}}
	if got := fmt.Sprint(r.configOf(t.Context(), ofOwn)); got != "[system/default]" {
		t.Errorf("a NodeENI enqueues %s", got)
	}
	if got := r.configOf(t.Context(), &v1alpha1.NodeENI{}); got != nil {
		t.Errorf("a NodeENI with a ClusterProviderConfig enqueues %v", got)
	}
	if got := r.reconcile("system", "deleted"); got.RequeueAfter != 0 {
		t.Errorf("a config that does not exist: %+v", got)
	}
}

// cniHarness has a CNIConflict.
type cniHarness struct {
	*harness
	*CNIConflict

	writes int
}

// newCNIHarness returns a harness in which listing DaemonSets fails, if fail is not nil.
func newCNIHarness(t *testing.T, fail error, objects ...client.Object) *cniHarness {
	t.Helper()
	h := &cniHarness{harness: newHarness(t, objects...)}
	kube := interceptor.NewClient(h.kube, interceptor.Funcs{
		List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
			if _, ok := l.(*appsv1.DaemonSetList); ok && fail != nil {
				return fail
			}
			return c.List(ctx, l, opts...)
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			h.writes++
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	})
	h.CNIConflict = &CNIConflict{
		client: kube, uncached: kube, record: h.harness, kind: clusterKind, namespace: "system", cluster: "c", newConfig: configOfKind(clusterKind),
		types: func(context.Context, ec2.ConfigReference) (instanceTyper, error) {
			return fakeTypes{"m5.large": {MaxNetworkInterfaces: 3, CardLimits: []int32{3}, AddressesPerInterface: 10}}, nil
		},
	}
	return h
}

func (h *cniHarness) reconcile(namespace, name string) reconcile.Result {
	h.t.Helper()
	r, err := h.Reconcile(h.t.Context(), reconcile.Request{NamespacedName: types.NamespacedName{Namespace: namespace, Name: name}})
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}
