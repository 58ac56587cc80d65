// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package explain_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/explain"
)

func TestCapacity(t *testing.T) {
	config := func(c xpv2.Condition, groups ...v1alpha1.NodeGroup) *v1alpha1.ClusterProviderConfig {
		pc := &v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}}
		pc.Status.NodeGroups = groups
		pc.SetConditions(c)
		return pc
	}
	group := v1alpha1.NodeGroup{
		InstanceType: "m5.large", NetworkInterfaces: 1, MaxNetworkInterfaces: 3, AddressesPerNetworkInterface: 10, Nodes: 2, ExampleNode: "n1", MaxPods: new(int32(29)),
		Recommended: &v1alpha1.NodeGroupSettings{MaxENI: new(int32(2)), MaxPods: 11, ReservedENIs: 2},
	}
	changed := func(change func(g *v1alpha1.NodeGroup)) v1alpha1.NodeGroup {
		g := *group.DeepCopy()
		change(&g)
		return g
	}
	none := v1alpha1.CNIConflict(corev1.ConditionFalse, v1alpha1.ReasonNoCNIConflict, "verified: the VPC CNI (kube-system/aws-node)")
	cases := map[string]struct {
		reason string
		config *v1alpha1.ClusterProviderConfig
		want   string
	}{
		"None":    {reason: "Without a provider config nothing is known.", config: &v1alpha1.ClusterProviderConfig{}},
		"NotUsed": {reason: "A config that no ENI of the node uses is not shown.", config: func() *v1alpha1.ClusterProviderConfig { c := config(none, group); c.Name = "other"; return c }()},
		"OtherKind": {
			reason: "The limits of the type are shown for another number of ENIs than the recommended settings.", config: config(none, changed(func(g *v1alpha1.NodeGroup) { g.NetworkInterfaces = 2 }), changed(func(g *v1alpha1.NodeGroup) { g.InstanceType = "m5.xlarge" })),
			want: `Node n1
  ✓ capacity          m5.large supports 3 ENIs with 10 addresses each: 1 of the provider, 2 for the node and its CNI plugin
  … settings          the provider computes the settings for nodes with so many ENIs within minutes
  ✓ plugins           clusterproviderconfig/default: CNIConflict is False, NoCNIConflict: verified: the VPC CNI (kube-system/aws-node)
  What to do: Wait. If it does not end, read the log of the provider: kubectl logs -n provider-aws-eni-system deployment/provider-aws-eni
`,
		},
		"Conflict": {
			reason: "A conflict has advice.", config: config(v1alpha1.CNIConflict(corev1.ConditionTrue, v1alpha1.ReasonVPCCNITooOld, "v1.5.7"), group),
			want: `Node n1
  ✓ capacity          m5.large supports 3 ENIs with 10 addresses each: 1 of the provider, 2 for the node and its CNI plugin
  ✓ settings          recommended for such nodes:
                      VPC CNI: MAX_ENI=2, or a startup taint of the nodes with other values
                      kubelet: max-pods 11 (node n1 has 29)
                      Karpenter: RESERVED_ENIS=2
  ✗ plugins           clusterproviderconfig/default: CNIConflict is True, VPCCNITooOld: v1.5.7
  What to do: Update the VPC CNI.
`,
		},
		"StartupTaint": {
			reason: "Nodes with a startup taint need no MAX_ENI.", config: config(none, changed(func(g *v1alpha1.NodeGroup) { g.Recommended.MaxENI, g.MaxPods = nil, nil })),
			want: `Node n1
  ✓ capacity          m5.large supports 3 ENIs with 10 addresses each: 1 of the provider, 2 for the node and its CNI plugin
  ✓ settings          recommended for such nodes:
                      VPC CNI: MAX_ENI need not be set, because the nodes have a startup taint
                      kubelet: max-pods 11
                      Karpenter: RESERVED_ENIS=2
  ✓ plugins           clusterproviderconfig/default: CNIConflict is False, NoCNIConflict: verified: the VPC CNI (kube-system/aws-node)
`,
		},
		"TooMany": {
			reason: "More ENIs than places are a problem.", config: config(none, changed(func(g *v1alpha1.NodeGroup) { g.MaxNetworkInterfaces, g.Recommended = 1, nil })),
			want: `Node n1
  ✗ capacity          m5.large supports 1 ENI, the primary one included, and the provider has 1 for the node
  ✓ plugins           clusterproviderconfig/default: CNIConflict is False, NoCNIConflict: verified: the VPC CNI (kube-system/aws-node)
  What to do: Detach one, use a larger type, configure the VPC CNI to keep fewer ENIs (its MAX_ENI), or reserve fewer.
`,
		},
		"Account": {
			reason: "The quota and the subnets of the node's ENIs are shown.",
			config: func() *v1alpha1.ClusterProviderConfig {
				pc := config(none, changed(func(g *v1alpha1.NodeGroup) { g.Recommended = nil }))
				pc.Status.Region = "us-east-1"
				pc.Status.Quotas = []v1alpha1.Quota{{Name: v1alpha1.QuotaNetworkInterfacesPerRegion, Limit: 5000, Used: new(int32(4100))}, {Name: v1alpha1.QuotaSecurityGroupsPerNetworkInterface, Limit: 5}}
				pc.Status.Subnets = []v1alpha1.SubnetCapacity{{SubnetID: "subnet-1", Addresses: 251, FreeAddresses: 12}, {SubnetID: "subnet-2", Addresses: 251, FreeAddresses: 3}}
				pc.SetConditions(v1alpha1.CapacityAvailable(corev1.ConditionFalse, v1alpha1.ReasonQuotaNearlyUsed, "4100 of 5000"))
				return pc
			}(),
			want: `Node n1
  ✓ capacity          m5.large supports 3 ENIs with 10 addresses each: 1 of the provider, 2 for the node and its CNI plugin
  ✗ account           4100 of 5000 network interfaces of the account in us-east-1 are used
                      12 of 251 addresses of subnet-1 are free
                      the provider reads these numbers every 5 minutes
                      clusterproviderconfig/default: CapacityAvailable is False, QuotaNearlyUsed: 4100 of 5000
  ✓ plugins           clusterproviderconfig/default: CNIConflict is False, NoCNIConflict: verified: the VPC CNI (kube-system/aws-node)
  What to do: Request a higher value of the quota in the message, or delete network interfaces.
`,
		},
		"Unknown": {
			reason: "Unknown limits are named.",
			config: config(v1alpha1.CNIConflict(corev1.ConditionUnknown, v1alpha1.ReasonPluginsUnknown, "forbidden"), changed(func(g *v1alpha1.NodeGroup) { g.MaxNetworkInterfaces, g.Recommended = 0, nil })),
			want: `Node n1
  ✓ capacity          1 ENI of the provider; the limits of m5.large are not known
  … plugins           clusterproviderconfig/default: CNIConflict is Unknown, PluginsUnknown: forbidden
  What to do: Grant the permission that the message names: the rules for daemonsets and configmaps in cluster/manifests/provider.yaml.
`,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			s.at.Spec.ProviderConfigReference = &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"}
			s.node.Labels[corev1.LabelInstanceTypeStable] = "m5.large"
			s.ni.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID("subnet-1"))
			s.config = tc.config
			all, err := s.explain(t, "node/n1")
			if err != nil {
				t.Fatal(err)
			}
			_, got, _ := strings.Cut(explain.Text(all), "\nNode ")
			if got != "" {
				got = "Node " + got
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
