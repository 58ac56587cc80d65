// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// keyNode is the log key of a node's name.
const keyNode = "node"

// logDecisions logs which children of a NodeENI are created, adopted, deleted, kept or
// held, and which nodes and subnets are not used, each with the reason. It logs nothing
// for a child that already exists and remains.
func logDecisions(log logging.Logger, s *state) {
	for _, c := range s.plan.Apply {
		switch {
		case takesOver(c, s.interfaces[c.Name]):
			log.Debug("Taking over retained ENI", "child", c.Name, keyNode, c.NodeName, "subnet", c.SubnetID)
		case s.interfaces[c.Name] != nil || s.attachments[c.Name] != nil:
		case c.Adopt != "":
			log.Debug("Adopting ENI", "child", c.Name, keyNode, c.NodeName, "subnet", c.SubnetID, "eni", c.Adopt)
		default:
			log.Debug("Creating child", "child", c.Name, keyNode, c.NodeName, "subnet", c.SubnetID)
		}
	}
	for _, c := range s.plan.Retain {
		log.Debug("Retaining ENI", "child", c.Name, "lastNode", c.NodeName, "subnet", c.SubnetID, "since", c.RetainedSince)
	}
	logExisting(log, s)
	for _, unused := range []struct {
		message, key string
		values       []string
	}{
		{"Node has no providerID", keyNode, s.plan.WithoutProviderID},
		{"Node is not an EC2 instance", keyNode, s.plan.NotEC2},
		{"Node is in another region", keyNode, s.plan.OtherRegion},
		{"Node has no subnet in its zone", keyNode, s.plan.WithoutSubnet},
		{"Subnet is in the zone of no selected node", "subnet", s.plan.UnusedSubnets},
		{"Subnet not found", "problem", s.resolution.missing},
		{"Subnet is ambiguous", "problem", s.resolution.ambiguous},
		{"Subnets are in several VPCs", "problem", s.resolution.undecided},
		{"No Elastic IP is free for child", "child", s.elasticIPs.without},
	} {
		for _, v := range unused.values {
			log.Debug(unused.message, unused.key, v)
		}
	}
}

// logExisting logs the decisions about existing children.
func logExisting(log logging.Logger, s *state) {
	nodes := make(map[string]eni.Node, len(s.nodes))
	for _, n := range s.nodes {
		nodes[n.UID] = n
	}
	release, held, keep := nameSetOf(s.plan.Release), nameSetOf(s.plan.Held), nameSetOf(s.plan.Keep)
	for _, e := range s.found {
		switch {
		case release[e.Name]:
			log.Debug("Deleting child", append(childKeys(e), "reason", releaseReason(nodes, e))...)
		case held[e.Name]:
			log.Debug("Holding deletion of child", append(childKeys(e), "reason", releaseReason(nodes, e), "held", s.holdReason())...)
		case keep[e.Name]:
			log.Debug("Keeping child of missing node", append(childKeys(e), "reason", s.keepReason(e))...)
		}
	}
}

func childKeys(e eni.Existing) []any {
	return []any{"child", e.Name, keyNode, e.NodeName, "subnet", e.SubnetID}
}

func nameSetOf(names []string) map[string]bool {
	out := make(map[string]bool, len(names))
	for _, n := range names {
		out[n] = true
	}
	return out
}

// releaseReason returns why a child is no longer required. nodes has the nodes by UID.
func releaseReason(nodes map[string]eni.Node, e eni.Existing) string {
	n, ok := nodes[e.NodeUID]
	switch {
	case !ok:
		return "node no longer exists"
	case n.Missing && n.Gone:
		return "node was deleted"
	case n.Gone:
		return "instance is terminated"
	case n.Deselected:
		return "node no longer matches the selector"
	default:
		return "subnet is no longer used for the node"
	}
}

// holdReason returns why deletions are held.
func (s *state) holdReason() string {
	if s.plan.Unconfirmed > 0 {
		return "more than half of the nodes no longer match: waiting for spec.rollout.maxUnavailable"
	}
	return "limited by spec.rollout.maxUnavailable"
}

// keepReason returns why the child of a missing node is kept.
func (s *state) keepReason(e eni.Existing) string {
	if _, ok := s.unconfirmed[e.NodeName]; ok {
		return "termination of the instance is not confirmed"
	}
	return "grace period"
}
