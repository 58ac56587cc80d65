// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// An elasticIPResult is the result of the assignment of Elastic IPs to children.
type elasticIPResult struct {
	// size is the number of Elastic IPs of the pool that exist.
	size int
	// without are the children that get no Elastic IP.
	without []string
	// missing are the Elastic IPs of the spec that EC2 does not return.
	missing []string
	// err is the error of the observation of the pool. The children keep their Elastic IPs.
	err error
}

// failed reports whether EC2 did not describe the pool.
func (r *elasticIPResult) failed() bool { return r.err != nil }

// complete reports whether each child has an Elastic IP, and each Elastic IP exists.
func (r *elasticIPResult) complete() bool {
	return len(r.without)+len(r.missing) == 0 && !r.failed()
}

// assignElasticIPs assigns the Elastic IPs of the pool to the children. It uses a fresh
// description of the pool if a child gets none, if an address does not exist, or if EC2
// rejected one.
func (r *Reconciler) assignElasticIPs(ctx context.Context, n *v1alpha1.NodeENI, c elasticIPs, s *state) error {
	if n.Spec.ElasticIP == nil {
		return nil
	}
	enis := map[string]string{}
	consistency := ec2.Cached
	for name, ni := range s.interfaces {
		enis[name] = meta.GetExternalName(ni)
		if rejected(ni) {
			consistency = ec2.Fresh
		}
	}
	for {
		pool := s.elasticIPPool(ctx, c, n.Spec.ElasticIP, consistency)
		if s.elasticIPs.failed() {
			keepElasticIPs(s)
			return nil
		}
		holders, err := r.elasticIPHolders(ctx, s, pool)
		if err != nil {
			return err
		}
		children := slices.Clone(s.plan.Apply)
		s.elasticIPs.without = eni.AssignElasticIPs(pool, children, holders, enis)
		if s.elasticIPs.complete() || consistency == ec2.Fresh {
			s.plan.Apply = children
			return nil
		}
		consistency = ec2.Fresh
	}
}

// rejected reports whether the Elastic IP of a child cannot be associated.
func rejected(ni *ec2v1alpha1.NetworkInterface) bool {
	c := ni.GetCondition(v1alpha1.TypeElasticIPAssociated)
	return c.Status == corev1.ConditionFalse && c.Reason != v1alpha1.ReasonAssociating
}

// elasticIPPool returns the Elastic IPs of the pool, in the order of the spec or sorted by
// allocation id. It records an error in the result.
func (s *state) elasticIPPool(ctx context.Context, c elasticIPs, pool *v1alpha1.NodeENIElasticIP, consistency ec2.Consistency) []eni.ElasticIP {
	s.elasticIPs = elasticIPResult{}
	var out []eni.ElasticIP
	if len(pool.Tags) > 0 {
		out, s.elasticIPs.err = s.elasticIPsTagged(ctx, c, pool, consistency)
	} else {
		out, s.elasticIPs.err = s.elasticIPsByID(ctx, c, pool, consistency)
	}
	s.elasticIPs.size = len(out)
	return out
}

// elasticIPsTagged returns the Elastic IPs with the tags of a pool. EC2 sometimes returns
// only some of the addresses that match tags. A child keeps an address unless EC2 returns it
// with other tags.
func (s *state) elasticIPsTagged(ctx context.Context, c elasticIPs, pool *v1alpha1.NodeENIElasticIP, consistency ec2.Consistency) ([]eni.ElasticIP, error) {
	found, err := c.ElasticIPsTagged(ctx, pool.Tags, consistency)
	if err != nil {
		return nil, err
	}
	unreturned := slices.DeleteFunc(usedElasticIPs(s), func(id string) bool {
		return slices.ContainsFunc(found, func(e ec2.ElasticIP) bool { return e.AllocationID == id })
	})
	out := poolOf(found)
	if len(unreturned) == 0 {
		return out, nil
	}
	now, err := c.ElasticIPsByID(ctx, unreturned, ec2.Fresh)
	if err != nil {
		return nil, err
	}
	for _, id := range unreturned {
		i := slices.IndexFunc(now, func(e ec2.ElasticIP) bool { return e.AllocationID == id })
		switch {
		case i < 0:
			s.elasticIPs.missing = append(s.elasticIPs.missing, id)
			out = append(out, eni.ElasticIP{AllocationID: id})
		case now[i].Tagged(pool.Tags):
			out = append(out, poolOf(now[i:i+1])...)
		}
	}
	return out, nil
}

// elasticIPsByID returns the Elastic IPs of a list. An address that EC2 does not return is
// kept by its child, and assigned to no other.
func (s *state) elasticIPsByID(ctx context.Context, c elasticIPs, pool *v1alpha1.NodeENIElasticIP, consistency ec2.Consistency) ([]eni.ElasticIP, error) {
	ids := make([]string, len(pool.AllocationIDs))
	for i, id := range pool.AllocationIDs {
		ids[i] = string(id)
	}
	found, err := c.ElasticIPsByID(ctx, ids, consistency)
	if err != nil {
		return nil, err
	}
	used := usedElasticIPs(s)
	var out []eni.ElasticIP
	for _, id := range ids {
		i := slices.IndexFunc(found, func(e ec2.ElasticIP) bool { return e.AllocationID == id })
		switch {
		case i >= 0:
			out = append(out, poolOf(found[i:i+1])...)
		default:
			s.elasticIPs.missing = append(s.elasticIPs.missing, id)
			if slices.Contains(used, id) {
				out = append(out, eni.ElasticIP{AllocationID: id})
			}
		}
	}
	return out, nil
}

func poolOf(found []ec2.ElasticIP) []eni.ElasticIP {
	out := make([]eni.ElasticIP, len(found))
	for i, e := range found {
		out[i] = eni.ElasticIP{AllocationID: e.AllocationID, NetworkInterfaceID: e.NetworkInterfaceID}
	}
	return out
}

// usedElasticIPs returns the Elastic IPs in the specs of the desired children, sorted.
func usedElasticIPs(s *state) []string {
	var used []string
	for _, c := range s.plan.Apply {
		if ni := s.interfaces[c.Name]; ni != nil && ni.Spec.ForProvider.ElasticIPAllocationID != nil {
			used = append(used, string(*ni.Spec.ForProvider.ElasticIPAllocationID))
		}
	}
	slices.Sort(used)
	return slices.Compact(used)
}

// keepElasticIPs assigns each child the Elastic IP in its spec.
func keepElasticIPs(s *state) {
	for i := range s.plan.Apply {
		c := &s.plan.Apply[i]
		if ni := s.interfaces[c.Name]; ni != nil && ni.Spec.ForProvider.ElasticIPAllocationID != nil {
			c.ElasticIP = string(*ni.Spec.ForProvider.ElasticIPAllocationID)
		}
	}
}

// elasticIPHolders returns the NetworkInterfaces of all namespaces whose specs have an
// Elastic IP of the pool, and whether it is associated.
func (r *Reconciler) elasticIPHolders(ctx context.Context, s *state, pool []eni.ElasticIP) ([]eni.ElasticIPHolder, error) {
	desired := map[string]bool{}
	for _, c := range s.plan.Apply {
		desired[c.Name] = true
	}
	var out []eni.ElasticIPHolder
	for _, ip := range pool {
		l := &ec2v1alpha1.NetworkInterfaceList{}
		if err := r.client.List(ctx, l, client.MatchingFields{indexElasticIP: ip.AllocationID}, client.UnsafeDisableDeepCopy); err != nil {
			return nil, errors.Wrapf(err, "cannot list the NetworkInterfaces with Elastic IP %q", ip.AllocationID)
		}
		for i := range l.Items {
			ni := &l.Items[i]
			h := eni.ElasticIPHolder{AllocationID: ip.AllocationID, Name: ni.GetNamespace() + "/" + ni.GetName(), Created: ni.GetCreationTimestamp().Time}
			if a := ni.Status.AtProvider.ElasticIP; a != nil {
				h.Associated = a.AllocationID == ip.AllocationID
			}
			if own := s.interfaces[ni.GetName()]; own != nil && own.GetUID() == ni.GetUID() && desired[ni.GetName()] {
				h.Child = ni.GetName()
			}
			out = append(out, h)
		}
	}
	return out, nil
}

// setElasticIPCondition sets the condition ElasticIPsAssigned, or removes it if the NodeENI
// has no pool.
func setElasticIPCondition(n *v1alpha1.NodeENI, s *state) {
	if n.Spec.ElasticIP == nil {
		n.Status.Conditions = slices.DeleteFunc(n.Status.Conditions, func(c xpv2.Condition) bool { return c.Type == v1alpha1.TypeElasticIPsAssigned })
		return
	}
	r := &s.elasticIPs
	switch {
	case r.err != nil && awserr.Classify(r.err).Deferred(): // the condition stays
	case r.err != nil:
		setConditions(n, elasticIPFailure(r.err))
	case len(r.without) > 0:
		setConditions(n, exhaustedElasticIPs(s))
	case len(r.missing) > 0:
		setConditions(n, v1alpha1.ElasticIPsNotAssigned(v1alpha1.ReasonElasticIPNotFound, missingElasticIPs(r.missing)))
	default:
		setConditions(n, v1alpha1.ElasticIPsAssigned())
	}
}

// elasticIPFailure returns the condition of a pool that cannot be described.
func elasticIPFailure(err error) xpv2.Condition {
	return v1alpha1.ElasticIPsNotAssigned(awserr.Classify(err).Reason, awserr.ForCondition(err).Error()+"; network interfaces keep their Elastic IPs")
}

// exhaustedElasticIPs returns the condition of a pool with too few free Elastic IPs.
func exhaustedElasticIPs(s *state) xpv2.Condition {
	r := &s.elasticIPs
	what := fmt.Sprintf("%d of %d network interfaces have no Elastic IP: the pool has %d Elastic IPs, some of which may be in use elsewhere; allocate more and add them to spec.elasticIP; without one: %s",
		len(r.without), len(s.plan.Apply), r.size, managedresource.FirstNames(nodesOf(s, r.without)))
	if len(r.missing) > 0 {
		return v1alpha1.ElasticIPsNotAssigned(v1alpha1.ReasonElasticIPNotFound, missingElasticIPs(r.missing)+"; "+what)
	}
	return v1alpha1.ElasticIPsNotAssigned(v1alpha1.ReasonElasticIPPoolExhausted, what)
}

func missingElasticIPs(ids []string) string {
	return "EC2 does not return the Elastic IPs " + managedresource.FirstNames(ids) + ": correct spec.elasticIP, the account or the region"
}

// nodesOf returns the nodes of children.
func nodesOf(s *state, children []string) []string {
	var nodes []string
	for _, c := range s.plan.Apply {
		if slices.Contains(children, c.Name) {
			nodes = append(nodes, "node "+c.NodeName)
		}
	}
	return nodes
}
