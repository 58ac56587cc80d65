// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cni

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// daemonSet returns a DaemonSet of kube-system with a container.
func daemonSet(name string, c corev1.Container, volumes ...corev1.Volume) appsv1.DaemonSet {
	d := appsv1.DaemonSet{ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: name}}
	d.Spec.Template.Spec = corev1.PodSpec{Containers: []corev1.Container{{Name: "sidecar", Image: "registry.example.org/sidecar"}, c}, Volumes: volumes}
	return d
}

func awsNode(image string, env ...string) appsv1.DaemonSet {
	c := corev1.Container{Name: "aws-node", Image: image}
	for i := 0; i < len(env); i += 2 {
		c.Env = append(c.Env, corev1.EnvVar{Name: env[i], Value: env[i+1]})
	}
	return daemonSet("aws-node", c)
}

func hostPath(name, path string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}}
}

func configMap(name, from string) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: from}}}}
}

func multusDaemon(mount corev1.VolumeMount, volumes ...corev1.Volume) appsv1.DaemonSet {
	return daemonSet("kube-multus-ds", corev1.Container{
		Name: "kube-multus", Image: "registry.example.org/k8snetworkplumbingwg/multus-cni:snapshot-thick",
		Command: []string{"/usr/src/multus-cni/bin/multus-daemon"}, VolumeMounts: []corev1.VolumeMount{mount},
	}, volumes...)
}

func TestFind(t *testing.T) {
	const vpc, image = "kube-system/aws-node", "registry.example.org/amazon-k8s-cni:v1.20.3-eksbuild.1"
	v := version.MustParseGeneric
	cases := map[string]struct {
		reason string
		sets   []appsv1.DaemonSet
		want   Plugins
	}{
		"None": {reason: "Other DaemonSets are ignored.", sets: []appsv1.DaemonSet{daemonSet("kube-proxy", corev1.Container{Name: "kube-proxy", Image: "registry.example.org/kube-proxy:v1.35.0"})}},
		"Defaults": {
			reason: "Without settings the VPC CNI keeps an ENI with free addresses.", sets: []appsv1.DaemonSet{awsNode(image)},
			want: Plugins{VPCCNI: &VPCCNI{Name: vpc, Version: v("1.20.3"), WarmENI: true, Attaches: true}},
		},
		"Settings": {
			reason: "Settings are environment variables.",
			sets: []appsv1.DaemonSet{awsNode("registry.example.org/cni@sha256:abc", "VPC_CNI_VERSION", "v1.23.1", "MAX_ENI", "2", "WARM_IP_TARGET", "5", "WARM_ENI_TARGET", "1",
				"ENABLE_PREFIX_DELEGATION", "true", "AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG", "true", "ENABLE_POD_ENI", "true")},
			want: Plugins{VPCCNI: &VPCCNI{Name: vpc, Version: v("1.23.1"), MaxENI: 2, WarmIPs: 5, Prefixes: true, CustomNetworking: true, PodENI: true, Attaches: true}},
		},
		"Invalid": {
			reason: "The VPC CNI ignores values that are no number or not positive, and so do we.",
			sets:   []appsv1.DaemonSet{awsNode("registry.example.org/cni", "MAX_ENI", "-1", "WARM_IP_TARGET", "many", "ENABLE_IPv6", "perhaps", "WARM_ENI_TARGET", "0")},
			want:   Plugins{VPCCNI: &VPCCNI{Name: vpc, Attaches: true}},
		},
		"MinimumIPTarget": {
			reason: "With MINIMUM_IP_TARGET, WARM_ENI_TARGET is ignored.", sets: []appsv1.DaemonSet{awsNode(image, "MINIMUM_IP_TARGET", "10")},
			want: Plugins{VPCCNI: &VPCCNI{Name: vpc, Version: v("1.20.3"), Attaches: true}},
		},
		"IPv6": {
			reason: "With IPv6, and without access to EC2, no ENI is attached.", sets: []appsv1.DaemonSet{awsNode(image, "ENABLE_IPv6", "true", "ENABLE_IMDS_ONLY_MODE", "true")},
			want: Plugins{VPCCNI: &VPCCNI{Name: vpc, Version: v("1.20.3"), IPv6: true, IMDSOnly: true, WarmENI: true}},
		},
		"Cilium": {
			reason: "Cilium's settings are in a ConfigMap of its namespace.", sets: []appsv1.DaemonSet{daemonSet("cilium", corev1.Container{Name: "cilium-agent"})},
			want: Plugins{Cilium: &Cilium{Namespace: "kube-system", Name: "cilium"}},
		},
		"MultusDaemon": {
			reason: "The daemon of Multus mounts the directory of networks.",
			sets:   []appsv1.DaemonSet{multusDaemon(corev1.VolumeMount{Name: "conf", MountPath: NetworkDirectory}, hostPath("conf", NetworkDirectory))},
			want:   Plugins{Multus: &Multus{Name: "kube-system/kube-multus-ds", Daemon: true, NetworkDirectory: true}},
		},
		"MultusParent": {
			reason: "It can be below a mount.", sets: []appsv1.DaemonSet{multusDaemon(corev1.VolumeMount{Name: "etc", MountPath: "/etc/cni"}, hostPath("etc", "/etc/cni/"))},
			want: Plugins{Multus: &Multus{Name: "kube-system/kube-multus-ds", Daemon: true, NetworkDirectory: true}},
		},
		"MultusElsewhere": {
			reason: "A mount at another path is not read.", sets: []appsv1.DaemonSet{multusDaemon(corev1.VolumeMount{Name: "conf", MountPath: "/host/etc/cni/multus/net.d"}, hostPath("conf", NetworkDirectory))},
			want: Plugins{Multus: &Multus{Name: "kube-system/kube-multus-ds", Daemon: true}},
		},
		"MultusThin": {
			reason: "A program on the host reads the directory itself.",
			sets:   []appsv1.DaemonSet{daemonSet("kube-multus-ds", corev1.Container{Name: "kube-multus", Image: "registry.example.org:5000/multus-cni:v4.2.3", Command: []string{"/thin_entrypoint"}})},
			want:   Plugins{Multus: &Multus{Name: "kube-system/kube-multus-ds"}},
		},
		"DevicePluginConfigMap": {
			reason: "The manifests of the device plugin mount a ConfigMap.",
			sets: []appsv1.DaemonSet{daemonSet("kube-sriov-device-plugin", corev1.Container{
				Name: "kube-sriovdp", Image: "registry.example.org/k8snetworkplumbingwg/sriov-network-device-plugin:v3.11", VolumeMounts: []corev1.VolumeMount{{Name: "config-volume", MountPath: "/etc/pcidp"}},
			}, configMap("config-volume", "sriovdp-config"))},
			want: Plugins{DevicePlugin: &DevicePlugin{Name: "kube-system/kube-sriov-device-plugin", ConfigMap: "sriovdp-config"}},
		},
		"DevicePluginHost": {
			reason: "With a directory of the host, the plugin reads the file of the agent.",
			sets: []appsv1.DaemonSet{daemonSet("kube-sriov-device-plugin", corev1.Container{
				Name: "kube-sriovdp", Image: "registry.example.org/sriov-network-device-plugin", VolumeMounts: []corev1.VolumeMount{{Name: "config-volume", MountPath: "/etc/pcidp/"}},
			}, hostPath("config-volume", "/run/pcidp"))},
			want: Plugins{DevicePlugin: &DevicePlugin{Name: "kube-system/kube-sriov-device-plugin"}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			equal := cmp.Comparer(func(a, b *version.Version) bool { return (a == nil) == (b == nil) && (a == nil || a.EqualTo(b)) })
			if diff := cmp.Diff(tc.want, Find(tc.sets), equal); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
