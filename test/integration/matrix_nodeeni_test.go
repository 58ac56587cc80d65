// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestNodeENIFields sets, changes and removes each field of a NodeENI with a fake agent.
// TestHostFields and TestDeviceFields use real agents.
func TestNodeENIFields(t *testing.T) {
	e := newEnv(t, options{long: true})
	e.elasticIPs("eipalloc-one", "eipalloc-two", "eipalloc-three", "eipalloc-four")
	e.tag("eipalloc-three", "pool", "a")
	e.tag("eipalloc-four", "pool", "b")
	cases := nodeENICases()
	elsewhere := map[string]string{
		"nodeSelector":           "TestNodeLifecycle",
		"nodeSelectorTerms":      "TestManagedResources", // as nodeSelector, with expressions
		"providerConfigRef.kind": "TestTenants",
		"providerConfigRef.name": "TestTenants",
		"count":                  "TestCount",
		"retain.identity":        "TestRetain", // has one value
		"retain.maxRetained":     "TestRetainPool",
		"retain.reclaimPolicy":   "TestRetainPool",
		"rollout.maxUnavailable": "TestSelectorEdit",
		"rollout.taintEffect":    "TestReleasingTaint",
	}
	maps.Copy(elsewhere, networkFields())
	checkComplete(t, leaves(reflect.TypeFor[v1alpha1.NodeENISpec](), ""), cases, elsewhere)
	runMatrix(t, e, cases, func(e *env, name string, c fieldCase) subject { return newNodeENISubject(e, name, c) })
}

// A nodeENISubject is a NodeENI with one node.
type nodeENISubject struct {
	e    *env
	name string
	node *corev1.Node
}

func newNodeENISubject(e *env, name string, c fieldCase) *nodeENISubject {
	e.t.Helper()
	n, err := e.AddNode(e.t.Context(), name, testbed.SubnetNodesA, c.instanceType, map[string]string{"field": name})
	if err != nil {
		e.t.Fatal(err)
	}
	return &nodeENISubject{e: e, name: name, node: n}
}

func (s *nodeENISubject) create(patch string) {
	s.e.t.Helper()
	spec := merge(s.e.t, fmt.Sprintf(`{"nodeSelector":{"field":%q},"subnetID":%q}`, s.name, dataSubnet), patch)
	s.e.apply(fmt.Sprintf("apiVersion: networking.k8s.aws/v1alpha1\nkind: NodeENI\nmetadata: {name: %s}\nspec: %s\n", s.name, spec))
}

func (s *nodeENISubject) object() client.Object {
	return &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: s.name}}
}

func (s *nodeENISubject) settled() error {
	n := s.e.nodeENI(s.name)
	for _, c := range []xpv2.ConditionType{xpv2.TypeReady, xpv2.TypeSynced} {
		if got := n.GetCondition(c); got.Status != corev1.ConditionTrue || got.ObservedGeneration != n.Generation {
			return fmt.Errorf("%s is %s of generation %d, want True of %d: %s", c, got.Status, got.ObservedGeneration, n.Generation, got.Message)
		}
	}
	if n.Status.Ready != n.Status.Desired {
		return fmt.Errorf("%d of %d are ready", n.Status.Ready, n.Status.Desired)
	}
	return nil
}

func (s *nodeENISubject) eni() string {
	for _, a := range s.e.nodeENI(s.name).Status.Attachments {
		if a.SubnetID == dataSubnet {
			return a.ENIID
		}
	}
	return ""
}

func (s *nodeENISubject) view() map[string]string {
	s.e.t.Helper()
	out := map[string]string{}
	n := s.e.nodeENI(s.name)
	var in []string
	for _, a := range n.Status.Attachments {
		in = append(in, a.SubnetID)
	}
	slices.Sort(in)
	out["ENIs"] = strings.Join(in, " ")
	s.e.viewENI(s.eni(), out)
	his := &v1alpha1.HostInterfaceList{}
	if err := s.e.kube.List(s.e.t.Context(), his); err != nil {
		s.e.t.Fatal(err)
	}
	for i := range his.Items {
		hi := &his.Items[i]
		if hi.Spec.NetworkInterfaceID == s.eni() {
			flatten("host", toMap(s.e.t, hi.Spec.Config), out)
			// The NodeENI's own alternative names are first.
			out["host.altNames"] = fmt.Sprint(hi.Spec.Config.AltNames[len(eni.AltNames(s.name, 0)):])
			out["host IPv4"] = fmt.Sprint(len(hi.Spec.PrivateIPs))
			out["host IPv6"] = fmt.Sprint(len(hi.Spec.IPv6Addresses))
			out["host prefixes"] = fmt.Sprint(len(hi.Spec.IPv4Prefixes), "+", len(hi.Spec.IPv6Prefixes))
		}
	}
	for _, a := range s.e.attachments() {
		if a.Status.AtProvider.NetworkInterfaceID == s.eni() {
			flatten("detachPolicy", toMap(s.e.t, a.Spec.ForProvider.DetachPolicy), out)
			out["managementPolicies"] = fmt.Sprint(a.GetManagementPolicies())
		}
	}
	return out
}

const (
	dataSubnet   = "subnet-0f59b4f14737be9ad"
	secondSubnet = "subnet-abcdef1234567890"
	thirdSubnet  = "subnet-0a000000000000001"
)

// modify returns the calls for a number of changed attributes.
func modify(n int) []string { return []string{fmt.Sprintf("ModifyNetworkInterfaceAttribute %d", n)} }

// nodeENICases returns the cases of the fields of a NodeENI.
func nodeENICases() map[string]fieldCase {
	cases := map[string]fieldCase{}
	for _, group := range []map[string]fieldCase{subnetCases(), settingCases(), elasticIPCases(), addressCases(), hostCases(), policyCases()} {
		maps.Copy(cases, group)
	}
	return cases
}

func subnetCases() map[string]fieldCase {
	two := map[string]string{"ENIs": dataSubnet + " " + secondSubnet}
	third := map[string]string{"ENIs": thirdSubnet + " " + dataSubnet}
	return map[string]fieldCase{
		"subnetID": {
			setup:   `{"subnetIDs":["` + dataSubnet + `"],"subnetID":null}`,
			set:     fieldStep{patch: `{"subnetID":"` + secondSubnet + `"}`, has: map[string]string{"ENIs": dataSubnet + " " + secondSubnet}},
			change:  fieldStep{patch: `{"subnetID":"` + thirdSubnet + `"}`, has: map[string]string{"ENIs": thirdSubnet + " " + dataSubnet}},
			removal: fieldStep{},
		},
		"subnetIDs":   {set: fieldStep{patch: `{"subnetIDs":["` + secondSubnet + `"]}`, has: two}, change: fieldStep{patch: `{"subnetIDs":["` + thirdSubnet + `"]}`, has: third}},
		"subnetName":  {set: fieldStep{patch: `{"subnetName":"data-a-2"}`, has: two}, change: fieldStep{patch: `{"subnetName":"my-subnet-name"}`, has: third}},
		"subnetNames": {set: fieldStep{patch: `{"subnetNames":["data-a-2"]}`, has: two}, change: fieldStep{patch: `{"subnetNames":["my-subnet-name"]}`, has: third}},
		"subnetSelector.tags": {
			set: fieldStep{patch: `{"subnetSelector":{"tags":{"Name":"data-a-2"}}}`, has: two}, change: fieldStep{patch: `{"subnetSelector":{"tags":{"Name":"my-subnet-name"}}}`, has: third},
		},
		"subnetPolicy": {
			setup: `{"subnetIDs":["` + secondSubnet + `"]}`,
			// The current subnet is kept.
			set:     fieldStep{patch: `{"subnetPolicy":"OnePerZone"}`, has: map[string]string{"ENIs": dataSubnet}},
			change:  fieldStep{patch: `{"subnetPolicy":"All"}`},
			removal: fieldStep{patch: `{"subnetPolicy":null}`},
		},
	}
}

// elasticIPCases returns the cases of a pool of Elastic IPs.
func elasticIPCases() map[string]fieldCase {
	has := func(id string) map[string]string { return map[string]string{"Elastic IP": id} }
	pool := func(first, second, one, two string) fieldCase {
		return fieldCase{
			set:     fieldStep{patch: `{"elasticIP":{` + first + `}}`, has: has(one), calls: []string{"AssociateAddress 1"}},
			change:  fieldStep{patch: `{"elasticIP":{` + second + `}}`, has: has(two), calls: []string{"AssociateAddress 1", "DisassociateAddress 1"}},
			removal: fieldStep{patch: `{"elasticIP":null}`, calls: []string{"DisassociateAddress 1"}},
		}
	}
	return map[string]fieldCase{
		"elasticIP.allocationIds": pool(`"allocationIds":["eipalloc-one"]`, `"allocationIds":["eipalloc-two"]`, "eipalloc-one", "eipalloc-two"),
		"elasticIP.tags":          pool(`"tags":{"pool":"a"}`, `"tags":{"pool":"b"}`, "eipalloc-three", "eipalloc-four"),
	}
}

func settingCases() map[string]fieldCase {
	const byDefault = "[" + testbed.Group + "]"
	groups := func(ids string) map[string]string { return map[string]string{"groups": ids} }
	return map[string]fieldCase{
		"securityGroupIDs": {
			set:     fieldStep{patch: `{"securityGroupIDs":["sg-tenant-a"]}`, has: groups("[sg-tenant-a]"), calls: modify(1)},
			change:  fieldStep{patch: `{"securityGroupIDs":["sg-tenant-a","sg-tenant-b"]}`, has: groups("[sg-tenant-a sg-tenant-b]"), calls: modify(1)},
			removal: fieldStep{calls: modify(1)},
		},
		"securityGroupNames": {
			set:     fieldStep{patch: `{"securityGroupNames":["tenant-a"]}`, has: groups("[sg-tenant-a]"), calls: modify(1)},
			change:  fieldStep{patch: `{"securityGroupNames":["tenant-b"]}`, has: groups("[sg-tenant-b]"), calls: modify(1)},
			removal: fieldStep{calls: modify(1)},
		},
		"securityGroupSelector.tags": {
			setup:   `{"securityGroupIDs":["` + testbed.Group + `"]}`,
			set:     fieldStep{patch: `{"securityGroupSelector":{"tags":{"role":"firewall"}}}`, has: groups("[" + testbed.Group + " sg-0a000000000000002]"), calls: modify(1)},
			change:  fieldStep{patch: `{"securityGroupSelector":{"tags":{"role":""}}}`, kept: true},
			removal: fieldStep{has: groups(byDefault), calls: modify(1)},
		},
		"deviceIndex": {
			set:     fieldStep{patch: `{"deviceIndex":2}`, has: map[string]string{"place": "0/2"}},
			change:  fieldStep{patch: `{"deviceIndex":3}`, kept: true}, // of ENIs attached later
			removal: fieldStep{kept: true},
			created: true,
		},
		"networkCardIndex": {
			instanceType: "p4d.24xlarge",
			set:          fieldStep{patch: `{"networkCardIndex":1}`, has: map[string]string{"place": "1/1"}},
			change:       fieldStep{patch: `{"networkCardIndex":2}`, kept: true},
			removal:      fieldStep{kept: true},
			created:      true,
		},
		"deleteOnTermination": {
			set:     fieldStep{patch: `{"deleteOnTermination":false}`, has: map[string]string{"deleteOnTermination": "false"}, calls: modify(1)},
			change:  fieldStep{patch: `{"deleteOnTermination":true}`, calls: modify(1)},
			removal: fieldStep{},
		},
		"description": {
			set:     fieldStep{patch: `{"description":"mine"}`, has: map[string]string{"description": "mine"}, calls: modify(1)},
			change:  fieldStep{patch: `{"description":"yours"}`, has: map[string]string{"description": "yours"}, calls: modify(1)},
			removal: fieldStep{calls: modify(1)},
		},
		"tags": {
			set:     fieldStep{patch: `{"tags":{"my-team":"red","my-cost":"1"}}`, has: map[string]string{"tags": "map[my-cost:1 my-team:red]"}, calls: []string{"CreateTags 1"}},
			change:  fieldStep{patch: `{"tags":{"my-team":"blue","my-cost":null}}`, has: map[string]string{"tags": "map[my-team:blue]"}, calls: []string{"CreateTags 1", "DeleteTags 1"}},
			removal: fieldStep{calls: []string{"DeleteTags 1"}},
		},
		"sourceDestCheck": {
			set:     fieldStep{patch: `{"sourceDestCheck":false}`, has: map[string]string{"sourceDestCheck": "false"}, calls: modify(1)},
			change:  fieldStep{patch: `{"sourceDestCheck":true}`, calls: modify(1)},
			removal: fieldStep{},
		},
		"enaQueueCount": {
			instanceType: "c6in.32xlarge",
			set:          fieldStep{patch: `{"enaQueueCount":4}`, has: map[string]string{"queues": "4"}},
			change:       fieldStep{patch: `{"enaQueueCount":2}`, kept: true}, // of ENIs attached later
			removal:      fieldStep{kept: true},
			created:      true,
		},
		"enaSrdSpecification.enaSrdEnabled": {
			instanceType: "c6in.32xlarge",
			set:          fieldStep{patch: `{"enaSrdSpecification":{"enaSrdEnabled":true}}`, has: map[string]string{"ENA Express": "true UDP false"}, calls: modify(1)},
			change:       fieldStep{patch: `{"enaSrdSpecification":{"enaSrdEnabled":false}}`, calls: modify(1)},
			removal:      fieldStep{},
		},
		"enaSrdSpecification.enaSrdUdpSpecification.enaSrdUdpEnabled": {
			instanceType: "c6in.32xlarge",
			set:          fieldStep{patch: `{"enaSrdSpecification":{"enaSrdEnabled":true,"enaSrdUdpSpecification":{"enaSrdUdpEnabled":true}}}`, has: map[string]string{"ENA Express": "true UDP true"}, calls: modify(1)},
			change:       fieldStep{patch: `{"enaSrdSpecification":{"enaSrdUdpSpecification":{"enaSrdUdpEnabled":false}}}`, has: map[string]string{"ENA Express": "true UDP false"}, calls: modify(1)},
			removal:      fieldStep{calls: modify(1)},
		},
	}
}

func addressCases() map[string]fieldCase {
	assign, unassign := "AssignPrivateIpAddresses 1", "UnassignPrivateIpAddresses 1"
	assign6, unassign6 := "AssignIpv6Addresses 1", "UnassignIpv6Addresses 1"
	has := func(kvs ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i+1 < len(kvs); i += 2 {
			out[kvs[i]] = kvs[i+1]
		}
		return out
	}
	return map[string]fieldCase{
		"addresses.secondaryPrivateIpCount": {
			set:     fieldStep{patch: `{"addresses":{"secondaryPrivateIpCount":2}}`, has: has("IPv4", "3", "host IPv4", "3"), calls: []string{assign}},
			change:  fieldStep{patch: `{"addresses":{"secondaryPrivateIpCount":1}}`, has: has("IPv4", "2", "host IPv4", "2"), calls: []string{unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"addresses.ipv4PrefixCount": {
			set:     fieldStep{patch: `{"addresses":{"ipv4PrefixCount":2}}`, has: has("IPv4 prefixes", "2", "host prefixes", "2+0"), calls: []string{assign}},
			change:  fieldStep{patch: `{"addresses":{"ipv4PrefixCount":1}}`, has: has("IPv4 prefixes", "1", "host prefixes", "1+0"), calls: []string{unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"addresses.ipv6AddressCount": {
			set:     fieldStep{patch: `{"addresses":{"ipv6AddressCount":2}}`, has: has("IPv6", "2", "host IPv6", "2"), calls: []string{assign6}},
			change:  fieldStep{patch: `{"addresses":{"ipv6AddressCount":1}}`, has: has("IPv6", "1", "host IPv6", "1"), calls: []string{unassign6}},
			removal: fieldStep{calls: []string{unassign6}},
		},
		"addresses.ipv6PrefixCount": {
			set:     fieldStep{patch: `{"addresses":{"ipv6PrefixCount":2}}`, has: has("IPv6 prefixes", "2", "host prefixes", "0+2"), calls: []string{assign6}},
			change:  fieldStep{patch: `{"addresses":{"ipv6PrefixCount":1}}`, has: has("IPv6 prefixes", "1", "host prefixes", "0+1"), calls: []string{unassign6}},
			removal: fieldStep{calls: []string{unassign6}},
		},
		"addresses.enablePrimaryIpv6": {
			setup:   `{"addresses":{"ipv6AddressCount":1}}`,
			set:     fieldStep{patch: `{"addresses":{"enablePrimaryIpv6":true}}`, calls: modify(1)},
			change:  fieldStep{patch: `{"addresses":{"enablePrimaryIpv6":false}}`, rejected: "cannot be disabled"},
			removal: fieldStep{rejected: "cannot be disabled"},
		},
	}
}

func hostCases() map[string]fieldCase {
	host := func(kvs ...string) map[string]string {
		out := map[string]string{}
		for i := 0; i+1 < len(kvs); i += 2 {
			out["host."+kvs[i]] = kvs[i+1]
		}
		return out
	}
	dpdk := func(driver string) map[string]string { return host("driver", "dpdk", "dpdk.driver", driver) }
	return map[string]fieldCase{
		"mtu": {
			set:     fieldStep{patch: `{"mtu":9001}`, has: host("mtu", "9001")},
			change:  fieldStep{patch: `{"mtu":0}`},
			removal: fieldStep{},
		},
		"host.mtu": {
			set:    fieldStep{patch: `{"host":{"mtu":9001}}`, has: host("mtu", "9001")},
			change: fieldStep{patch: `{"host":{"mtu":1400}}`, has: host("mtu", "1400")},
		},
		"enableDPDK":  {set: fieldStep{patch: `{"enableDPDK":true}`, has: dpdk("vfio-pci")}, change: fieldStep{patch: `{"enableDPDK":false}`}},
		"dpdkEnabled": {set: fieldStep{patch: `{"dpdkEnabled":true}`, has: dpdk("vfio-pci")}, change: fieldStep{patch: `{"dpdkEnabled":false}`}},
		"dpdkDriver": {
			set:    fieldStep{patch: `{"enableDPDK":true,"dpdkDriver":"igb_uio"}`, has: dpdk("igb_uio")},
			change: fieldStep{patch: `{"dpdkDriver":"uio_pci_generic"}`, has: dpdk("uio_pci_generic")},
		},
		"dpdkResourceName": {
			set:    fieldStep{patch: `{"dpdkResourceName":"intel.com/one"}`, has: host("resourceName", "intel.com/one")},
			change: fieldStep{patch: `{"dpdkResourceName":"intel.com/two"}`, has: host("resourceName", "intel.com/two")},
		},
		"host.resourceName": {
			set:    fieldStep{patch: `{"host":{"resourceName":"intel.com/one"}}`, has: host("resourceName", "intel.com/one")},
			change: fieldStep{patch: `{"host":{"resourceName":"intel.com/two"}}`, has: host("resourceName", "intel.com/two")},
		},
		"dpdkPCIAddress": {
			set:    fieldStep{patch: `{"dpdkPCIAddress":"0000:00:06.0"}`, has: host("pciAddress", "0000:00:06.0")},
			change: fieldStep{patch: `{"dpdkPCIAddress":"0000:00:07.0"}`, has: host("pciAddress", "0000:00:07.0")},
		},
		"host.pciAddress": {
			set:    fieldStep{patch: `{"host":{"pciAddress":"0000:00:06.0"}}`, has: host("pciAddress", "0000:00:06.0")},
			change: fieldStep{patch: `{"host":{"pciAddress":"0000:00:07.0"}}`, has: host("pciAddress", "0000:00:07.0")},
		},
		"host.driver": {
			set:    fieldStep{patch: `{"host":{"driver":"dpdk"}}`, has: dpdk("vfio-pci")},
			change: fieldStep{patch: `{"host":{"driver":"kernel"}}`},
		},
		"host.dpdk.driver": {
			set:     fieldStep{patch: `{"host":{"driver":"dpdk","dpdk":{"driver":"igb_uio"}}}`, has: dpdk("igb_uio")},
			change:  fieldStep{patch: `{"host":{"dpdk":{"driver":"uio_pci_generic"}}}`, has: dpdk("uio_pci_generic")},
			removal: fieldStep{patch: `{"host":null}`},
		},
		"host.dpdk.allowNoIOMMU": {
			set:     fieldStep{patch: `{"host":{"driver":"dpdk","dpdk":{"allowNoIOMMU":true}}}`, has: host("driver", "dpdk", "dpdk.driver", "vfio-pci", "dpdk.allowNoIOMMU", "true")},
			change:  fieldStep{patch: `{"host":{"dpdk":{"allowNoIOMMU":false}}}`, has: dpdk("vfio-pci")},
			removal: fieldStep{patch: `{"host":null}`},
		},
		"host.dpdk.pciAddress": {
			set:     fieldStep{patch: `{"host":{"driver":"dpdk","dpdk":{"pciAddress":"0000:00:06.0"}}}`, has: host("driver", "dpdk", "dpdk.driver", "vfio-pci", "dpdk.pciAddress", "0000:00:06.0")},
			change:  fieldStep{patch: `{"host":{"dpdk":{"pciAddress":"0000:00:07.0"}}}`, has: host("driver", "dpdk", "dpdk.driver", "vfio-pci", "dpdk.pciAddress", "0000:00:07.0")},
			removal: fieldStep{patch: `{"host":null}`},
		},
		"host.interfaceName": {
			set:    fieldStep{patch: `{"host":{"interfaceName":"data0"}}`, has: host("interfaceName", "data0")},
			change: fieldStep{patch: `{"host":{"interfaceName":"data1"}}`, has: host("interfaceName", "data1")},
		},
		"host.addressing": {
			set:    fieldStep{patch: `{"host":{"addressing":"Addresses"}}`, has: host("addressing", "Addresses")},
			change: fieldStep{patch: `{"host":{"addressing":"PolicyRouted"}}`, has: host("addressing", "PolicyRouted")},
		},
		"host.releasePolicy.mode": {
			set:    fieldStep{patch: `{"host":{"releasePolicy":{"mode":"Immediate"}}}`, has: host("releasePolicy.mode", "Immediate")},
			change: fieldStep{patch: `{"host":{"releasePolicy":{"mode":"WaitForPods"}}}`, has: host("releasePolicy.mode", "WaitForPods")},
		},
		"host.releasePolicy.timeout": {
			set:    fieldStep{patch: `{"host":{"releasePolicy":{"mode":"WaitForPods","timeout":"2m0s"}}}`, has: host("releasePolicy.mode", "WaitForPods", "releasePolicy.timeout", "2m0s")},
			change: fieldStep{patch: `{"host":{"releasePolicy":{"timeout":"3m0s"}}}`, has: host("releasePolicy.mode", "WaitForPods", "releasePolicy.timeout", "3m0s")},
		},
		"releasePolicy.mode": {
			set:    fieldStep{patch: `{"releasePolicy":{"mode":"Immediate"}}`, has: host("releasePolicy.mode", "Immediate")},
			change: fieldStep{patch: `{"releasePolicy":{"mode":"WaitForPods"}}`, has: host("releasePolicy.mode", "WaitForPods")},
		},
		"releasePolicy.timeout": {
			set:    fieldStep{patch: `{"releasePolicy":{"mode":"WaitForPods","timeout":"2m0s"}}`, has: host("releasePolicy.mode", "WaitForPods", "releasePolicy.timeout", "2m0s")},
			change: fieldStep{patch: `{"releasePolicy":{"timeout":"3m0s"}}`, has: host("releasePolicy.mode", "WaitForPods", "releasePolicy.timeout", "3m0s")},
		},
		"host.altNames": {
			set:    fieldStep{patch: `{"host":{"altNames":["data0"]}}`, has: host("altNames", "[data0]")},
			change: fieldStep{patch: `{"host":{"altNames":["data1"]}}`, has: host("altNames", "[data1]")},
		},
	}
}

func policyCases() map[string]fieldCase {
	return map[string]fieldCase{
		"managementPolicies": {
			set:    fieldStep{patch: `{"managementPolicies":["Observe","Create","Update","LateInitialize"]}`, has: map[string]string{"managementPolicies": "[Observe Create Update LateInitialize]"}, calls: []string{"CreateTags 1"}}, // tagged to be kept
			change: fieldStep{patch: `{"managementPolicies":["Observe","Create","Update","LateInitialize","Delete"]}`, has: map[string]string{"managementPolicies": "[Observe Create Update LateInitialize Delete]"}, calls: []string{"DeleteTags 1"}},
		},
		"detachPolicy.mode": {
			set:    fieldStep{patch: `{"detachPolicy":{"mode":"ForceAfter","after":"2m0s"}}`, has: map[string]string{"detachPolicy.mode": "ForceAfter", "detachPolicy.after": "2m0s"}},
			change: fieldStep{patch: `{"detachPolicy":{"mode":"Graceful","after":null}}`, has: map[string]string{"detachPolicy.mode": "Graceful"}},
		},
		"detachPolicy.after": {
			set:    fieldStep{patch: `{"detachPolicy":{"mode":"ForceAfter","after":"2m0s"}}`, has: map[string]string{"detachPolicy.mode": "ForceAfter", "detachPolicy.after": "2m0s"}},
			change: fieldStep{patch: `{"detachPolicy":{"after":"3m0s"}}`, has: map[string]string{"detachPolicy.mode": "ForceAfter", "detachPolicy.after": "3m0s"}},
		},
	}
}
