// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
)

const retainENI = `apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata: {name: firewall}
spec:
  nodeSelector: {ng: multi-eni}
  subnetID: subnet-0f59b4f14737be9ad
  elasticIP: {allocationIds: [eipalloc-a, eipalloc-b, eipalloc-c, eipalloc-d, eipalloc-e, eipalloc-f]}
  retain: {maxRetained: 2}
`

// An identity is what other systems know an ENI by.
type identity struct{ eni, mac, ip, elasticIP string }

// identities returns the identity of the ENI of each node, by the name of the node.
func (e *env) identities(nodes map[string]*corev1.Node) map[string]identity {
	out := map[string]identity{}
	for name, n := range nodes {
		for _, x := range e.attachedTo(n) {
			out[name] = identity{eni: x.ID, mac: x.MACAddress, ip: x.PrivateIPAddresses[0], elasticIP: x.AllocationID}
		}
	}
	return out
}

// replacements returns the number of replacements of TestRetain: E2E_REPLACEMENTS, default 200,
// or a few with -short.
func replacements(t *testing.T) int {
	t.Helper()
	if testing.Short() {
		return 5
	}
	text := cmp.Or(os.Getenv("E2E_REPLACEMENTS"), "200")
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("E2E_REPLACEMENTS is %q, want a number", text)
	}
	return n
}

// end ends a node, in an order of a kind from 0 to 4.
func (e *env) end(n *corev1.Node, kind int, random *rand.Rand, settings func(*controller.Settings)) {
	e.t.Helper()
	pause := func(most int) { time.Sleep(time.Duration(random.IntN(most)) * time.Millisecond) }
	switch kind {
	case 1: // the Node is deleted before its instance is terminated
		e.delete(n)
		pause(300)
		e.terminate(n)
	case 2: // the Node of the terminated instance still exists when the new node registers
		e.terminate(n)
		e.notReady(n)
		e.eventually(30*time.Second, func() error { // as long as it takes to observe it
			if got := e.nodeENI("firewall").Status.Retained; got != 1 {
				return fmt.Errorf("%d ENIs are retained, want 1", got)
			}
			return nil
		})
	case 4: // the provider is restarted
		e.terminate(n)
		e.delete(n)
		pause(500)
		e.provider.stop()
		e.provider = e.startProvider(settings)
	default: // EC2 terminates the instance, and the Node is deleted
		e.terminate(n)
		e.delete(n)
	}
}

// TestRetain replaces nodes, one after another, in each order in which EC2 and Kubernetes
// report a replacement. The new node gets the ENI of the node that it replaces, with its
// addresses and its Elastic IP, and all other nodes keep theirs.
func TestRetain(t *testing.T) {
	settings := func(s *controller.Settings) {
		// The provider does not know when a cached instance is terminated: default 1 minute.
		s.Timings.MissingPoll = time.Second
		s.SnapshotAge = time.Second
	}
	e := newEnv(t, options{settings: settings, long: !testing.Short()})
	for _, id := range []string{"a", "b", "c", "d", "e", "f"} {
		e.elasticIPs("eipalloc-" + id)
	}
	nodes := map[string]*corev1.Node{}
	for i := range 4 {
		name := fmt.Sprintf("node-%d", i)
		nodes[name] = e.node(name)
	}
	e.apply(retainENI)
	complete := func() error {
		if err := e.ready("firewall", 4)(); err != nil && len(e.nodeENI("firewall").Status.Attachments) == 4 {
			return err
		}
		n := e.nodeENI("firewall")
		if n.Status.Ready != 4 || n.GetCondition("Ready").Status != corev1.ConditionTrue {
			return fmt.Errorf("%d are ready: %+v", n.Status.Ready, n.Status.Conditions)
		}
		for name, id := range e.identities(nodes) {
			if id.elasticIP == "" {
				return fmt.Errorf("node %s has no Elastic IP", name)
			}
		}
		if got := len(e.identities(nodes)); got != 4 {
			return fmt.Errorf("%d nodes have ENIs", got)
		}
		return nil
	}
	e.eventually(30*time.Second, complete)
	seed := uint64(time.Now().UnixNano())
	random := rand.New(rand.NewPCG(seed, 0))
	t.Logf("seed %d", seed)
	created := e.created()
	for i := range replacements(t) {
		before := e.identities(nodes)
		old := slices.Sorted(maps.Keys(nodes))[random.IntN(4)]
		n := nodes[old]
		next := fmt.Sprintf("node-r%d", i)
		kind := random.IntN(5)
		began := time.Now()
		e.end(n, kind, random, settings)
		if kind == 3 {
			next = old // the new node has the name of the old one
		}
		delete(nodes, old)
		nodes[next] = e.node(next)
		e.eventually(60*time.Second, func() error {
			if got := e.identities(map[string]*corev1.Node{next: nodes[next]})[next]; got != before[old] {
				return fmt.Errorf("replacement %d (kind %d): node %s has %+v, want %+v of node %s", i, kind, next, got, before[old], old)
			}
			return complete()
		})
		after := e.identities(nodes)
		for name, id := range before {
			if name != old && after[name] != id {
				t.Fatalf("replacement %d (kind %d) of node %s: node %s has %+v, want %+v", i, kind, old, name, after[name], id)
			}
		}
		if kind == 2 {
			e.delete(n)
		}
		if got := len(e.live()); got != 4 {
			t.Fatalf("replacement %d (kind %d): %d ENIs exist, want 4", i, kind, got)
		}
		t.Logf("replacement %d of kind %d: %s", i, kind, time.Since(began).Round(10*time.Millisecond))
	}
	if got := e.created() - created; got > 0 {
		t.Errorf("%d ENIs were created for replacements", got)
	}
	e.neverForced()
	e.delete(e.nodeENI("firewall"))
	e.eventually(30*time.Second, e.allDeleted)
}

// TestRetainPool exceeds the number of retained ENIs, and changes what is retained.
func TestRetainPool(t *testing.T) {
	e := newEnv(t, options{})
	nodes := map[string]*corev1.Node{}
	for i := range 5 {
		name := fmt.Sprintf("node-%d", i)
		nodes[name] = e.node(name)
	}
	e.apply(head("firewall") + "  subnetID: " + dataSubnet + "\n  count: 2\n  rollout: {maxUnavailable: 100%}\n  retain: {maxRetained: 4}\n")
	e.eventually(60*time.Second, e.ready("firewall", 10))
	before := map[string]bool{}
	for _, x := range e.live() {
		before[x.ID] = true
	}

	t.Log("three nodes are deselected: of six ENIs four are retained")
	for _, name := range []string{"node-0", "node-1", "node-2"} {
		e.label(nodes[name], "ng", "other")
	}
	e.eventually(30*time.Second, func() error {
		if s := e.nodeENI("firewall").Status; s.Retained != 4 || s.Ready != 4 || s.Attached != 4 {
			return fmt.Errorf("status %d ready, %d attached, %d retained; want 4, 4 and 4", s.Ready, s.Attached, s.Retained)
		}
		return e.hasENIs(8, nil)()
	})
	for _, a := range e.nodeENI("firewall").Status.Attachments {
		if (a.Status == "retained") != (a.NodeID == "") || a.ENIID == "" {
			t.Errorf("the entry of a retained ENI has no node: %+v", a)
		}
	}

	t.Log("count is 1: retained ENIs of the second position are deleted")
	e.change("firewall", func(s *v1alpha1.NodeENISpec) { s.Count = new(int32(1)) })
	e.eventually(30*time.Second, func() error {
		for _, x := range e.live() {
			if x.Tags["networking.k8s.aws/slot"] != dataSubnet {
				return fmt.Errorf("ENI %s of slot %s exists", x.ID, x.Tags["networking.k8s.aws/slot"])
			}
		}
		return nil
	})
	kept := int(e.nodeENI("firewall").Status.Retained)

	t.Log("a change of the spec reaches retained ENIs")
	e.change("firewall", func(s *v1alpha1.NodeENISpec) { s.Tags = map[string]string{"team": "net"} })
	e.eventually(30*time.Second, func() error {
		for _, x := range e.live() {
			if x.Tags["team"] != "net" {
				return fmt.Errorf("%s has the tags %v", x.ID, x.Tags)
			}
		}
		return nil
	})

	t.Log("a node that gets its label again gets its own ENI if it is retained")
	e.label(nodes["node-1"], "ng", "multi-eni")
	e.eventually(30*time.Second, func() error {
		if got := e.attachedTo(nodes["node-1"]); len(got) != 1 {
			return fmt.Errorf("node-1 has %d ENIs", len(got))
		}
		return nil
	})
	for _, x := range e.attachedTo(nodes["node-1"]) {
		if before[x.ID] != (kept > 0) {
			t.Errorf("%d ENIs were retained, and node-1 got %s", kept, x.ID)
		}
	}

	t.Log("reclaimPolicy Retain: retain cannot be removed, and the ENIs outlive the NodeENI")
	e.change("firewall", func(s *v1alpha1.NodeENISpec) { s.Retain.ReclaimPolicy = v1alpha1.ReclaimRetain })
	n := e.nodeENI("firewall")
	n.Spec.Retain = nil
	if err := e.kube.Update(t.Context(), n); err == nil {
		t.Error("retain was removed with reclaimPolicy Retain")
	}
	e.delete(e.nodeENI("firewall"))
	e.eventually(30*time.Second, e.isDeleted(&v1alpha1.NodeENI{ObjectMeta: named("firewall")}))
	left := e.live()
	for _, x := range left {
		if x.Attachment != nil || x.Tags["networking.k8s.aws/keep"] != "true" {
			t.Errorf("%s is detached, and excluded from garbage collection: %+v, %v", x.ID, x.Attachment, x.Tags)
		}
	}
	if len(left) != 3+max(0, kept-1) {
		t.Errorf("%d ENIs remain in EC2, want %d", len(left), 3+max(0, kept-1))
	}
}

// ownerOf returns the node that had an ENI.
func ownerOf(all map[string]identity, eni string) (string, bool) {
	for name, id := range all {
		if id.eni == eni {
			return name, true
		}
	}
	return "", false
}

// TestRetainStale deletes and creates nodes faster than the provider follows: no ENI is
// assigned to two nodes.
func TestRetainStale(t *testing.T) {
	e := newEnv(t, options{settings: func(s *controller.Settings) {
		if testing.Short() { // default 1 minute
			s.Timings.MissingPoll, s.SnapshotAge = time.Second, time.Second
		}
	}})
	nodes := map[string]*corev1.Node{}
	for i := range 8 {
		name := fmt.Sprintf("node-%d", i)
		nodes[name] = e.node(name)
	}
	e.apply(head("firewall") + "  subnetID: " + dataSubnet + "\n  retain: {}\n")
	e.eventually(60*time.Second, e.ready("firewall", 8))
	before := e.identities(nodes)
	next := map[string]*corev1.Node{}
	for i := range 8 {
		old := fmt.Sprintf("node-%d", i)
		e.terminate(nodes[old])
		e.delete(nodes[old])
		name := fmt.Sprintf("node-next-%d", i)
		next[name] = e.node(name)
	}
	e.eventually(90*time.Second, func() error {
		got := map[string]bool{}
		for _, id := range e.identities(next) {
			if _, ok := ownerOf(before, id.eni); ok {
				got[id.eni] = true
			}
		}
		if len(got) != 8 {
			return fmt.Errorf("%d of 8 ENIs were taken over", len(got))
		}
		if s := e.nodeENI("firewall").Status; s.Retained != 0 || s.Ready != 8 {
			return fmt.Errorf("%d retained and %d ready, want 0 and 8", s.Retained, s.Ready)
		}
		return nil
	})
	if got := e.EC2.ENIs(managedByUs); len(got) != 8 {
		t.Errorf("%d ENIs were created, want 8", len(got))
	}
	list := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(t.Context(), list, &client.ListOptions{}); err != nil {
		t.Fatal(err)
	}
	byENI := map[string]int{}
	for _, h := range list.Items {
		byENI[h.Spec.NetworkInterfaceID]++
	}
	for id, n := range byENI {
		if n != 1 {
			t.Errorf("%s has %d HostInterfaces", id, n)
		}
	}
}
