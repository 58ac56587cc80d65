// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// TestCompletedNodes verifies which nodes are reported.
func TestCompletedNodes(t *testing.T) {
	c := newCompletedNodes()
	n := &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data", UID: "1"}}
	set := func(names ...string) map[string]bool {
		out := map[string]bool{}
		for _, name := range names {
			out[name] = true
		}
		return out
	}
	update := func(reason string, isNew bool, nodes map[string]bool, want ...string) {
		t.Helper()
		got := c.update(n, nodes, isNew)
		slices.Sort(got)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("\n%s\nreported: -want, +got:\n%s", reason, diff)
		}
	}
	update("Nodes that were complete before the start of the process are not reported.", false, set("a", "b"))
	update("Nodes that become complete are.", false, set("a", "b", "c"), "c")
	update("Once.", false, set("a", "b", "c"))
	update("A node that is not complete for a time is reported again.", false, set("a", "b"))
	update("Again.", false, set("a", "b", "c"), "c")
	n.UID = "2"
	update("All nodes of a new NodeENI are reported.", true, set("a"), "a")
	c.forget("data")
	if len(c.byName) > 0 {
		t.Error("\nA deleted NodeENI is forgotten.")
	}
}

func TestCompleted(t *testing.T) {
	s := &state{plan: eni.Plan{Apply: []eni.Child{{Name: "a1", NodeName: "a"}, {Name: "a2", NodeName: "a"}, {Name: "b1", NodeName: "b"}, {Name: "b2", NodeName: "b"}, {Name: "c1", NodeName: "c"}}}}
	for _, name := range []string{"a1", "a2", "b2", "old"} {
		s.markReady(name)
	}
	if diff := cmp.Diff(map[string]bool{"a": true}, s.completed()); diff != "" {
		t.Errorf("\nA node is complete if all its desired ENIs are ready.\ncompleted(): -want, +got:\n%s", diff)
	}
}
