// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"fmt"
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/event"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

// completedNodes records which nodes of each NodeENI have all their ENIs ready, to report others in
// events. After a restart it reports only nodes that become complete later.
type completedNodes struct {
	mu     sync.Mutex
	byName map[string]completedSet
}

type completedSet struct {
	uid   types.UID
	nodes map[string]bool
}

func newCompletedNodes() *completedNodes { return &completedNodes{byName: map[string]completedSet{}} }

// update records the complete nodes of a NodeENI, and returns the nodes that were not complete before. For
// a NodeENI that had ENIs before this process started, the first call returns none.
func (c *completedNodes) update(n *v1alpha1.NodeENI, nodes map[string]bool, isNew bool) []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	before, known := c.byName[n.GetName()]
	known = known && before.uid == n.GetUID()
	c.byName[n.GetName()] = completedSet{uid: n.GetUID(), nodes: nodes}
	if !known && !isNew {
		return nil
	}
	var out []string
	for name := range nodes {
		if !known || !before.nodes[name] {
			out = append(out, name)
		}
	}
	return out
}

// forget drops the nodes of a NodeENI.
func (c *completedNodes) forget(name string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.byName, name)
}

// completed returns the nodes whose desired ENIs are all ready.
func (s *state) completed() map[string]bool {
	out := map[string]bool{}
	for _, c := range s.plan.Apply {
		out[c.NodeName] = true
	}
	for _, c := range s.plan.Apply {
		if !s.ready[c.Name] {
			delete(out, c.NodeName)
		}
	}
	return out
}

// reportCompleted emits one event for all nodes that have become complete.
func (r *Reconciler) reportCompleted(n *v1alpha1.NodeENI, s *state, isNew bool) {
	if names := r.completed.update(n, s.completed(), isNew); len(names) > 0 {
		r.record.Event(n, event.Normal(reasonCompleted, fmt.Sprintf("All network interfaces are ready on %d nodes: %s", len(names), managedresource.FirstNames(names))))
	}
}

// markReady records that a child is ready.
func (s *state) markReady(child string) {
	if s.ready == nil {
		s.ready = map[string]bool{}
	}
	s.ready[child] = true
}
