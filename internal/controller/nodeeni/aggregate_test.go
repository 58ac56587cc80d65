// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A rejectingServer is an API server with a webhook that rejects objects by name, or an
// API server that does not respond.
type rejectingServer struct {
	refuses map[string]bool
	silent  bool
	asked   atomic.Int32
}

func (g *rejectingServer) says(name string) error {
	g.asked.Add(1)
	switch {
	case g.silent:
		return errors.New("connection refused")
	case g.refuses[name]:
		return kerrors.NewForbidden(schema.GroupResource{Resource: "networkinterfaces"}, name, errors.New("no"))
	default:
		return nil
	}
}

// client returns a client of the server, which has some objects.
func (g *rejectingServer) client(t *testing.T, has ...client.Object) client.WithWatch {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{ec2v1alpha1.SchemeBuilder.AddToScheme, v1alpha1.SchemeBuilder.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(has...).WithInterceptorFuncs(interceptor.Funcs{
		Apply: func(ctx context.Context, c client.WithWatch, o runtime.ApplyConfiguration, opts ...client.ApplyOption) error {
			if err := g.says(o.(interface{ GetName() string }).GetName()); err != nil {
				return err
			}
			return c.Apply(ctx, o, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			if err := g.says(o.GetName()); err != nil {
				return err
			}
			return c.Delete(ctx, o, opts...)
		},
	}).Build()
}

// there returns the number of objects of each kind.
func there(t *testing.T, c client.Client) (interfaces, attachments int) {
	t.Helper()
	nis, ats := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	for _, l := range []client.ObjectList{nis, ats} {
		if err := c.List(t.Context(), l); err != nil {
			t.Fatal(err)
		}
	}
	return len(nis.Items), len(ats.Items)
}

func TestApplyAllAndReleaseAll(t *testing.T) {
	const children = 40
	name := func(i int) string { return fmt.Sprintf("c%03d", i) }
	type want struct {
		done int // children
		err  string
	}
	refusal := func(verb, i string) string {
		return fmt.Sprintf(`cannot %s %q: networkinterfaces %q is forbidden: no`, verb, i, i)
	}
	cases := map[string]struct {
		reason  string
		refuses []int
		apply   want
		release want
	}{
		"All": {reason: "All children are created, and all are deleted.", apply: want{done: children}, release: want{done: children}},
		"OneRefused": {
			reason:  "A rejected item does not block the others.",
			refuses: []int{0},
			apply:   want{done: children - 1, err: refusal("apply NetworkInterface", "c000")},
			release: want{done: children - 1, err: refusal("delete", "c000")},
		},
		"ManyRefused": {
			reason:  "Of many rejected items the first three are listed in order.",
			refuses: []int{39, 7, 21, 3, 11},
			apply: want{done: children - 5, err: refusal("apply NetworkInterface", "c003") + "; " + refusal("apply NetworkInterface", "c007") + "; " +
				refusal("apply NetworkInterface", "c011") + "; and 2 more"},
			release: want{done: children - 5, err: refusal("delete", "c003") + "; " + refusal("delete", "c007") + "; " + refusal("delete", "c011") + "; and 2 more"},
		},
	}
	for n, tc := range cases {
		t.Run(n, func(t *testing.T) {
			g := &rejectingServer{refuses: map[string]bool{}}
			for _, i := range tc.refuses {
				g.refuses[name(i)] = true
			}
			s := &state{interfaces: map[string]*ec2v1alpha1.NetworkInterface{}, attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{}}
			var names []string
			for i := range children {
				s.plan.Apply = append(s.plan.Apply, eni.Child{Name: name(i), NodeName: "n1", SubnetID: "subnet-1"})
				names = append(names, name(i))
			}
			c := g.client(t)
			r := &Reconciler{client: c, applied: newAppliedCache()}
			r.o.Namespace = "system"
			_, err := r.applyAll(t.Context(), nodeENI(v1alpha1.NodeENISpec{}), s)
			interfaces, attachments := there(t, c)
			if diff := cmp.Diff([]any{tc.apply.done, tc.apply.done, tc.apply.err}, []any{interfaces, attachments, text(err)}); diff != "" {
				t.Errorf("\n%s\napplyAll(...): NetworkInterfaces, attachments, error: -want, +got:\n%s", tc.reason, diff)
			}

			for _, n := range names {
				m := metav1.ObjectMeta{Namespace: "system", Name: n, OwnerReferences: []metav1.OwnerReference{{UID: nodeENI(v1alpha1.NodeENISpec{}).GetUID(), Controller: new(true)}}}
				s.interfaces[n], s.attachments[n] = &ec2v1alpha1.NetworkInterface{ObjectMeta: m}, &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: m}
			}
			c = g.client(t, all(s)...)
			r.client, r.o.MaxConcurrentCleanups = c, 4
			err = r.releaseAll(t.Context(), nodeENI(v1alpha1.NodeENISpec{}), s, names)
			interfaces, attachments = there(t, c)
			if diff := cmp.Diff([]any{tc.release.done, tc.release.done, tc.release.err}, []any{children - interfaces, children - attachments, text(err)}); diff != "" {
				t.Errorf("\n%s\nreleaseAll(...): NetworkInterfaces, attachments, error: -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func all(s *state) []client.Object {
	var out []client.Object
	for name := range s.interfaces {
		out = append(out, s.interfaces[name], s.attachments[name])
	}
	return out
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestForEachWithoutResponse(t *testing.T) {
	g := &rejectingServer{silent: true}
	err := forEach(4, make([]string, 1000), func(name string) error { return g.says(name) })
	if n := g.asked.Load(); err == nil || n == 0 || n > 4 {
		t.Errorf("\nAfter an error without a response the API server is not called for the other children.\nforEach(...): %v, called %d times, want 1 to 4", err, n)
	}
}

func TestAggregate(t *testing.T) {
	one, two := errors.New("one"), errors.New("two")
	cases := map[string]struct {
		reason string
		args   []error
		want   string
		is     []error
	}{
		"None":   {reason: "Without errors there is none.", args: []error{nil, nil}},
		"One":    {reason: "A single error is returned unchanged.", args: []error{nil, one}, want: "one", is: []error{one}},
		"Two":    {reason: "Both errors can be found with errors.Is.", args: []error{two, one}, want: "one; two", is: []error{one, two}},
		"Nested": {reason: "Nested errors are flattened.", args: []error{aggregate(one, two), two, two}, want: "one; two; two; and 1 more", is: []error{one, two}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := aggregate(tc.args...)
			if diff := cmp.Diff(tc.want, text(err)); diff != "" {
				t.Errorf("\n%s\naggregate(...): -want, +got:\n%s", tc.reason, diff)
			}
			for _, is := range tc.is {
				if !errors.Is(err, is) {
					t.Errorf("\n%s\naggregate(...): is not %v", tc.reason, is)
				}
			}
		})
	}
}

// TestApplyAllCounts has a child whose attachment is still being deleted, after its
// ENI.
func TestApplyAllCounts(t *testing.T) {
	leaving := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "leaving", DeletionTimestamp: new(metav1.Now())}}
	s := &state{attachments: map[string]*ec2v1alpha1.NetworkInterfaceAttachment{"leaving": leaving}}
	s.plan.Apply = []eni.Child{{Name: "leaving", NodeName: "n1", SubnetID: "subnet-1"}, {Name: "new", NodeName: "n2", SubnetID: "subnet-1"}}
	c := (&rejectingServer{}).client(t)
	r := &Reconciler{client: c, applied: newAppliedCache()}
	r.o.Namespace = "system"
	created, err := r.applyAll(t.Context(), nodeENI(v1alpha1.NodeENISpec{}), s)
	interfaces, _ := there(t, c)
	if diff := cmp.Diff([]any{1, 1, ""}, []any{created, interfaces, text(err)}); diff != "" {
		t.Errorf("\nA child that waits for a deletion does not count as created in the event.\napplyAll(...): created, NetworkInterfaces, error: -want, +got:\n%s", diff)
	}
}
