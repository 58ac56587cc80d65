// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"strings"
)

// ManifestsDir is the directory of the plain manifests in the repository.
const ManifestsDir = "cluster/manifests"

// notice is below the description of each manifest.
const notice = `#
# Rendered from cluster/charts/provider-aws-eni by make manifests. Do not edit.
`

// A manifest is a file of ManifestsDir that is rendered from templates.
type manifest struct {
	path        string
	description string // a comment at the start of the file
	templates   []string
}

// Manifests returns the plain manifests by path in ManifestsDir. The kustomizations and
// the directory crossplane, which contains no objects of the chart, are not rendered.
func Manifests(root string) (map[string]string, error) {
	rendered, err := Templates(root, Plain(), Values())
	if err != nil {
		return nil, err
	}
	// The CRDs are in package/crds.
	delete(rendered, "crds.yaml")
	out := map[string]string{}
	for _, m := range manifests() {
		var parts []string
		for _, name := range m.templates {
			text, ok := rendered[name]
			if !ok {
				return nil, fmt.Errorf("the template %s of %s renders nothing", name, m.path)
			}
			delete(rendered, name)
			parts = append(parts, text)
		}
		out[m.path] = m.description + notice + strings.Join(parts, "\n---\n") + "\n"
	}
	for name := range rendered {
		return nil, fmt.Errorf("no manifest contains the template %s", name)
	}
	return out, nil
}

// Values returns the values of the plain manifests.
func Values() map[string]any {
	return map[string]any{
		"namespace": map[string]any{"create": true},
		"agent":     map[string]any{"dpdk": map[string]any{"enabled": true}},
	}
}

func manifests() []manifest {
	return []manifest{
		{path: "namespace.yaml", templates: []string{"namespace.yaml"}, description: `# The namespace of the provider, its agents, and the NetworkInterfaces and
# NetworkInterfaceAttachments of NodeENIs.
`},
		{path: "provider.yaml", templates: []string{"provider/serviceaccount.yaml", "provider/rbac.yaml", "provider/admission.yaml", "provider/deployment.yaml", "provider/poddisruptionbudget.yaml"}, description: `# The provider: the controllers of all CRDs, and the permissions that they use in this
# cluster. Its permissions in AWS are in cluster/iam/policy.json.
#
# Other objects refer to two names: an IAM role trusts the service account
# (docs/iam.md), and the agents' Leases are in the namespace.
`},
		{path: "agent.yaml", templates: []string{"agent/serviceaccount.yaml", "agent/rbac.yaml", "agent/daemonset.yaml"}, description: `# The node agent: on every Linux node, it configures the links that the node's
# HostInterfaces specify. It has no permission in AWS.
#
# On the node it has NET_ADMIN in the host's network namespace; it is not privileged.
# Its permissions in the API server are below; cluster/manifests/admission.yaml confines
# them to the objects of its own node.
#
# This is the kernel profile: links keep their kernel driver. It excludes nodes with the
# label networking.k8s.aws/agent=dpdk, which are for cluster/manifests/dpdk, whose agent
# can bind devices to userspace drivers and offer devices to pods.
`},
		{path: "admission.yaml", templates: []string{"agent/admission.yaml"}, description: `# Confines each agent to its own node. RBAC cannot, because it knows only the names of
# objects. The API server knows the node of a pod's token, so these policies can compare
# it with the object. With them, a stolen agent token harms only the node that the
# token is from: it cannot release another node's interfaces, change the spec of any
# HostInterface, or acquire the provider's Lease.
#
# An agent is recognized by its permissions, not by its name, so that the policies
# hold for any namespace and any name of the service accounts: every service account
# that may patch hostinterfaces/status is an agent, unless it may also
# manage-all-nodes on hostinterfaces. The provider's ClusterRole has that verb, and
# so has every role with the verb *. A service account of your own that writes
# HostInterfaces needs it, too.
#
# Exempt are the controllers of Kubernetes itself: service accounts of kube-system
# whose token is not bound to a pod on a node. An agent in kube-system is confined.
#
# The policies need Kubernetes 1.32 or later, where tokens of pods name their node. A
# token that names no node writes nothing.
`},
		{path: "clusterproviderconfig.yaml", templates: []string{"clusterproviderconfig.yaml"}, description: `# The access to AWS of every object that references no other config: with the
# credentials that the AWS SDK finds in the provider's pod. These are the role of IAM
# roles for service accounts or EKS Pod Identity if configured (docs/iam.md), else the
# instance profile of the node. examples/clusterproviderconfig has more.
#
# Every namespace may create network interfaces with it. To limit that, list namespaces;
# the provider's own, which has the objects of NodeENIs, is always allowed:
#
#   spec:
#     allowedNamespaces:
#       names: [team-a]
#       selector:
#         matchLabels: {network.example.org/enis: allowed}
#
# hostNamespaces are the namespaces whose attachments may address a node or configure a
# host, in addition to the provider's own.
`},
		{path: "networkpolicy.yaml", templates: []string{"provider/networkpolicy.yaml"}, description: `# Restricts connections to the provider's pods. Pods of namespaces with the label
# networking.k8s.aws/metrics: allowed may connect to the metrics port. All other
# ingress is denied. Label the namespace of your Prometheus:
#
#   kubectl label namespace monitoring networking.k8s.aws/metrics=allowed
#
# The kubelet's health probes come from the pod's own node, which network plugins do
# not restrict. Egress, to AWS and the API server, is not restricted. A network plugin
# that does not implement NetworkPolicy ignores this object.
#
# There is none for the agents: they use the host network, where NetworkPolicies do not
# apply. They listen on 127.0.0.1 only.
`},
		{path: "dpdk/agent.yaml", templates: []string{"agent-dpdk/serviceaccount.yaml", "agent-dpdk/rbac.yaml", "agent-dpdk/daemonset.yaml"}, description: `# The node agent with the permissions to bind devices to userspace (DPDK) drivers
# and to offer devices to pods through the SR-IOV network device plugin. It runs
# on nodes with the label networking.k8s.aws/agent=dpdk, in place of the agent of
# cluster/manifests/agent.yaml, which must be applied too: this file uses its roles.
#
# It is not privileged, and has no capability beyond the kernel profile's. It has access
# to more files of the host, each with its reason below. Still it is nearly equivalent to
# root on its node: a process that can write the files of PCI devices can make a device
# read and write all memory. So it runs only on nodes with the label.
#
# With a separate service account, the agents of all other nodes have no permission to
# delete pods.
`},
		{path: "dpdk/admission.yaml", templates: []string{"agent-dpdk/admission.yaml"}, description: `# Confines the agents of agent.yaml in this directory to the device plugin of their own
# node. Their Role permits them to delete pods of kube-system, because RBAC knows neither
# labels nor nodes. With this policy, a stolen agent token restarts one pod only: the
# device plugin of the node that the token is from.
#
# An agent is recognized by its permissions, whatever its service account's name
# (cluster/manifests/admission.yaml).
#
# If the agents have another --device-plugin-namespace or --device-plugin-selector,
# change the Role and the labels here accordingly. In the chart, agent.dpdk.devicePlugin
# does so. The policy needs Kubernetes 1.32 or later, as those of
# cluster/manifests/admission.yaml.
`},
	}
}
