// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package statuswriter_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/controller/statuswriter"
)

// writes counts the writes that reached the API server.
type writes struct{ Updates, StatusUpdates, Patches int }

// server returns a client of a fake API server with one node, and its count of writes.
func server(t *testing.T, get func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error) (client.Client, *writes) {
	t.Helper()
	s := runtime.NewScheme()
	if err := corev1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	w := &writes{}
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{"a": "1"}}, Status: corev1.NodeStatus{Phase: corev1.NodeRunning}}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(node).WithStatusSubresource(node).WithInterceptorFuncs(interceptor.Funcs{
		Get: get,
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			w.Updates++
			return c.Update(ctx, o, opts...)
		},
		Patch: func(ctx context.Context, c client.WithWatch, o client.Object, p client.Patch, opts ...client.PatchOption) error {
			w.Patches++
			return c.Patch(ctx, o, p, opts...)
		},
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			w.StatusUpdates++
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	}).Build(), w
}

func TestWrap(t *testing.T) {
	errBoom := errors.New("boom")
	down := func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
		return errBoom
	}
	isNil := func(err error) bool { return err == nil }

	type want struct {
		writes writes
		err    func(error) bool
	}
	cases := map[string]struct {
		reason string
		get    func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error
		mutate statuswriter.Mutator
		args   func(ctx context.Context, c client.Client, n *corev1.Node) error
		want   want
	}{
		"StatusWithheld": {
			reason: "A status that the mutator withholds is not written.",
			mutate: func(context.Context, client.Object) bool { return false },
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				n.Status.Phase = corev1.NodeTerminated
				return c.Status().Update(ctx, n)
			},
			want: want{err: isNil},
		},
		"StatusMutated": {
			reason: "What the mutator sets is written.",
			mutate: func(_ context.Context, o client.Object) bool {
				if n, ok := o.(*corev1.Node); ok {
					n.Status.Phase = corev1.NodeTerminated
				}
				return true
			},
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error { return c.Status().Update(ctx, n) },
			want: want{writes: writes{StatusUpdates: 1}, err: isNil},
		},
		"UpdateUnchanged": {
			reason: "An unchanged object is not written.",
			args:   func(ctx context.Context, c client.Client, n *corev1.Node) error { return c.Update(ctx, n) },
			want:   want{err: isNil},
		},
		"StatusUnchanged": {
			reason: "An unchanged status is not written.",
			args:   func(ctx context.Context, c client.Client, n *corev1.Node) error { return c.Status().Update(ctx, n) },
			want:   want{err: isNil},
		},
		"EmptyIsNothing": {
			reason: "An empty map equals a nil map: the API server stores neither.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				n.Annotations = map[string]string{}
				return c.Update(ctx, n)
			},
			want: want{err: isNil},
		},
		"UpdateChanged": {
			reason: "An object that differs is written.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				n.Labels["a"] = "2"
				return c.Update(ctx, n)
			},
			want: want{writes: writes{Updates: 1}, err: isNil},
		},
		"UpdateAdded": {
			reason: "An added field is a difference.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				n.Labels["b"] = "2"
				return c.Update(ctx, n)
			},
			want: want{writes: writes{Updates: 1}, err: isNil},
		},
		"UpdateRemoved": {
			reason: "A removed field is a difference.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				n.Labels = nil
				return c.Update(ctx, n)
			},
			want: want{writes: writes{Updates: 1}, err: isNil},
		},
		"StatusChanged": {
			reason: "A status that differs is written.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				n.Status.Phase = corev1.NodeTerminated
				return c.Status().Update(ctx, n)
			},
			want: want{writes: writes{StatusUpdates: 1}, err: isNil},
		},
		"Stale": {
			reason: "A stale object is sent to the API server, which returns a conflict.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				other := n.DeepCopy()
				other.Labels["a"] = "2"
				if err := c.Update(ctx, other); err != nil {
					return err
				}
				return c.Update(ctx, n)
			},
			want: want{writes: writes{Updates: 2}, err: kerrors.IsConflict},
		},
		"StaleStatus": {
			reason: "A stale status is sent to the API server, which returns a conflict.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				other := n.DeepCopy()
				other.Status.Phase = corev1.NodePending
				if err := c.Status().Update(ctx, other); err != nil {
					return err
				}
				return c.Status().Update(ctx, n)
			},
			want: want{writes: writes{StatusUpdates: 2}, err: kerrors.IsConflict},
		},
		"NoVersion": {
			reason: "An object without a resource version is written.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				n.ResourceVersion = ""
				return c.Update(ctx, n)
			},
			want: want{writes: writes{Updates: 1}, err: isNil},
		},
		"CacheDown": {
			reason: "An object is written if the cache cannot be read.",
			get:    down,
			args:   func(ctx context.Context, c client.Client, n *corev1.Node) error { return c.Update(ctx, n) },
			want:   want{writes: writes{Updates: 1}, err: isNil},
		},
		"DryRun": {
			reason: "An update with options is always sent.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				return c.Update(ctx, n, client.DryRunAll)
			},
			want: want{writes: writes{Updates: 1}, err: isNil},
		},
		"Patch": {
			reason: "A patch is always sent.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				return c.Patch(ctx, n, client.MergeFrom(n.DeepCopy()))
			},
			want: want{writes: writes{Patches: 1}, err: isNil},
		},
		"Unstructured": {
			reason: "An unstructured object is written: the cache may hold a typed one.",
			args: func(ctx context.Context, c client.Client, n *corev1.Node) error {
				m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(n)
				if err != nil {
					return err
				}
				u := &unstructured.Unstructured{Object: m}
				u.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Node"))
				return c.Update(ctx, u)
			},
			want: want{writes: writes{Updates: 1}, err: isNil},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			reader, _ := server(t, nil)
			n := &corev1.Node{}
			if err := reader.Get(t.Context(), client.ObjectKey{Name: "n1"}, n); err != nil {
				t.Fatal(err)
			}
			c, got := server(t, tc.get)
			if err := tc.args(t.Context(), statuswriter.Wrap(c, tc.mutate), n); !tc.want.err(err) {
				t.Errorf("\n%s\nunexpected error: %v", tc.reason, err)
			}
			if diff := cmp.Diff(tc.want.writes, *got); diff != "" {
				t.Errorf("\n%s\nwrites: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
