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
	fmt.Println(ParseResource("my-eni", "example.com"))
	_, err := ParseResource("intel.com/my.eni", "example.com")
	fmt.Println(err)
	// Output:
	// intel.com/intel_sriov_netdevice <nil>
	// example.com/sriov_dpdk <nil>
	// example.com/my-eni <nil>
	// cannot offer devices as "intel.com/my.eni": name "my.eni" is not supported by the device plugin: use letters, digits, '-' and '_', with a letter or digit at both ends, such as "my_eni"
}

func TestParseResource(t *testing.T) {
	cases := map[string]struct {
		reason  string
		text    string
		wantErr string
	}{
		"Longest":      {reason: "A name may have 63 characters.", text: "a.b/" + strings.Repeat("a", 63)},
		"Socket":       {reason: "The path of the plugin's socket has at most 107 characters.", text: strings.Repeat("a", 67-len("intel.com"))},
		"SocketLong":   {reason: "With a longer path the plugin exits.", text: strings.Repeat("a", 68-len("intel.com")), wantErr: "68 characters: use at most 67"},
		"OwnPrefix":    {reason: "An explicit prefix counts instead of the default.", text: "networking.example.com/" + strings.Repeat("a", 46), wantErr: "68 characters: use at most 67"},
		"Hyphen":       {reason: "The plugin accepts hyphens since v3.6.0.", text: "a.b/my-eni"},
		"HyphenEdge":   {reason: "Kubernetes does not accept a name that ends with a hyphen.", text: "a.b/my-eni-", wantErr: `such as "my-eni"`},
		"UpperCase":    {reason: "A name may have upper case letters.", text: "a.b/Sriov_Net_A"},
		"TooLong":      {reason: "A name has at most 63 characters.", text: "a.b/" + strings.Repeat("a", 64), wantErr: "at most 63"},
		"NoName":       {reason: "A resource has a name.", text: "intel.com/", wantErr: "has no name"},
		"Empty":        {reason: "A resource has a name.", wantErr: "has no name"},
		"NoLetter":     {reason: "A name has a letter or a digit.", text: "a.b/___", wantErr: "no letter or digit"},
		"Dot":          {reason: "A name has no dot, although Kubernetes accepts it.", text: "a.b/x.y", wantErr: `such as "x_y"`},
		"Slash":        {reason: "A name has no slash.", text: "a.b/x/y", wantErr: `such as "x_y"`},
		"Edge":         {reason: "A name begins with a letter or digit, although the plugin accepts others.", text: "a.b/_x", wantErr: `such as "x"`},
		"NoPrefix":     {reason: "An empty prefix is rejected.", text: "/x", wantErr: "not a DNS name"},
		"PrefixCase":   {reason: "A prefix is in lower case.", text: "Intel.com/x", wantErr: "not a DNS name"},
		"PrefixLength": {reason: "A prefix counts as part of the socket.", text: strings.Repeat("a.", 33) + "b/x", wantErr: "68 characters: use at most 67"},
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
			for _, prefix := range []string{"a.b", "intel.com", "networking.example.com"} {
				if _, err := ParseResource(FitName(got, prefix), prefix); err != nil {
					t.Errorf("A default name is valid with any prefix: %v", err)
				}
			}
		})
	}
}

func TestFitName(t *testing.T) {
	long := strings.Repeat("a", 58)
	cases := map[string]struct {
		reason string
		name   string
		prefix string
		want   string
	}{
		"Fits":      {reason: "A name that fits is not changed.", name: long, prefix: "intel.com", want: long},
		"Long":      {reason: "A longer name is truncated and has a hash.", name: long + "a", prefix: "intel.com", want: strings.Repeat("a", 49) + "_111bb261"},
		"Different": {reason: "Names with the same beginning have different hashes.", name: long + "b", prefix: "intel.com", want: strings.Repeat("a", 49) + "_e06b5614"},
		"NoRoom":    {reason: "With a prefix that leaves no room the name is not changed, and rejected.", name: long, prefix: strings.Repeat("p", 60), want: long},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, FitName(tc.name, tc.prefix)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
