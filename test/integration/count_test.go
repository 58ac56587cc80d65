// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestCount changes the number of ENIs per subnet: the ENIs that stay keep their device
// indexes and names.
func TestCount(t *testing.T) {
	e := newEnv(t, options{})
	n, err := e.AddNode(t.Context(), "node-a", testbed.SubnetNodesA, "m5.4xlarge", map[string]string{"ng": "multi-eni"}) // supports 8 ENIs
	if err != nil {
		t.Fatal(err)
	}
	e.apply(head("data") + fmt.Sprintf("  subnetIDs: [%s, %s]\n  deviceIndex: 2\n", dataSubnet, secondSubnet))
	e.eventually(30*time.Second, e.ready("data", 2))

	enis := func() map[int]string {
		out := map[int]string{}
		for i, x := range e.attachedTo(n) {
			if i > 0 {
				out[i] = x.ID
			}
		}
		return out
	}
	subnets := func() []string {
		attached := e.attachedTo(n)
		delete(attached, 0)
		var out []string
		for _, i := range slices.Sorted(maps.Keys(attached)) {
			out = append(out, attached[i].SubnetID)
		}
		return out
	}
	names := func() []string {
		var out []string
		for _, a := range e.attachments() {
			out = append(out, a.Spec.Host.AltNames...)
		}
		slices.Sort(out)
		return out
	}
	first := enis()
	for _, step := range []struct {
		count   int32
		subnets []string
		names   []string
	}{
		{3, []string{dataSubnet, secondSubnet, dataSubnet, secondSubnet, dataSubnet, secondSubnet}, []string{"data-0", "data-1", "data-2", "data-3", "data-4", "data-5"}},
		{2, []string{dataSubnet, secondSubnet, dataSubnet, secondSubnet}, []string{"data-0", "data-1", "data-2", "data-3"}},
		{1, []string{dataSubnet, secondSubnet}, []string{"data-0", "data-1"}},
	} {
		before := enis()
		e.change("data", func(s *v1alpha1.NodeENISpec) { s.Count = &step.count })
		e.eventually(60*time.Second, e.ready("data", int(2*step.count)))
		e.eventually(30*time.Second, func() error {
			if diff := cmp.Diff(step.subnets, subnets()); diff != "" {
				return fmt.Errorf("count %d: subnets by device index: -want, +got:\n%s", step.count, diff)
			}
			return nil
		})
		if diff := cmp.Diff(step.names, names()); diff != "" {
			t.Errorf("count %d: alternative names: -want, +got:\n%s", step.count, diff)
		}
		now := enis()
		for i, id := range now {
			if was := before[i]; was != "" && was != id {
				t.Errorf("count %d: device index %d has another ENI", step.count, i)
			}
		}
		for i, id := range first {
			if now[i] != id {
				t.Errorf("count %d: the first ENI %s is not at its device index %d: %v", step.count, id, i, now)
			}
		}
	}
	e.delete(e.nodeENI("data"))
	e.eventually(30*time.Second, e.allDeleted)
}
