// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	kerrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

func TestWorkerGate(t *testing.T) {
	g := newWorkerGate(4) // of 8 workers
	enter := func(key string, n int) int {
		entered := 0
		for range n {
			if g.enter(key) {
				entered++
			}
		}
		return entered
	}
	steps := []struct {
		reason string
		key    string
		want   int // of ten that want to enter
	}{
		{"One account occupies half of the workers.", "a", 4},
		{"A second one leaves workers for others.", "b", 2},
		{"A third one gets a worker.", "c", 1},
		{"A fourth one, too.", "d", 1},
	}
	for _, s := range steps {
		if diff := cmp.Diff(s.want, enter(s.key, 10)); diff != "" {
			t.Errorf("\n%s\nenter(...): -want, +got:\n%s", s.reason, diff)
		}
	}
	for range 4 {
		g.leave("a")
	}
	if got := enter("b", 10); got != 2 {
		t.Errorf("\nWorkers that become free are used, up to the limit of one account.\nenter(...): %d, want 2", got)
	}
}

func TestWithFairWorkers(t *testing.T) {
	errBoom := errors.New("boom")
	var fails error
	inner := managed.TypedExternalConnectorFn[*ec2v1alpha1.NetworkInterface](func(context.Context, *ec2v1alpha1.NetworkInterface) (managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], error) {
		return managed.TypedExternalClientFns[*ec2v1alpha1.NetworkInterface]{DisconnectFn: func(context.Context) error { return nil }}, fails
	})
	c := WithFairWorkers(inner, 1, func(mg *ec2v1alpha1.NetworkInterface) *string { return mg.Spec.ForProvider.Region })
	ctx, s := withScope(t.Context())
	connect := func(region string) (managed.TypedExternalClient[*ec2v1alpha1.NetworkInterface], error) {
		mg := &ec2v1alpha1.NetworkInterface{}
		mg.SetProviderConfigReference(new(clusterConfig("default")))
		mg.Spec.ForProvider.Region = &region
		return c.Connect(ctx, mg)
	}
	fails = errBoom
	if _, err := connect("a"); !errors.Is(err, errBoom) {
		t.Errorf("\nThe error of the inner connector is returned.\nConnect(...): %v", err)
	}
	fails = nil
	first, err := connect("a")
	if err != nil {
		t.Fatalf("\nA failed connection occupies no worker.\nConnect(...): %v", err)
	}
	if _, err := connect("a"); !kerrors.IsConflict(err) || s.requeueAfter() != workerPoll {
		t.Errorf("\nAn object of a region that occupies its workers is requeued.\nConnect(...): %v, requeue after %s", err, s.requeueAfter())
	}
	if _, err := connect("b"); err != nil {
		t.Errorf("\nAnother region has workers of its own.\nConnect(...): %v", err)
	}
	for range 2 {
		if err := first.Disconnect(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := connect("a"); err != nil {
		t.Errorf("\nThe end of a reconcile frees its worker.\nConnect(...): %v", err)
	}
	if _, err := connect("a"); !kerrors.IsConflict(err) {
		t.Errorf("\nIt frees one worker, once.\nConnect(...): %v", err)
	}
}
