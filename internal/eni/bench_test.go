// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// cluster returns n nodes in two zones, and two subnets per zone.
func cluster(n int) (eni.Request, []eni.Node) {
	r := eni.Request{NodeENI: nodeENI, Subnets: []eni.Subnet{a1, a2, b1, {ID: "subnet-b2", Zone: "b", VPCID: "vpc"}}, BaseIndex: 1}
	nodes := make([]eni.Node, n)
	for i := range nodes {
		nodes[i] = node("node-"+strconv.Itoa(i), []string{"a", "b"}[i%2])
	}
	return r, nodes
}

func BenchmarkPlanChildren(b *testing.B) {
	for _, n := range []int{100, 1000, 5000} {
		r, nodes := cluster(n)
		b.Run(fmt.Sprintf("nodes=%d/first", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eni.PlanChildren(r, nodes, nil)
			}
		})
		var found []eni.Existing
		for _, c := range eni.PlanChildren(r, nodes, nil).Apply {
			found = append(found, eni.Existing{Name: c.Name, NodeName: c.NodeName, NodeUID: c.NodeUID, SubnetID: c.SubnetID, Attached: true})
		}
		b.Run(fmt.Sprintf("nodes=%d/steady", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eni.PlanChildren(r, nodes, found)
			}
		})
		b.Run(fmt.Sprintf("nodes=%d/none", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eni.PlanChildren(r, nil, found)
			}
		})
	}
}

func BenchmarkFindSlot(b *testing.B) {
	for _, n := range []int32{3, 14} {
		var there []eni.Occupant
		for i := range n {
			there = append(there, eni.Occupant{NetworkInterfaceID: fmt.Sprintf("eni-%d", i), DeviceIndex: i})
		}
		b.Run(fmt.Sprintf("occupants=%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eni.FindSlot(there, eni.Limits{Total: 15, Cards: []int32{15}}, eni.SlotRequest{Preferred: 1, Lowest: 1})
			}
		})
	}
}

func benchOwner() eni.Owner {
	return eni.Owner{
		UID: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", Namespace: "provider-aws-eni-system", Name: "data-0123456789", Kind: "networkinterface.ec2.networking.k8s.aws",
		ProviderConfig: "default", Cluster: "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", NodeENI: "data", Node: "ip-10-0-0-1.ec2.internal", Slot: "subnet-0f59b4f14737be9ad",
	}
}

func BenchmarkTags(b *testing.B) {
	o, user := benchOwner(), map[string]string{"team": "blue", "cost-centre": "42"}
	b.ReportAllocs()
	for b.Loop() {
		o.Tags(user)
	}
}

func BenchmarkDiffTags(b *testing.B) {
	want := benchOwner().Tags(map[string]string{"team": "blue"})
	managed := slices.Sorted(maps.Keys(want))
	have := benchOwner().CreationTags(map[string]string{"team": "blue"}, time.Unix(0, 0))
	b.Run("same", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			eni.DiffTags(want, have, managed)
		}
	})
	b.Run("all", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			eni.DiffTags(want, nil, managed)
		}
	})
}

func BenchmarkClientToken(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		eni.ClientToken("0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "eni-0f59b4f14737be9ad", "")
	}
}

func BenchmarkChildName(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		eni.ChildName("data", "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0", "subnet-0f59b4f14737be9ad")
	}
}

// BenchmarkInstanceID benchmarks InstanceID, which every reconcile of a NodeENI calls
// for each node.
func BenchmarkInstanceID(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		eni.InstanceID("aws:///us-east-1a/i-0123456789abcdef0")
	}
}

func BenchmarkSelects(b *testing.B) {
	labels := map[string]string{corev1.LabelHostname: "n", corev1.LabelOSStable: "linux", corev1.LabelTopologyZone: "us-east-1a", "ng": "multi-eni"}
	spec := &v1alpha1.NodeENISpec{
		NodeSelector: map[string]string{"ng": "multi-eni"},
		NodeSelectorTerms: []v1alpha1.NodeSelectorTerm{
			{MatchExpressions: []v1alpha1.NodeSelectorRequirement{{Key: corev1.LabelTopologyZone, Operator: corev1.NodeSelectorOpIn, Values: []string{"us-east-1a", "us-east-1b"}}}},
		},
	}
	b.ReportAllocs()
	for b.Loop() {
		eni.Selects(spec, labels)
	}
}

// BenchmarkAdoptInto benchmarks the adoption of a fleet in which each node has an ENI in
// each of its subnets.
func BenchmarkAdoptInto(b *testing.B) {
	for _, n := range []int{100, 5000} {
		b.Run(fmt.Sprintf("nodes=%d", n), func(b *testing.B) {
			r, nodes := cluster(n)
			children := eni.PlanChildren(r, nodes, nil).Apply
			found := make([]eni.Adoptable, len(children))
			for i := range children {
				children[i].InstanceID = "i-" + children[i].NodeName
				found[i] = eni.Adoptable{ID: fmt.Sprintf("eni-%d", i), InstanceID: children[i].InstanceID, SubnetID: children[i].SubnetID}
			}
			b.ReportAllocs()
			for b.Loop() {
				eni.AdoptInto(children, found, func(string) bool { return false })
			}
		})
	}
}

// BenchmarkGarbage benchmarks a pass of the garbage collector over ENIs whose objects
// exist, and over as many leaked ENIs.
func BenchmarkGarbage(b *testing.B) {
	const n = 10_000
	now := time.Unix(1_000_000, 0)
	enis, live := make([]eni.Interface, n), eni.Live{UIDs: map[string]bool{}, IDs: map[string]bool{}}
	for i := range enis {
		o := benchOwner()
		o.UID = fmt.Sprintf("0f1e2d3c-4b5a-6978-8796-%012d", i)
		enis[i] = eni.Interface{ID: fmt.Sprintf("eni-%017d", (i*7919)%n), Tags: o.CreationTags(nil, now.Add(-time.Hour))}
		live.UIDs[o.UID], live.IDs[enis[i].ID] = true, true
	}
	for name, live := range map[string]eni.Live{"none": live, "all": {}} {
		b.Run(fmt.Sprintf("enis=%d/%s", n, name), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				eni.Garbage(enis, live, now)
			}
		})
	}
}
