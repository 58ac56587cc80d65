// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// Names of the steps of a node.
const (
	stepCapacity = "capacity"
	stepSettings = "settings"
	stepAccount  = "account"
	stepPlugins  = "plugins"
)

// kindClusterConfig is the kind of a cluster-scoped provider config.
const kindClusterConfig = v1alpha1.ClusterProviderConfigKind

// capacityOf explains the capacity of a node for ENIs and pods, and whether the plugins of the
// cluster cooperate, for each provider config of its ENIs.
func capacityOf(f *fleet.Fleet, node *corev1.Node) []Explanation {
	ours, subnets, used := int32(0), map[string]bool{}, map[string]bool{}
	for _, c := range allOn(f, node.Name) {
		subnets[c.Subnet()] = true
		a := c.Attachment
		if a == nil || a.DeletionTimestamp != nil {
			continue
		}
		if ref := a.GetProviderConfigReference(); ref != nil && ref.Kind == kindClusterConfig {
			used[ref.Name] = true
		}
		if ptr.Deref(a.Spec.ForProvider.NetworkCardIndex, 0) == 0 {
			ours++
		}
	}
	var out []Explanation
	for i := range f.Configs {
		pc := &f.Configs[i]
		if !used[pc.Name] {
			continue
		}
		e := Explanation{Node: node.Name}
		if g := groupOf(pc, node.Labels[corev1.LabelInstanceTypeStable], ours); g != nil {
			e.Steps = append(e.Steps, capacityStep(g, ours))
			if g.NetworkInterfaces != ours {
				e.Steps = append(e.Steps, Step{Name: stepSettings, State: Waiting, Evidence: []string{"the provider computes the settings for nodes with so many ENIs within minutes"}})
			} else if g.Recommended != nil {
				e.Steps = append(e.Steps, settingsStep(g))
			}
		}
		e.Steps = append(e.Steps, accountStep(pc, subnets)...)
		e.Steps = append(e.Steps, pluginsStep(pc)...)
		if len(e.Steps) == 0 {
			continue
		}
		e.finish(f)
		out = append(out, e)
	}
	return out
}

// allOn returns the network interfaces of a node, of NodeENIs and others.
func allOn(f *fleet.Fleet, node string) []fleet.Child {
	out := childrenOn(f, "", node)
	for i := range f.NodeENIs {
		out = append(out, childrenOn(f, f.NodeENIs[i].Name, node)...)
	}
	return out
}

// groupOf returns the group of a config with an instance type and a number of ENIs. Without one, because
// the number has changed, it returns another group of the type, or nil.
func groupOf(c *v1alpha1.ClusterProviderConfig, instanceType string, ours int32) *v1alpha1.NodeGroup {
	var other *v1alpha1.NodeGroup
	for i := range c.Status.NodeGroups {
		switch g := &c.Status.NodeGroups[i]; {
		case g.InstanceType != instanceType:
		case g.NetworkInterfaces == ours:
			return g
		default:
			other = g
		}
	}
	return other
}

// capacityStep compares the number of the provider's ENIs with the limits of the instance type.
func capacityStep(g *v1alpha1.NodeGroup, ours int32) Step {
	s := Step{Name: stepCapacity, State: Done}
	if g.MaxNetworkInterfaces == 0 {
		s.Evidence = []string{fmt.Sprintf("%s of the provider; the limits of %s are not known", enis(ours), g.InstanceType)}
		return s
	}
	left := g.MaxNetworkInterfaces - ours
	if left < 1 { // the primary ENI has a place
		s.State, s.Kind, s.Reason = Failed, kindInterface, string(v1alpha1.ReasonInstanceENILimit)
		s.Evidence = []string{fmt.Sprintf("%s supports %s, the primary one included, and the provider has %d for the node", g.InstanceType, enis(g.MaxNetworkInterfaces), ours)}
		return s
	}
	s.Evidence = []string{fmt.Sprintf("%s supports %d ENIs with %d addresses each: %d of the provider, %d for the node and its CNI plugin",
		g.InstanceType, g.MaxNetworkInterfaces, g.AddressesPerNetworkInterface, ours, left)}
	return s
}

// enis returns a number of ENIs in words.
func enis(n int32) string {
	if n == 1 {
		return "1 ENI"
	}
	return fmt.Sprintf("%d ENIs", n)
}

// settingsStep shows the recommended settings.
func settingsStep(g *v1alpha1.NodeGroup) Step {
	r := g.Recommended
	pods := fmt.Sprintf("kubelet: max-pods %d", r.MaxPods)
	if g.MaxPods != nil {
		pods += fmt.Sprintf(" (node %s has %d)", g.ExampleNode, *g.MaxPods)
	}
	vpcCNI := "VPC CNI: MAX_ENI need not be set, because the nodes have a startup taint"
	if r.MaxENI != nil {
		vpcCNI = fmt.Sprintf("VPC CNI: MAX_ENI=%d", *r.MaxENI)
		if !g.StartupTaint {
			vpcCNI += ", or a startup taint of the nodes with other values"
		}
	}
	return Step{Name: stepSettings, State: Done, Evidence: []string{"recommended for such nodes:", vpcCNI, pods, fmt.Sprintf("Karpenter: RESERVED_ENIS=%d", r.ReservedENIs)}}
}

// accountStep shows the quota of the account and the free addresses of subnets, if they are known.
func accountStep(pc *v1alpha1.ClusterProviderConfig, subnets map[string]bool) []Step {
	s := Step{Name: stepAccount, State: Done, Kind: kindClusterConfig}
	for _, q := range pc.Status.Quotas {
		if q.Used != nil {
			s.Evidence = append(s.Evidence, fmt.Sprintf("%d of %d network interfaces of the account in %s are used", *q.Used, q.Limit, or(pc.Status.Region, "the region")))
		}
	}
	for _, x := range pc.Status.Subnets {
		if subnets[x.SubnetID] {
			s.Evidence = append(s.Evidence, fmt.Sprintf("%d of %d addresses of %s are free", x.FreeAddresses, x.Addresses, x.SubnetID))
		}
	}
	if len(s.Evidence) > 0 {
		s.Evidence = append(s.Evidence, "the provider reads these numbers every 5 minutes")
	}
	if !s.blame(pc, "clusterproviderconfig/"+pc.Name, v1alpha1.TypeCapacityAvailable) && len(s.Evidence) == 0 {
		return nil
	}
	return []Step{s}
}

// pluginsStep shows whether the plugins of the cluster cooperate.
func pluginsStep(pc *v1alpha1.ClusterProviderConfig) []Step {
	s := Step{Name: stepPlugins, State: Done, Kind: kindClusterConfig}
	c := pc.GetCondition(v1alpha1.TypeCNIConflict)
	if c.Reason == "" {
		return nil // not verified yet
	}
	s.Evidence = []string{fmt.Sprintf("clusterproviderconfig/%s: CNIConflict is %s, %s: %s", pc.Name, c.Status, c.Reason, c.Message)}
	switch c.Status {
	case corev1.ConditionTrue:
		s.State, s.Reason = Failed, string(c.Reason)
	case corev1.ConditionUnknown:
		s.State, s.Reason = Waiting, string(c.Reason)
	case corev1.ConditionFalse:
	}
	return []Step{s}
}
