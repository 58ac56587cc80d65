// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"maps"
	"slices"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// listNodes lists the nodes of the cluster.
func (r *Reconciler) listNodes(ctx context.Context, s *state) error {
	var err error
	s.cluster, err = r.objects().nodes(ctx)
	return err
}

// gatherNodes adds the nodes that match the selector and the nodes that only children
// refer to.
func (r *Reconciler) gatherNodes(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state) error {
	if err := r.listNodes(ctx, s); err != nil {
		return err
	}
	byUID := map[string]*corev1.Node{}
	byInstance := map[string]*corev1.Node{}
	for _, node := range s.cluster {
		byUID[string(node.GetUID())] = node
		if id := eni.InstanceID(node.Spec.ProviderID); id != "" {
			byInstance[id] = node
		}
	}
	// A node that registers again has a new UID but the same instance: it keeps its
	// children.
	for i, e := range s.found {
		if _, ok := byUID[e.NodeUID]; ok {
			continue
		}
		if node, ok := byInstance[instanceOf(s, e.Name)]; ok && node.GetName() == e.NodeName {
			s.found[i].NodeUID = string(node.GetUID())
		}
	}
	s.indexChildren()
	var matched []*corev1.Node
	for _, node := range s.cluster {
		if eni.Selects(&n.Spec, node.GetLabels()) && node.GetDeletionTimestamp() == nil {
			matched = append(matched, node)
		}
	}
	place, _ := c.Place(ctx) // the region is known even if the account is not
	s.region = place.Region
	instances, err := r.instances(ctx, c, s, matched, byUID)
	if err != nil {
		return err
	}
	for _, node := range matched {
		out, err := r.node(ctx, n, c, s, node, instances)
		if err != nil {
			return err
		}
		s.nodes = append(s.nodes, out)
	}
	r.deselectedNodes(s, n, matched, byUID, instances)
	return r.missingNodes(ctx, n, c, s, byUID, instances)
}

// deselectedNodes adds the nodes that exist and have children, but no longer match the
// selector. A matching node that is being deleted is missing, not deselected: its pods
// are being drained, and the grace period begins when the Node object is deleted.
func (r *Reconciler) deselectedNodes(s *state, neni *v1alpha1.NodeENI, matched []*corev1.Node, byUID map[string]*corev1.Node, instances map[string]ec2.Instance) {
	seen := map[string]bool{}
	for _, n := range matched {
		seen[string(n.GetUID())] = true
	}
	for _, e := range s.found {
		n := byUID[e.NodeUID]
		if n == nil || seen[e.NodeUID] {
			continue
		}
		seen[e.NodeUID] = true
		out := eni.Node{Name: n.GetName(), UID: e.NodeUID, InstanceID: eni.InstanceID(n.Spec.ProviderID), Ready: ready(n)}
		out.Gone = instances[out.InstanceID].Terminated()
		out.Missing = n.GetDeletionTimestamp() != nil && eni.Selects(&neni.Spec, n.GetLabels())
		out.Deselected = !out.Missing
		s.nodes = append(s.nodes, out)
	}
}

// instanceOf returns the instance id of a child: the id EC2 returned last or else
// the id the child was created for.
func instanceOf(s *state, child string) string {
	at := s.attachments[child]
	if at != nil && at.Status.AtProvider.InstanceID != "" {
		return at.Status.AtProvider.InstanceID
	}
	if at != nil {
		return at.GetAnnotations()[v1alpha1.AnnotationInstanceID]
	}
	if ni := s.interfaces[child]; ni != nil {
		return ni.GetAnnotations()[v1alpha1.AnnotationInstanceID]
	}
	return ""
}

// instances describes the instances of nodes that are new, unhealthy or deleted: the
// children of a terminated instance must be released even while its Node exists. The
// instance of a healthy node is assumed to be running.
func (r *Reconciler) instances(ctx context.Context, c cloud, s *state, matched []*corev1.Node, byUID map[string]*corev1.Node) (map[string]ec2.Instance, error) {
	ask, changing, running := map[string]bool{}, map[string]bool{}, map[string]ec2.Instance{}
	for _, n := range matched {
		id, own := eni.InstanceID(n.Spec.ProviderID), s.childrenOf(string(n.GetUID()))
		switch {
		case id == "", len(own) == 0 && !inRegion(n, s.region):
		case healthy(n, s, own):
			running[id] = ec2.Instance{ID: id, State: ec2types.InstanceStateNameRunning, VPCID: s.interfaces[own[0]].Status.AtProvider.VPCID}
		case ready(n):
			ask[id] = true
		default:
			changing[id] = true // the node is not ready: a cached instance may be stale
		}
	}
	for _, e := range s.found {
		if n, ok := byUID[e.NodeUID]; ok && n.GetDeletionTimestamp() == nil || e.NodeUID == "" {
			continue
		}
		if id := instanceOf(s, e.Name); id != "" && !changing[id] {
			ask[id] = true
		}
	}
	found, err := c.Instances(ctx, slices.Sorted(maps.Keys(ask)), slices.Sorted(maps.Keys(changing)))
	if err != nil {
		return nil, err
	}
	maps.Copy(running, found)
	return running, nil
}

// inRegion reports whether a node may be in a region. Some providerIDs have no region.
func inRegion(n *corev1.Node, region string) bool {
	r := eni.Region(n.Spec.ProviderID, n.GetLabels())
	return r == "" || region == "" || r == region
}

// attached reports whether an attachment is complete, whether its host is ready or not.
func attached(at *ec2v1alpha1.NetworkInterfaceAttachment) bool {
	c := at.GetCondition(xpv2.TypeReady)
	return c.Status == corev1.ConditionTrue || c.Reason == v1alpha1.ReasonWaitingForHost
}

// healthy reports whether a node is ready, has a zone, and has children that are all attached.
func healthy(n *corev1.Node, s *state, children []string) bool {
	if !ready(n) || n.GetLabels()[corev1.LabelTopologyZone] == "" || len(children) == 0 {
		return false
	}
	for _, name := range children {
		ni, at := s.interfaces[name], s.attachments[name]
		if ni == nil || at == nil ||
			ni.GetCondition(xpv2.TypeReady).Status != corev1.ConditionTrue || !attached(at) {
			return false
		}
	}
	return true
}

func (r *Reconciler) node(ctx context.Context, neni *v1alpha1.NodeENI, c cloud, s *state, n *corev1.Node, instances map[string]ec2.Instance) (eni.Node, error) {
	out := eni.Node{
		Name: n.GetName(), UID: string(n.GetUID()), InstanceID: eni.InstanceID(n.Spec.ProviderID),
		Zone: n.GetLabels()[corev1.LabelTopologyZone], Ready: ready(n),
	}
	if out.InstanceID == "" {
		out.OtherProviderID = n.Spec.ProviderID
	}
	if i, ok := instances[out.InstanceID]; ok {
		out.Gone = i.Terminated()
		out.VPCID = i.VPCID
		if out.Zone == "" {
			out.Zone = i.AvailabilityZone
		}
		if !out.Ready && !out.Gone && len(s.childrenOf(out.UID)) > 0 {
			// EC2 may not return the termination yet, and no event follows it.
			s.requeueWithin(r.o.Timings.MissingPoll)
		}
		return out, nil
	}
	if len(s.childrenOf(out.UID)) == 0 && !inRegion(n, s.region) {
		out.OtherRegion = eni.Region(n.Spec.ProviderID, n.GetLabels())
		return out, nil
	}
	if out.InstanceID == "" || out.Ready {
		return out, nil // a new instance that EC2 does not return yet, or a ready node
	}
	if left := max(r.o.NodeGracePeriod, r.o.Timings.UnknownGrace) - r.missing.since(neni.GetName()+"/"+out.UID, r.now()); left > 0 {
		s.requeueWithin(left)
		return out, nil
	}
	var err error
	out.Gone, err = r.terminated(ctx, c, s, out.Name, out.InstanceID, s.childrenOf(out.UID))
	return out, err
}

// indexChildren records the children of each node.
func (s *state) indexChildren() {
	s.byNode = make(map[string][]string, len(s.found))
	for _, e := range s.found {
		s.byNode[e.NodeUID] = append(s.byNode[e.NodeUID], e.Name)
	}
}

// childrenOf returns the names of the children of a node.
func (s *state) childrenOf(nodeUID string) []string { return s.byNode[nodeUID] }

// terminated reports whether an instance that EC2 did not return is proven to be
// terminated. If not, it records the node as unconfirmed, and the requeue delay.
func (r *Reconciler) terminated(ctx context.Context, c cloud, s *state, node, instanceID string, children []string) (bool, error) {
	subnet := ""
	for _, name := range children {
		at := s.attachments[name]
		if at != nil && managedresource.ConfirmedDeleted(at, instanceID) {
			return true, nil
		}
		if ni := s.interfaces[name]; ni != nil {
			subnet = string(ptr.Deref(ni.Spec.ForProvider.SubnetID, ""))
		}
	}
	a, err := c.FateOfInstance(ctx, instanceID, subnet)
	if err != nil {
		return false, err
	}
	if a.Fate == eni.FateDeleted {
		return true, nil
	}
	s.unconfirmed[node] = a
	s.requeueWithin(a.RequeueAfter)
	return false, nil
}

// requeueWithin requeues the NodeENI after at most d.
func (s *state) requeueWithin(d time.Duration) {
	if s.requeueAfter == 0 || d < s.requeueAfter {
		s.requeueAfter = d
	}
}

// missingNodes adds the nodes that only children refer to. A node whose instance still
// runs is kept for the grace period, which begins when it is first observed as missing.
// A node whose instance EC2 did not return is kept until the instance is proven to be
// terminated.
func (r *Reconciler) missingNodes(ctx context.Context, n *v1alpha1.NodeENI, c cloud, s *state, byUID map[string]*corev1.Node, instances map[string]ec2.Instance) error {
	seen := map[string]bool{}
	for _, node := range s.nodes {
		if _, known := instances[node.InstanceID]; !known && !node.Ready && !node.Deselected {
			seen[node.UID] = true // keep its entry in r.missing
		}
	}
	for _, e := range s.found {
		if _, ok := byUID[e.NodeUID]; ok || seen[e.NodeUID] || e.NodeUID == "" {
			continue
		}
		seen[e.NodeUID] = true
		m := eni.Node{Name: e.NodeName, UID: e.NodeUID, Missing: true}
		m.InstanceID = instanceOf(s, e.Name)
		i, known := instances[m.InstanceID]
		left := r.o.NodeGracePeriod - r.missing.since(n.GetName()+"/"+e.NodeUID, r.now())
		switch {
		case i.Terminated(), left <= 0 && (known || m.InstanceID == ""):
			m.Gone = true
		case known || m.InstanceID == "":
			// The cached instance may be a minute old.
			m.Ending = true
			s.kept[m.Name] = keptMessage(m.InstanceID, r.now().Add(left))
			s.requeueWithin(min(left, r.o.Timings.MissingPoll))
		default:
			var err error
			if m.Gone, err = r.terminated(ctx, c, s, m.Name, m.InstanceID, s.childrenOf(m.UID)); err != nil {
				return err
			}
		}
		s.nodes = append(s.nodes, m)
	}
	r.missing.prune(n.GetName()+"/", seen)
	return nil
}
