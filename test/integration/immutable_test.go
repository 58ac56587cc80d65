// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestReferencesOfExisting changes how existing ENIs and attachments were found, which
// cannot have an effect any more.
func TestReferencesOfExisting(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	node := e.node("node-a")
	e.apply(interfaceYAML("one", "  labels: {pick: one}\n", forProvider+"    subnetSelector: {name: my-subnet-name}\n"))
	e.apply(interfaceYAML("kept", "", "spec:\n  managementPolicies: [Observe, Create, Update, Delete]\n  forProvider:\n    subnetSelector: {name: my-subnet-name}\n"))
	e.apply(attachmentYAML("one", "", forProvider+"    networkInterfaceSelector: {matchLabels: {pick: one}}\n    nodeName: "+node.Name+"\n"))
	e.apply(attachmentYAML("waiting", "", forProvider+"    networkInterfaceRef: {name: missing}\n    nodeName: "+node.Name+"\n"))
	e.eventually(settledWithin, e.eniReady("one"))
	e.eventually(settledWithin, e.eniReady("kept"))
	e.eventually(settledWithin, e.eniaReady("one"))
	cases := []struct {
		reason string
		object client.Object
		patch  string
		want   string
	}{
		{"A subnet selector of an existing ENI has no effect.", e.eni("one"), `{"spec":{"forProvider":{"subnetSelector":{"name":"other"}}}}`, "subnetSelector cannot be changed: the ENI exists"},
		{"Also if the subnet is not in the spec.", e.eni("kept"), `{"spec":{"forProvider":{"subnetSelector":{"name":"other"}}}}`, "subnetSelector cannot be changed: the ENI exists"},
		{"A reference would leave the attached ENI attached.", e.enia("one"), `{"spec":{"forProvider":{"networkInterfaceRef":{"name":"kept"}}}}`, "networkInterfaceRef cannot be changed while the ENI is attached"},
		{"A selector has no effect after the reference is written.", e.enia("one"), `{"spec":{"forProvider":{"networkInterfaceSelector":{"matchLabels":{"pick":"two"}}}}}`, "networkInterfaceSelector has no effect once networkInterfaceRef is set"},
		{"The alias of the selector has none either.", e.enia("one"), `{"spec":{"forProvider":{"networkInterfaceIdSelector":{"matchLabels":{"pick":"two"}}}}}`, "networkInterfaceIdSelector has no effect once networkInterfaceRef is set"},
		{"A selector that the subnet replaced can be removed.", e.eni("one"), `{"spec":{"forProvider":{"subnetSelector":null}}}`, ""},
		{"A reference of an attachment that waits can be corrected.", e.enia("waiting"), `{"spec":{"forProvider":{"networkInterfaceRef":{"name":"kept"}}}}`, ""},
	}
	for _, tc := range cases {
		err := e.kube.Patch(t.Context(), tc.object, client.RawPatch("application/merge-patch+json", []byte(tc.patch)))
		switch {
		case tc.want == "" && err != nil:
			t.Errorf("\n%s\npatch: %v", tc.reason, err)
		case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
			t.Errorf("\n%s\npatch: want a message with %q, got: %v", tc.reason, tc.want, err)
		}
	}
	e.eventually(settledWithin, e.eniaReady("waiting"))
}
