// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis"
	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

func TestFlowOf(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), apis.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	node := func(name string, taints ...string) *corev1.Node {
		n := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelTopologyZone: "us-east-1a"}}}
		for _, key := range taints {
			n.Spec.Taints = append(n.Spec.Taints, corev1.Taint{Key: key})
		}
		return n
	}
	kube := fake.NewClientBuilder().WithScheme(scheme).WithObjects(
		node("n1"), node("tainted", networkingv1alpha1.TaintPrefix+"network"), node("releasing", networkingv1alpha1.TaintReleasing), node("other", "example.org/network"),
		&networkingv1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}},
		&networkingv1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "counted"}, Spec: networkingv1alpha1.NodeENISpec{Readiness: &networkingv1alpha1.NodeENIReadiness{Resource: &networkingv1alpha1.NodeENIResource{}}}},
	).Build()
	meta := func(namespace, nodeENI, node string) metav1.ObjectMeta {
		return metav1.ObjectMeta{
			Namespace: namespace, Labels: map[string]string{networkingv1alpha1.LabelNode: node},
			OwnerReferences: []metav1.OwnerReference{{Kind: networkingv1alpha1.NodeENIKind, Name: nodeENI, Controller: new(true)}},
		}
	}
	ni := func(m metav1.ObjectMeta, cs ...xpv2.Condition) resource.Managed {
		o := &ec2v1alpha1.NetworkInterface{ObjectMeta: m}
		o.SetConditions(cs...)
		return o
	}
	failed, rejected := xpv2.ReconcileError(errors.New("boom")), networkingv1alpha1.NotReady(networkingv1alpha1.ReasonSubnetFull, "")
	now := metav1.Now()
	deleted := meta("system", "data", "n1")
	deleted.DeletionTimestamp = &now
	cases := map[string]struct {
		reason string
		mg     resource.Managed
		want   throttle.Flow
	}{
		"Interface":  {reason: "A NodeENI has a flow for each zone of its nodes.", mg: ni(meta("system", "data", "n1")), want: throttle.Flow{Name: "nodeeni/data/us-east-1a", Node: "n1", Attaches: true}},
		"Attachment": {reason: "An attachment creates no ENI.", mg: &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: meta("system", "data", "n1")}, want: throttle.Flow{Name: "nodeeni/data/us-east-1a", Node: "n1"}},
		"Deleted":    {reason: "An ENI that is deleted is not attached.", mg: ni(deleted), want: throttle.Flow{Name: "nodeeni/data/us-east-1a", Node: "n1"}},
		"NoNode":     {reason: "A node that was deleted has no zone.", mg: ni(meta("system", "data", "deleted")), want: throttle.Flow{Name: "nodeeni/data", Node: "deleted", Attaches: true}},
		"Taint":      {reason: "Pods wait for a node with a startup taint.", mg: ni(meta("system", "data", "tainted")), want: throttle.Flow{Name: "nodeeni/data/us-east-1a", Node: "tainted", Attaches: true, Urgent: true}},
		"Releasing":  {reason: "No pods wait for a node whose ENIs are released.", mg: ni(meta("system", "data", "releasing")), want: throttle.Flow{Name: "nodeeni/data/us-east-1a", Node: "releasing", Attaches: true}},
		"OtherTaint": {reason: "Taints of others do not matter.", mg: ni(meta("system", "data", "other")), want: throttle.Flow{Name: "nodeeni/data/us-east-1a", Node: "other", Attaches: true}},
		"Resource":   {reason: "Pods request the resource of the NodeENI.", mg: ni(meta("system", "counted", "n1")), want: throttle.Flow{Name: "nodeeni/counted/us-east-1a", Node: "n1", Attaches: true, Urgent: true}},
		"Tenant":     {reason: "An object in another namespace is never urgent, whatever owner and labels it has.", mg: ni(meta("team", "counted", "tainted")), want: throttle.Flow{Name: "namespace/team"}},
		"Standalone": {reason: "Objects without a NodeENI are a flow of their namespace.", mg: ni(metav1.ObjectMeta{Namespace: "system"}), want: throttle.Flow{Name: "namespace/system"}},
		"FailedUrgent": {
			reason: "An object whose attempts fail is not urgent.", mg: ni(meta("system", "data", "tainted"), failed, rejected),
			want: throttle.Flow{Name: "nodeeni/data/us-east-1a", Node: "tainted", Attaches: true, Failed: true},
		},
		"Failed":    {reason: "EC2 rejected the last attempt.", mg: ni(metav1.ObjectMeta{Namespace: "team"}, failed, rejected), want: throttle.Flow{Name: "namespace/team", Failed: true}},
		"New":       {reason: "An outage before the first attempt sets no reason: the order remains.", mg: ni(metav1.ObjectMeta{Namespace: "team"}, failed), want: throttle.Flow{Name: "namespace/team"}},
		"Drift":     {reason: "EC2 rejected a change of an ENI that is ready.", mg: ni(metav1.ObjectMeta{Namespace: "team"}, failed, xpv2.Available()), want: throttle.Flow{Name: "namespace/team", Failed: true}},
		"Throttled": {reason: "A call that waits for the rate limit has not failed.", mg: ni(metav1.ObjectMeta{Namespace: "team"}, failed, networkingv1alpha1.NotReady(networkingv1alpha1.ReasonEC2Throttled, "")), want: throttle.Flow{Name: "namespace/team"}},
		"Outage":    {reason: "After an outage the order remains.", mg: ni(metav1.ObjectMeta{Namespace: "team"}, failed, networkingv1alpha1.NotReady(networkingv1alpha1.ReasonEC2Unavailable, "")), want: throttle.Flow{Name: "namespace/team"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, flowOf(t.Context(), kube, "system", tc.mg, hasFailed(tc.mg))); diff != "" {
				t.Errorf("\n%s\nflowOf(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
