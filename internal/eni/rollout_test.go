// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func deselected(n *eni.Node) { n.Deselected, n.Ready = true, true }

// TestPlanChildrenOfDeselectedNodes changes the selector of a NodeENI with six nodes,
// each with one ENI.
func TestPlanChildrenOfDeselectedNodes(t *testing.T) {
	names := []string{"n1", "n2", "n3", "n4", "n5", "n6"}
	type args struct {
		request    eni.Request
		deselected int // number of nodes, from the first
		unready    bool
		deleting   int // how many of these have ENIs being deleted
		unmade     int // how many of the others have no ENI yet
	}
	type want struct{ Release, Held, Unconfirmed int }
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"One": {
			reason: "The ENI of a single node is released at once.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 1},
			want:   want{Release: 1},
		},
		"Bounded": {
			reason: "maxUnavailable applies to nodes that no longer match.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 3},
			want:   want{Release: 2, Held: 1},
		},
		"BoundedUnderWay": {
			reason: "Nodes whose ENIs are being deleted count against maxUnavailable.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 3, deleting: 1},
			want:   want{Release: 1, Held: 1},
		},
		"Half": {
			reason: "Half of the ENIs are released without confirmation.",
			args:   args{request: eni.Request{MaxUnavailable: 6}, deselected: 3},
			want:   want{Release: 3},
		},
		"Most": {
			reason: "More than half are held until the change is confirmed.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 4},
			want:   want{Held: 4, Unconfirmed: 4},
		},
		"All": {
			reason: "All ENIs are held until the change is confirmed.",
			args:   args{request: eni.Request{MaxUnavailable: 6}, deselected: 6},
			want:   want{Held: 6, Unconfirmed: 6},
		},
		"OneAfterAnother": {
			reason: "The ENIs of a node are held while the ENIs of the nodes before it are being deleted, if together they are more than half.",
			args:   args{request: eni.Request{MaxUnavailable: 6}, deselected: 4, deleting: 3},
			want:   want{Held: 1, Unconfirmed: 1},
		},
		"OneAfterAnotherToHalf": {
			reason: "Up to half are released one node after another, too.",
			args:   args{request: eni.Request{MaxUnavailable: 6}, deselected: 3, deleting: 2},
			want:   want{Release: 1},
		},
		"StillHeld": {
			reason: "A held change remains held when the NodeENI has ENIs on more nodes.",
			args:   args{request: eni.Request{MaxUnavailable: 2, Held: true}, deselected: 2},
			want:   want{Held: 2, Unconfirmed: 2},
		},
		"HeldAndReverted": {
			reason: "A held change of which one node remains is released.",
			args:   args{request: eni.Request{MaxUnavailable: 2, Held: true}, deselected: 1},
			want:   want{Release: 1},
		},
		"HeldAndConfirmed": {
			reason: "A held change is confirmed by a user's maxUnavailable.",
			args:   args{request: eni.Request{MaxUnavailable: 2, Held: true, Confirmed: true}, deselected: 2},
			want:   want{Release: 2},
		},
		"Unmade": {
			reason: "Children without an ENI do not count: they are created by the same change.",
			args:   args{request: eni.Request{MaxUnavailable: 6}, deselected: 2, unmade: 3},
			want:   want{Held: 2, Unconfirmed: 2},
		},
		"Confirmed": {
			reason: "A user's maxUnavailable confirms and limits the change.",
			args:   args{request: eni.Request{MaxUnavailable: 2, Confirmed: true}, deselected: 6},
			want:   want{Release: 2, Held: 4},
		},
		"Unready": {
			reason: "NotReady nodes are held, too: the pods of an unreachable or re-registering node are running.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 6, unready: true},
			want:   want{Held: 6, Unconfirmed: 6},
		},
		"UnreadyConfirmed": {
			reason: "MaxUnavailable applies to NotReady nodes.",
			args:   args{request: eni.Request{MaxUnavailable: 2, Confirmed: true}, deselected: 6, unready: true},
			want:   want{Release: 2, Held: 4},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var nodes []eni.Node
			var found []eni.Existing
			for i, name := range names {
				n := node(name, "a")
				e := existing(n, a1)
				if i < tc.args.deselected {
					deselected(&n)
					n.Ready = !tc.args.unready
					e.Deleting = i < tc.args.deleting
				}
				e.Unmade = i >= len(names)-tc.args.unmade
				nodes, found = append(nodes, n), append(found, e)
			}
			tc.args.request.NodeENI, tc.args.request.Subnets, tc.args.request.BaseIndex = nodeENI, []eni.Subnet{a1}, 1
			p := eni.PlanChildren(tc.args.request, nodes, found)
			if diff := cmp.Diff(tc.want, want{len(p.Release), len(p.Held), p.Unconfirmed}); diff != "" {
				t.Errorf("\n%s\nPlanChildren(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
