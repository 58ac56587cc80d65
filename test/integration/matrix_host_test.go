// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"cmp"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestHostFields sets, changes and removes each field of a NodeENI that has an effect on
// the host, and reads the link from the network namespace of a node with a real agent. It
// uses the patches of TestNodeENIFields.
func TestHostFields(t *testing.T) {
	e, hosts := newHostEnv(t, options{long: !testing.Short()})
	cases := hostFieldCases()
	elsewhere := maps.Clone(hostFieldsElsewhere())
	for _, f := range fieldsWithoutHostEffect() {
		elsewhere[f] = "no effect on the host"
	}
	checkComplete(t, leaves(reflect.TypeFor[v1alpha1.NodeENISpec](), ""), cases, elsewhere)
	checkProjected(t, cases, elsewhere)
	maps.Copy(cases, onRoutedLink(cases))
	runMatrix(t, e, cases, func(e *env, name string, c fieldCase) subject {
		s := &hostSubject{nodeENISubject: newNodeENISubject(e, name, c)}
		s.ns, _ = e.addHost(hosts, s.node)
		return s
	})
	if err := hosts.Err(); err != nil {
		t.Error(err)
	}
}

// onRoutedLink returns cases for a link with addresses, routes and rules of both families,
// which must be kept: the agent sets a link down to rename it, and the kernel removes its
// routes.
func onRoutedLink(cases map[string]fieldCase) map[string]fieldCase {
	out := map[string]fieldCase{}
	for _, f := range []string{"mtu", "host.mtu", "host.altNames", "host.interfaceName"} {
		c := cases[f]
		c.setup = `{"host":{"addressing":"PolicyRouted"},"addresses":{"ipv6AddressCount":1}}`
		out[f+" of a routed link"] = c
	}
	return out
}

// checkProjected fails for each field of a HostInterface without a case.
func checkProjected(t *testing.T, cases map[string]fieldCase, elsewhere map[string]string) {
	t.Helper()
	// The field of a NodeENI that changes each field of a HostInterface.
	projected := map[string]string{
		"deviceIndex":      "deviceIndex",
		"networkCardIndex": "networkCardIndex",
		"privateIps":       "addresses.secondaryPrivateIpCount",
		"ipv4Prefixes":     "addresses.ipv4PrefixCount",
		"ipv6Addresses":    "addresses.ipv6AddressCount",
		"ipv6Prefixes":     "addresses.ipv6PrefixCount",
		"subnetCidr":       "host.addressing", // the route to the subnet
		"subnetIpv6Cidrs":  "addresses.ipv6AddressCount",
	}
	// Every HostInterface has these fields, and each case finds the link by them.
	always := []string{"nodeName", "attachmentRef.namespace", "attachmentRef.name", "attachmentRef.uid", "instanceId", "networkInterfaceId", "macAddress"}
	// No field of a NodeENI changes these: TestMigrate, test/kernel TestVFIO and TestTakeOver of
	// the agent test them.
	migration := []string{"takeOver.bootID", "takeOver.pciAddress", "leave"}
	for _, f := range leaves(reflect.TypeFor[v1alpha1.HostInterfaceSpec](), "") {
		by, ok := projected[f]
		if config, isConfig := strings.CutPrefix(f, "config."); isConfig {
			by, ok = "host."+config, true
		}
		_, row := cases[by]
		_, other := elsewhere[by]
		if !slices.Contains(always, f) && !slices.Contains(migration, f) && (!ok || !row && !other) {
			t.Errorf("\nEach field of a HostInterface has a case for its effect on the host.\nfield %s has none", f)
		}
	}
}

// A hostSubject is a NodeENI with one node and a real agent.
type hostSubject struct {
	*nodeENISubject

	ns string
}

// view returns the link of the ENI on the host.
func (s *hostSubject) view() map[string]string {
	s.e.t.Helper()
	n, ok := s.e.EC2.NetworkInterface(s.eni())
	if !ok {
		return nil
	}
	out, err := viewLink(s.ns, s.name, n)
	if err != nil {
		// The link may change between reads.
		return map[string]string{"error": err.Error()}
	}
	return out
}

// fieldsWithoutHostEffect returns the fields without an effect on the host.
func fieldsWithoutHostEffect() []string {
	return []string{
		"nodeSelector", "nodeSelectorTerms", "rollout.maxUnavailable", "rollout.taintEffect", "elasticIP.allocationIds", "elasticIP.tags",
		"retain.identity", "retain.maxRetained", "retain.reclaimPolicy",
		"providerConfigRef.kind", "providerConfigRef.name", "managementPolicies", "detachPolicy.mode", "detachPolicy.after",
		"securityGroupIDs", "securityGroupNames", "securityGroupSelector.tags",
		"description", "tags", "deleteOnTermination", "sourceDestCheck",
		"enaQueueCount", "enaSrdSpecification.enaSrdEnabled", "enaSrdSpecification.enaSrdUdpSpecification.enaSrdUdpEnabled",
	}
}

// hostFieldsElsewhere returns the fields whose effect on the host is tested by another
// test.
func hostFieldsElsewhere() map[string]string {
	out := map[string]string{
		"addresses.enablePrimaryIpv6": "TestNodeENIFields", // no further address
		"count":                       "TestCount",         // the number of links
		"releasePolicy.mode":          "TestWaitForPods",
		"releasePolicy.timeout":       "TestWaitForPods",
		"host.releasePolicy.mode":     "TestWaitForPods",
		"host.releasePolicy.timeout":  "TestWaitForPods",
	}
	// They determine the number of links, not their configuration.
	for _, f := range []string{"subnetID", "subnetIDs", "subnetName", "subnetNames", "subnetSelector.tags", "subnetPolicy"} {
		out[f] = "TestHosts"
	}
	maps.Copy(out, networkFields())
	for f := range deviceFieldCases() {
		out[f] = "TestDeviceFields"
	}
	return out
}

// Setups and states of a link with addresses.
const (
	policyRouted = `{"host":{"addressing":"PolicyRouted"}}`

	routesIPv4    = "10.0.1.0/24, default 10.0.1.1"
	routesIPv6    = "2600:1f13:abc:1001::/64, default fe80:ec2::1"
	routedSysctls = "2 1 2 0"
)

// hostFieldCases returns cases of TestNodeENIFields with the expected state of the host.
func hostFieldCases() map[string]fieldCase {
	all := nodeENICases()
	cases := map[string]fieldCase{}
	add := func(field, setup string, set, change, removal map[string]string) {
		c := all[field]
		c.setup = cmp.Or(setup, c.setup)
		c.set.has, c.change.has, c.removal.has = set, change, removal
		cases[field] = c
	}
	mtu := func(v string) map[string]string { return map[string]string{"mtu": v} }
	add("mtu", "", mtu("9001"), nil, nil)
	add("host.mtu", "", mtu("9001"), mtu("1400"), nil)

	names := func(v string) map[string]string { return map[string]string{"names": v} }
	add("host.altNames", "", names("ENI NodeENI-0 data0"), names("ENI NodeENI-0 data1"), nil)
	link := func(v string) map[string]string { return map[string]string{"link": v} }
	// The link keeps its name until the ENI is attached again.
	add("host.interfaceName", "", link("data0"), link("data1"), link("data1"))

	for field, more := range map[string][2][]string{
		"addresses.secondaryPrivateIpCount": {{"IPv4.1", "IPv4.2"}, {"IPv4.1"}},
		"addresses.ipv4PrefixCount":         {{"prefix4.0", "prefix4.1"}, {"prefix4.0"}},
		"addresses.ipv6AddressCount":        {{"IPv6.0", "IPv6.1"}, {"IPv6.0"}},
		"addresses.ipv6PrefixCount":         {{"prefix6.0", "prefix6.1"}, {"prefix6.0"}},
	} {
		add(field, policyRouted, routedAt(20001, append([]string{"IPv4.0"}, more[0]...)...), routedAt(20001, append([]string{"IPv4.0"}, more[1]...)...), nil)
	}
	// Network card and device index determine the routing table. A change applies to ENIs that are attached later.
	add("deviceIndex", policyRouted, routedAt(20002, "IPv4.0"), nil, nil)
	add("networkCardIndex", policyRouted, routedAt(20101, "IPv4.0"), nil, nil)
	add("host.addressing", "", map[string]string{"addresses": "IPv4.0", "sysctls": routedSysctls}, routedAt(20001, "IPv4.0"), nil)
	return cases
}

// routedAt returns the state of a link with policy routing, for addresses and prefixes.
func routedAt(table int, sources ...string) map[string]string {
	var rules, addresses []string
	for _, s := range sources {
		rules = append(rules, fmt.Sprintf("%s>%d@%d", s, table, table))
		if !strings.HasPrefix(s, "prefix") {
			addresses = append(addresses, s)
		}
	}
	slices.Sort(rules)
	routes := strings.Split(routesIPv4, ", ")
	if slices.ContainsFunc(sources, func(s string) bool { return strings.Contains(s, "6.") }) {
		routes = append(routes, strings.Split(routesIPv6, ", ")...)
	}
	slices.Sort(routes)
	return map[string]string{"addresses": strings.Join(addresses, " "), "rules": strings.Join(rules, " "), "routes": strings.Join(routes, ", "), "sysctls": routedSysctls}
}
