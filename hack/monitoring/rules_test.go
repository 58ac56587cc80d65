// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package monitoring tests the alerting rules of cluster/monitoring with Prometheus' own parser
// and query engine. It is a module of its own, so that Prometheus is no dependency of the
// provider.
package monitoring

import (
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/promql/promqltest"
	"github.com/prometheus/prometheus/storage"
)

// rules returns the rules of the file by the name of their alert.
func rules(t *testing.T) map[string]rulefmt.Rule {
	t.Helper()
	groups, errs := rulefmt.ParseFile(filepath.Join("..", "..", "cluster", "monitoring", "rules.yaml"), false, model.UTF8Validation, parser.NewParser(parser.Options{}), slog.New(slog.DiscardHandler))
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	out := map[string]rulefmt.Rule{}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			out[r.Alert] = r
		}
	}
	return out
}

// A Case is the series of a cluster, and whether an alert fires at their end.
type Case struct {
	reason string
	// load are series in the notation of promtool, a sample each minute.
	load string
	// after is the time at which the alert is evaluated last.
	after time.Duration
	// fires are the labels of the alerts, or nil.
	fires []string
}

func cases() map[string][]Case {
	const notReady = "provider_aws_eni_objects_not_ready"
	return map[string][]Case{
		"ENIProviderDown": {
			{reason: "Without metrics it fires.", load: `up 1x60`, after: 30 * time.Minute, fires: []string{`{kind="NetworkInterface"}`}},
			{reason: "A cluster without ENIs has metrics.", load: `provider_aws_eni_objects{kind="NetworkInterface"} 0x60`, after: 30 * time.Minute},
			{reason: "A restart is shorter than 10 minutes.", load: `provider_aws_eni_objects{kind="NetworkInterface"} 0x10 _x8 0x60`, after: 18 * time.Minute},
		},
		"ENIsNotReady": {
			{reason: "An ENI that is not ready for long fires, once for both replicas.", load: notReady + `{kind="NetworkInterface",reason="MissingPermission",pod="a"} 2x60` + "\n" + notReady + `{kind="NetworkInterface",reason="MissingPermission",pod="b"} 2x60`, after: 20 * time.Minute, fires: []string{`{kind="NetworkInterface", reason="MissingPermission"}`}},
			{reason: "An ENI that is being created does not.", load: notReady + `{kind="NetworkInterface",reason="Creating"} 2x60`, after: 50 * time.Minute},
			{reason: "An attachment that waits for its host does not: the host has an alert.", load: notReady + `{kind="NetworkInterfaceAttachment",reason="WaitingForHost"} 2x60`, after: 50 * time.Minute},
			{reason: "A short failure does not.", load: notReady + `{kind="NetworkInterface",reason="EC2Refused"} 1x10 0x50`, after: 30 * time.Minute},
		},
		"ENIQuotaNearlyUsed": {
			{
				reason: "More than 80 % fire, from both replicas once.", after: 20 * time.Minute, fires: []string{`{config="ClusterProviderConfig/default", quota="NetworkInterfacesPerRegion"}`},
				load: "provider_aws_eni_quota{config=\"ClusterProviderConfig/default\",quota=\"NetworkInterfacesPerRegion\",pod=\"a\"} 5000x60\nprovider_aws_eni_quota_used{config=\"ClusterProviderConfig/default\",quota=\"NetworkInterfacesPerRegion\",pod=\"a\"} 4001x60\n" +
					"provider_aws_eni_quota{config=\"ClusterProviderConfig/default\",quota=\"NetworkInterfacesPerRegion\",pod=\"b\"} 5000x60\nprovider_aws_eni_quota_used{config=\"ClusterProviderConfig/default\",quota=\"NetworkInterfacesPerRegion\",pod=\"b\"} 4001x60",
			},
			{
				reason: "80 % do not fire, nor does a quota without a use.", after: 20 * time.Minute,
				load: "provider_aws_eni_quota{config=\"c\",quota=\"NetworkInterfacesPerRegion\"} 5000x60\nprovider_aws_eni_quota_used{config=\"c\",quota=\"NetworkInterfacesPerRegion\"} 4000x60\nprovider_aws_eni_quota{config=\"c\",quota=\"SecurityGroupsPerNetworkInterface\"} 5x60",
			},
		},
		"ENISubnetNearlyFull": {
			{
				reason: "Fewer than 10 % of the addresses fire.", after: 20 * time.Minute, fires: []string{`{config="c", subnet="subnet-1"}`},
				load: "provider_aws_eni_subnet_addresses{config=\"c\",subnet=\"subnet-1\"} 251x60\nprovider_aws_eni_subnet_free_addresses{config=\"c\",subnet=\"subnet-1\"} 25x60",
			},
			{
				reason: "More do not, nor does a short lack.", after: 20 * time.Minute,
				load: "provider_aws_eni_subnet_addresses{config=\"c\",subnet=\"subnet-1\"} 251x60\nprovider_aws_eni_subnet_free_addresses{config=\"c\",subnet=\"subnet-1\"} 26x60\nprovider_aws_eni_subnet_addresses{config=\"c\",subnet=\"subnet-2\"} 251x60\nprovider_aws_eni_subnet_free_addresses{config=\"c\",subnet=\"subnet-2\"} 10x15 200x45",
			},
		},
		"ENICapacityExhausted": {
			{reason: "A full instance fires.", load: notReady + `{kind="NetworkInterface",reason="InstanceENILimit"} 1x60`, after: 15 * time.Minute, fires: []string{`{kind="NetworkInterface", reason="InstanceENILimit"}`}},
			{reason: "Other reasons do not.", load: notReady + `{kind="NetworkInterface",reason="MissingPermission"} 1x60`, after: 50 * time.Minute},
		},
		"ENIAdoptionConflict": {
			{reason: "An ENI of another owner fires.", load: notReady + `{kind="NetworkInterface",reason="NotOurs"} 1x60`, after: 10 * time.Minute, fires: []string{`{kind="NetworkInterface", reason="NotOurs"}`}},
			{reason: "A resolved conflict does not.", load: notReady + `{kind="NetworkInterface",reason="NotOurs"} 1x3 0x60`, after: 10 * time.Minute},
		},
		"ENIReleaseStuck": {
			{reason: "A release of an hour fires.", load: `provider_aws_eni_oldest_deletion_seconds{kind="NetworkInterfaceAttachment"} 0+60x60`, after: 50 * time.Minute, fires: []string{`{kind="NetworkInterfaceAttachment"}`}},
			{reason: "A release of minutes does not.", load: `provider_aws_eni_oldest_deletion_seconds{kind="NetworkInterfaceAttachment"} 0+60x20 0x40`, after: 50 * time.Minute},
		},
		"ENIAgentSilent": {
			{reason: "A HostInterface without a status fires.", load: notReady + `{kind="HostInterface",reason="Unobserved"} 1x60`, after: 15 * time.Minute, fires: []string{`{kind="HostInterface", reason="Unobserved"}`}},
			{reason: "A new node does not.", load: notReady + `{kind="HostInterface",reason="Unobserved"} 1x4 0x60`, after: 15 * time.Minute},
		},
		"ENIHostFailing": {
			{reason: "A host without a driver fires.", load: notReady + `{kind="HostInterface",reason="DriverNotLoaded"} 1x60`, after: 15 * time.Minute, fires: []string{`{kind="HostInterface", reason="DriverNotLoaded"}`}},
			{reason: "A missing agent does not.", load: notReady + `{kind="HostInterface",reason="Unobserved"} 1x60`, after: 50 * time.Minute},
		},
		"ENIThrottled": {
			{reason: "Six throttled calls a minute fire.", load: `provider_aws_eni_ec2_calls_total{action="AttachNetworkInterface",code="RequestLimitExceeded"} 0+6x60`, after: 50 * time.Minute, fires: []string{`{action="AttachNetworkInterface"}`}},
			{reason: "A few throttled calls do not.", load: `provider_aws_eni_ec2_calls_total{action="AttachNetworkInterface",code="RequestLimitExceeded"} 0+1x60`, after: 50 * time.Minute},
			{reason: "Successful calls do not.", load: `provider_aws_eni_ec2_calls_total{action="AttachNetworkInterface",code="OK"} 0+600x60`, after: 50 * time.Minute},
		},
		"ENIOutageHeld": {
			{reason: "An outage fires.", load: `provider_aws_eni_ec2_outage{account="1",region="us-east-1",endpoint=""} 1x60`, after: 10 * time.Minute, fires: []string{`{region="us-east-1"}`}},
			{reason: "Normal service does not.", load: `provider_aws_eni_ec2_outage{account="1",region="us-east-1",endpoint=""} 0x60`, after: 50 * time.Minute},
		},
		"ENIViewOutageHeld": {
			{reason: "Many missing ENIs fire.", load: `provider_aws_eni_ec2_view_outage{config="default",region="us-east-1",kind="NetworkInterface"} 1x60`, after: 10 * time.Minute, fires: []string{`{config="default", kind="NetworkInterface", region="us-east-1"}`}},
			{reason: "Normal service does not.", load: `provider_aws_eni_ec2_view_outage{config="default",region="us-east-1",kind="NetworkInterface"} 0x60`, after: 50 * time.Minute},
		},
		"ENILeaked": {
			{reason: "Leaked ENIs fire.", load: `provider_aws_eni_leaked_network_interfaces 3x180`, after: 150 * time.Minute, fires: []string{`{}`}},
			{reason: "The provider has two hours to delete them.", load: `provider_aws_eni_leaked_network_interfaces 3x180`, after: 110 * time.Minute},
			{reason: "ENIs that the provider deletes do not.", load: `provider_aws_eni_leaked_network_interfaces 3x60 0x120`, after: 150 * time.Minute},
		},
		"ENIGarbageCollectionRefused": {
			{reason: "Passes that are refused again and again fire.", load: `provider_aws_eni_garbage_passes_refused_total 0x30 1x30 2x30 3x120`, after: 150 * time.Minute, fires: []string{`{}`}},
			{reason: "A single one does not.", load: `provider_aws_eni_garbage_passes_refused_total 0x30 1x150`, after: 150 * time.Minute},
		},
		"ENIUnknownErrors": {
			{reason: "An unknown code fires.", load: `provider_aws_eni_ec2_unclassified_errors_total{action="CreateNetworkInterface"} 0x30 1x30`, after: 50 * time.Minute, fires: []string{`{action="CreateNetworkInterface"}`}},
			{reason: "No error does not.", load: `provider_aws_eni_ec2_unclassified_errors_total{action="CreateNetworkInterface"} 0x60`, after: 50 * time.Minute},
		},
	}
}

func TestRules(t *testing.T) {
	all, tests := rules(t), cases()
	for alert, rule := range all {
		for _, tc := range tests[alert] {
			t.Run(alert, func(t *testing.T) {
				s := promqltest.LoadedStorage(t, "load 1m\n  "+strings.ReplaceAll(tc.load, "\n", "\n  ")+"\n")
				if got := firing(t, s, rule, tc.after); !slices.Equal(got, tc.fires) {
					t.Errorf("\n%s\nfiring after %s: %v, want %v", tc.reason, tc.after, got, tc.fires)
				}
			})
		}
		if len(tests[alert]) < 2 {
			t.Errorf("alert %s needs a case in which it fires, and one in which it does not", alert)
		}
	}
	for alert := range tests {
		if _, ok := all[alert]; !ok {
			t.Errorf("alert %s does not exist", alert)
		}
	}
}

// firing returns the labels of the alerts that fire at a time: their expression has returned
// them at each evaluation since the duration of the rule.
func firing(t *testing.T, s storage.Queryable, r rulefmt.Rule, at time.Duration) []string {
	t.Helper()
	engine := promqltest.NewTestEngine(t, false, 5*time.Minute, 1_000_000)
	pending := map[string]time.Duration{}
	var out []string
	for now := time.Duration(0); now <= at; now += time.Minute {
		q, err := engine.NewInstantQuery(t.Context(), s, nil, r.Expr, time.Unix(0, 0).Add(now))
		if err != nil {
			t.Fatal(err)
		}
		v, err := q.Exec(t.Context()).Vector()
		if err != nil {
			t.Fatal(err)
		}
		active := map[string]time.Duration{}
		out = nil
		for _, sample := range v {
			key := labelsOf(sample)
			since, ok := pending[key]
			if !ok {
				since = now
			}
			active[key] = since
			if now-since >= time.Duration(r.For) {
				out = append(out, key)
			}
		}
		pending = active
		q.Close()
	}
	slices.Sort(out)
	return out
}

func labelsOf(s promql.Sample) string { return s.Metric.String() }

// TestAnnotations verifies that each alert has a section in docs/monitoring.md, as its
// annotation states, and that it has a severity.
func TestAnnotations(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join("..", "..", "docs", "monitoring.md"))
	if err != nil {
		t.Fatal(err)
	}
	sections := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^### (ENI[A-Za-z]+)$`).FindAllStringSubmatch(string(raw), -1) {
		sections[m[1]] = true
	}
	for alert, r := range rules(t) {
		if want := "docs/monitoring.md#" + strings.ToLower(alert); r.Annotations["runbook"] != want || !sections[alert] {
			t.Errorf("alert %s has the runbook %q, want %q, and a section there", alert, r.Annotations["runbook"], want)
		}
		if r.Annotations["summary"] == "" || r.Annotations["description"] == "" {
			t.Errorf("alert %s has no summary or no description", alert)
		}
		if !slices.Contains([]string{"critical", "warning", "info"}, r.Labels["severity"]) {
			t.Errorf("alert %s has the severity %q", alert, r.Labels["severity"])
		}
		delete(sections, alert)
	}
	for alert := range sections {
		t.Errorf("docs/monitoring.md has a section about %s, which is no alert", alert)
	}
}
