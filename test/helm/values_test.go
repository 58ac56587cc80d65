// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package helm

import (
	"path/filepath"
	"strings"
	"testing"

	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/lint"
	"helm.sh/helm/v3/pkg/lint/support"

	"github.com/nodeeni/provider-aws-eni/hack/chart/render"
)

func TestLint(t *testing.T) {
	for name, vals := range map[string]string{"Default": "{}", "Crossplane": "{mode: crossplane}", "DPDK": "{agent: {dpdk: {enabled: true}}}"} {
		t.Run(name, func(t *testing.T) {
			l := lint.AllWithKubeVersion(filepath.Join(root, render.Dir), values(t, vals), render.Namespace, &chartutil.KubeVersion{Version: "v1.35.0", Major: "1", Minor: "35"})
			for _, m := range l.Messages {
				// The chart has no icon.
				if m.Severity > support.InfoSev {
					t.Error(m)
				}
			}
		})
	}
}

// TestMisspelt checks that a value that the chart does not know, or of another type, is an
// error that names it.
func TestMisspelt(t *testing.T) {
	for name, tc := range map[string]struct{ values, path string }{
		"Top":                  {"{provdier: {}}", "provdier"},
		"Mode":                 {"{mode: standalon}", "/mode"},
		"Image":                {"{image: {registery: a}}", "registery"},
		"PullPolicy":           {"{image: {pullPolicy: Sometimes}}", "/image/pullPolicy"},
		"PullSecret":           {"{image: {pullSecrets: [regcred]}}", "/image/pullSecrets/0"},
		"Digest":               {"{provider: {image: {digest: 'sha256:0'}}}", "/provider/image/digest"},
		"CRDs":                 {"{crds: {install: 'yes'}}", "/crds/install"},
		"Replicas":             {"{provider: {replicas: two}}", "/provider/replicas"},
		"ServiceAccount":       {"{provider: {serviceAccount: {anotations: {}}}}", "anotations"},
		"Annotation":           {"{provider: {serviceAccount: {annotations: {a: 1}}}}", "/provider/serviceAccount/annotations/a"},
		"Secrets":              {"{provider: {secrets: {access: All}}}", "/provider/secrets/access"},
		"ProviderFlag":         {"{provider: {flags: {ec2-shares: 0.5}}}", "ec2-shares"},
		"FlagOfTheChart":       {"{provider: {flags: {metrics-bind-address: ':1'}}}", "metrics-bind-address"},
		"BooleanFlag":          {"{provider: {flags: {leader-election: 'no'}}}", "/provider/flags/leader-election"},
		"AgentFlag":            {"{agent: {flags: {default_mtu: 9001}}}", "default_mtu"},
		"FlagOfTheOther":       {"{agent: {dpdk: {flags: {ec2-share: 1}}}}", "ec2-share"},
		"Port":                 {"{agent: {metrics: {port: 0}}}", "/agent/metrics/port"},
		"Toleration":           {"{agent: {tolerations: [{opertor: Exists}]}}", "opertor"},
		"Resources":            {"{provider: {resources: {request: {cpu: 1}}}}", "request"},
		"Affinity":             {"{provider: {affinity: {podAntiAffinity: {requiredDuringScheduling: []}}}}", "requiredDuringScheduling"},
		"TopologySpread":       {"{provider: {topologySpreadConstraints: [{topologykey: a}]}}", "topologykey"},
		"SecurityContext":      {"{provider: {securityContext: {readonlyRootFilesystem: true}}}", "readonlyRootFilesystem"},
		"Probe":                {"{agent: {livenessProbe: {periodseconds: 1}}}", "periodseconds"},
		"Env":                  {"{provider: {env: [{key: A, value: b}]}}", "key"},
		"Volume":               {"{provider: {extraVolumes: [{name: a, emptydir: {}}]}}", "emptydir"},
		"NetworkPolicy":        {"{provider: {networkPolicy: {from: [{nameSpaceSelector: {}}]}}}", "nameSpaceSelector"},
		"ServiceMonitor":       {"{provider: {metrics: {serviceMonitor: {enable: true}}}}", "enable"},
		"Relabeling":           {"{provider: {metrics: {serviceMonitor: {relabelings: [{action: drop, source_labels: [a]}]}}}}", "source_labels"},
		"DevicePluginLabel":    {`{agent: {dpdk: {devicePlugin: {label: "a'b"}}}}`, "/agent/dpdk/devicePlugin/label"},
		"DevicePluginValue":    {`{agent: {dpdk: {devicePlugin: {values: ["a'b"]}}}}`, "/agent/dpdk/devicePlugin/values/0"},
		"DevicePlugin":         {"{agent: {dpdk: {devicePlugin: {values: []}}}}", "/agent/dpdk/devicePlugin/values"},
		"ConfigSpec":           {"{clusterProviderConfig: {spec: {assumeRolechain: []}}}", "assumeRolechain"},
		"ConfigSource":         {"{clusterProviderConfig: {spec: {credentials: {source: Nowhere}}}}", "/clusterProviderConfig/spec/credentials/source"},
		"PodDisruptionBudget":  {"{provider: {podDisruptionBudget: {minAvailable: 1}}}", "minAvailable"},
		"OfThePredecessor":     {"{awsRegion: us-east-1}", "awsRegion"},
		"MatchExpression":      {"{agent: {kernel: {matchExpressions: [{key: a, op: Exists}]}}}", "op"},
		"KernelNodeSelector":   {"{agent: {nodeSelector: {a: b}}}", "nodeSelector"},
		"SELinuxOptions":       {"{agent: {kernel: {seLinuxOptions: {typ: a}}}}", "typ"},
		"AdmissionPolicies":    {"{admissionPolicies: {created: false}}", "created"},
		"TerminationGraceTime": {"{provider: {terminationGracePeriodSeconds: 30s}}", "/provider/terminationGracePeriodSeconds"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := template(t, "a", "b", values(t, tc.values))
			if err == nil || !strings.Contains(err.Error(), tc.path) {
				t.Errorf("want an error that contains %q, got %v", tc.path, err)
			}
		})
	}
}

// TestContradictions checks values that each are valid, but not together.
func TestContradictions(t *testing.T) {
	for name, tc := range map[string]struct{ reason, values, err string }{
		"PodMonitor": {
			reason: "Prometheus cannot reach the loopback address of a node.",
			values: "{agent: {metrics: {podMonitor: {enabled: true}}}}",
			err:    "agent.metrics.bindAddress",
		},
		"ServiceMonitor": {
			reason: "Without TLS the provider serves metrics inside the pod only.",
			values: "{provider: {metrics: {secure: false, serviceMonitor: {enabled: true}}}}",
			err:    "provider.metrics.secure",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := template(t, "a", "b", values(t, tc.values)); err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s\nwant an error that names %s, got %v", tc.reason, tc.err, err)
			}
		})
	}
}
