// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// restore takes a backup of etcd, changes the cluster, and restores the backup.
func (p *planner) restore() {
	before := p.m.clone()
	p.add(step{what: "a backup of etcd is taken", do: func(ctx context.Context, w *world) (err error) {
		w.backup, err = w.cp.SaveEtcd(ctx)
		return err
	}}, nil)
	for range 2 + p.IntN(5) {
		p.change()
		if p.IntN(2) == 0 {
			p.pause(time.Duration(300+p.IntN(1500)) * time.Millisecond)
		}
	}
	p.restoreTo(before)
}

// restoreNewer restores a backup that is older than all ENIs of a NodeENI.
func (p *planner) restoreNewer() {
	if len(p.m.nodeENIs) >= maxNodeENIs {
		p.deleteNodeENI()
	}
	// Its nodes match only after the backup, which contains the NodeENI without
	// children.
	e := p.newNodeENI()
	n := p.m.nodes[pick(p.Rand, sorted(p.m.nodes))]
	name := n.name
	for _, s := range subnets {
		if s.zone == n.zone {
			e.subnets = []string{s.id}
		}
	}
	e.group = "c"
	made := *e
	p.add(step{what: "create NodeENI " + e.name + ", which no node matches", do: func(ctx context.Context, w *world) error {
		if err := w.setGroup(ctx, name, "none"); err != nil {
			return err
		}
		return w.createNodeENI(ctx, made)
	}}, func() { n.group, p.m.nodeENIs[e.name] = "none", e })
	p.pause(500 * time.Millisecond)
	before := p.m.clone()
	before.nodes[name].group = "c" // the node is labelled again by its kubelet
	p.add(step{what: "a backup of etcd is taken", do: func(ctx context.Context, w *world) (err error) {
		w.backup, err = w.cp.SaveEtcd(ctx)
		return err
	}}, nil)
	p.add(step{what: "move node " + name + " to group c", do: func(ctx context.Context, w *world) error {
		if err := w.setGroup(ctx, name, "c"); err != nil {
			return err
		}
		k := childKey(made.name, name, made.subnets[0])
		for end := time.Now().Add(30 * time.Second); time.Now().Before(end) && ctx.Err() == nil; sleep(ctx, 50*time.Millisecond) {
			if e, ok := w.find(k); ok && e.Attachment != nil && e.Attachment.Status == "attached" {
				return nil
			}
		}
		return nil
	}}, func() { n.group = "c" })
	p.restoreTo(before)
}

// restoreTo restores the backup whose state is before. Instances are not restored:
// kubelets register nodes again, and the Nodes of terminated instances are deleted,
// as by the cloud provider.
func (p *planner) restoreTo(before *model) {
	nodes := map[string]*modelNode{}
	for name, n := range p.m.nodes {
		c := *n
		if b := before.nodes[name]; b != nil && b.instance == n.instance {
			c.group = b.group
		} else if b == nil {
			c.group = "none" // a new instance: limit the number of ENIs
		}
		nodes[name] = &c
	}
	lost := []string{}
	pairs := map[string]*modelPair{}
	for name, x := range before.pairs {
		b, n := before.nodes[x.node], p.m.nodes[x.node]
		if n == nil || n.instance != b.instance {
			lost = append(lost, name)
			continue
		}
		c := *x
		pairs[name] = &c
	}
	final := maps.Clone(nodes)
	var unresponsive []string
	for name := range before.nodes {
		unresponsive = append(unresponsive, name) // the backup has HostInterfaces that agents have released
	}
	p.plan.within = settleWithinAfterOutage
	p.add(step{what: fmt.Sprintf("the backup of etcd is restored; pairs %v are deleted with their nodes", lost), unresponsive: unresponsive, do: func(ctx context.Context, w *world) error {
		return w.restore(ctx, final, lost)
	}}, func() {
		p.m.nodes, p.m.pairs, p.m.nodeENIs = nodes, pairs, before.clone().nodeENIs
	})
}

// clone returns a copy of a model.
func (m *model) clone() *model {
	out := newModel()
	out.serial, out.mode = m.serial, m.mode
	for k, v := range m.nodes {
		c := *v
		out.nodes[k] = &c
	}
	for k, v := range m.nodeENIs {
		c := *v
		out.nodeENIs[k] = &c
	}
	for k, v := range m.pairs {
		c := *v
		out.pairs[k] = &c
	}
	return out
}

// restore restores the backup, and does the work of kubelets and the cloud provider
// before it starts the provider.
func (w *world) restore(ctx context.Context, nodes map[string]*modelNode, lost []string) error {
	w.killAll()
	if err := w.cp.RestoreEtcd(ctx, w.backup, w.monitor.restored); err != nil {
		return err
	}
	w.admin.restored = true
	if err := w.restoreNodes(ctx, nodes); err != nil {
		return err
	}
	if err := w.deletePairs(ctx, lost, 0); err != nil {
		return err
	}
	if err := w.noteAdoptable(ctx, nodes); err != nil {
		return err
	}
	return w.startAll()
}

func (w *world) restoreNodes(ctx context.Context, nodes map[string]*modelNode) error {
	l := &corev1.NodeList{}
	if err := w.eventually(ctx, "list nodes", func() error { return w.kube.List(ctx, l) }); err != nil {
		return err
	}
	there := map[string]bool{}
	for i := range l.Items {
		n := &l.Items[i]
		if nodes[n.GetName()] != nil && strings.HasSuffix(n.Spec.ProviderID, "/"+w.instances[n.GetName()]) {
			there[n.GetName()] = true
			continue
		}
		if err := w.deleteNode(ctx, n.GetName()); err != nil {
			return err
		}
	}
	for _, name := range sorted(nodes) {
		n := nodes[name]
		if !there[name] {
			if err := w.registerNode(ctx, name, "aws:///"+n.zone+"/"+w.instances[name], nodeLabels(*n)); err != nil {
				return err
			}
		} else if err := w.setGroup(ctx, name, n.group); err != nil {
			return err
		}
		if err := w.setReady(ctx, name, true); err != nil {
			return err
		}
	}
	return nil
}

// noteAdoptable records the ENIs of nodes and slots that have no object after the
// restore: the provider must adopt them.
func (w *world) noteAdoptable(ctx context.Context, nodes map[string]*modelNode) error {
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := w.eventually(ctx, "list NetworkInterfaces", func() error { return w.kube.List(ctx, l) }); err != nil {
		return err
	}
	known := map[key]bool{}
	for i := range l.Items {
		if s := l.Items[i].GetLabels(); s[v1alpha1.LabelNodeENI] != "" {
			known[childKey(s[v1alpha1.LabelNodeENI], s[v1alpha1.LabelNode], s[v1alpha1.LabelSlot])] = true
		}
	}
	for _, n := range w.live() {
		k := keyOf(n)
		node := n.Tags[tagNode]
		if node != "" && !known[k] && nodes[node] != nil && n.Attachment != nil && n.Attachment.Status == "attached" && n.Attachment.InstanceID == w.instances[node] {
			w.adoptable[k] = n
		}
	}
	return nil
}

// verifyAdoption finds ENIs that were created for a node and slot that have an ENI to
// adopt.
func (w *world) verifyAdoption(all []ec2emulator.NetworkInterface) []violation {
	var out []violation
	for _, n := range all {
		old, ok := w.adoptable[keyOf(n)]
		if ok && n.CreatedAt.After(old.CreatedAt) && slices.ContainsFunc(all, func(x ec2emulator.NetworkInterface) bool {
			return x.ID == old.ID && (x.DeletedAt.IsZero() || x.DeletedAt.After(n.CreatedAt))
		}) {
			out = append(out, violation{checkAdoption, fmt.Sprintf("ENI %s was created for %s, whose ENI %s was attached to its node: after the restore it has to be adopted", n.ID, keyOf(n), old.ID)})
		}
	}
	return out
}
