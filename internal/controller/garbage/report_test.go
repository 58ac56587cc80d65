// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package garbage

import (
	"context"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestReport checks what a pass records of leaked ENIs.
func TestReport(t *testing.T) {
	y := newYard(t, false)
	y.passes(1)
	if got, ok := y.reported["default"]; !ok || len(got) > 0 {
		t.Errorf("A pass without leaks records none: %v, %t", got, ok)
	}
	y.add("eni-left", "deleted")
	y.passes(1)
	if got := y.reported["default"]; len(got) > 0 {
		t.Errorf("One pass confirms nothing: %v", got)
	}
	y.passes(1)
	got := y.reported["default"]
	if len(got) != 1 {
		t.Fatalf("recorded are %v", got)
	}
	if got[0].CreatedAt == nil {
		t.Error("The record has the time of the object.")
	}
	got[0].CreatedAt = nil
	want := v1alpha1.LeakedNetworkInterface{NetworkInterfaceID: "eni-left", Region: "us-east-1", SubnetID: "subnet-1", State: "available", Object: got[0].Object}
	if diff := cmp.Diff(want, got[0]); diff != "" {
		t.Errorf("-want, +got:\n%s", diff)
	}
	delete(y.reported, "default")
	fault := y.ec2.Inject(ec2emulator.Fault{Action: "DescribeNetworkInterfaces", Code: "UnauthorizedOperation"})
	_ = y.collector.pass(t.Context()) // fails
	if got, ok := y.reported["default"]; ok {
		t.Errorf("A search that failed records nothing: %v", got)
	}
	fault.Remove()
}

// TestStatusReports checks the status of a config, and that an unchanged one is not written.
func TestStatusReports(t *testing.T) {
	s := runtime.NewScheme()
	if err := apis.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	pc := &v1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "own"}}
	writes, conflicts := 0, 1
	kube := fake.NewClientBuilder().WithScheme(s).WithObjects(pc).WithStatusSubresource(pc).WithInterceptorFuncs(interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			if conflicts > 0 {
				conflicts--
				return kerrors.NewConflict(schema.GroupResource{Resource: "providerconfigs"}, o.GetName(), nil)
			}
			writes++
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	}).Build()
	many := func(n int) []v1alpha1.LeakedNetworkInterface {
		var out []v1alpha1.LeakedNetworkInterface
		for i := n; i > 0; i-- {
			out = append(out, v1alpha1.LeakedNetworkInterface{NetworkInterfaceID: fmt.Sprintf("eni-%03d", i), Region: "us-east-1", CreatedAt: &metav1.Time{Time: noon}})
		}
		return out
	}
	for i, step := range []struct{ leaked, listed, writes int }{{0, 0, 0}, {2, 2, 1}, {2, 2, 1}, {150, 100, 2}, {150, 100, 2}, {0, 0, 3}, {0, 0, 3}} {
		if err := (statusReports{kube}).Report(t.Context(), pc, many(step.leaked)); err != nil {
			t.Fatal(err)
		}
		if err := kube.Get(t.Context(), client.ObjectKeyFromObject(pc), pc); err != nil {
			t.Fatal(err)
		}
		got := pc.Status
		if int(ptr.Deref(got.LeakedNetworkInterfaceCount, 0)) != step.leaked || len(got.LeakedNetworkInterfaces) != step.listed || writes != step.writes {
			t.Errorf("step %d: %d of %v listed after %d writes, want %+v", i, len(got.LeakedNetworkInterfaces), got.LeakedNetworkInterfaceCount, writes, step)
		}
		if step.listed > 0 && got.LeakedNetworkInterfaces[0].NetworkInterfaceID != "eni-001" {
			t.Errorf("step %d: the first is %s", i, got.LeakedNetworkInterfaces[0].NetworkInterfaceID)
		}
	}
	if err := (statusReports{kube}).Report(t.Context(), &v1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "deleted"}}, nil); err != nil {
		t.Errorf("A deleted config has no status: %v", err)
	}
}
