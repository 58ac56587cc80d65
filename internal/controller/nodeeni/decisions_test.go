// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A debugLog records debug lines.
type debugLog struct{ lines *[]string }

func (l debugLog) Info(string, ...any) {}
func (l debugLog) Debug(msg string, kv ...any) {
	*l.lines = append(*l.lines, fmt.Sprint(append([]any{msg}, kv...)))
}
func (l debugLog) WithValues(...any) logging.Logger { return l }

func TestLogDecisions(t *testing.T) {
	child := eni.Existing{Name: "a", NodeName: "n1", NodeUID: "uid-n1", SubnetID: "subnet-1"}
	cases := map[string]struct {
		reason string
		args   state
		want   []string
	}{
		"Unchanged": {
			reason: "An existing child that remains is not logged.",
			args:   state{interfaces: map[string]*ec2v1alpha1.NetworkInterface{"a": {}}, found: []eni.Existing{child}, plan: eni.Plan{Apply: []eni.Child{{Name: "a"}}}},
		},
		"Create": {
			reason: "A new child is logged with its node and subnet.",
			args:   state{plan: eni.Plan{Apply: []eni.Child{{Name: "a", NodeName: "n1", SubnetID: "subnet-1"}}}},
			want:   []string{"[Creating child child a node n1 subnet subnet-1]"},
		},
		"Adopt": {
			reason: "An adopted ENI is logged with its id.",
			args:   state{plan: eni.Plan{Apply: []eni.Child{{Name: "a", NodeName: "n1", SubnetID: "subnet-1", Adopt: "eni-1"}}}},
			want:   []string{"[Adopting ENI child a node n1 subnet subnet-1 eni eni-1]"},
		},
		"Deselected": {
			reason: "The reason of a deletion is logged.",
			args:   state{found: []eni.Existing{child}, nodes: []eni.Node{{UID: "uid-n1", Deselected: true}}, plan: eni.Plan{Release: []string{"a"}}},
			want:   []string{"[Deleting child child a node n1 subnet subnet-1 reason node no longer matches the selector]"},
		},
		"Terminated": {
			reason: "The children of a terminated instance are deleted.",
			args:   state{found: []eni.Existing{child}, nodes: []eni.Node{{UID: "uid-n1", Gone: true}}, plan: eni.Plan{Release: []string{"a"}}},
			want:   []string{"[Deleting child child a node n1 subnet subnet-1 reason instance is terminated]"},
		},
		"NodeDeleted": {
			reason: "The children of a deleted node are deleted after the grace period.",
			args:   state{found: []eni.Existing{child}, nodes: []eni.Node{{UID: "uid-n1", Missing: true, Gone: true}}, plan: eni.Plan{Release: []string{"a"}}},
			want:   []string{"[Deleting child child a node n1 subnet subnet-1 reason node was deleted]"},
		},
		"NoNode": {
			reason: "A child without a node is deleted.",
			args:   state{found: []eni.Existing{child}, plan: eni.Plan{Release: []string{"a"}}},
			want:   []string{"[Deleting child child a node n1 subnet subnet-1 reason node no longer exists]"},
		},
		"SubnetRemoved": {
			reason: "The child of a removed subnet is deleted.",
			args:   state{found: []eni.Existing{child}, nodes: []eni.Node{{UID: "uid-n1"}}, plan: eni.Plan{Release: []string{"a"}}},
			want:   []string{"[Deleting child child a node n1 subnet subnet-1 reason subnet is no longer used for the node]"},
		},
		"Held": {
			reason: "A held deletion is logged with both reasons.",
			args:   state{found: []eni.Existing{child}, nodes: []eni.Node{{UID: "uid-n1", Deselected: true}}, plan: eni.Plan{Held: []string{"a"}}},
			want:   []string{"[Holding deletion of child child a node n1 subnet subnet-1 reason node no longer matches the selector held limited by spec.rollout.maxUnavailable]"},
		},
		"Unconfirmed": {
			reason: "A deletion that waits for a confirmation is logged.",
			args:   state{found: []eni.Existing{child}, nodes: []eni.Node{{UID: "uid-n1", Deselected: true}}, plan: eni.Plan{Held: []string{"a"}, Unconfirmed: 1}},
			want:   []string{"[Holding deletion of child child a node n1 subnet subnet-1 reason node no longer matches the selector held more than half of the nodes no longer match: waiting for spec.rollout.maxUnavailable]"},
		},
		"GracePeriod": {
			reason: "The child of a missing node is kept for the grace period.",
			args:   state{found: []eni.Existing{child}, plan: eni.Plan{Keep: []string{"a"}}},
			want:   []string{"[Keeping child of missing node child a node n1 subnet subnet-1 reason grace period]"},
		},
		"NotConfirmed": {
			reason: "The child of a missing instance is kept until its termination is confirmed.",
			args:   state{found: []eni.Existing{child}, unconfirmed: map[string]ec2.Absence{"n1": {}}, plan: eni.Plan{Keep: []string{"a"}}},
			want:   []string{"[Keeping child of missing node child a node n1 subnet subnet-1 reason termination of the instance is not confirmed]"},
		},
		"Unused": {
			reason: "Nodes and subnets that are not used are logged.",
			args:   state{plan: eni.Plan{WithoutProviderID: []string{"n1"}, UnusedSubnets: []string{"subnet-1"}}, resolution: resolution{missing: []string{`subnet "subnet-2" does not exist`}}},
			want:   []string{"[Node has no providerID node n1]", "[Subnet is in the zone of no selected node subnet subnet-1]", `[Subnet not found problem subnet "subnet-2" does not exist]`},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			logDecisions(debugLog{lines: &got}, &tc.args)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nlogDecisions(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
