// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestAdopt(t *testing.T) {
	const free, attached = "eni-0123456789abcdef0", "eni-0123456789abcdef1"
	const observed, managed = "eni-0123456789abcdef2", "eni-0123456789abcdef3"
	world := leakedWorld()
	world[0].(*v1alpha1.ClusterProviderConfig).Status.LeakedNetworkInterfaces[0].NetworkInterfaceID = attached
	for id, policies := range map[string]xpv2.ManagementPolicies{observed: {xpv2.ManagementActionObserve}, managed: {xpv2.ManagementActionAll}} {
		ni := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "own-" + id}}
		ni.Spec.ManagementPolicies, ni.Status.AtProvider.ID, ni.Status.AtProvider.SubnetID = policies, id, "subnet-b"
		ni.Status.AtProvider.Attachment = &ec2v1alpha1.NetworkInterfaceAttachmentState{InstanceID: "i-2"}
		world = append(world, ni)
	}
	cases := map[string]struct {
		reason string
		args   []string
		err    string
	}{
		"adopt.yaml":          {reason: "An ENI that is not leaked is observed.", args: []string{free}},
		"adopt-leaked.yaml":   {reason: "A leaked ENI keeps the namespace of its object, and its attachment.", args: []string{free, attached}},
		"adopt-manage.yaml":   {reason: "A managed ENI has its subnet and instance.", args: []string{attached, "--manage"}},
		"adopt-options.yaml":  {reason: "Flags determine what is not known.", args: []string{free, "--manage", "--subnet=subnet-0123456789abcdef0", "--region=eu-west-1", "--attachment", "--instance=i-0123456789abcdef0"}},
		"adopt-node.yaml":     {reason: "A node to attach to needs no other flag.", args: []string{free, "--node=node-a"}},
		"adopt-observed.yaml": {reason: "The status of an object that observes has the subnet and the instance.", args: []string{observed, "--manage", "--attachment"}},
		"adopt-managed.txt":   {reason: "An ENI that an object manages is a warning.", args: []string{managed}},
		"NoInstance":          {reason: "An instance is required to manage an attachment.", args: []string{free, "--manage", "--subnet=subnet-0123456789abcdef0", "--attachment"}, err: "set --instance, or --node"},
		"Both":                {reason: "An ENI is attached to one instance.", args: []string{free, "--node=node-a", "--instance=i-1"}, err: "use one of --node and --instance"},
		"NoSubnet":            {reason: "A subnet is required to manage an ENI.", args: []string{free, "--manage"}, err: "set --subnet"},
		"NoID":                {reason: "Other ids are rejected.", args: []string{"i-0123456789abcdef0"}, err: "is not the id of an ENI, such as"},
		"Nothing":             {reason: "An ENI is required.", err: "requires at least 1 arg"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), append([]client.Object(nil), world...), append([]string{"adopt"}, tc.args...)...)
			switch {
			case tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)):
				t.Errorf("\n%s\nerror %v, want %q", tc.reason, err, tc.err)
			case tc.err == "" && err != nil:
				t.Errorf("\n%s\n%v", tc.reason, err)
			case tc.err == "":
				golden(t, name, got)
			}
		})
	}
}
