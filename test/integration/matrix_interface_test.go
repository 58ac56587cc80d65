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

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestNetworkInterfaceFields sets, changes and removes each field of a NetworkInterface
// that is attached to an instance.
func TestNetworkInterfaceFields(t *testing.T) {
	e := newEnv(t, options{noAgents: true, long: true})
	e.elasticIPs("eipalloc-one", "eipalloc-two")
	cases := networkInterfaceCases()
	elsewhere := map[string]string{
		"subnetSelector.name":             "TestManagedResources",
		"attachment":                      "TestManifestsOfUpjet",
		"securityGroupRefs":               "TestManifestsOfUpjet",
		"subnetSelector.tags":             "TestResolve",
		"subnetSelector.availabilityZone": "TestResolve",
	}
	fields := leaves(reflect.TypeFor[ec2v1alpha1.NetworkInterfaceParameters](), "")
	fields = slices.DeleteFunc(fields, func(f string) bool { // rejected, see TestManifestsOfUpjet
		return strings.HasPrefix(f, "subnetIdRef.") || strings.HasPrefix(f, "subnetIdSelector.")
	})
	checkComplete(t, fields, cases, elsewhere)
	runMatrix(t, e, cases, func(e *env, name string, c fieldCase) subject {
		n, err := e.AddNode(e.t.Context(), name, testbed.SubnetNodesA, c.instanceType, nil)
		if err != nil {
			e.t.Fatal(err)
		}
		return &networkInterfaceSubject{e: e, name: name, instance: instanceID(n)}
	})
}

// A networkInterfaceSubject is a NetworkInterface that is attached to an instance.
type networkInterfaceSubject struct {
	e              *env
	name, instance string
}

func (s *networkInterfaceSubject) create(patch string) {
	s.e.t.Helper()
	p := merge(s.e.t, `{"forProvider":{"subnetId":"`+dataSubnet+`"}}`, patch)
	s.e.apply(fmt.Sprintf("apiVersion: ec2.networking.k8s.aws/v1alpha1\nkind: NetworkInterface\nmetadata: {namespace: default, name: %s}\nspec: %s\n", s.name, p))
	s.e.apply(attachmentYAML(s.name, "", forProvider+fmt.Sprintf("    networkInterfaceRef: {name: %s}\n    instanceId: %s\n", s.name, s.instance)))
}

func (s *networkInterfaceSubject) object() client.Object {
	return &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: s.name}}
}

func (s *networkInterfaceSubject) settled() error {
	for _, mg := range []resource.Managed{s.e.eni(s.name), s.e.enia(s.name)} {
		if c := mg.GetCondition(xpv2.TypeReady); c.Status != corev1.ConditionTrue {
			return fmt.Errorf("%T is not ready: %s", mg, c.Message)
		}
		if c := mg.GetCondition(xpv2.TypeSynced); c.Status != corev1.ConditionTrue || c.ObservedGeneration != mg.GetGeneration() {
			return fmt.Errorf("%T is Synced=%s of generation %d, want True of %d: %s", mg, c.Status, c.ObservedGeneration, mg.GetGeneration(), c.Message)
		}
	}
	return nil
}

func (s *networkInterfaceSubject) eni() string { return meta.GetExternalName(s.e.eni(s.name)) }

func (s *networkInterfaceSubject) view() map[string]string {
	s.e.t.Helper()
	out := map[string]string{}
	s.e.viewENI(s.eni(), out)
	// The status has the values of EC2.
	o, a := s.e.eni(s.name).Status.AtProvider, s.e.enia(s.name).Status.AtProvider
	out["status addresses"] = fmt.Sprint(len(o.PrivateIPs), len(o.IPv4Prefixes), len(o.IPv6Addresses), len(o.IPv6Prefixes))
	out["attachment addresses"] = fmt.Sprint(len(a.PrivateIPs), len(a.IPv4Prefixes), len(a.IPv6Addresses), len(a.IPv6Prefixes))
	return out
}

// parameters returns a patch of spec.forProvider.
func parameters(patch string) string { return `{"forProvider":` + patch + `}` }

// networkInterfaceCases returns the cases of spec.forProvider of a NetworkInterface.
func networkInterfaceCases() map[string]fieldCase {
	cases := map[string]fieldCase{}
	for _, group := range []map[string]fieldCase{fixedCases(), attributeCases(), ipv4Cases(), ipv6Cases()} {
		maps.Copy(cases, group)
	}
	return cases
}

// fixedCases returns the cases of immutable fields.
func fixedCases() map[string]fieldCase {
	fixed := func(set, removal string) fieldCase {
		c := fieldCase{set: fieldStep{patch: parameters(set), rejected: "cannot be changed"}, removal: fieldStep{patch: parameters(removal)}}
		return c
	}
	subnet := fixed(`{"subnetId":"`+secondSubnet+`"}`, `{"subnetId":null}`)
	subnet.removal.rejected = "cannot be changed"
	return map[string]fieldCase{
		"region":        fixed(`{"region":"us-west-2"}`, `{"region":null}`),
		"interfaceType": fixed(`{"interfaceType":"efa"}`, `{"interfaceType":null}`),
		"privateIp":     fixed(`{"privateIp":"10.0.1.230"}`, `{"privateIp":null}`),
		"subnetId":      subnet,
	}
}

func attributeCases() map[string]fieldCase {
	has := func(k, v string) map[string]string { return map[string]string{k: v} }
	step := func(patch string, has map[string]string, calls ...string) fieldStep {
		return fieldStep{patch: parameters(patch), has: has, calls: calls}
	}
	const one = "ModifyNetworkInterfaceAttribute 1"
	tracking := func(field, set, change, hasSet, hasChange string) fieldCase {
		return fieldCase{
			set:    step(`{"connectionTracking":{"`+field+`":`+set+`}}`, has("connection tracking", hasSet), one),
			change: step(`{"connectionTracking":{"`+field+`":`+change+`}}`, has("connection tracking", hasChange), one),
			// Removal sets the defaults explicitly.
			removal: fieldStep{has: has("connection tracking", "{432000 180 30}"), calls: []string{one}},
		}
	}
	return map[string]fieldCase{
		"description": {
			set: step(`{"description":"mine"}`, has("description", "mine"), one), change: step(`{"description":"yours"}`, has("description", "yours"), one),
			removal: fieldStep{calls: []string{one}},
		},
		"securityGroups": {
			set: step(`{"securityGroups":["sg-tenant-a"]}`, has("groups", "[sg-tenant-a]"), one), change: step(`{"securityGroups":["sg-tenant-b"]}`, has("groups", "[sg-tenant-b]"), one),
			removal: fieldStep{calls: []string{one}},
		},
		"securityGroupSelector.names": {
			set: step(`{"securityGroupSelector":{"names":["tenant-a"]}}`, has("groups", "[sg-tenant-a]"), one), change: step(`{"securityGroupSelector":{"names":["tenant-b"]}}`, has("groups", "[sg-tenant-b]"), one),
			removal: fieldStep{calls: []string{one}},
		},
		"securityGroupSelector.tags": {
			set:     step(`{"securityGroupSelector":{"tags":{"role":"firewall"}}}`, has("groups", "[sg-0a000000000000002]"), one),
			change:  fieldStep{patch: parameters(`{"securityGroupSelector":{"tags":{"role":""}}}`), kept: true},
			removal: fieldStep{calls: []string{one}},
		},
		"sourceDestCheck": {
			set: step(`{"sourceDestCheck":false}`, has("sourceDestCheck", "false"), one), change: step(`{"sourceDestCheck":true}`, nil, one),
		},
		"enaSrdSpecification.enaSrdEnabled": {
			instanceType: "c6in.32xlarge",
			set:          step(`{"enaSrdSpecification":{"enaSrdEnabled":true}}`, has("ENA Express", "true UDP false"), one),
			change:       step(`{"enaSrdSpecification":{"enaSrdEnabled":false}}`, nil, one),
		},
		"enaSrdSpecification.enaSrdUdpSpecification.enaSrdUdpEnabled": {
			instanceType: "c6in.32xlarge",
			set:          step(`{"enaSrdSpecification":{"enaSrdEnabled":true,"enaSrdUdpSpecification":{"enaSrdUdpEnabled":true}}}`, has("ENA Express", "true UDP true"), one),
			change:       step(`{"enaSrdSpecification":{"enaSrdUdpSpecification":{"enaSrdUdpEnabled":false}}}`, has("ENA Express", "true UDP false"), one),
			removal:      fieldStep{calls: []string{one}},
		},
		"connectionTracking.tcpEstablishedTimeoutSeconds": tracking("tcpEstablishedTimeoutSeconds", "600", "700", "{600 0 0}", "{700 0 0}"),
		"connectionTracking.udpStreamTimeoutSeconds":      tracking("udpStreamTimeoutSeconds", "100", "120", "{0 100 0}", "{0 120 0}"),
		"connectionTracking.udpTimeoutSeconds":            tracking("udpTimeoutSeconds", "40", "50", "{0 0 40}", "{0 0 50}"),
		"associatedSubnetIds": {
			set:     step(`{"associatedSubnetIds":["`+secondSubnet+`"]}`, has("associated subnets", "["+secondSubnet+"]"), one),
			change:  step(`{"associatedSubnetIds":["`+thirdSubnet+`"]}`, has("associated subnets", "["+thirdSubnet+"]"), one),
			removal: fieldStep{kept: true}, // EC2 has no API to remove all of them
		},
		"elasticIPAllocationId": {
			set:     step(`{"elasticIPAllocationId":"eipalloc-one"}`, has("Elastic IP", "eipalloc-one"), "AssociateAddress 1"),
			change:  step(`{"elasticIPAllocationId":"eipalloc-two"}`, has("Elastic IP", "eipalloc-two"), "AssociateAddress 1", "DisassociateAddress 1"),
			removal: fieldStep{calls: []string{"DisassociateAddress 1"}},
		},
		"tags": {
			set:     step(`{"tags":{"my-team":"red","my-cost":"1"}}`, has("tags", "map[my-cost:1 my-team:red]"), "CreateTags 1"),
			change:  step(`{"tags":{"my-team":"blue","my-cost":null}}`, has("tags", "map[my-team:blue]"), "CreateTags 1", "DeleteTags 1"),
			removal: fieldStep{calls: []string{"DeleteTags 1"}},
		},
	}
}

// addressesOf returns the expected addresses of an ENI in EC2 and in both statuses, for
// numbers of addresses and prefixes.
func addressesOf(ipv4, prefixes4, ipv6, prefixes6 int) map[string]string {
	all := fmt.Sprint(ipv4, prefixes4, ipv6, prefixes6)
	return map[string]string{
		"IPv4": fmt.Sprint(ipv4), "IPv4 prefixes": fmt.Sprint(prefixes4), "IPv6": fmt.Sprint(ipv6), "IPv6 prefixes": fmt.Sprint(prefixes6),
		"status addresses": all, "attachment addresses": all,
	}
}

func ipv4Cases() map[string]fieldCase {
	const assign, unassign = "AssignPrivateIpAddresses 1", "UnassignPrivateIpAddresses 1"
	return map[string]fieldCase{
		"privateIps": {
			created: true,
			setup:   parameters(`{"subnetId":"` + thirdSubnet + `"}`), // an unused range
			set:     fieldStep{patch: parameters(`{"privateIps":["10.0.4.100","10.0.4.101"]}`), has: addressesOf(2, 0, 0, 0)},
			change:  fieldStep{patch: parameters(`{"privateIps":["10.0.4.100","10.0.4.102","10.0.4.103"]}`), has: addressesOf(3, 0, 0, 0), calls: []string{assign, unassign}},
			removal: fieldStep{has: addressesOf(1, 0, 0, 0), calls: []string{unassign}},
		},
		"privateIpsCount": {
			set:     fieldStep{patch: parameters(`{"privateIpsCount":2}`), has: addressesOf(3, 0, 0, 0), calls: []string{assign}},
			change:  fieldStep{patch: parameters(`{"privateIpsCount":1}`), has: addressesOf(2, 0, 0, 0), calls: []string{unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"ipv4PrefixCount": {
			set:     fieldStep{patch: parameters(`{"ipv4PrefixCount":1}`), has: addressesOf(1, 1, 0, 0), calls: []string{assign}},
			change:  fieldStep{patch: parameters(`{"ipv4PrefixCount":2}`), has: addressesOf(1, 2, 0, 0), calls: []string{assign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"ipv4Prefixes": {
			set:     fieldStep{patch: parameters(`{"ipv4Prefixes":["10.0.1.112/28"]}`), has: addressesOf(1, 1, 0, 0), calls: []string{assign}},
			change:  fieldStep{patch: parameters(`{"ipv4Prefixes":["10.0.1.128/28"]}`), has: addressesOf(1, 1, 0, 0), calls: []string{assign, unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
	}
}

func ipv6Cases() map[string]fieldCase {
	const assign, unassign = "AssignIpv6Addresses 1", "UnassignIpv6Addresses 1"
	return map[string]fieldCase{
		"ipv6AddressCount": {
			set:     fieldStep{patch: parameters(`{"ipv6AddressCount":2}`), has: addressesOf(1, 0, 2, 0), calls: []string{assign}},
			change:  fieldStep{patch: parameters(`{"ipv6AddressCount":1}`), has: addressesOf(1, 0, 1, 0), calls: []string{unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"ipv6Addresses": {
			set:     fieldStep{patch: parameters(`{"ipv6Addresses":["2600:1f13:abc:1001::f00"]}`), has: addressesOf(1, 0, 1, 0), calls: []string{assign}},
			change:  fieldStep{patch: parameters(`{"ipv6Addresses":["2600:1f13:abc:1001::f01","2600:1f13:abc:1001::f02"]}`), has: addressesOf(1, 0, 2, 0), calls: []string{assign, unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"ipv6PrefixCount": {
			set:     fieldStep{patch: parameters(`{"ipv6PrefixCount":2}`), has: addressesOf(1, 0, 0, 2), calls: []string{assign}},
			change:  fieldStep{patch: parameters(`{"ipv6PrefixCount":1}`), has: addressesOf(1, 0, 0, 1), calls: []string{unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"ipv6Prefixes": {
			set:     fieldStep{patch: parameters(`{"ipv6Prefixes":["2600:1f13:abc:1001:f000::/80"]}`), has: addressesOf(1, 0, 0, 1), calls: []string{assign}},
			change:  fieldStep{patch: parameters(`{"ipv6Prefixes":["2600:1f13:abc:1001:f001::/80"]}`), has: addressesOf(1, 0, 0, 1), calls: []string{assign, unassign}},
			removal: fieldStep{calls: []string{unassign}},
		},
		"enablePrimaryIpv6": {
			setup:   parameters(`{"ipv6AddressCount":1}`),
			set:     fieldStep{patch: parameters(`{"enablePrimaryIpv6":true}`), calls: modify(1)},
			change:  fieldStep{patch: parameters(`{"enablePrimaryIpv6":false}`), rejected: "cannot be disabled"},
			removal: fieldStep{rejected: "cannot be disabled"},
		},
	}
}
