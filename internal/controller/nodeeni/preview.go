// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A Preview is what the controller requires of the objects of a NodeENI.
type Preview struct {
	NodeENI *v1alpha1.NodeENI

	// Children are the desired children and the retained children, by name.
	Children map[string]PreviewChild

	// Interfaces and Attachments are the existing objects of all children, by name.
	Interfaces  map[string]*ec2v1alpha1.NetworkInterface
	Attachments map[string]*ec2v1alpha1.NetworkInterfaceAttachment

	// Release are the children to delete, and Held the children to delete after these. The
	// children in Unconfirmed are only deleted once spec.rollout.maxUnavailable is set, and the
	// children in Blocked once paused objects of other nodes are deleted. All are sorted by name.
	Release, Held, Unconfirmed, Blocked []string

	// Problems are nodes and subnets without ENIs.
	Problems []string
}

// A PreviewChild has the objects that the controller applies for a child.
type PreviewChild struct {
	Child     eni.Child
	Interface *ec2v1alpha1.NetworkInterface
	// Attachment is nil if the ENI has no node.
	Attachment *ec2v1alpha1.NetworkInterfaceAttachment
	// Detach is true if the ENI is detached and retained.
	Detach bool
	// TakesOver is true if the child takes over a retained ENI.
	TakesOver bool
}

// Released returns the existing objects of a child that is deleted. The NetworkInterface has
// the management policies with which it is deleted.
func (p *Preview) Released(name string) (*ec2v1alpha1.NetworkInterface, *ec2v1alpha1.NetworkInterfaceAttachment) {
	ni := p.Interfaces[name]
	if ni != nil && leavesENIs(p.NodeENI) {
		ni = ni.DeepCopy()
		ni.Spec.ManagementPolicies = withoutDelete(ni.Spec.ManagementPolicies)
	}
	return ni, p.Attachments[name]
}

// A Previewer computes Previews. It writes nothing.
type Previewer struct {
	o   options.Options
	now func() time.Time
}

// NewPreviewer returns a Previewer for the controller with the same options.
func NewPreviewer(o options.Options) *Previewer { return &Previewer{o: o, now: time.Now} }

// Indexes returns the functions of the indexes that Preview uses, by field.
func Indexes() map[string]client.IndexerFunc {
	return map[string]client.IndexerFunc{indexNodeENI: byNodeENI, indexElasticIP: byElasticIP}
}

// Preview computes what the controller requires of the objects of a NodeENI that kube returns.
// The grace periods of missing nodes start again.
func (p *Previewer) Preview(ctx context.Context, kube client.Client, uncached client.Reader, n *v1alpha1.NodeENI) (*Preview, error) {
	r := &Reconciler{
		client: kube, uncached: uncached, cloud: p.cloud(), o: p.o, now: p.now,
		missing: newMissingSince(), applied: newAppliedCache(), debounce: newDebounce(), tainted: newNameSet(),
		log: logging.NewNopLogger(), record: event.NewNopRecorder(),
	}
	s, err := r.children(ctx, n.GetName(), n.GetUID())
	if err != nil {
		return nil, err
	}
	out := &Preview{NodeENI: n, Children: map[string]PreviewChild{}, Interfaces: s.interfaces, Attachments: s.attachments}
	switch {
	case meta.IsPaused(n):
		out.Problems = append(out.Problems, fmt.Sprintf("NodeENI %s is paused: remove the annotation %s", n.GetName(), meta.AnnotationKeyReconciliationPaused))
		for _, e := range s.found {
			out.keep(e)
		}
		return out, nil
	case meta.WasDeleted(n):
		out.Release = s.controlled(n.GetUID())
		return out, nil
	}
	c, err := r.clientFor(ctx, n, s)
	if err != nil {
		return nil, err
	}
	if err := r.decide(ctx, n, c, s); err != nil {
		return nil, err
	}
	out.fill(n, s, r.defaults())
	return out, nil
}

func (p *Previewer) cloud() clientsCloud {
	return clientsCloud{clients: p.o.Clients, namespace: p.o.Namespace}
}

// ClientFor returns the EC2 client of a NodeENI.
func (p *Previewer) ClientFor(ctx context.Context, n *v1alpha1.NodeENI) (*ec2.Client, error) {
	return p.cloud().client(ctx, n)
}

// keep adds an existing child as it is.
func (p *Preview) keep(e eni.Existing) {
	p.Children[e.Name] = PreviewChild{
		Child:     eni.Child{Name: e.Name, NodeName: e.NodeName, NodeUID: e.NodeUID, SubnetID: e.SubnetID, Position: e.Position},
		Interface: p.Interfaces[e.Name], Attachment: p.Attachments[e.Name],
	}
}

// fill adds the plan.
func (p *Preview) fill(n *v1alpha1.NodeENI, s *state, d defaults) {
	for _, c := range slices.Concat(s.plan.Apply, s.plan.Retain) {
		ni, at := s.interfaces[c.Name], s.attachments[c.Name]
		if ni != nil && ni.GetDeletionTimestamp() != nil {
			ni = nil // created again afterwards
		}
		if at != nil && at.GetDeletionTimestamp() != nil {
			at = nil
		}
		if c.Retained && ni == nil {
			continue
		}
		child := PreviewChild{Child: c, Interface: networkInterface(n, c, d, ni), TakesOver: takesOver(c, ni), Detach: slices.Contains(s.plan.Detach, c.Name)}
		if !c.Retained {
			child.Attachment = attachment(n, c, d, at)
		}
		p.Children[c.Name] = child
	}
	keep := nameSetOf(s.plan.Keep)
	for _, e := range s.found {
		if keep[e.Name] {
			p.keep(e)
		}
	}
	p.Release = slices.Clone(s.plan.Release)
	for _, e := range s.found {
		if e.Deleting && p.Children[e.Name].Interface == nil {
			p.Release = append(p.Release, e.Name)
		}
	}
	slices.Sort(p.Release)
	p.Release = slices.Compact(p.Release)
	p.Held, p.Unconfirmed = splitHeld(s)
	p.Blocked = p.blocked(s, maxUnavailable(n, len(s.nodes)))
	p.Held = slices.DeleteFunc(p.Held, func(name string) bool { return slices.Contains(p.Blocked, name) })
	p.Problems = append(p.Problems, problems(s)...)
}

// splitHeld returns the children whose deletion is limited by maxUnavailable, and the
// children whose deletion waits for a confirmation.
func splitHeld(s *state) (held, unconfirmed []string) {
	deselected := map[string]bool{}
	for _, n := range s.nodes {
		deselected[n.UID] = n.Deselected && s.plan.Unconfirmed > 0
	}
	names := nameSetOf(s.plan.Held)
	for _, e := range s.found {
		switch {
		case names[e.Name] && deselected[e.NodeUID]:
			unconfirmed = append(unconfirmed, e.Name)
		case names[e.Name]:
			held = append(held, e.Name)
		}
	}
	return held, unconfirmed
}

// blocked returns the held children whose release does not begin: nodes whose objects are paused lose
// their ENIs without an end, and count against maxUnavailable.
func (p *Preview) blocked(s *state, limit int) []string {
	held, release := nameSetOf(p.Held), nameSetOf(p.Release)
	exists := map[string]bool{}
	for _, n := range s.nodes {
		exists[n.UID] = !n.Gone
	}
	found := slices.SortedFunc(slices.Values(s.found), func(a, b eni.Existing) int {
		return cmp.Or(cmp.Compare(a.NodeName, b.NodeName), cmp.Compare(a.Name, b.Name))
	})
	endless := map[string]bool{} // nodes
	begin := func(e eni.Existing) {
		if exists[e.NodeUID] && p.isPaused(e.Name) {
			endless[e.NodeUID] = true
		}
	}
	for _, e := range found {
		if release[e.Name] {
			begin(e)
		}
	}
	var out []string
	for _, e := range found {
		switch {
		case !held[e.Name]:
		case len(endless) >= limit && !endless[e.NodeUID]:
			out = append(out, e.Name)
		default:
			begin(e)
		}
	}
	slices.Sort(out)
	return out
}

// isPaused reports whether an existing object of a child is paused.
func (p *Preview) isPaused(name string) bool {
	return isPaused(p.Interfaces[name], p.Attachments[name])
}

// problems returns what prevents that nodes get ENIs.
func problems(s *state) []string {
	out := slices.Concat(s.resolution.missing, s.resolution.ambiguous)
	for _, u := range s.resolution.undecided {
		out = append(out, u+" matches subnets in several VPCs, and the VPC of no node is known")
	}
	if !s.selected() {
		out = append(out, "no node matches nodeSelector and nodeSelectorTerms")
	}
	for _, nodes := range []struct {
		reason string
		names  []string
	}{
		{"has no spec.providerID yet", s.plan.WithoutProviderID},
		{"is not an EC2 instance", s.plan.NotEC2},
		{"is in another region", s.plan.OtherRegion},
		{"has no subnet in its zone", s.withoutSubnet()},
		{"waits for the ENI of a terminated node", s.plan.Waiting},
	} {
		for _, name := range nodes.names {
			out = append(out, "node "+name+" "+nodes.reason)
		}
	}
	if s.selected() {
		for _, n := range s.unusedSubnets() {
			out = append(out, "subnet "+n+" is in the zone of no selected node")
		}
	}
	for _, name := range s.elasticIPs.without {
		out = append(out, "no Elastic IP is free for "+name)
	}
	for _, id := range s.elasticIPs.missing {
		out = append(out, "EC2 does not return Elastic IP "+id)
	}
	if s.elasticIPs.err != nil {
		out = append(out, errors.Wrap(s.elasticIPs.err, "cannot describe the Elastic IPs").Error())
	}
	return out
}
