// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cni

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// xlarge returns nodes of m5.xlarge: 4 ENIs of 15 addresses, and 58 pods by default.
func xlarge(ours, maxPods int32) NodeGroup {
	return NodeGroup{InstanceType: "m5.xlarge", Limit: 4, Addresses: 15, Ours: ours, MaxPods: maxPods, Nodes: 3, Example: "node-a"}
}

func tainted(g NodeGroup) NodeGroup {
	g.Tainted = true
	return g
}

func TestSettings(t *testing.T) {
	defaults := VPCCNI{Attaches: true, WarmENI: true}
	cases := map[string]struct {
		reason string
		cni    VPCCNI
		group  NodeGroup
		want   Settings
	}{
		"StartupTaint": {
			reason: "Nodes without pods before their ENIs need no MAX_ENI: the VPC CNI uses what is left.",
			cni:    defaults, group: tainted(xlarge(1, 58)), want: Settings{MaxPods: 3*14 + 2, ReservedENIs: 1},
		},
		"MaxENI": {
			reason: "With MAX_ENI the VPC CNI subtracts the provider's ENIs from MAX_ENI.",
			cni:    defaults, group: xlarge(1, 58), want: Settings{MaxENI: 3, MaxPods: 2*14 + 2, ReservedENIs: 2},
		},
		"PrimaryOnly": {
			reason: "The primary ENI is always used.", cni: defaults, group: xlarge(3, 58), want: Settings{MaxENI: 1, MaxPods: 14 + 2, ReservedENIs: 3},
		},
		"Lower": {
			reason: "A lower MAX_ENI and a lower max-pods stay.", cni: VPCCNI{Attaches: true, MaxENI: 2}, group: xlarge(1, 10), want: Settings{MaxENI: 2, MaxPods: 10, ReservedENIs: 3},
		},
		"Prefixes": {
			reason: "With prefixes the kubelet's default of pods has addresses.", cni: VPCCNI{Attaches: true, Prefixes: true}, group: xlarge(2, 110), want: Settings{MaxENI: 2, MaxPods: 110, ReservedENIs: 3},
		},
		"CustomNetworking": {
			reason: "With custom networking the primary ENI has no pods.", cni: VPCCNI{Attaches: true, CustomNetworking: true}, group: tainted(xlarge(1, 58)), want: Settings{MaxPods: 2*14 + 2, ReservedENIs: 2},
		},
		"PodENI": {
			reason: "The trunk ENI takes a place.", cni: VPCCNI{Attaches: true, PodENI: true}, group: tainted(xlarge(1, 58)), want: Settings{MaxPods: 2*14 + 2, ReservedENIs: 2},
		},
		"UnknownPods":  {reason: "Without max-pods of a node, the addresses decide.", cni: defaults, group: tainted(xlarge(1, 0)), want: Settings{MaxPods: 44, ReservedENIs: 1}},
		"UnknownLimit": {reason: "Without limits nothing is recommended.", cni: defaults, group: NodeGroup{InstanceType: "m5.xlarge", Ours: 1, MaxPods: 58}},
		"IPv6":         {reason: "With IPv6 only the primary ENI is used.", cni: VPCCNI{IPv6: true}, group: xlarge(1, 58)},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, tc.cni.Settings(tc.group)); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestSettingsEndConflicts verifies that there is no conflict after the recommended settings were
// made, for many kinds of nodes.
func TestSettingsEndConflicts(t *testing.T) {
	for _, v := range []VPCCNI{{}, {WarmENI: true}, {WarmIPs: 5}, {Prefixes: true, WarmENI: true}, {CustomNetworking: true}, {PodENI: true, WarmENI: true}, {MaxENI: 2, WarmENI: true}} {
		v.Attaches = true
		for limit := int32(2); limit <= 15; limit++ {
			for ours := int32(1); ours < limit; ours++ {
				for _, g := range []NodeGroup{{Limit: limit, Ours: ours, Addresses: 10, MaxPods: 110}, {Limit: limit, Ours: ours, Addresses: 50, MaxPods: 737, Tainted: true}} {
					s := v.Settings(g)
					set := v
					if s.MaxENI > 0 {
						set.MaxENI = s.MaxENI
					}
					g.MaxPods = s.MaxPods
					if c := set.conflicts([]NodeGroup{g}); len(c) > 0 {
						t.Fatalf("%+v with %+v and settings %+v: %+v", v, g, s, c)
					}
				}
			}
		}
	}
}

func TestConflicts(t *testing.T) {
	attaches := func(v VPCCNI) Plugins {
		v.Name, v.Attaches = "kube-system/aws-node", true
		return Plugins{VPCCNI: &v}
	}
	cilium := func(pairs ...string) Plugins {
		c := &Cilium{Namespace: "kube-system", Name: "cilium", Settings: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			c.Settings[pairs[i]] = pairs[i+1]
		}
		return Plugins{Cilium: c, Multus: &Multus{Name: "kube-system/kube-multus-ds"}}
	}
	const noManage = "node.k8s.amazonaws.com/no_manage"
	use := Use{Networks: true, Resources: true, Tags: map[string]string{noManage: "true", "networking.k8s.aws/cluster": "c"}}
	cases := map[string]struct {
		reason  string
		plugins Plugins
		groups  []NodeGroup
		use     Use
		want    []string
	}{
		"None":   {reason: "Without plugins there is no conflict.", groups: []NodeGroup{xlarge(2, 58)}, use: use},
		"NoENIs": {reason: "Without ENIs of the provider there is no conflict.", plugins: attaches(VPCCNI{WarmENI: true}), use: use},
		"TooOld": {
			reason: "Before 1.6.0 the tag no_manage is ignored.", plugins: attaches(VPCCNI{Version: version.MustParseGeneric("1.5.7")}),
			want: []string{"VPCCNITooOld: the VPC CNI (kube-system/aws-node) v1.5.7 ignores the tag " + noManage + " and assigns addresses of the provider's ENIs to pods: update it to v1.6.0 or later"},
		},
		"NoTags": {
			reason: "Without access to EC2 no tag is read.", plugins: Plugins{VPCCNI: &VPCCNI{Name: "kube-system/aws-node", Version: version.MustParseGeneric("1.6.0"), IMDSOnly: true}},
			want: []string{"VPCCNIReadsNoTags: the VPC CNI (kube-system/aws-node) reads no tags with ENABLE_IMDS_ONLY_MODE and assigns addresses of ENIs that are attached at its start to pods: set ENABLE_IMDS_ONLY_MODE=false"},
		},
		"Default": {
			reason: "The defaults of EKS conflict with an ENI of the provider.", plugins: attaches(VPCCNI{WarmENI: true}), groups: []NodeGroup{xlarge(1, 58), xlarge(2, 58)},
			want: []string{
				"VPCCNITakesPlaces: the VPC CNI (kube-system/aws-node) can attach so many ENIs that the provider's have no place: register the nodes with a startup taint (spec.readiness of the NodeENIs), or set m5.xlarge with 1 of the provider's ENIs: MAX_ENI=3; m5.xlarge with 2 of the provider's ENIs: MAX_ENI=2",
				"MaxPodsTooHigh: the VPC CNI (kube-system/aws-node) has no addresses for as many pods as the kubelets accept: set m5.xlarge with 1 of the provider's ENIs: max-pods=44, not 58 as on node node-a; m5.xlarge with 2 of the provider's ENIs: max-pods=30, not 58 as on node node-a",
			},
		},
		"StartupTaint": {reason: "With a startup taint and max-pods there is no conflict.", plugins: attaches(VPCCNI{WarmENI: true}), groups: []NodeGroup{tainted(xlarge(1, 44))}},
		"StartupTaintSmall": {
			reason: "With a startup taint, a pod of a DaemonSet still makes the VPC CNI attach a second ENI.", plugins: attaches(VPCCNI{WarmENI: true}), groups: []NodeGroup{tainted(xlarge(3, 16))},
			want: []string{"VPCCNITakesPlaces: the VPC CNI (kube-system/aws-node) can attach so many ENIs that the provider's have no place: in addition to the startup taint set m5.xlarge with 3 of the provider's ENIs: MAX_ENI=1"},
		},
		"FewPods": {reason: "A node that can only have few pods needs no more ENIs.", plugins: attaches(VPCCNI{}), groups: []NodeGroup{xlarge(1, 44)}},
		"WarmENI": {
			reason: "The free ENI that the VPC CNI keeps takes the last place.", plugins: attaches(VPCCNI{WarmENI: true}), groups: []NodeGroup{xlarge(1, 44)},
			want: []string{"VPCCNITakesPlaces: the VPC CNI (kube-system/aws-node) can attach so many ENIs that the provider's have no place: register the nodes with a startup taint (spec.readiness of the NodeENIs), or set m5.xlarge with 1 of the provider's ENIs: MAX_ENI=3"},
		},
		"Many": {
			reason: "A message has a limited number of groups.", plugins: attaches(VPCCNI{Prefixes: true, MaxENI: 1}),
			groups: []NodeGroup{xlarge(1, 300), xlarge(1, 301), xlarge(1, 302), xlarge(1, 303), xlarge(1, 304), xlarge(1, 305), xlarge(1, 226)},
			want: []string{"MaxPodsTooHigh: the VPC CNI (kube-system/aws-node) has no addresses for as many pods as the kubelets accept: set m5.xlarge with 1 of the provider's ENIs: max-pods=226, not 300 as on node node-a; m5.xlarge with 1 of the provider's ENIs: max-pods=226, not 301 as on node node-a; " +
				"m5.xlarge with 1 of the provider's ENIs: max-pods=226, not 302 as on node node-a; m5.xlarge with 1 of the provider's ENIs: max-pods=226, not 303 as on node node-a; m5.xlarge with 1 of the provider's ENIs: max-pods=226, not 304 as on node node-a; and 1 other kinds of nodes"},
		},
		"CiliumENI": {
			reason: "In its ENI mode Cilium uses each ENI.", plugins: cilium("ipam", "eni", "cni-exclusive", "false"), use: use,
			want: []string{"CiliumUsesNetworkInterfaces: Cilium (kube-system/cilium) assigns addresses of all ENIs to pods: set eni-exclude-interface-tags: " + noManage + "=true in ConfigMap cilium-config (Helm: eni.nodeSpec.excludeInterfaceTags)"},
		},
		"CiliumExcludes":     {reason: "ENIs with the tag are excluded.", plugins: cilium("ipam", "eni", "eni-exclude-interface-tags", "networking.k8s.aws/cluster=c, "+noManage+"=true"), use: use},
		"CiliumExcludesJSON": {reason: "The setting may be JSON.", plugins: cilium("ipam", "eni", "eni-exclude-interface-tags", `{"`+noManage+`":"true"}`), use: use},
		"CiliumExcludesOthers": {
			reason: "Cilium excludes only ENIs that have all tags.", plugins: cilium("ipam", "eni", "eni-exclude-interface-tags", noManage+"=true,team=x"), use: use,
			want: []string{"CiliumUsesNetworkInterfaces: Cilium (kube-system/cilium) assigns addresses of all ENIs to pods: set eni-exclude-interface-tags: " + noManage + "=true in ConfigMap cilium-config (Helm: eni.nodeSpec.excludeInterfaceTags)"},
		},
		"CiliumOwnConfig": {reason: "A CNI configuration by the user may exclude them.", plugins: cilium("ipam", "eni", "custom-cni-conf", "true"), use: use},
		"CiliumOther":     {reason: "Other modes use no ENIs.", plugins: cilium("ipam", "cluster-pool"), use: use},
		"CiliumExclusive": {
			reason: "Cilium disables other CNI plugins by default.", plugins: cilium("cni-exclusive", "true"), use: use,
			want: []string{`CiliumDisablesMultus: Cilium (kube-system/cilium) renames the configuration of Multus on the nodes: set cni-exclusive: "false" in ConfigMap cilium-config (Helm: cni.exclusive=false)`},
		},
		"CiliumNoNetworks": {reason: "Without a network for pods Multus is not needed.", plugins: cilium("cni-exclusive", "true")},
		"MultusDirectory": {
			reason: "The daemon of Multus needs the directory of networks.", plugins: Plugins{Multus: &Multus{Name: "kube-system/kube-multus-ds", Daemon: true}}, use: use,
			want: []string{"MultusDirectory: the daemon of Multus (kube-system/kube-multus-ds) cannot read /etc/cni/multus/net.d, in which the agents configure the networks of NodeENIs: mount this directory of the host at the same path"},
		},
		"DevicePlugin": {
			reason: "The agents write no ConfigMap.", plugins: Plugins{DevicePlugin: &DevicePlugin{Name: "kube-system/kube-sriov-device-plugin", ConfigMap: "sriovdp-config"}}, use: use,
			want: []string{"DevicePluginConfigMap: the SR-IOV network device plugin (kube-system/kube-sriov-device-plugin) reads ConfigMap sriovdp-config, not the file of the agents: mount the host's directory /etc/pcidp instead, see docs/dpdk.md"},
		},
		"DevicePluginUnused": {reason: "Without resources the plugin does not matter.", plugins: Plugins{DevicePlugin: &DevicePlugin{ConfigMap: "sriovdp-config"}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			var got []string
			for _, c := range tc.plugins.Conflicts(tc.groups, tc.use) {
				got = append(got, string(c.Reason)+": "+c.Message)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// FuzzFind verifies that no setting makes the recommendation invalid.
func FuzzFind(f *testing.F) {
	f.Add("2", "5", "1", "v1.20.3", int32(4), int32(1), int32(15), int32(58))
	f.Fuzz(func(t *testing.T, maxENI, warmIPs, warmENI, tag string, limit, ours, addresses, maxPods int32) {
		if limit < 1 || limit > 100 || ours < 1 || ours > limit || addresses < 2 || addresses > 100 || maxPods < 0 || maxPods > 10000 {
			t.Skip()
		}
		p := Find([]appsv1.DaemonSet{awsNode("registry.example.org/cni:"+tag, "MAX_ENI", maxENI, "WARM_IP_TARGET", warmIPs, "WARM_ENI_TARGET", warmENI)})
		s := p.VPCCNI.Settings(NodeGroup{Limit: limit, Ours: ours, Addresses: addresses, MaxPods: maxPods})
		if s.MaxENI < 1 || s.MaxENI > limit || s.ReservedENIs < 0 || s.ReservedENIs >= limit {
			t.Errorf("settings %+v for MAX_ENI=%s", s, maxENI)
		}
	})
}
