// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// kustomized returns the output of kubectl kustomize for a directory of the repository.
func kustomized(t *testing.T, dir string) []*unstructured.Unstructured {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), filepath.Join(controlPlane(t).Assets, "kubectl"), "kustomize", filepath.Join(testbed.RepositoryRoot(), dir))
	var problem strings.Builder
	cmd.Stderr = &problem
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("kubectl kustomize %s: %v\n%s", dir, err, problem.String())
	}
	return parse(t, out)
}

// composed returns the output of kubectl kustomize for a directory of the repository and a
// component.
func composed(t *testing.T, dir, component string) []*unstructured.Unstructured {
	t.Helper()
	at := t.TempDir()
	relative := func(p string) string {
		r, err := filepath.Rel(at, filepath.Join(testbed.RepositoryRoot(), p))
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	text := fmt.Sprintf("resources: [%s]\ncomponents: [%s]\n", relative(dir), relative(component))
	if err := os.WriteFile(filepath.Join(at, "kustomization.yaml"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return kustomized(t, relativeTo(t, at))
}

// relativeTo returns the path of a directory from the root of the repository.
func relativeTo(t *testing.T, dir string) string {
	t.Helper()
	r, err := filepath.Rel(testbed.RepositoryRoot(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// A profile is the access of an agent's container to its node.
type profile struct {
	Account      string
	Capabilities []corev1.Capability
	// Writes and Reads are paths on the host.
	Writes, Reads []string
	Flags         []string
}

// profileOf returns the profile of the only agent in objects, and checks the restrictions
// that all profiles have.
func profileOf(t *testing.T, objects []*unstructured.Unstructured) (profile, appsv1.DaemonSet) {
	t.Helper()
	var sets []appsv1.DaemonSet
	for _, u := range objects {
		if u.GetKind() != "DaemonSet" {
			continue
		}
		d := appsv1.DaemonSet{}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, &d); err != nil {
			t.Fatal(err)
		}
		sets = append(sets, d)
	}
	if len(sets) != 1 || len(sets[0].Spec.Template.Spec.Containers) != 1 {
		t.Fatalf("got %d agents, want 1 with one container", len(sets))
	}
	pod := sets[0].Spec.Template.Spec
	c := pod.Containers[0]
	s := c.SecurityContext
	if *s.Privileged || *s.AllowPrivilegeEscalation || !*s.ReadOnlyRootFilesystem || !slices.Equal(s.Capabilities.Drop, []corev1.Capability{"ALL"}) {
		t.Errorf("the agent is privileged or allows privilege escalation: %+v", s)
	}
	if p := pod.SecurityContext.SeccompProfile; p == nil || p.Type != corev1.SeccompProfileTypeRuntimeDefault {
		t.Errorf("the agent has no seccomp profile: %+v", p)
	}
	out := profile{Account: pod.ServiceAccountName, Capabilities: s.Capabilities.Add}
	for _, a := range c.Args {
		name, _, _ := strings.Cut(a, "=")
		out.Flags = append(out.Flags, name)
	}
	for _, v := range pod.Volumes {
		i := slices.IndexFunc(c.VolumeMounts, func(m corev1.VolumeMount) bool { return m.Name == v.Name })
		if i < 0 || v.HostPath == nil {
			t.Errorf("volume %s is not a host path, or not mounted", v.Name)
			continue
		}
		// At the same path as on the host, or below the root directory of a flag.
		if at := c.VolumeMounts[i].MountPath; strings.TrimPrefix(at, "/host") != v.HostPath.Path {
			t.Errorf("%s of the host is mounted at %s", v.HostPath.Path, at)
		}
		if c.VolumeMounts[i].ReadOnly {
			out.Reads = append(out.Reads, v.HostPath.Path)
		} else {
			out.Writes = append(out.Writes, v.HostPath.Path)
		}
	}
	if len(c.VolumeMounts) != len(pod.Volumes) {
		t.Errorf("%d mounts of %d volumes", len(c.VolumeMounts), len(pod.Volumes))
	}
	return out, sets[0]
}

// TestAgentProfiles checks the exact permissions of each profile, and that docs/dpdk.md
// explains them.
func TestAgentProfiles(t *testing.T) {
	kernel := profile{
		Account:      testbed.AgentServiceAccount,
		Capabilities: []corev1.Capability{"NET_ADMIN"},
		Writes:       []string{"/proc/sys/net", "/etc/cni/multus/net.d"},
		Reads:        []string{"/etc/cni/net.d", "/var/lib/cni"},
		Flags:        []string{"--proc-root", "--multus-dir", "--cni-config-dir", "--cni-dir", "--metrics-bind-address", "--health-probe-bind-address"},
	}
	dpdk := profile{
		Account:      dpdkAgent,
		Capabilities: kernel.Capabilities,
		Writes:       []string{"/proc/sys/net", "/sys/bus/pci", "/sys/devices", "/sys/module", "/var/lib/provider-aws-eni", "/etc/cni/multus/net.d", "/etc/pcidp"},
		Reads:        []string{"/sys/kernel/mm", "/sys/kernel/iommu_groups", "/sys/kernel/debug", "/etc/cni/net.d", "/var/lib/cni", "/var/lib/kubelet/pod-resources"},
		Flags:        []string{"--proc-root", "--sys-root", "--multus-dir", "--cni-config-dir", "--cni-dir", "--device-plugin-config", "--pod-resources-socket", "--metrics-bind-address", "--health-probe-bind-address"},
	}
	modules := dpdk
	modules.Capabilities = append(slices.Clone(dpdk.Capabilities), "SYS_MODULE")
	modules.Reads = append(slices.Clone(dpdk.Reads), "/lib/modules")
	modules.Flags = append(slices.Clone(dpdk.Flags), "--load-modules")

	resource := func(p profile) profile {
		p.Writes = append(slices.Clone(p.Writes), "/var/lib/kubelet/device-plugins")
		p.Flags = append(slices.Clone(p.Flags), "--kubelet-device-plugins-dir")
		return p
	}

	cases := map[string]struct {
		reason string
		dir    string
		// component is added to the objects of dir.
		component string
		want      profile
	}{
		"Kernel":  {reason: "The kernel profile may only configure links.", dir: "cluster/manifests", want: kernel},
		"DPDK":    {reason: "The DPDK profile has access to more files of the host, and no more capabilities.", dir: "cluster/manifests/dpdk", want: dpdk},
		"Modules": {reason: "Loading kernel modules is a separate, optional permission.", dir: "cluster/manifests/dpdk-modules", want: modules},
		"Resource": {
			reason: "Access to the kubelet's device plugins is a separate, optional permission.",
			dir:    "cluster/manifests", component: "cluster/manifests/readiness-resource", want: resource(kernel),
		},
		"DPDKResource": {
			reason: "The DPDK profile can have it, too.",
			dir:    "cluster/manifests/dpdk", component: "cluster/manifests/readiness-resource", want: resource(dpdk),
		},
	}
	kube := strictClient(t)
	text := read(t, "docs/dpdk.md")
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			objects := kustomized(t, tc.dir)
			if tc.component != "" {
				objects = composed(t, tc.dir, tc.component)
			}
			for _, u := range objects {
				if _, err := dryRunCreate(t, kube, u); err != nil {
					t.Errorf("%s %q is rejected: %v", u.GetKind(), u.GetName(), err)
				}
			}
			got, _ := profileOf(t, objects)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			for _, word := range slices.Concat(got.Writes, got.Reads, got.Flags) {
				// The addresses of the metrics and health endpoints are not permissions.
				if !strings.Contains(text, "`"+word) && !strings.HasSuffix(word, "-bind-address") {
					t.Errorf("docs/dpdk.md does not explain why the agent has %s", word)
				}
			}
			for _, c := range got.Capabilities {
				if !strings.Contains(text, "`"+string(c)+"`") {
					t.Errorf("docs/dpdk.md does not explain why the agent has capability %s", c)
				}
			}
		})
	}
}

// TestOneAgentPerNode checks that each node gets an agent of exactly one profile.
func TestOneAgentPerNode(t *testing.T) {
	const label, value = "networking.k8s.aws/agent", "dpdk"
	_, kernel := profileOf(t, documents(t, "cluster/manifests/agent.yaml"))
	_, dpdk := profileOf(t, documents(t, "cluster/manifests/dpdk/agent.yaml"))

	terms := kernel.Spec.Template.Spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	want := []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{{Key: label, Operator: corev1.NodeSelectorOpNotIn, Values: []string{value}}}}}
	if diff := cmp.Diff(want, terms); diff != "" {
		t.Errorf("The kernel profile excludes nodes with the DPDK label.\n-want, +got:\n%s", diff)
	}
	if got := dpdk.Spec.Template.Spec.NodeSelector[label]; got != value {
		t.Errorf("The DPDK profile is for nodes with %s=%s, not %q", label, value, got)
	}
	// When a label changes, the new agent waits for the ports of the previous one.
	ports := func(d appsv1.DaemonSet) []corev1.ContainerPort { return d.Spec.Template.Spec.Containers[0].Ports }
	if diff := cmp.Diff(ports(kernel), ports(dpdk)); diff != "" || ports(dpdk)[0].HostPort == 0 {
		t.Errorf("The profiles use the same host ports.\nkernel profile -, DPDK profile +:\n%s", diff)
	}
	if cmp.Equal(kernel.Spec.Selector, dpdk.Spec.Selector) {
		t.Error("The selectors of the profiles match each other's pods")
	}
}
