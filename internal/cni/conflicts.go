// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cni

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode"

	"k8s.io/apimachinery/pkg/util/version"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// noManageVersion is the first version of the VPC CNI that reads the tag no_manage.
const noManageVersion = "1.6.0"

// A Conflict is a plugin that does not cooperate.
type Conflict struct {
	Reason xpv2.ConditionReason
	// Message has the plugin, the problem, and what to set.
	Message string
}

// A Use is how the NodeENIs of a cluster use its plugins.
type Use struct {
	// Networks is true if a NodeENI has a network for pods, and Resources if the devices of a
	// NodeENI are resources of the device plugin.
	Networks, Resources bool
	// Tags are tags of each ENI of the provider.
	Tags map[string]string
}

// Conflicts returns the conflicts of the plugins with the ENIs of nodes, the most severe first.
func (p Plugins) Conflicts(groups []NodeGroup, use Use) []Conflict {
	var out []Conflict
	if p.VPCCNI != nil {
		out = append(out, p.VPCCNI.conflicts(groups)...)
	}
	if p.Cilium != nil {
		out = append(out, p.Cilium.conflicts(p.Multus != nil && use.Networks, use.Tags)...)
	}
	if m := p.Multus; m != nil && use.Networks && m.Daemon && !m.NetworkDirectory {
		out = append(out, Conflict{v1alpha1.ReasonMultusDirectory, fmt.Sprintf(
			"the daemon of Multus (%s) cannot read %s, in which the agents configure the networks of NodeENIs: mount this directory of the host at the same path", m.Name, NetworkDirectory)})
	}
	if d := p.DevicePlugin; d != nil && use.Resources && d.ConfigMap != "" {
		out = append(out, Conflict{v1alpha1.ReasonDevicePluginConfigMap, fmt.Sprintf(
			"the SR-IOV network device plugin (%s) reads ConfigMap %s, not the file of the agents: mount the host's directory /etc/pcidp instead, see docs/dpdk.md", d.Name, d.ConfigMap)})
	}
	return out
}

// conflicts returns the conflicts of the VPC CNI.
func (v *VPCCNI) conflicts(groups []NodeGroup) []Conflict {
	var out []Conflict
	if v.Version != nil && v.Version.LessThan(version.MustParseGeneric(noManageVersion)) {
		out = append(out, Conflict{v1alpha1.ReasonVPCCNITooOld, fmt.Sprintf(
			"the VPC CNI (%s) v%s ignores the tag %s and assigns addresses of the provider's ENIs to pods: update it to v%s or later", v.Name, v.Version, eni.TagNoManage, noManageVersion)})
	}
	if v.IMDSOnly {
		out = append(out, Conflict{v1alpha1.ReasonVPCCNIReadsNoTags, fmt.Sprintf(
			"the VPC CNI (%s) reads no tags with ENABLE_IMDS_ONLY_MODE and assigns addresses of ENIs that are attached at its start to pods: set ENABLE_IMDS_ONLY_MODE=false", v.Name)})
	}
	var places, pods []string
	tainted := true
	for _, g := range groups {
		s := v.Settings(g)
		if v.takesPlaces(g) {
			tainted = tainted && g.Tainted
			places = append(places, fmt.Sprintf("%s with %d of the provider's ENIs: MAX_ENI=%d", g.InstanceType, g.Ours, s.MaxENI))
		}
		if usable := v.pods(v.usable(g), g.Addresses); !v.IPv6 && g.Limit > 0 && g.Addresses > 0 && g.MaxPods > usable {
			pods = append(pods, fmt.Sprintf("%s with %d of the provider's ENIs: max-pods=%d, not %d as on node %s", g.InstanceType, g.Ours, usable, g.MaxPods, g.Example))
		}
	}
	if len(places) > 0 {
		advice := "register the nodes with a startup taint (spec.readiness of the NodeENIs), or set "
		if tainted {
			advice = "in addition to the startup taint set "
		}
		out = append(out, Conflict{v1alpha1.ReasonVPCCNITakesPlaces, fmt.Sprintf(
			"the VPC CNI (%s) can attach so many ENIs that the provider's have no place: %s%s", v.Name, advice, some(places))})
	}
	if len(pods) > 0 {
		out = append(out, Conflict{v1alpha1.ReasonMaxPodsTooHigh, fmt.Sprintf(
			"the VPC CNI (%s) has no addresses for as many pods as the kubelets accept: set %s", v.Name, some(pods))})
	}
	return out
}

// maxGroups limits how many node groups a message has.
const maxGroups = 5

func some(groups []string) string {
	if n := len(groups) - maxGroups; n > 0 {
		return strings.Join(groups[:maxGroups], "; ") + fmt.Sprintf("; and %d other kinds of nodes", n)
	}
	return strings.Join(groups, "; ")
}

// conflicts returns the conflicts of Cilium.
func (c *Cilium) conflicts(multus bool, tags map[string]string) []Conflict {
	var out []Conflict
	if c.Settings["ipam"] == "eni" && c.Settings["custom-cni-conf"] != "true" && !excludes(c.Settings["eni-exclude-interface-tags"], tags) {
		out = append(out, Conflict{v1alpha1.ReasonCiliumUsesNetworkInterfaces, fmt.Sprintf(
			"Cilium (%s/%s) assigns addresses of all ENIs to pods: set eni-exclude-interface-tags: %s=true in ConfigMap %s (Helm: eni.nodeSpec.excludeInterfaceTags)", c.Namespace, c.Name, eni.TagNoManage, CiliumConfig)})
	}
	if multus && c.Settings["cni-exclusive"] == "true" {
		out = append(out, Conflict{v1alpha1.ReasonCiliumDisablesMultus, fmt.Sprintf(
			`Cilium (%s/%s) renames the configuration of Multus on the nodes: set cni-exclusive: "false" in ConfigMap %s (Helm: cni.exclusive=false)`, c.Namespace, c.Name, CiliumConfig)})
	}
	return out
}

// excludes reports whether Cilium ignores ENIs with some tags: ENIs that have all tags of its
// setting.
func excludes(setting string, tags map[string]string) bool {
	want := excludedTags(setting)
	for k, v := range want {
		if have, ok := tags[k]; !ok || have != v {
			return false
		}
	}
	return len(want) > 0
}

// excludedTags returns the tags of Cilium's setting: key=value,key=value, or JSON.
func excludedTags(setting string) map[string]string {
	out := map[string]string{}
	if json.Unmarshal([]byte(setting), &out) == nil {
		return out
	}
	for _, pair := range strings.FieldsFunc(setting, func(r rune) bool { return r == ',' || unicode.IsSpace(r) }) {
		k, v, _ := strings.Cut(pair, "=")
		out[k] = v
	}
	return out
}
