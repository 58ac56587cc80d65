// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// TestTraceContext reconciles an attachment in the provider's namespace, with and without a trace
// context on it and on its HostInterface.
func TestTraceContext(t *testing.T) {
	const parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
	carry := func(o metav1.Object, yes bool) {
		if yes {
			o.SetAnnotations(map[string]string{v1alpha1.AnnotationTraceParent: parent})
		}
	}
	type want struct {
		Carries bool
		Writes  int
	}
	cases := map[string]struct {
		reason           string
		attachment, host bool
		exists           bool
		want             want
	}{
		"New":     {reason: "A new HostInterface carries the trace context to the agent.", attachment: true, want: want{Carries: true}},
		"Traced":  {reason: "It carries the context until the attachment does not.", attachment: true, host: true, exists: true, want: want{Carries: true}},
		"Ended":   {reason: "When the trace has ended, the agent does not continue it.", host: true, exists: true, want: want{Writes: 1}},
		"Without": {reason: "An object that existed before gets no context, and is not written.", attachment: true, exists: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			objects := []client.Object{onNode("n1", instance1, corev1.ConditionTrue)}
			objects = append(objects, attachment(held, func(a *ec2v1alpha1.NetworkInterfaceAttachment) { carry(a, tc.attachment) }))
			if tc.exists {
				objects = append(objects, onHost(func(h *v1alpha1.HostInterface) { carry(h, tc.host) }))
			}
			got := want{}
			h := newHarness(t, fakeCloud{link: theLink()}, objects, nil, interceptor.Funcs{
				Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
					got.Writes++
					return c.Patch(ctx, o, p, opts...)
				},
			})
			h.r.namespace = attachment().GetNamespace()
			if _, err := h.reconcile(t.Context()); err != nil {
				t.Fatal(err)
			}
			all := &v1alpha1.HostInterfaceList{}
			if err := h.kube.List(t.Context(), all); err != nil || len(all.Items) != 1 {
				t.Fatal(all.Items, err)
			}
			got.Carries = tracing.ParentOf(&all.Items[0]) == parent
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nReconcile(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
