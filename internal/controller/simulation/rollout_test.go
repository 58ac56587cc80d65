// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A rollout is when all ENIs of the nodes were attached, or detached.
type rollout struct {
	start     time.Time
	completed []time.Time // sorted
	// lead is the highest number of ENIs that existed and were not attached yet.
	lead int
}

// share returns the percentage of the nodes that are complete at a percentage of the rollout's time.
func (r *rollout) share(percent int) int {
	at := r.start.Add(r.completed[len(r.completed)-1].Sub(r.start) * time.Duration(percent) / 100)
	n, _ := slices.BinarySearchFunc(r.completed, at, func(a, b time.Time) int { return a.Compare(b) })
	return 100 * n / len(r.completed)
}

// rolloutOf reads the rollout of a number of ENIs for each node from the calls to EC2.
func rolloutOf(calls []ec2emulator.Call, start time.Time, perNode int) rollout {
	r := rollout{start: start}
	byInstance, ahead := map[string]int{}, 0
	for _, c := range calls {
		switch {
		case c.Code != "":
			continue
		case c.Action == "CreateNetworkInterface":
			ahead++
			r.lead = max(r.lead, ahead)
			continue
		}
		ahead--
		for _, id := range c.ResourceIDs {
			if !strings.HasPrefix(id, "i-") {
				continue
			}
			if byInstance[id]++; byInstance[id] == perNode {
				r.completed = append(r.completed, c.Time)
			}
		}
	}
	return r
}

// verify verifies the order of a rollout, and logs its figures.
func (r *rollout) verify(t *testing.T, what string, nodes, perNode int) {
	t.Helper()
	if len(r.completed) != nodes {
		t.Fatalf("%s: %d nodes are complete, want %d", what, len(r.completed), nodes)
	}
	first, last := r.completed[0].Sub(r.start), r.completed[nodes-1].Sub(r.start)
	bound := time.Duration((float64(nodes*perNode) - 25) / 2.5 * float64(time.Second)) // 50 calls, then 5 a second, at a share of 0.5
	t.Logf("%s: at 25, 50, 75 %% of the time: %d, %d, %d %% of the nodes; the first after %s, the last after %s (%.3f of the bound); at most %d ENIs waited to be attached",
		what, r.share(25), r.share(50), r.share(75), first, last, last.Seconds()/bound.Seconds(), r.lead)
	if r.share(25) < 20 || r.share(50) < 45 || r.share(75) < 70 {
		t.Errorf("%s: want 20, 45, 70 %% of the nodes", what)
	}
}

// TestRolloutOrder verifies that the nodes of a rollout are completed one after another, and released
// one after another, at the default share of EC2's rate.
func TestRolloutOrder(t *testing.T) {
	nodes := 100
	if testing.Short() {
		nodes = 50
	}
	for _, perNode := range []int32{2, 4, 8} {
		t.Run(fmt.Sprintf("%d ENIs per node", perNode), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{Throttle: true})
				defer s.close()
				for i := range nodes {
					s.addNode("a", i+1, "m5.24xlarge")
				}
				s.start()
				time.Sleep(time.Minute)
				m, start := s.ec2.Mark(), time.Now()
				n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "a"}, Spec: v1alpha1.NodeENISpec{
					NodeSelector: map[string]string{"pool": "a"}, SubnetIDs: []v1alpha1.SubnetID{fleetSubnet1}, Count: &perNode,
				}}
				s.create(n)
				s.must(20*time.Minute, func() error { return s.wellWith(nodes * int(perNode)) })
				r := rolloutOf(s.ec2.Since(m, ec2emulator.ByAction("CreateNetworkInterface", "AttachNetworkInterface")), start, int(perNode))
				r.verify(t, "attached", nodes, int(perNode))
				if first := r.completed[0].Sub(start); first > 3*time.Second {
					t.Errorf("the first node is complete after %s, want 3 s", first)
				}
				if r.lead > 60 { // the burst of the creations is 50
					t.Errorf("%d ENIs waited to be attached, want at most 60", r.lead)
				}

				m, start = s.ec2.Mark(), time.Now()
				s.delete(n)
				s.must(20*time.Minute, func() error {
					if left := len(s.ours()); left > 0 {
						return fmt.Errorf("%d ENIs are left", left)
					}
					return nil
				})
				r = rolloutOf(s.ec2.Since(m, ec2emulator.ByAction("DetachNetworkInterface")), start, int(perNode))
				r.verify(t, "detached", nodes, int(perNode))
			})
		})
	}
}
