// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestManifestsOfUpjet creates manifests of provider-upjet-aws with this provider's
// apiVersion. Fields that are not supported are rejected with an alternative.
func TestManifestsOfUpjet(t *testing.T) {
	const (
		eni = "apiVersion: ec2.networking.k8s.aws/v1alpha1\nkind: NetworkInterface\nmetadata: {namespace: default, name: upjet}\nspec:\n"
		at  = "apiVersion: ec2.networking.k8s.aws/v1alpha1\nkind: NetworkInterfaceAttachment\nmetadata: {namespace: default, name: upjet}\nspec:\n"
	)
	cases := map[string]struct {
		reason string
		args   string
		want   string // part of the message, if it is rejected
	}{
		"Interface": {
			reason: "Fields with the same names are accepted.",
			args:   eni + "  forProvider: {region: us-east-1, subnetId: subnet-0123456789abcdef0, privateIps: [10.0.1.10], securityGroups: [sg-0123456789abcdef0], sourceDestCheck: false, description: test, tags: {Name: test}}\n",
		},
		"InterfaceSubnetRef": {
			reason: "A reference to a Subnet is not supported.",
			args:   eni + "  forProvider: {region: us-east-1, subnetIdRef: {name: public}}\n",
			want:   "set subnetId, in a Composition as a patch of the Subnet's status, or subnetSelector",
		},
		"InterfaceSubnetSelector": {
			reason: "A label selector for Subnets is not supported.",
			args:   eni + "  forProvider: {region: us-east-1, subnetIdSelector: {matchLabels: {testing.upbound.io/example-name: public}}}\n",
			want:   "set subnetId, in a Composition",
		},
		"InterfaceGroupRefs": {
			reason: "References to SecurityGroups are not supported.",
			args:   eni + "  forProvider: {region: us-east-1, subnetId: subnet-0123456789abcdef0, securityGroupRefs: [{name: web}]}\n",
			want:   "set securityGroups, in a Composition as a patch of their status, or securityGroupSelector",
		},
		"InterfaceAttachment": {
			reason: "An attachment is a separate object.",
			args:   eni + "  forProvider: {region: us-east-1, subnetId: subnet-0123456789abcdef0, attachment: [{deviceIndex: 1, instance: i-0123456789abcdef0}]}\n",
			want:   "create a NetworkInterfaceAttachment with networkInterfaceRef, instanceId and deviceIndex",
		},
		"InterfaceInit": {
			reason: "Settings for the creation alone are accepted, the subnet included.",
			args:   eni + "  initProvider: {subnetId: subnet-0123456789abcdef0, securityGroups: [sg-0123456789abcdef0], sourceDestCheck: false, tags: {Name: test}}\n  forProvider: {region: us-east-1}\n",
		},
		"InterfaceInitTags": {
			reason: "They cannot set the ownership tags.",
			args:   eni + "  initProvider: {tags: {networking.k8s.aws/cluster: other}}\n  forProvider: {subnetId: subnet-0123456789abcdef0}\n",
			want:   "tag keys beginning with networking.k8s.aws/ are written by this provider",
		},
		"AttachmentInit": {
			reason: "The settings of an attachment are all used at its creation.",
			args:   at + "  initProvider: {deviceIndex: 1}\n  forProvider: {instanceId: i-0123456789abcdef0, networkInterfaceIdRef: {name: test}}\n",
			want:   "set its fields under forProvider",
		},
		"Attachment": {
			reason: "networkInterfaceIdRef is an alias of networkInterfaceRef.",
			args:   at + "  forProvider: {region: us-east-1, deviceIndex: 1, instanceId: i-0123456789abcdef0, networkInterfaceIdRef: {name: test}}\n",
		},
		"AttachmentSelector": {
			reason: "networkInterfaceIdSelector is an alias of networkInterfaceSelector.",
			args:   at + "  forProvider: {region: us-east-1, deviceIndex: 1, instanceId: i-0123456789abcdef0, networkInterfaceIdSelector: {matchLabels: {testing.upbound.io/example-name: test}}}\n",
		},
		"AttachmentTwoRefs": {
			reason: "A field and its alias must not refer to different objects.",
			args:   at + "  forProvider: {deviceIndex: 1, instanceId: i-0123456789abcdef0, networkInterfaceIdRef: {name: test}, networkInterfaceRef: {name: other}}\n",
			want:   "networkInterfaceIdRef is an alias of networkInterfaceRef: keep one of them",
		},
		"AttachmentInstanceSelector": {
			reason: "A label selector for Instances is not supported.",
			args:   at + "  forProvider: {region: us-east-1, deviceIndex: 1, instanceIdSelector: {matchLabels: {testing.upbound.io/example-name: test}}, networkInterfaceIdSelector: {matchLabels: {testing.upbound.io/example-name: test}}}\n",
			want:   "set instanceId, in a Composition as a patch of the Instance's status, or nodeName",
		},
	}
	c := user(t)
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			err := c.Create(t.Context(), parse(t, []byte(tc.args))[0], client.DryRunAll)
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("\n%s\ncreate: %v", tc.reason, err)
			case tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)):
				t.Errorf("\n%s\ncreate: want a message with %q, got: %v", tc.reason, tc.want, err)
			}
		})
	}
}

// TestInterfaceIDSelector attaches ENIs by the field names of provider-upjet-aws.
func TestInterfaceIDSelector(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	a := e.node("node-a")
	e.apply(interfaceYAML("one", "  labels: {pick: me}\n", forProvider+"    subnetId: "+dataSubnet+"\n"))
	e.apply(interfaceYAML("two", "", forProvider+"    subnetId: "+dataSubnet+"\n"))
	e.apply(attachmentYAML("one", "", forProvider+"    networkInterfaceIdSelector: {matchLabels: {pick: me}}\n    instanceId: "+instanceID(a)+"\n"))
	e.apply(attachmentYAML("two", "", forProvider+"    networkInterfaceIdRef: {name: two}\n    instanceId: "+instanceID(a)+"\n"))
	for _, name := range []string{"one", "two"} {
		e.eventually(settledWithin, e.eniaReady(name))
		if ref := e.enia(name).Spec.ForProvider.NetworkInterfaceRef; ref == nil || ref.Name != name {
			t.Errorf("attachment %s refers to %+v", name, ref)
		}
	}
}
