// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kernel

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm"
	"github.com/nodeeni/provider-aws-eni/test/kernelvm/wire"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// confinement returns the capabilities and mounts of a DaemonSet of the manifests, and the
// flags of its agent.
func (e *env) confinement(folder string) (wire.Confine, []string) {
	e.t.Helper()
	out, err := exec.CommandContext(e.t.Context(), filepath.Join(e.cp.Assets, "kubectl"), "kustomize", filepath.Join(testbed.RepositoryRoot(), folder)).Output()
	e.must(err)
	docs, err := testbed.Documents(out)
	e.must(err)
	i := slices.IndexFunc(docs, func(u *unstructured.Unstructured) bool { return u.GetKind() == "DaemonSet" })
	d := appsv1.DaemonSet{}
	e.must(runtime.DefaultUnstructuredConverter.FromUnstructured(docs[i].Object, &d))
	pod := d.Spec.Template.Spec
	c := pod.Containers[0]

	// Every container has /proc and /sys, with the kernel's files
	// read-only. The program is not from an image here.
	w := wire.Confine{Mounts: []wire.Mount{
		{From: "/proc", To: "/proc"},
		{From: "/proc/sys", To: "/proc/sys", ReadOnly: true},
		{From: "/sys", To: "/sys", ReadOnly: true},
		{From: filepath.Dir(agentProgram), To: filepath.Dir(agentProgram), ReadOnly: true},
	}}
	known := map[corev1.Capability]uintptr{"NET_ADMIN": unix.CAP_NET_ADMIN, "SYS_MODULE": unix.CAP_SYS_MODULE}
	for _, name := range c.SecurityContext.Capabilities.Add {
		n, ok := known[name]
		if !ok {
			e.t.Fatalf("the test does not know the number of capability %s", name)
		}
		w.Capabilities = append(w.Capabilities, n)
	}
	for _, m := range c.VolumeMounts {
		v := pod.Volumes[slices.IndexFunc(pod.Volumes, func(v corev1.Volume) bool { return v.Name == m.Name })]
		w.Mounts = append(w.Mounts, wire.Mount{From: v.HostPath.Path, To: m.MountPath, ReadOnly: m.ReadOnly})
	}
	var flags []string
	for _, f := range c.Args {
		// The machine has no kubelet and no Prometheus.
		if !strings.HasPrefix(f, "--pod-resources-socket") && !strings.Contains(f, "bind-address") {
			flags = append(flags, f)
		}
	}
	return w, flags
}

// startConfined starts the agent with a profile of the manifests.
func (e *env) startConfined(folder string) {
	e.t.Helper()
	c, flags := e.confinement(folder)
	e.start(func(argv []string) error {
		_, err := e.guest.StartConfined(e.t.Context(), agentProcess, c, argv...)
		return err
	}, flags...)
	e.isConfined(c)
}

// isConfined checks that the agent has the profile's capabilities and mounts only: an
// ineffective profile would pass every test.
func (e *env) isConfined(c wire.Confine) {
	e.t.Helper()
	p, err := e.guest.Process(e.t.Context(), agentProcess)
	e.must(err)
	var has uint64
	for _, n := range c.Capabilities {
		has |= 1 << n
	}
	status := e.read(fmt.Sprintf("/proc/%d/status", p.PID))
	for _, line := range []string{fmt.Sprintf("CapPrm:\t%016x", has), fmt.Sprintf("CapEff:\t%016x", has), fmt.Sprintf("CapBnd:\t%016x", has), "NoNewPrivs:\t1"} {
		if !strings.Contains(status, line) {
			e.t.Errorf("the agent's status has no line %q:\n%s", line, status)
		}
	}
	for line := range strings.SplitSeq(e.read(fmt.Sprintf("/proc/%d/mountinfo", p.PID)), "\n") {
		at := strings.Fields(line)
		mount := func(m wire.Mount) bool { return m.To == at[4] || strings.HasPrefix(at[4], m.To+"/") }
		if at[4] != "/" && !slices.ContainsFunc(c.Mounts, mount) || at[4] == "/" && !strings.HasPrefix(at[5], "ro") {
			e.t.Errorf("the agent has a mount that is not in the profile, or a writable root: %s", line)
		}
	}
}

// TestProfiles runs agents with only the capabilities, mounts and read-only root
// of the manifests.
func TestProfiles(t *testing.T) {
	const (
		withModules = "cluster/manifests/dpdk-modules"
		plain       = "cluster/manifests/dpdk"
	)
	t.Run("Kernel", func(t *testing.T) {
		e := newEnvAs(t, testbed.AgentServiceAccount, kernelvm.Options{})
		e.startConfined("cluster/manifests")
		e.apply(nodeENI("jumbo", "mtu: 9001", "host: {addressing: PolicyRouted}"))
		h := e.awaitReady("jumbo", corev1.ConditionTrue, v1alpha1.ReasonConfigured)
		if l := e.link(h.Spec.MACAddress); l == nil || !l.Up || l.MTU != 9001 {
			t.Errorf("the link is not configured: %+v", l)
		}
		e.deleteNodeENI("jumbo")
	})
	for name, o := range map[string]kernelvm.Options{"IOMMU": {IOMMU: true}, "NoIOMMU": {NoIOMMUModule: true}} {
		t.Run(name, func(t *testing.T) {
			e := newEnvAs(t, testbed.DPDKAgentServiceAccount, o)
			allow := "  dpdk: {allowNoIOMMU: true}"
			run(e,
				step{"NotLoaded", func(e *env) {
					e.startConfined(plain)
					e.apply(dpdk("fast", 2, allow, "  resourceName: intel.com/dpdk"))
					e.awaitReady("fast", corev1.ConditionFalse, v1alpha1.ReasonDriverNotLoaded)
					e.killAgent()
				}},
				step{"Loaded", func(e *env) {
					e.startConfined(withModules)
					e.bound("fast", "vfio-pci")
					e.killAgent()
				}},
				step{"Back", func(e *env) {
					e.startConfined(plain)
					e.bound("fast", "vfio-pci")
					e.change("fast", func(s *v1alpha1.NodeENISpec) {
						s.Host.Driver, s.Host.DPDK, s.Host.ResourceName = v1alpha1.DriverKernel, nil, nil
					})
					e.back("fast")
				}},
				step{"Over", func(e *env) {
					e.change("fast", func(s *v1alpha1.NodeENISpec) {
						s.Host.Driver, s.Host.DPDK = v1alpha1.DriverDPDK, &v1alpha1.DPDKConfig{AllowNoIOMMU: true}
					})
					e.bound("fast", "vfio-pci")
					e.deleteNodeENI("fast")
				}},
			)
		})
	}
}
