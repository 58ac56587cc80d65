// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestCNIConflict runs the defaults of EKS: the VPC CNI without MAX_ENI, and a kubelet that accepts
// as many pods as all ENIs of the instance type have addresses for. The recommended settings end
// the conflict. The provider has its own permissions and the default poll of a minute.
func TestCNIConflict(t *testing.T) {
	e := newEnv(t, options{long: true})
	cni := vpcCNI()
	if err := e.kube.Create(t.Context(), cni); err != nil {
		t.Fatal(err)
	}
	n := e.node("node-a", corev1.LabelInstanceTypeStable, "m5.xlarge")
	e.setMaxPods(n, 58)
	e.apply(head("data") + fmt.Sprintf("  subnetIDs: [%s]\n", dataSubnet))
	e.eventually(settledWithin, e.ready("data", 1))

	pc := &v1alpha1.ClusterProviderConfig{}
	conflict := func(status corev1.ConditionStatus, parts ...string) func() error {
		return func() error {
			if err := e.kube.Get(t.Context(), client.ObjectKey{Name: "default"}, pc); err != nil {
				return err
			}
			c := pc.GetCondition(v1alpha1.TypeCNIConflict)
			for _, p := range parts {
				if !strings.Contains(c.Message, p) {
					return fmt.Errorf("the message %q lacks %q", c.Message, p)
				}
			}
			if c.Status != status {
				return fmt.Errorf("the condition is %+v", c)
			}
			return nil
		}
	}
	const within = 2*time.Minute + 10*time.Second // two polls
	e.eventually(within, conflict(corev1.ConditionTrue, "m5.xlarge with 1 of the provider's ENIs: MAX_ENI=3", "max-pods=44, not 58 as on node node-a"))
	out, problem, err := e.plugin("", "explain", "node/node-a")
	if err != nil || !strings.Contains(out, "Karpenter: RESERVED_ENIS=2") || !strings.Contains(out, "✗ plugins") {
		t.Errorf("kubectl eni explain: %v\n%s%s", err, out, problem)
	}

	t.Log("the recommended settings are made")
	g := pc.Status.NodeGroups
	if len(g) != 1 || g[0].Recommended == nil || g[0].Recommended.MaxENI == nil {
		t.Fatalf("node groups: %+v", g)
	}
	e.patch(cni, fmt.Sprintf(`{"spec":{"template":{"spec":{"containers":[{"name":"aws-node","image":"registry.example.org/amazon-k8s-cni:v1.23.1","env":[{"name":"MAX_ENI","value":"%d"}]}]}}}}`, *g[0].Recommended.MaxENI))
	e.setMaxPods(n, int64(g[0].Recommended.MaxPods))
	e.eventually(within, conflict(corev1.ConditionFalse, "the VPC CNI (kube-system/aws-node)"))
}

// vpcCNI returns the DaemonSet of the VPC CNI, as far as the provider reads it.
func vpcCNI() *appsv1.DaemonSet {
	labels := map[string]string{"k8s-app": "aws-node"}
	d := &appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: "aws-node"}}
	d.Spec.Selector = &metav1.LabelSelector{MatchLabels: labels}
	d.Spec.Template.Labels = labels
	d.Spec.Template.Spec.Containers = []corev1.Container{{
		Name: "aws-node", Image: "registry.example.org/amazon-k8s-cni:v1.23.1",
		Env: []corev1.EnvVar{{Name: "ENABLE_PREFIX_DELEGATION", Value: "false"}, {Name: "WARM_ENI_TARGET", Value: "1"}},
	}}
	return d
}

// setMaxPods sets how many pods the kubelet of a node accepts.
func (e *env) setMaxPods(n *corev1.Node, pods int64) {
	e.t.Helper()
	if err := e.kube.Get(e.t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
		e.t.Fatal(err)
	}
	n.Status.Capacity = corev1.ResourceList{corev1.ResourcePods: *resource.NewQuantity(pods, resource.DecimalSI)}
	if err := e.kube.Status().Update(e.t.Context(), n); err != nil {
		e.t.Fatal(err)
	}
}
