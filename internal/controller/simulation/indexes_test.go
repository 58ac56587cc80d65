// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// TestSameIndexes gives nodes on which others have taken indexes three ENIs each, while
// EC2 rejects calls at random. Each subnet has the same index on each node.
func TestSameIndexes(t *testing.T) {
	cases := map[string]struct {
		reason string
		taken  []int
		want   string
	}{
		"None":   {reason: "The i-th subnet gets the base index plus i.", want: "1 2 3"},
		"First":  {reason: "The subnet whose index is taken gets the next free index.", taken: []int{1}, want: "4 2 3"},
		"Middle": {reason: "A subnet in the middle whose index is taken gets the next free one too.", taken: []int{2, 4}, want: "1 5 3"},
		"Two":    {reason: "Two whose indexes are taken get the next ones in their order.", taken: []int{1, 3}, want: "4 2 5"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const nodes = 12
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				for i := 1; i <= nodes; i++ {
					s.addNode("a", i, "m5.4xlarge")
					for _, index := range tc.taken {
						s.attachForeign(instanceOf("a", i), index)
					}
				}
				s.ec2.Inject(ec2emulator.Fault{Action: "AttachNetworkInterface", Code: "InternalError", Probability: 0.3})
				s.ec2.Inject(ec2emulator.Fault{Action: "CreateNetworkInterface", Code: "InternalError", Probability: 0.3})
				subnets := []v1alpha1.SubnetID{fleetSubnet1, fleetSubnet2, "subnet-3"}
				s.addNodeENI("a", subnets...)
				s.start()
				time.Sleep(2 * time.Minute)
				s.ec2.RemoveFaults()
				s.must(20*time.Minute, func() error { return s.wellWith(3 * nodes) })
				if got := s.indexesOf(subnets); len(got) != 1 || got[tc.want] != nodes {
					t.Errorf("\n%s\nIndexes of the subnets: %v, want %s on each of %d nodes.", tc.reason, got, tc.want, nodes)
				}
			})
		})
	}
}

// TestSameIndexesOfNodeENIs adds nodes that several NodeENIs select, with ranges of device
// indexes that overlap. Each NodeENI has the same indexes on each node.
func TestSameIndexesOfNodeENIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const nodes = 12
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		// The names are in another order than the creations.
		for _, n := range []struct {
			name    string
			index   int32
			subnets []v1alpha1.SubnetID
		}{{"c", 1, []v1alpha1.SubnetID{fleetSubnet1, fleetSubnet2}}, {"a", 1, []v1alpha1.SubnetID{fleetSubnet1}}, {"b", 2, []v1alpha1.SubnetID{fleetSubnet2}}} {
			s.create(&v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: n.name}, Spec: v1alpha1.NodeENISpec{
				NodeSelector: map[string]string{"pool": "a"}, SubnetIDs: n.subnets, DeviceIndex: &n.index,
			}})
			time.Sleep(2 * time.Second)
		}
		s.start()
		s.ec2.Inject(ec2emulator.Fault{Action: "AttachNetworkInterface", Code: "InternalError", Probability: 0.3})
		s.ec2.Inject(ec2emulator.Fault{Action: "CreateNetworkInterface", Code: "InternalError", Probability: 0.3})
		for i := 1; i <= nodes; i++ {
			s.addNode("a", i, "m5.4xlarge")
		}
		time.Sleep(2 * time.Minute)
		s.ec2.RemoveFaults()
		s.must(20*time.Minute, func() error { return s.wellWith(4 * nodes) })
		got := map[string]int{}
		for _, n := range s.ec2.ENIs(ec2emulator.Exists) {
			if owner := n.Tags[eni.TagNodeENI]; owner != "" && n.Attachment != nil {
				got[fmt.Sprintf("%s in %s at %d", owner, n.SubnetID, n.Attachment.DeviceIndex)]++
			}
		}
		want := map[string]int{
			"c in " + fleetSubnet1 + " at 1": nodes, "c in " + fleetSubnet2 + " at 2": nodes,
			"a in " + fleetSubnet1 + " at 3": nodes, "b in " + fleetSubnet2 + " at 4": nodes,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("\nNodeENIs get their indexes in the order of their creation.\nENIs: -want, +got:\n%s", diff)
		}
	})
}

// indexesOf returns the device indexes of the ENIs in subnets, in their order, and how many
// instances have these.
func (s *simulatedCluster) indexesOf(subnets []v1alpha1.SubnetID) map[string]int {
	s.t.Helper()
	by := map[string]map[string]int{}
	for _, n := range s.ec2.ENIs(ec2emulator.Exists) {
		if a := n.Attachment; a != nil && n.Tags["networking.k8s.aws/mr-uid"] != "" {
			if by[a.InstanceID] == nil {
				by[a.InstanceID] = map[string]int{}
			}
			by[a.InstanceID][n.SubnetID] = a.DeviceIndex
		}
	}
	out := map[string]int{}
	for _, instance := range slices.Sorted(maps.Keys(by)) {
		var indexes []string
		for _, subnet := range subnets {
			indexes = append(indexes, fmt.Sprint(by[instance][string(subnet)]))
		}
		out[strings.Join(indexes, " ")]++
	}
	return out
}
