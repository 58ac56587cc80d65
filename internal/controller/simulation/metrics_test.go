// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A series is what the metrics show under one name and one set of labels.
type series struct {
	labels map[string]string
	value  float64 // of a histogram, how many values it has
}

// shownMetrics returns the provider's own metrics by their names.
func shownMetrics(t *testing.T) map[string][]series {
	t.Helper()
	all, err := ctrlmetrics.Registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string][]series{}
	for _, f := range all {
		if !strings.HasPrefix(f.GetName(), "provider_aws_eni_") {
			continue
		}
		for _, m := range f.GetMetric() {
			s := series{labels: map[string]string{}, value: m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount())}
			for _, l := range m.GetLabel() {
				s.labels[l.GetName()] = l.GetValue()
			}
			out[f.GetName()] = append(out[f.GetName()], s)
		}
	}
	return out
}

// labelNames returns the metrics with the names of their labels.
func labelNames(all map[string][]series) map[string]string {
	out := map[string]string{}
	for name, ss := range all {
		var labels []string
		for l := range ss[0].labels {
			labels = append(labels, l)
		}
		slices.Sort(labels)
		out[name] = strings.Join(labels, ",")
	}
	return out
}

// documentedMetrics returns the provider's metrics that are documented, with
// the names of their labels.
func documentedMetrics(t *testing.T) map[string]string {
	t.Helper()
	doc, err := os.ReadFile("../../../docs/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for _, m := range regexp.MustCompile("(?m)^\\| `(provider_aws_eni_[a-z0-9_]+)(?:\\{([a-z,]+)\\})?` \\|").FindAllStringSubmatch(string(doc), -1) {
		out[m[1]] = m[2]
	}
	// The agents' metrics are not the provider's, and no object is left whose reconcile failed.
	maps.DeleteFunc(out, func(name, _ string) bool {
		return strings.HasPrefix(name, "provider_aws_eni_agent_") || name == "provider_aws_eni_objects_not_synced"
	})
	return out
}

// sum adds up the series of a metric, or the series with a label's value.
func sum(ss []series, label, value string) float64 {
	var n float64
	for _, s := range ss {
		if label == "" || s.labels[label] == value {
			n += s.value
		}
	}
	return n
}

// recordCapacity records quotas and a subnet in the status of the provider config, whose controllers
// are not simulated.
func (s *simulatedCluster) recordCapacity() {
	s.t.Helper()
	pc := &v1alpha1.ClusterProviderConfig{}
	if err := s.api.Get(s.t.Context(), keyOf("default"), pc); err != nil {
		s.t.Fatal(err)
	}
	pc.Status.Quotas = []v1alpha1.Quota{{Name: v1alpha1.QuotaNetworkInterfacesPerRegion, Code: ec2.QuotaNetworkInterfaces, Limit: 5000, Used: new(int32(10))}}
	pc.Status.Subnets = []v1alpha1.SubnetCapacity{{SubnetID: fleetSubnet1, Addresses: 4091, FreeAddresses: 4000}}
	if err := s.api.Status().Update(s.t.Context(), pc); err != nil {
		s.t.Fatal(err)
	}
	time.Sleep(time.Second) // until the cache has it
}

// TestMetrics runs the provider for a while, leaks an ENI, has EC2 return an unknown error
// code, and reads the provider's metrics.
func TestMetrics(t *testing.T) {
	before := ctrlmetrics.Registry
	ctrlmetrics.Registry = prometheus.NewPedanticRegistry()
	t.Cleanup(func() { ctrlmetrics.Registry = before })
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{Latency: time.Millisecond})
		defer s.close()
		s.ec2.Inject(ec2emulator.Fault{Action: ec2.ActionCreate, Code: "SomethingNew", Count: 1})
		s.ec2.Inject(ec2emulator.Fault{Action: ec2.ActionAttach, Code: "InternalError", Count: 1})
		if _, err := s.ec2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: fleetSubnet1, Tags: map[string]string{
			eni.TagCluster: "c", eni.TagUID: "deleted", eni.TagCreatedAt: time.Now().Add(-time.Hour).UTC().Format(time.RFC3339),
		}}); err != nil {
			t.Fatal(err)
		}
		s.start()
		s.addNodes("a", 1, 3)
		s.addNodeENI("a", fleetSubnet1)
		time.Sleep(4 * s.settings.GarbageInterval)
		s.recordCapacity()
		got := shownMetrics(t)

		if diff := cmp.Diff(documentedMetrics(t), labelNames(got)); diff != "" {
			t.Errorf("\nEach metric is documented, with its labels, and each that is documented is there.\n-documented, +shown:\n%s", diff)
		}
		for what, tc := range map[string]struct {
			reason       string
			label, value string
			want         float64
		}{
			"leaked_network_interfaces":               {reason: "The number of leaked ENIs is exported.", want: 1},
			"leaked_network_interfaces_deleted_total": {reason: "In mode Report nothing is deleted."},
			"garbage_passes_refused_total":            {reason: "No pass was refused."},
			"ec2_unclassified_errors_total":           {reason: "An unknown code is counted.", label: "action", value: ec2.ActionCreate, want: 1},
			"ec2_calls_total":                         {reason: "It is no label of its own.", label: "code", value: "Other", want: 1},
			"nodeeni_attach_seconds":                  {reason: "Each attachment of a NodeENI counts once.", want: 3},
			"ec2_outage":                              {reason: "There is no outage."},
			"objects_not_ready":                       {reason: "No agent has observed a HostInterface.", label: "reason", value: "Unobserved", want: 3},
			"oldest_deletion_seconds":                 {reason: "No object is being deleted."},
		} {
			if n := sum(got["provider_aws_eni_"+what], tc.label, tc.value); n != tc.want {
				t.Errorf("\n%s\n%s: %v, want %v", tc.reason, what, n, tc.want)
			}
		}
		boundedLabels(t, got)
	})
}

// boundedLabels checks that no label's values grow with the objects.
func boundedLabels(t *testing.T, all map[string][]series) {
	t.Helper()
	allowed := map[string][]string{
		"code":     {"OK", "NoAnswer", "Other", "InternalError"},
		"kind":     {"NetworkInterface", "Owner", "Instance", "NodeENI", "NetworkInterfaceAttachment", "HostInterface"},
		"reason":   {"Unobserved", "WaitingForHost", "Progressing"},
		"account":  {"AKIAIOSFODNN7EXAMPLE"}, // which holds no number
		"region":   {"us-east-1"},
		"endpoint": {"ec2.example"},
		"quota":    {v1alpha1.QuotaNetworkInterfacesPerRegion},
		"subnet":   {fleetSubnet1}, // at most v1alpha1.MaxSubnets of a config
		"config":   {"ClusterProviderConfig/default"},
	}
	for m := range reflect.TypeFor[ec2.API]().Methods() {
		allowed["action"] = append(allowed["action"], m.Name)
	}
	for name, ss := range all {
		for _, s := range ss {
			for l, v := range s.labels {
				if !slices.Contains(allowed[l], v) {
					t.Errorf("\nLabels are actions, codes of a table, accounts, regions and configs.\n%s has %s=%q", name, l, v)
				}
			}
		}
	}
}
