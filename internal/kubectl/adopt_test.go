// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestAdopt(t *testing.T) {
	const free, attached = "eni-0123456789abcdef0", "eni-0123456789abcdef1"
	world := leakedWorld()
	world[0].(*v1alpha1.ClusterProviderConfig).Status.LeakedNetworkInterfaces[0].NetworkInterfaceID = attached
	cases := map[string]struct {
		reason string
		args   []string
		err    string
	}{
		"adopt.yaml":         {reason: "An ENI that is not leaked is observed.", args: []string{free}},
		"adopt-leaked.yaml":  {reason: "A leaked ENI keeps the namespace of its object, and its attachment.", args: []string{free, attached}},
		"adopt-manage.yaml":  {reason: "A managed ENI has its subnet and instance.", args: []string{attached, "--manage"}},
		"adopt-options.yaml": {reason: "Flags determine what is not known.", args: []string{free, "--manage", "--subnet=subnet-0123456789abcdef0", "--region=eu-west-1", "--attachment"}},
		"NoSubnet":           {reason: "A subnet is required to manage an ENI.", args: []string{free, "--manage"}, err: "set --subnet"},
		"NoID":               {reason: "Other ids are rejected.", args: []string{"i-0123456789abcdef0"}, err: "is not the id of an ENI, such as"},
		"Nothing":            {reason: "An ENI is required.", err: "requires at least 1 arg"},
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
