// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestLinkInPod moves the link of an ENI to a pod's network namespace, as the host-device
// plugin does: the NodeENI stays ready, and a release waits for the pod.
func TestLinkInPod(t *testing.T) {
	e, hosts := newHostEnv(t, options{})
	ns, agent := e.addHost(hosts, e.node("node-a"))
	e.apply(basic)
	e.eventually(30*time.Second, e.ready("multus-eni-config", 1))

	pod := fmt.Sprintf("eni-it-%d-pod", os.Getpid())
	if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", pod).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "netns", "delete", pod).Run() })
	ip(t, ns, "link", "add", "pod0", "type", "veth", "peer", "name", "eth0", "netns", pod)

	is := func(reason xpv2.ConditionReason) func() error {
		return func() error {
			l := &v1alpha1.HostInterfaceList{}
			if err := e.kube.List(t.Context(), l); err != nil {
				return err
			}
			for _, h := range l.Items {
				if c := h.GetCondition("Ready"); c.Reason != reason {
					return fmt.Errorf("Ready of %s is %+v, want %s", h.Name, c, reason)
				}
			}
			return nil
		}
	}
	t.Log("the link moves to the pod")
	ip(t, ns, "link", "set", "ens7", "netns", pod, "name", "net1")
	e.eventually(20*time.Second, is(v1alpha1.ReasonInPod))
	e.consistently(2*time.Second, e.ready("multus-eni-config", 1))

	t.Log("a new agent finds it there")
	agent.stop()
	agent = e.startAgent("node-a", ns)
	e.consistently(2*time.Second, is(v1alpha1.ReasonInPod))

	t.Log("the pod ends, and the link is configured again")
	ip(t, pod, "link", "set", "net1", "netns", ns, "name", "ens7")
	e.eventually(20*time.Second, is(v1alpha1.ReasonConfigured))

	t.Log("a release waits for the pod")
	ip(t, ns, "link", "set", "ens7", "netns", pod, "name", "net1")
	e.eventually(20*time.Second, is(v1alpha1.ReasonInPod))
	e.deleteAllNodeENIs()
	e.eventually(20*time.Second, is(v1alpha1.ReasonWaitingForPods))
	e.consistently(2*time.Second, func() error {
		if len(e.live()) != 1 {
			return fmt.Errorf("the ENI was detached while the pod has its link")
		}
		return nil
	})
	ip(t, pod, "link", "set", "net1", "netns", ns, "name", "ens7")
	e.eventually(20*time.Second, e.allDeleted)
	agent.stop()
}
