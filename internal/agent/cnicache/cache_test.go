// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cnicache

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// cached is a file as CNI's library writes it for containerd.
const cached = `{"kind":"cniCacheV1","containerId":"4f1b","config":"eyJjbmlWZXJzaW9uIjoiMS4wLjAifQ==","ifName":"eth0","networkName":"aws-cni",
"cniArgs":[["IgnoreUnknown","1"],["K8S_POD_NAMESPACE","apps"],["K8S_POD_NAME","fw-0"],["K8S_POD_INFRA_CONTAINER_ID","4f1b"],["K8S_POD_UID","u-1"]],
"capabilityArgs":{},"result":{"cniVersion":"1.0.0","interfaces":[{"name":"eni5d1"},{"name":"eth0","mac":"0a:00:00:00:00:01","sandbox":"/var/run/netns/cni-1"}],"ips":[]}}`

func TestParse(t *testing.T) {
	fw := Pod{Namespace: "apps", Name: "fw-0", UID: "u-1"}
	cases := map[string]struct {
		reason, file string
		want         Result
		wantErr      bool
	}{
		"Pod": {
			reason: "The pod is in the arguments; an interface without a sandbox is on the host.",
			file:   cached,
			want:   Result{Pod: fw, Host: []string{"eni5d1"}, Inside: []Interface{{"eth0", "0a:00:00:00:00:01"}}},
		},
		"NoPod":     {reason: "A result need not be of a pod.", file: `{"kind":"cniCacheV1","cniArgs":[["IgnoreUnknown","1"]]}`},
		"NoResult":  {reason: "A result may have no interfaces.", file: `{"kind":"cniCacheV1","cniArgs":[["K8S_POD_NAME","fw-0"]],"result":null}`, want: Result{Pod: Pod{Name: "fw-0"}}},
		"OtherKind": {reason: "A file of another format is not read.", file: strings.Replace(cached, "cniCacheV1", "cniCacheV2", 1), wantErr: true},
		"Delegates": {reason: "Multus' own file, a list of delegates, is not a result.", file: `[{"Conf":{}}]`, wantErr: true},
		"Broken":    {reason: "A file that is being written is not read.", file: cached[:40], wantErr: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, err := parse([]byte(tc.file))
			if diff := cmp.Diff(tc.want, got); diff != "" || (err != nil) != tc.wantErr {
				t.Errorf("\n%s\nerror %v, -want, +got:\n%s", tc.reason, err, diff)
			}
		})
	}
}

func TestResults(t *testing.T) {
	dir := t.TempDir()
	c := New(dir)
	count := func(reason string, want int) {
		t.Helper()
		got, err := c.Results()
		if err != nil || len(got) != want {
			t.Errorf("%s %v, %v", reason, got, err)
		}
	}
	write := func(name, content string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	count("A node without results has no pods.", 0)
	write("results/aws-cni-4f1b-eth0", cached)
	write("multus/results/data-4f1b-net1", cached)
	write("multus/4f1b", "[]")
	write("networks/data/192.0.2.1", "4f1b\nnet1")
	count("The results of the runtime and of Multus are read, and no other files.", 2)
	for pod, want := range map[string]string{"fw-0": "u-1", "db-0": ""} {
		if got := c.UID("apps", pod); got != want {
			t.Errorf("The UID of pod %s is known from its results: %q, want %q", pod, got, want)
		}
	}
	write("results/large", cached+strings.Repeat(" ", maxBytes))
	if err := os.Symlink("/etc/passwd", filepath.Join(dir, "results", "link")); err != nil {
		t.Fatal(err)
	}
	write("results/broken", cached[:40])
	count("Large, broken and irregular files are left out.", 2)
	write("results/broken", cached)
	count("A file that has changed is read again.", 3)
	if err := os.Remove(filepath.Join(dir, "results/aws-cni-4f1b-eth0")); err != nil {
		t.Fatal(err)
	}
	count("A deleted file has no result.", 2)
	if got := New(filepath.Join(dir, "none")).Pods(link.Scan{}); got != nil {
		t.Errorf("Without the directory no pod is known: %v", got)
	}
	if got := (*Cache)(nil).Pods(link.Scan{}); got != nil || (*Cache)(nil).UID("apps", "fw-0") != "" {
		t.Errorf("Without a cache no pod is known: %v", got)
	}
}

func TestMatch(t *testing.T) {
	fw, db := Pod{Namespace: "apps", Name: "fw-0", UID: "u-1"}, Pod{Namespace: "apps", Name: "db-0"}
	veth := func(name string, peer int) link.Scanned {
		return link.Scanned{Namespace: link.HostNamespace, Name: name, Kind: "veth", Peer: peer}
	}
	eth0 := func(namespace int, mac string) link.Scanned {
		return link.Scanned{Namespace: namespace, Name: "eth0", MAC: mac, Kind: "veth", Peer: link.HostNamespace}
	}
	inside := func(p Pod, mac string) Result {
		return Result{Pod: p, Inside: []Interface{{Name: "eth0", MAC: mac}}}
	}
	const mac = "0a:00:00:00:00:01"
	cases := map[string]struct {
		reason  string
		links   []link.Scanned
		results []Result
		want    map[int]Pod
	}{
		"HostInterface": {
			reason:  "The other end of the pod's interface on the host is in its namespace. No MAC address is needed: the VPC CNI reports none.",
			links:   []link.Scanned{veth("eni5d1", 3), veth("eni77", 4)},
			results: []Result{{Pod: fw, Host: []string{"eni5d1"}}, {Pod: db, Host: []string{"eni77"}}},
			want:    map[int]Pod{3: fw, 4: db},
		},
		"MAC": {
			reason: "Without an interface on the host, name and MAC address in the pod decide. Plugins write the address in any case.",
			links:  []link.Scanned{eth0(3, mac)}, results: []Result{inside(fw, strings.ToUpper(mac))},
			want: map[int]Pod{3: fw},
		},
		"Claimed": {
			reason:  "A pod that sets the MAC address of another pod is not taken for it.",
			links:   []link.Scanned{eth0(3, mac), eth0(4, mac), veth("eni5d1", 3)},
			results: []Result{inside(fw, mac), {Pod: fw, Host: []string{"eni5d1"}}},
			want:    map[int]Pod{3: fw},
		},
		"SharedAddress": {
			reason: "An address in two namespaces, as of ipvlan links, decides nothing.",
			links:  []link.Scanned{eth0(3, mac), eth0(4, mac)}, results: []Result{inside(fw, mac)},
			want: map[int]Pod{},
		},
		"TwoPods": {
			reason:  "A namespace that two pods match has no pod: the result of an ended pod may remain.",
			links:   []link.Scanned{veth("a", 3), eth0(3, mac)},
			results: []Result{{Pod: fw, Host: []string{"a"}}, {Pod: db, Host: []string{"a"}}, inside(db, mac)},
			want:    map[int]Pod{},
		},
		"SamePodTwice": {
			reason:  "Several results of one pod match, and one has its UID.",
			links:   []link.Scanned{veth("a", 3), veth("b", 3)},
			results: []Result{{Pod: Pod{Namespace: "apps", Name: "fw-0"}, Host: []string{"a"}}, {Pod: fw, Host: []string{"b"}}},
			want:    map[int]Pod{3: fw},
		},
		"OtherEndOnHost": {
			reason: "A link whose other end is on the host is of no pod.",
			links:  []link.Scanned{veth("a", link.NoNamespace)}, results: []Result{{Pod: fw, Host: []string{"a"}}},
			want: map[int]Pod{},
		},
		"NoMAC": {
			reason: "A result without an address does not match a link without one.",
			links:  []link.Scanned{eth0(3, "")}, results: []Result{inside(fw, "")},
			want: map[int]Pod{},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, match(link.Scan{Links: tc.links}, tc.results)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
