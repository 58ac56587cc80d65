package eni_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

func deselected(n *eni.Node) { n.Deselected, n.Ready = true, true }

// TestPlanChildrenOfDeselectedNodes edits the selector of a NodeENI with six nodes,
// each with one ENI.
func TestPlanChildrenOfDeselectedNodes(t *testing.T) {
	names := []string{"n1", "n2", "n3", "n4", "n5", "n6"}
	type args struct {
		request    eni.Request
		deselected int // the first so many nodes
		unready    bool
		deleting   int // of these, whose ENIs are being deleted
	}
	type want struct{ Release, Held, Unconfirmed int }
	cases := map[string]struct {
		reason string
		args   args
		want   want
	}{
		"One": {
			reason: "A single node loses its ENI at once.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 1},
			want:   want{Release: 1},
		},
		"Bounded": {
			reason: "maxUnavailable bounds nodes that no longer match, too.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 3},
			want:   want{Release: 2, Held: 1},
		},
		"BoundedUnderWay": {
			reason: "Those whose ENIs are being deleted count.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 3, deleting: 1},
			want:   want{Release: 1, Held: 1},
		},
		"Half": {
			reason: "Half of the ENIs are released without a confirmation.",
			args:   args{request: eni.Request{MaxUnavailable: 6}, deselected: 3},
			want:   want{Release: 3},
		},
		"Most": {
			reason: "More than half are held until the change is confirmed.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 4},
			want:   want{Held: 4, Unconfirmed: 4},
		},
		"All": {
			reason: "So are all of them.",
			args:   args{request: eni.Request{MaxUnavailable: 6}, deselected: 6},
			want:   want{Held: 6, Unconfirmed: 6},
		},
		"Confirmed": {
			reason: "A chosen maxUnavailable confirms the change, and bounds it.",
			args:   args{request: eni.Request{MaxUnavailable: 2, Confirmed: true}, deselected: 6},
			want:   want{Release: 2, Held: 4},
		},
		"Unready": {
			reason: "Nodes that are cut off or register again are NotReady for a while, and their pods run: they wait like others.",
			args:   args{request: eni.Request{MaxUnavailable: 2}, deselected: 6, unready: true},
			want:   want{Held: 6, Unconfirmed: 6},
		},
		"UnreadyConfirmed": {
			reason: "MaxUnavailable bounds nodes that are not ready, too.",
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
				e := there(n, a1)
				if i < tc.args.deselected {
					deselected(&n)
					n.Ready = !tc.args.unready
					e.Deleting = i < tc.args.deleting
				}
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
