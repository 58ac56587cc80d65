// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func ExampleParseResource() {
	fmt.Println(ParseResource("intel.com/intel_sriov_netdevice", "example.com"))
	fmt.Println(ParseResource("sriov_dpdk", "example.com"))
	_, err := ParseResource("intel.com/my-eni", "example.com")
	fmt.Println(err)
	// Output:
	// intel.com/intel_sriov_netdevice <nil>
	// example.com/sriov_dpdk <nil>
	// cannot offer devices as "intel.com/my-eni": name "my-eni" is not supported by the device plugin: use letters, digits and '_', with a letter or digit at both ends, such as "my_eni"
}

func TestParseResource(t *testing.T) {
	cases := map[string]struct {
		reason  string
		text    string
		wantErr string
	}{
		"Longest":      {reason: "A name may have 63 characters.", text: strings.Repeat("a", 63)},
		"UpperCase":    {reason: "A name may have upper case letters.", text: "a.b/Sriov_Net_A"},
		"TooLong":      {reason: "A name has at most 63 characters.", text: strings.Repeat("a", 64), wantErr: "at most 63"},
		"NoName":       {reason: "A resource has a name.", text: "intel.com/", wantErr: "has no name"},
		"Empty":        {reason: "A resource has a name.", wantErr: "has no name"},
		"NoLetter":     {reason: "A name has a letter or a digit.", text: "a.b/___", wantErr: "no letter or digit"},
		"Dot":          {reason: "A name has no dot, although Kubernetes accepts it.", text: "a.b/x.y", wantErr: `such as "x_y"`},
		"Slash":        {reason: "A name has no slash.", text: "a.b/x/y", wantErr: `such as "x_y"`},
		"Edge":         {reason: "A name begins with a letter or digit, although the plugin accepts others.", text: "a.b/_x", wantErr: `such as "x"`},
		"NoPrefix":     {reason: "An empty prefix is rejected.", text: "/x", wantErr: "not a DNS name"},
		"PrefixCase":   {reason: "A prefix is in lower case.", text: "Intel.com/x", wantErr: "not a DNS name"},
		"PrefixLength": {reason: "A prefix leaves room for the prefix of a quota.", text: strings.Repeat("a.", 130) + "b/x", wantErr: "at most 244"},
		"Kubernetes":   {reason: "The domain of Kubernetes is reserved.", text: "kubernetes.io/x", wantErr: "reserved"},
		"OfKubernetes": {reason: "Subdomains of kubernetes.io are reserved.", text: "node.kubernetes.io/x", wantErr: "reserved"},
		"Quota":        {reason: "The prefix of a quota is rejected.", text: "requests.intel.com/x", wantErr: "denotes a quota"},
		"Like":         {reason: "Other domains with that suffix are reserved, as Kubernetes only checks the suffix.", text: "mykubernetes.io/x", wantErr: "reserved"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r, err := ParseResource(tc.text, "intel.com")
			if (err != nil) != (tc.wantErr != "") || err != nil && !strings.Contains(err.Error(), tc.wantErr) {
				t.Errorf("\n%s\nwant %q, got %s, %v", tc.reason, tc.wantErr, r, err)
			}
		})
	}
}

func TestDefaultName(t *testing.T) {
	cases := map[string]struct {
		reason string
		of     string
		want   string
	}{
		"Plain":   {reason: "A supported name is not changed.", of: "dpdk", want: "dpdk"},
		"Hyphens": {reason: "Hyphens are replaced with underscores.", of: "my-node-eni", want: "my_node_eni"},
		"Dots":    {reason: "An ambiguous name has a hash.", of: "my.node-eni", want: "my_node_eni_4c5e9b9f"},
		"Long":    {reason: "A long name is truncated and has a hash.", of: strings.Repeat("a", 64), want: strings.Repeat("a", 54) + "_ffe054fe"},
		"Cut":     {reason: "A truncated name does not end with an underscore.", of: strings.Repeat("a", 53) + "-" + strings.Repeat("b", 20), want: strings.Repeat("a", 53) + "_af3ec493"},
		"Nothing": {reason: "A name without supported characters becomes a hash.", of: "..", want: "5ec1f7e7"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := DefaultName(tc.of)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if _, err := ParseResource(got, "intel.com"); err != nil {
				t.Errorf("A default name is valid: %v", err)
			}
		})
	}
}
