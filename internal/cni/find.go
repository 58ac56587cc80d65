// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cni

import (
	"path"
	"slices"
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// Plugins are the plugins in a cluster. A plugin that was not found is nil.
type Plugins struct {
	VPCCNI       *VPCCNI
	Cilium       *Cilium
	Multus       *Multus
	DevicePlugin *DevicePlugin
}

// A VPCCNI is the Amazon VPC CNI plugin with its settings.
type VPCCNI struct {
	// Name of the DaemonSet, with its namespace.
	Name string
	// Version, or nil if it is not known.
	Version *version.Version
	// MaxENI is MAX_ENI: how many ENIs the plugin attaches to a node at most; 0 if unset.
	MaxENI int32
	// WarmIPs is how many free addresses the plugin keeps (WARM_IP_TARGET), and WarmENI
	// whether it keeps a free ENI instead, which is its default.
	WarmIPs int32
	WarmENI bool
	// Prefixes is true if the plugin assigns prefixes of 16 addresses to its ENIs.
	Prefixes bool
	// IPv6 is true if pods have IPv6 addresses. Then the plugin only uses the primary ENI.
	IPv6 bool
	// CustomNetworking is true if pods have no addresses of the primary ENI.
	CustomNetworking bool
	// PodENI is true if the plugin keeps a place for the trunk ENI of security groups for
	// pods.
	PodENI bool
	// Attaches is true if the plugin attaches ENIs.
	Attaches bool
	// IMDSOnly is true if the plugin does not read tags.
	IMDSOnly bool
}

// A Cilium is the Cilium CNI plugin with its settings.
type Cilium struct {
	// Namespace and name of the DaemonSet.
	Namespace, Name string
	// Settings are the data of its ConfigMap, or nil if they are not known.
	Settings map[string]string
}

// CiliumConfig is the name of Cilium's ConfigMap in the namespace of its DaemonSet.
const CiliumConfig = "cilium-config"

// A Multus is the Multus CNI plugin.
type Multus struct {
	Name string
	// Daemon is true if a daemon in the pod reads the configuration of networks (thick plugin),
	// and not a program on the host.
	Daemon bool
	// NetworkDirectory is true if the pod has the host's directory with configurations of
	// networks: NetworkDirectory.
	NetworkDirectory bool
}

// NetworkDirectory is the directory of a node in which Multus searches the configuration of a
// NetworkAttachmentDefinition without one. The agent writes to it.
const NetworkDirectory = "/etc/cni/multus/net.d"

// A DevicePlugin is the SR-IOV network device plugin.
type DevicePlugin struct {
	Name string
	// ConfigMap is the name of the ConfigMap with its configuration, or empty if the
	// configuration is on the host.
	ConfigMap string
}

// Find finds the plugins among DaemonSets of the cluster.
func Find(sets []appsv1.DaemonSet) Plugins {
	var p Plugins
	for i := range sets {
		d := &sets[i]
		for j := range d.Spec.Template.Spec.Containers {
			c := &d.Spec.Template.Spec.Containers[j]
			switch {
			case c.Name == "aws-node":
				p.VPCCNI = vpcCNI(d, c)
			case c.Name == "cilium-agent":
				p.Cilium = &Cilium{Namespace: d.Namespace, Name: d.Name}
			case strings.Contains(repository(c.Image), "multus-cni"):
				p.Multus = multus(d, c)
			case strings.Contains(repository(c.Image), "sriov-network-device-plugin"):
				p.DevicePlugin = devicePlugin(d, c)
			}
		}
	}
	return p
}

func nameOf(d *appsv1.DaemonSet) string { return d.Namespace + "/" + d.Name }

// repository returns the last part of an image's name, without tag and digest.
func repository(image string) string {
	name, _, _ := strings.Cut(image, "@")
	name, _, _ = strings.Cut(path.Base(name), ":")
	return name
}

func vpcCNI(d *appsv1.DaemonSet, c *corev1.Container) *VPCCNI {
	env := map[string]string{}
	for _, e := range c.Env {
		env[e.Name] = e.Value
	}
	number := func(name string) int32 {
		n, err := strconv.ParseInt(env[name], 10, 32)
		if err != nil || n < 0 {
			return 0
		}
		return int32(n)
	}
	is := func(name string) bool { b, err := strconv.ParseBool(env[name]); return err == nil && b }
	v := &VPCCNI{
		Name: nameOf(d), MaxENI: number("MAX_ENI"), WarmIPs: number("WARM_IP_TARGET"),
		Prefixes: is("ENABLE_PREFIX_DELEGATION"), IPv6: is("ENABLE_IPv6"), CustomNetworking: is("AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG"),
		PodENI: is("ENABLE_POD_ENI"), IMDSOnly: is("ENABLE_IMDS_ONLY_MODE"),
	}
	v.Attaches = !v.IPv6 && !v.IMDSOnly && !is("DISABLE_NETWORK_RESOURCE_PROVISIONING")
	_, minimum := env["MINIMUM_IP_TARGET"]
	v.WarmENI = v.WarmIPs == 0 && !minimum && env["WARM_ENI_TARGET"] != "0"
	_, tag, _ := strings.Cut(path.Base(c.Image), ":")
	for _, text := range []string{env["VPC_CNI_VERSION"], tag, d.Labels["app.kubernetes.io/version"]} {
		tag, _, _ := strings.Cut(text, "@")
		if parsed, err := version.ParseGeneric(tag); err == nil {
			v.Version = parsed
			break
		}
	}
	return v
}

func multus(d *appsv1.DaemonSet, c *corev1.Container) *Multus {
	m := &Multus{Name: nameOf(d)}
	m.Daemon = slices.ContainsFunc(slices.Concat(c.Command, c.Args), func(s string) bool { return path.Base(s) == "multus-daemon" })
	for _, v := range d.Spec.Template.Spec.Volumes {
		if v.HostPath == nil || !contains(v.HostPath.Path, NetworkDirectory) {
			continue
		}
		below := strings.TrimPrefix(NetworkDirectory, path.Clean(v.HostPath.Path))
		m.NetworkDirectory = m.NetworkDirectory || slices.ContainsFunc(c.VolumeMounts, func(mount corev1.VolumeMount) bool {
			return mount.Name == v.Name && mount.SubPath == "" && path.Join(mount.MountPath, below) == NetworkDirectory
		})
	}
	return m
}

// contains reports whether a directory is another one, or above it.
func contains(dir, other string) bool {
	dir = path.Clean(dir)
	return dir == other || strings.HasPrefix(other, strings.TrimSuffix(dir, "/")+"/")
}

func devicePlugin(d *appsv1.DaemonSet, c *corev1.Container) *DevicePlugin {
	p := &DevicePlugin{Name: nameOf(d)}
	for _, mount := range c.VolumeMounts {
		i := slices.IndexFunc(d.Spec.Template.Spec.Volumes, func(v corev1.Volume) bool { return v.Name == mount.Name })
		if path.Clean(mount.MountPath) != "/etc/pcidp" || i < 0 {
			continue
		}
		if m := d.Spec.Template.Spec.Volumes[i].ConfigMap; m != nil {
			p.ConfigMap = m.Name
		}
	}
	return p
}
