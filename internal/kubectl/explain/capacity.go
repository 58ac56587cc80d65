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
	stepPlugins  = "plugins"
)

// kindClusterConfig is the kind of a cluster-scoped provider config.
const kindClusterConfig = v1alpha1.ClusterProviderConfigKind

// capacityOf explains the capacity of a node for ENIs and pods, and whether the plugins of the
// cluster cooperate. It returns nothing if no provider config has nodes of this kind.
func capacityOf(f *fleet.Fleet, node *corev1.Node) []Explanation {
	ours := int32(0)
	for i := range f.NodeENIs {
		for _, c := range childrenOn(f, f.NodeENIs[i].Name, node.Name) {
			if a := c.Attachment; a != nil && ptr.Deref(a.Spec.ForProvider.NetworkCardIndex, 0) == 0 {
				ours++
			}
		}
	}
	var out []Explanation
	for i := range f.Configs {
		g := groupOf(&f.Configs[i], node.Labels[corev1.LabelInstanceTypeStable], ours)
		if g == nil {
			continue
		}
		e := Explanation{Node: node.Name, Steps: []Step{capacityStep(g)}}
		if g.Recommended != nil {
			e.Steps = append(e.Steps, settingsStep(g))
		}
		e.Steps = append(e.Steps, pluginsStep(&f.Configs[i]))
		e.finish()
		out = append(out, e)
	}
	return out
}

// groupOf returns the group of a config with an instance type and a number of ENIs, or nil.
func groupOf(c *v1alpha1.ClusterProviderConfig, instanceType string, ours int32) *v1alpha1.NodeGroup {
	for i := range c.Status.NodeGroups {
		if g := &c.Status.NodeGroups[i]; g.InstanceType == instanceType && g.NetworkInterfaces == ours {
			return g
		}
	}
	return nil
}

func capacityStep(g *v1alpha1.NodeGroup) Step {
	s := Step{Name: stepCapacity, State: Done}
	if g.MaxNetworkInterfaces == 0 {
		s.Evidence = []string{fmt.Sprintf("%d ENIs of the provider; the limits of %s are not known", g.NetworkInterfaces, g.InstanceType)}
		return s
	}
	s.Evidence = []string{fmt.Sprintf("%s supports %d ENIs with %d addresses each: %d of the provider, %d for the node and its CNI plugin",
		g.InstanceType, g.MaxNetworkInterfaces, g.AddressesPerNetworkInterface, g.NetworkInterfaces, max(0, g.MaxNetworkInterfaces-g.NetworkInterfaces))}
	return s
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
		vpcCNI = fmt.Sprintf("VPC CNI: MAX_ENI=%d, or a startup taint of the nodes", *r.MaxENI)
	}
	return Step{Name: stepSettings, State: Done, Evidence: []string{"recommended for such nodes:", vpcCNI, pods, fmt.Sprintf("Karpenter: RESERVED_ENIS=%d", r.ReservedENIs)}}
}

// pluginsStep shows whether the plugins of the cluster cooperate.
func pluginsStep(pc *v1alpha1.ClusterProviderConfig) Step {
	s := Step{Name: stepPlugins, State: Done, Kind: kindClusterConfig}
	c := pc.GetCondition(v1alpha1.TypeCNIConflict)
	s.Evidence = []string{fmt.Sprintf("clusterproviderconfig/%s: CNIConflict is %s, %s: %s", pc.Name, c.Status, c.Reason, c.Message)}
	switch c.Status {
	case corev1.ConditionTrue:
		s.State, s.Reason = Failed, string(c.Reason)
	case corev1.ConditionUnknown:
		s.State, s.Reason = Waiting, string(c.Reason)
	case corev1.ConditionFalse:
	}
	return s
}
