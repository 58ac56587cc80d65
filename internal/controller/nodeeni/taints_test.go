// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// tainting returns a NodeENI with rollout.taintEffect.
func tainting(name string) *v1alpha1.NodeENI {
	return &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.NodeENISpec{
		Rollout: &v1alpha1.NodeENIRollout{TaintEffect: new(corev1.TaintEffectNoSchedule)},
	}}
}

// childOn returns the attachment and the HostInterface of a NodeENI's child on node n1.
func childOn(nodeENI string, change ...func(a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface)) []client.Object {
	labels := map[string]string{v1alpha1.LabelNodeENI: nodeENI}
	a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: nodeENI, Labels: labels, Finalizers: []string{"test"}}}
	h := &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{Name: "system." + nodeENI, Labels: labels, Finalizers: []string{"test"}},
		Spec:       v1alpha1.HostInterfaceSpec{NodeName: "n1", AttachmentRef: v1alpha1.AttachmentReference{Namespace: "system", Name: nodeENI}},
	}
	for _, fn := range change {
		fn(a, h)
	}
	return []client.Object{a, h}
}

func TestApplyReleasingTaints(t *testing.T) {
	foreign := corev1.Taint{Key: "example.org/foreign", Effect: corev1.TaintEffectNoSchedule}
	releasing := corev1.Taint{Key: v1alpha1.TaintReleasing, Effect: corev1.TaintEffectNoSchedule}
	deleting := func(a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) {
		a.DeletionTimestamp, h.DeletionTimestamp = new(metav1.Now()), new(metav1.Now())
	}
	attachmentDeleting := func(a *ec2v1alpha1.NetworkInterfaceAttachment, _ *v1alpha1.HostInterface) {
		a.DeletionTimestamp = new(metav1.Now())
	}
	elsewhere := func(_ *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) { h.Spec.NodeName = "n2" }
	type want struct {
		Taints []corev1.Taint
		Writes int
	}
	plain := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "a"}}
	cases := map[string]struct {
		reason  string
		nodeENI *v1alpha1.NodeENI
		found   eni.Existing // the child, with a HostInterface on n1
		host    bool
		leaving []string
		taints  []corev1.Taint
		cached  []corev1.Taint // nil: as taints
		set     bool           // this process has set the taint
		uid     string         // of the node in the API server
		others  []client.Object
		want    want
	}{
		"Deleting":     {reason: "A node whose child is being deleted has the taint.", nodeENI: tainting("a"), found: eni.Existing{Deleting: true}, host: true, want: want{[]corev1.Taint{foreign, releasing}, 1}},
		"Next":         {reason: "The taint is set before the child is deleted.", nodeENI: tainting("a"), host: true, leaving: []string{"a"}, want: want{[]corev1.Taint{foreign, releasing}, 1}},
		"Staying":      {reason: "A child that stays causes no taint.", nodeENI: tainting("a"), host: true, want: want{[]corev1.Taint{foreign}, 0}},
		"NoHost":       {reason: "A child that no host has configured causes none.", nodeENI: tainting("a"), found: eni.Existing{Deleting: true}, want: want{[]corev1.Taint{foreign}, 0}},
		"NotWanted":    {reason: "Without rollout.taintEffect there is no taint.", nodeENI: plain, found: eni.Existing{Deleting: true}, host: true, want: want{[]corev1.Taint{foreign}, 0}},
		"Repeated":     {reason: "A repeated reconcile writes nothing.", nodeENI: tainting("a"), found: eni.Existing{Deleting: true}, host: true, taints: []corev1.Taint{releasing}, want: want{[]corev1.Taint{foreign, releasing}, 0}},
		"StaleWithout": {reason: "A taint that the cache does not have yet is not set twice.", nodeENI: tainting("a"), found: eni.Existing{Deleting: true}, host: true, taints: []corev1.Taint{releasing}, cached: []corev1.Taint{}, want: want{[]corev1.Taint{foreign, releasing}, 0}},
		"Released":     {reason: "The taint is removed when the host has released the interface.", nodeENI: tainting("a"), found: eni.Existing{Deleting: true}, taints: []corev1.Taint{releasing}, want: want{[]corev1.Taint{foreign}, 1}},
		"StaleRemoved": {reason: "A taint that the cache does not have yet is removed, too.", nodeENI: tainting("a"), taints: []corev1.Taint{releasing}, cached: []corev1.Taint{}, set: true, want: want{[]corev1.Taint{foreign}, 1}},
		"Unset":        {reason: "Without rollout.taintEffect the taint is removed.", nodeENI: plain, found: eni.Existing{Deleting: true}, host: true, taints: []corev1.Taint{releasing}, want: want{[]corev1.Taint{foreign}, 1}},
		"Replaced":     {reason: "Another node of the same name gets no taint.", nodeENI: tainting("a"), found: eni.Existing{Deleting: true}, host: true, uid: "other", want: want{[]corev1.Taint{foreign}, 0}},
		"Other":        {reason: "The taint stays while another NodeENI releases an interface from the node.", nodeENI: tainting("a"), taints: []corev1.Taint{releasing}, others: append(childOn("b", deleting), tainting("b")), want: want{[]corev1.Taint{foreign, releasing}, 0}},
		"OtherBegins":  {reason: "The attachment is deleted before the HostInterface.", nodeENI: tainting("a"), taints: []corev1.Taint{releasing}, others: append(childOn("b", attachmentDeleting), tainting("b")), want: want{[]corev1.Taint{foreign, releasing}, 0}},
		"OtherStays":   {reason: "Another NodeENI that releases nothing does not keep the taint.", nodeENI: tainting("a"), taints: []corev1.Taint{releasing}, others: append(childOn("b"), tainting("b")), want: want{[]corev1.Taint{foreign}, 1}},
		"OtherNode":    {reason: "A release from another node does not keep the taint.", nodeENI: tainting("a"), taints: []corev1.Taint{releasing}, others: append(childOn("b", deleting, elsewhere), tainting("b")), want: want{[]corev1.Taint{foreign}, 1}},
		"OtherWithout": {reason: "Nor does a NodeENI without rollout.taintEffect.", nodeENI: tainting("a"), taints: []corev1.Taint{releasing}, others: append(childOn("b", deleting), &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "b"}}), want: want{[]corev1.Taint{foreign}, 1}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", UID: "uid"}}
			node.Spec.Taints = append([]corev1.Taint{foreign}, tc.taints...)
			cached := node.DeepCopy()
			if tc.cached != nil {
				cached.Spec.Taints = tc.cached
			}
			if tc.uid != "" {
				node.UID = "other"
			}
			r, writes := newTaintReconciler(t, append(tc.others, node, tc.nodeENI)...)
			tc.found.Name = "a"
			s := &state{cluster: []*corev1.Node{cached}, found: []eni.Existing{tc.found}, hosts: map[string]*v1alpha1.HostInterface{}}
			if tc.host {
				s.hosts["a"] = &v1alpha1.HostInterface{Spec: v1alpha1.HostInterfaceSpec{NodeName: "n1"}}
			}
			if tc.set {
				r.tainted.add("n1")
			}
			if err := r.applyReleasingTaints(t.Context(), tc.nodeENI, s, tc.leaving); err != nil {
				t.Fatal(err)
			}
			if err := r.client.Get(t.Context(), client.ObjectKeyFromObject(node), node); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, want{node.Spec.Taints, *writes}); diff != "" {
				t.Errorf("\n%s\napplyReleasingTaints(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// newTaintReconciler returns a reconciler with objects, and the number of its writes.
func newTaintReconciler(t *testing.T, objects ...client.Object) (*Reconciler, *int) {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, ec2v1alpha1.SchemeBuilder.AddToScheme, v1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	writes := 0
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).WithIndex(&v1alpha1.HostInterface{}, indexNodeName, byNodeName).
		WithInterceptorFuncs(interceptor.Funcs{Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			writes++
			return c.Patch(ctx, o, p, opts...)
		}}).Build()
	return &Reconciler{client: c, uncached: c, tainted: newNameSet()}, &writes
}
