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
	// cannot offer devices as "intel.com/my-eni": its name "my-eni" is not one that the device plugin takes: write "my_eni", of letters, digits and '_', with a letter or digit at both ends
}

func TestParseResource(t *testing.T) {
	cases := map[string]struct {
		reason string
		text   string
		says   string
	}{
		"Longest":      {reason: "A name has 63 characters.", text: strings.Repeat("a", 63)},
		"UpperCase":    {reason: "A name has letters of either case.", text: "a.b/Sriov_Net_A"},
		"TooLong":      {reason: "A name has at most 63 characters.", text: strings.Repeat("a", 64), says: "at most 63"},
		"NoName":       {reason: "A resource has a name.", text: "intel.com/", says: "has no name"},
		"Empty":        {reason: "A resource has a name.", says: "has no name"},
		"NoLetter":     {reason: "A name has a letter or a digit.", text: "a.b/___", says: "no letter and no digit"},
		"Dot":          {reason: "A name has no dot, which Kubernetes would take.", text: "a.b/x.y", says: `write "x_y"`},
		"Slash":        {reason: "A name has no slash.", text: "a.b/x/y", says: `write "x_y"`},
		"Edge":         {reason: "A name begins with a letter or digit, which the plugin would not ask.", text: "a.b/_x", says: `write "x"`},
		"NoPrefix":     {reason: "A prefix that is begun is one.", text: "/x", says: "not a DNS name"},
		"PrefixCase":   {reason: "A prefix is in lower case.", text: "Intel.com/x", says: "not a DNS name"},
		"PrefixLength": {reason: "A prefix leaves room for the word that a quota puts before it.", text: strings.Repeat("a.", 130) + "b/x", says: "at most 244"},
		"Kubernetes":   {reason: "The prefix of Kubernetes is not for extended resources.", text: "kubernetes.io/x", says: "reserved"},
		"OfKubernetes": {reason: "Neither are those below it.", text: "node.kubernetes.io/x", says: "reserved"},
		"Quota":        {reason: "A prefix is not that of a quota.", text: "requests.intel.com/x", says: "means a quota"},
		"Like":         {reason: "Neither are those that end alike, as Kubernetes looks at the end alone.", text: "mykubernetes.io/x", says: "reserved"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			r, err := ParseResource(tc.text, "intel.com")
			if (err != nil) != (tc.says != "") || err != nil && !strings.Contains(err.Error(), tc.says) {
				t.Errorf("\n%s\nwant %q, got %s, %v", tc.reason, tc.says, r, err)
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
		"Plain":   {reason: "A name that the plugin takes is itself.", of: "dpdk", want: "dpdk"},
		"Hyphens": {reason: "Hyphens are underscores.", of: "my-node-eni", want: "my_node_eni"},
		"Dots":    {reason: "A name that another would become too has a hash.", of: "my.node-eni", want: "my_node_eni_4c5e9b9f"},
		"Long":    {reason: "A name that is too long is cut, and has a hash.", of: strings.Repeat("a", 64), want: strings.Repeat("a", 54) + "_ffe054fe"},
		"Cut":     {reason: "A name is not cut behind an underscore.", of: strings.Repeat("a", 53) + "-" + strings.Repeat("b", 20), want: strings.Repeat("a", 53) + "_af3ec493"},
		"Nothing": {reason: "What has nothing that the plugin takes is a hash.", of: "..", want: "5ec1f7e7"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := DefaultName(tc.of)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if _, err := ParseResource(got, "intel.com"); err != nil {
				t.Errorf("A name that is made is one that can be read: %v", err)
			}
		})
	}
}
