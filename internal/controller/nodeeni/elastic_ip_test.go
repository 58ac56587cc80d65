// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

func pool(ids ...v1alpha1.ElasticIPAllocationID) func(n *v1alpha1.NodeENI) {
	return func(n *v1alpha1.NodeENI) { n.Spec.ElasticIP = &v1alpha1.NodeENIElasticIP{AllocationIDs: ids} }
}

func taggedPool(n *v1alpha1.NodeENI) {
	n.Spec.ElasticIP = &v1alpha1.NodeENIElasticIP{Tags: map[string]string{"pool": "a"}}
}

func addresses(ids ...string) []ec2.ElasticIP {
	out := make([]ec2.ElasticIP, len(ids))
	for i, id := range ids {
		out[i] = ec2.ElasticIP{AllocationID: id, Tags: map[string]string{"pool": "a"}}
	}
	return out
}

// assigned returns the Elastic IPs in the specs of the NetworkInterfaces, by node.
func (w *world) assigned() map[string]string {
	w.t.Helper()
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := w.kube.List(w.t.Context(), l); err != nil {
		w.t.Fatal(err)
	}
	out := map[string]string{}
	for i := range l.Items {
		if id := l.Items[i].Spec.ForProvider.ElasticIPAllocationID; id != nil {
			out[l.Items[i].GetLabels()[v1alpha1.LabelNode]] = string(*id)
		}
	}
	return out
}

// state returns the condition ElasticIPsAssigned of the NodeENI.
func (w *world) state() xpv2.Condition {
	w.t.Helper()
	n := &v1alpha1.NodeENI{}
	if err := w.kube.Get(w.t.Context(), client.ObjectKey{Name: "data"}, n); err != nil {
		w.t.Fatal(err)
	}
	return n.GetCondition(v1alpha1.TypeElasticIPsAssigned)
}

func TestElasticIPPool(t *testing.T) {
	cases := map[string]struct {
		reason string
		pool   func(n *v1alpha1.NodeENI)
		before func(w *world)
		// then changes EC2 or the spec after the first assignment of x, y and z.
		then   func(w *world)
		want   []string // the addresses, sorted
		cond   xpv2.ConditionReason
		detail string
	}{
		"ByID":   {reason: "Each child gets an address of the list.", pool: pool("x", "y", "z"), then: func(*world) {}, want: []string{"x", "y", "z"}, cond: "ElasticIPsAssigned"},
		"ByTags": {reason: "Each child gets an address with the tags.", pool: taggedPool, then: func(*world) {}, want: []string{"x", "y", "z"}, cond: "ElasticIPsAssigned"},
		"Shorter": {
			reason: "A child whose address leaves the list loses it.", pool: pool("x", "y", "z"),
			then: func(w *world) { change(w, poolNodeENI(), pool("x", "y")) }, want: []string{"x", "y"}, cond: "ElasticIPPoolExhausted",
			detail: "1 of 3 network interfaces have no Elastic IP: the pool has 2 Elastic IPs",
		},
		"Removed": {
			reason: "Without a pool the children have no addresses.", pool: pool("x", "y", "z"),
			then: func(w *world) { change(w, poolNodeENI(), func(n *v1alpha1.NodeENI) { n.Spec.ElasticIP = nil }) },
		},
		"Omitted": {
			reason: "A response by tags without an address does not take the address from its child.", pool: taggedPool,
			then: func(w *world) { w.ec2.omits = []string{"y"} }, want: []string{"x", "y", "z"}, cond: "ElasticIPsAssigned",
		},
		"Untagged": {
			reason: "An address that EC2 returns with other tags has left the pool.", pool: taggedPool,
			then: func(w *world) { w.ec2.elasticIPs[1].Tags = nil }, want: []string{"x", "z"}, cond: "ElasticIPPoolExhausted",
		},
		"Vanished": {
			reason: "An address that EC2 does not return at all is kept, and reported.", pool: taggedPool,
			then: func(w *world) { w.ec2.elasticIPs = addresses("x", "z") }, want: []string{"x", "y", "z"}, cond: "ElasticIPNotFound", detail: "EC2 does not return the Elastic IPs y",
		},
		"VanishedByID": {
			reason: "So is an address of the list.", pool: pool("x", "y", "z"),
			then: func(w *world) { w.ec2.elasticIPs = addresses("x", "z") }, want: []string{"x", "y", "z"}, cond: "ElasticIPNotFound",
		},
		"Unreachable": {
			reason: "While EC2 does not describe the pool, the children keep their addresses.", pool: pool("x", "y", "z"),
			then: func(w *world) { w.ec2.elasticErr = errors.New("boom") }, want: []string{"x", "y", "z"}, cond: "EC2Unavailable", detail: "boom; network interfaces keep their Elastic IPs",
		},
		"UnknownID": {
			reason: "An address of the list that does not exist is not assigned.", pool: pool("x", "w", "z"), then: func(*world) {},
			want: []string{"x", "z"}, cond: "ElasticIPNotFound", detail: "EC2 does not return the Elastic IPs w",
		},
		"InUse": {
			reason: "An address that is associated elsewhere is skipped.", pool: pool("x", "y", "z"),
			before: func(w *world) { w.ec2.elasticIPs[1].NetworkInterfaceID = "eni-foreign" }, then: func(*world) {},
			want: []string{"x", "z"}, cond: "ElasticIPPoolExhausted",
		},
		"Stale": {
			reason: "If the cached list has too few free addresses, a fresh one is used.", pool: pool("x", "y", "z"),
			before: func(w *world) { w.ec2.old = addresses("x") }, then: func(*world) {}, want: []string{"x", "y", "z"}, cond: "ElasticIPsAssigned",
		},
		"OtherObject": {
			reason: "An address in the spec of another NetworkInterface is skipped.", pool: pool("x", "y", "z"),
			before: func(w *world) {
				o := &ec2v1alpha1.NetworkInterface{}
				o.SetNamespace("default")
				o.SetName("other")
				o.Spec.ForProvider.ElasticIPAllocationID = ptr.To(ec2v1alpha1.ElasticIPAllocationID("y"))
				if err := w.kube.Create(w.t.Context(), o); err != nil {
					w.t.Fatal(err)
				}
			},
			then: func(*world) {}, want: []string{"x", "y", "z"}, cond: "ElasticIPPoolExhausted", detail: "1 of 3",
		},
		"Rejected": {
			reason: "A child whose address EC2 rejected gets another, by a fresh list.", pool: pool("x", "y", "z", "v"),
			then: func(w *world) {
				w.ec2.old = addresses("x", "y", "z", "v")
				w.ec2.elasticIPs = addresses("x", "y", "z", "v")
				w.ec2.elasticIPs[0].NetworkInterfaceID = "eni-foreign"
				w.reject("x")
			},
			want: []string{"v", "y", "z"}, cond: "ElasticIPsAssigned",
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, poolNodeENI(tc.pool), poolNode("n1"), poolNode("n2"), poolNode("n3"))
			for _, n := range []string{"n1", "n2", "n3"} {
				w.ec2.instances[instanceID(n)] = "running"
			}
			w.ec2.elasticIPs = addresses("x", "y", "z")
			if strings.HasPrefix(name, "Rejected") {
				w.ec2.elasticIPs = addresses("x", "y", "z", "v")
			}
			if tc.before != nil {
				tc.before(w)
			}
			w.reconcile()
			before := w.assigned()
			tc.then(w)
			w.reconcile()
			var got []string
			after := w.assigned()
			for _, id := range after {
				got = append(got, id)
			}
			slices.Sort(got)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nElastic IPs of the children: -want, +got:\n%s", tc.reason, diff)
			}
			for node, id := range after {
				if was := before[node]; was != "" && was != id && name != "Rejected" {
					t.Errorf("\nA child keeps its address.\nnode %s had %s and has %s", node, was, id)
				}
			}
			c := w.state()
			if c.Reason != tc.cond || !strings.Contains(c.Message, tc.detail) {
				t.Errorf("\n%s\nElasticIPsAssigned: want %s with %q, got %s: %s", tc.reason, tc.cond, tc.detail, c.Reason, c.Message)
			}
		})
	}
}

// reject sets the condition of the NetworkInterface whose Elastic IP EC2 rejected.
func (w *world) reject(id string) {
	w.t.Helper()
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := w.kube.List(w.t.Context(), l, client.MatchingFields{indexElasticIP: id}); err != nil || len(l.Items) != 1 {
		w.t.Fatalf("%d NetworkInterfaces have %s: %v", len(l.Items), id, err)
	}
	l.Items[0].SetConditions(v1alpha1.ElasticIPNotAssociated(v1alpha1.ReasonElasticIPInUse, ""))
	if err := w.kube.Update(w.t.Context(), &l.Items[0]); err != nil {
		w.t.Fatal(err)
	}
}
