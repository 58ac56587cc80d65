// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// networkFields returns the fields of a NodeENI's network, which TestNetworkFields changes.
func networkFields() map[string]string {
	out := map[string]string{}
	for _, f := range leaves(reflect.TypeFor[v1alpha1.NodeENISpec](), "") {
		if strings.HasPrefix(f, "network.") || strings.HasPrefix(f, "host.network.") {
			out[f] = "TestNetworkFields"
		}
	}
	out["readiness.startupTaint"] = "TestReadiness"
	for _, f := range []string{"readiness.resource.capacity", "host.readiness.resource", "host.readiness.capacity", "host.readiness.interfaces"} {
		out[f] = "TestReadinessResource"
	}
	return out
}

// A networkCase sets a field of spec.network, changes it and removes it, by merge patches. Each
// result is a part of the network's file without spaces.
type networkCase struct {
	setup              string
	set, change        string
	initial, was, then string
}

// networkCases are the cases of the fields of spec.network. The default network is of type
// macvlan, with one prefix.
func networkCases() map[string]networkCase {
	whole := func(source string) string { return `{"ipam":{"source":"` + source + `"}}` }
	return map[string]networkCase{
		"type":                       {set: `{"type":"ipvlan"}`, change: `{"type":"host-device"}`, initial: `"type":"macvlan"`, was: `"type":"ipvlan","master":"data-0"`, then: `"type":"host-device","device":"data-0"`},
		"mode":                       {set: `{"mode":"bridge"}`, change: `{"mode":"private"}`, initial: `"master":"data-0","ipam"`, was: `"mode":"bridge"`, then: `"mode":"private"`},
		"mtu":                        {set: `{"mtu":1500}`, change: `{"mtu":8900}`, initial: `"master":"data-0","ipam"`, was: `"mtu":1500`, then: `"mtu":8900`},
		"routing":                    {set: `{"routing":"Main"}`, change: `{"routing":"Source"}`, initial: `"type":"sbr"`, was: `}]]}}]}`, then: `"type":"sbr"`},
		"routes":                     {setup: `{"routing":"Main"}`, set: `{"routes":[{"destination":"10.8.0.0/16"}]}`, change: `{"routes":[{"destination":"10.9.0.0/16","gateway":"10.0.1.9"}]}`, initial: `}]]}}]}`, was: `"routes":[{"dst":"10.8.0.0/16"}]`, then: `"routes":[{"dst":"10.9.0.0/16","gw":"10.0.1.9"}]`},
		"ipam.source":                {set: whole("DHCP"), change: whole("None"), initial: `"type":"host-local"`, was: `"ipam":{"type":"dhcp"}`, then: `"ipam":{}`},
		"ipam.range":                 {set: `{"ipam":{"source":"Range","range":"192.168.0.0/16"}}`, change: `{"ipam":{"range":"172.16.0.0/16"}}`, initial: `"gateway":"10.0.1.1"`, was: `"subnet":"192.168.0.0/24"`, then: `"subnet":"172.16.0.0/24"`},
		"name":                       {set: `{"name":"other"}`, change: `{"name":"third"}`, initial: `"name":"data"`, was: `"name":"other"`, then: `"name":"third"`},
		"ipam.ipv4Prefixes.min":      {setup: `{"ipam":{"ipv4Prefixes":{"max":4}}}`, set: `{"ipam":{"ipv4Prefixes":{"min":2}}}`, change: `{"ipam":{"ipv4Prefixes":{"min":3}}}`, initial: "prefixes 1", was: "prefixes 2", then: "prefixes 3"},
		"ipam.ipv4Prefixes.minFree":  {setup: `{"ipam":{"ipv4Prefixes":{"max":4}}}`, set: `{"ipam":{"ipv4Prefixes":{"minFree":17}}}`, change: `{"ipam":{"ipv4Prefixes":{"minFree":33}}}`, initial: "prefixes 1", was: "prefixes 2", then: "prefixes 3"},
		"ipam.ipv4Prefixes.max":      {setup: `{"ipam":{"ipv4Prefixes":{"min":1,"max":1,"minFree":40}}}`, set: `{"ipam":{"ipv4Prefixes":{"max":2}}}`, change: `{"ipam":{"ipv4Prefixes":{"max":3}}}`, initial: "prefixes 1", was: "prefixes 2", then: "prefixes 3"},
		"ipam.ipv4Prefixes.coolDown": {setup: `{"ipam":{"ipv4Prefixes":{"max":4}}}`, set: `{"ipam":{"ipv4Prefixes":{"coolDown":"10m"}}}`, change: `{"ipam":{"ipv4Prefixes":{"coolDown":"1h"}}}`, initial: "coolDown <nil>", was: "coolDown 10m0s", then: "coolDown 1h0m0s"},
	}
}

// TestNetworkFields sets, changes and removes each field of a NodeENI's network, and reads the
// file that a real agent writes. The removal of a prefix waits for the cool-down and the guard,
// which are short.
func TestNetworkFields(t *testing.T) {
	e, hosts := newHostEnv(t, options{discard: true, long: true}) // the CRD of Multus is added
	if err := e.kube.Create(t.Context(), testbed.MultusCRD()); err != nil {
		t.Fatal(err)
	}
	n := e.node("node-a")
	ns, err := hosts.Add(t.Context(), n.Name, instanceID(n))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	h, err := host.Open(host.Options{NetNS: ns, StateDir: t.TempDir(), MultusDir: dir, CNIDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e.runAgent(testbed.AgentServiceAccount, agent.Options{NodeName: n.Name, Host: h, Policy: desired.Policy{Kinds: []string{"device", "veth"}}, PrefixGuard: time.Second})
	e.apply(head("data") + "  subnetIDs: [" + dataSubnet + "]\n  network: {type: macvlan, namespaces: [default]}\n")
	e.eventually(40*time.Second, e.ready("data", 1))

	cases := networkCases()
	for f := range networkFields() {
		if name, ok := strings.CutPrefix(f, "network."); ok {
			if _, row := cases[name]; !row && !slices.Contains([]string{"namespaces", "namespaceSelector.matchLabels", "namespaceSelector.matchExpressions", "ipam.nodePrefixLength"}, name) {
				t.Errorf("field %s has no case", f)
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(cases)) {
		c := cases[name]
		t.Log(name)
		has := func(want string) {
			t.Helper()
			e.eventually(20*time.Second, func() error { return e.networkHas(dir, want) })
			e.eventually(20*time.Second, e.ready("data", 1))
		}
		e.network("data", "") // also removes the field of the previous case
		if c.setup != "" {
			e.network("data", c.setup)
		}
		has(c.initial)
		e.network("data", c.set)
		has(c.was)
		e.network("data", c.change)
		has(c.then)
	}
	e.network("data", "")
	e.eventually(30*time.Second, func() error { return e.networkHas(dir, "prefixes 1") })
	e.testNamespaces(dir)

	n2 := e.nodeENI("data")
	b := n2.DeepCopy()
	n2.Spec.Host = &v1alpha1.HostConfig{Network: &v1alpha1.HostNetwork{Name: "data"}}
	if err := e.kube.Patch(t.Context(), n2, client.MergeFrom(b)); err == nil || !strings.Contains(err.Error(), "set network instead") {
		t.Errorf("host.network of a NodeENI is rejected: %v", err)
	}
}

// testNamespaces changes the fields that select namespaces, and the length of a node's part of
// a range.
func (e *env) testNamespaces(dir string) {
	e.t.Helper()
	for _, name := range []string{"one", "two"} {
		o := &corev1.Namespace{}
		o.Name, o.Labels = name, map[string]string{"team": name}
		if err := e.kube.Create(e.t.Context(), o); err != nil {
			e.t.Fatal(err)
		}
	}
	for _, c := range []struct {
		patch string
		want  []string
	}{
		{`{"namespaces":["one"]}`, []string{"one/data"}},
		{`{"namespaces":["one","two"]}`, []string{"one/data", "two/data"}},
		{`{"namespaces":null,"namespaceSelector":{"matchLabels":{"team":"two"}}}`, []string{"two/data"}},
		{`{"namespaceSelector":{"matchLabels":null,"matchExpressions":[{"key":"team","operator":"In","values":["one"]}]}}`, []string{"one/data"}},
		{`{"namespaces":["default"],"namespaceSelector":null}`, []string{"default/data"}},
	} {
		e.network("data", c.patch)
		e.eventually(15*time.Second, e.definitions(c.want...))
	}
	e.network("data", `{"ipam":{"source":"Range","range":"192.168.0.0/16","nodePrefixLength":26}}`)
	e.eventually(15*time.Second, func() error { return e.networkHas(dir, `"subnet":"192.168.0.0/26"`) })
}

// network applies a merge patch to spec.network of a NodeENI. Without a patch, it restores the
// default network.
func (e *env) network(name, patch string) {
	e.t.Helper()
	if patch == "" {
		patch = `{"name":null,"mode":null,"mtu":null,"routing":null,"routes":null,"type":"macvlan","ipam":null}`
	}
	o := e.nodeENI(name)
	if err := e.kube.Patch(e.t.Context(), o, client.RawPatch(types.MergePatchType, []byte(`{"spec":{"network":`+patch+`}}`))); err != nil {
		e.t.Fatalf("%s: %v", patch, err)
	}
}

// networkHas returns an error unless the only file has a text, or the only HostInterface a
// number of prefixes or a cool-down.
func (e *env) networkHas(dir, want string) error {
	his := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(e.t.Context(), his); err != nil || len(his.Items) != 1 {
		return fmt.Errorf("%d HostInterfaces: %w", len(his.Items), err)
	}
	h := &his.Items[0]
	if number, ok := strings.CutPrefix(want, "prefixes "); ok {
		if got := fmt.Sprint(len(h.Spec.IPv4Prefixes)); got != number {
			return fmt.Errorf("the ENI has the prefixes %v, want %s", h.Spec.IPv4Prefixes, number)
		}
		return nil
	}
	if coolDown, ok := strings.CutPrefix(want, "coolDown "); ok {
		got := "<nil>"
		if p := h.Spec.Config.Network.IPAM.IPv4Prefixes; p != nil && p.CoolDown != nil {
			got = p.CoolDown.Duration.String()
		}
		if got != coolDown {
			return fmt.Errorf("the cool-down is %s, want %s", got, coolDown)
		}
		return nil
	}
	files, err := onlyFile(dir)
	if err != nil {
		return err
	}
	var content any
	if err := json.Unmarshal(files, &content); err != nil {
		return err
	}
	if text := strings.Join(strings.Fields(string(files)), ""); !strings.Contains(text, want) {
		return fmt.Errorf("the file is %s, want %s", text, want)
	}
	return nil
}

// onlyFile returns the content of the only file of a directory.
func onlyFile(dir string) ([]byte, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		return nil, fmt.Errorf("the directory has %q: %w", files, err)
	}
	return os.ReadFile(files[0])
}
