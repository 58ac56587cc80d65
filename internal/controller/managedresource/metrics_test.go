// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	"github.com/crossplane/crossplane-runtime/v2/pkg/statemetrics"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

// TestStateMetrics counts resources under the names that Crossplane documents for all
// providers.
func TestStateMetrics(t *testing.T) {
	eni := func(name string, cs ...xpv2.Condition) client.Object {
		o := &ec2v1alpha1.NetworkInterface{}
		o.Namespace, o.Name = "ns", name
		o.SetConditions(cs...)
		return o
	}
	scheme := runtime.NewScheme()
	if err := ec2v1alpha1.SchemeBuilder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	objects := []client.Object{
		eni("ready", xpv2.Available(), xpv2.ReconcileSuccess()),
		eni("creating", xpv2.Creating(), xpv2.ReconcileSuccess()),
		eni("failed", xpv2.ReconcileError(errors.New("boom"))),
	}
	m := statemetrics.NewMRStateMetrics()
	rejectingClient := prometheus.NewRegistry()
	rejectingClient.MustRegister(m)
	r := &stateRecorder{
		reader: fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...).Build(), log: logging.NewNopLogger(), metrics: m,
		list:   func() resource.ManagedList { return &ec2v1alpha1.NetworkInterfaceList{} },
		labels: prometheus.Labels{"gvk": "ec2.networking.k8s.aws/v1alpha1, Kind=NetworkInterface"},
	}
	if err := r.record(t.Context()); err != nil {
		t.Fatal(err)
	}
	families, err := rejectingClient.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range families {
		for _, s := range f.GetMetric() {
			got[f.GetName()] = fmt.Sprintf("%s %g", s.GetLabel()[0].GetValue(), s.GetGauge().GetValue())
		}
	}
	kind := "ec2.networking.k8s.aws/v1alpha1, Kind=NetworkInterface "
	want := map[string]string{
		"crossplane_managed_resource_exists": kind + "3",
		"crossplane_managed_resource_ready":  kind + "1",
		"crossplane_managed_resource_synced": kind + "2",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("\nResources are counted by kind: -want, +got:\n%s", diff)
	}
}
