// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource/kubelettest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestReadinessResource sets, changes and removes the extended resource of a NodeENI, with a
// real agent and a simulated kubelet.
func TestReadinessResource(t *testing.T) {
	e, hosts := newHostEnv(t, options{})
	dir := t.TempDir()
	kubelet := startKubelet(t, dir)
	n := e.node("node-a")
	ns, err := hosts.Add(t.Context(), n.Name, instanceID(n))
	if err != nil {
		t.Fatal(err)
	}
	e.apply(head("data") + "  subnetIDs: [" + dataSubnet + ", " + secondSubnet + "]\n  readiness: {resource: {}}\n")
	units := func(want string) func() error {
		return func() error {
			if got, _ := kubelet.Resource("networking.k8s.aws/data"); got != want {
				return fmt.Errorf("the kubelet has %s units, want %s", got, want)
			}
			return nil
		}
	}

	t.Log("without access to the kubelet the node is not ready, and the condition has the cause")
	a := e.startAgent(n.Name, ns)
	e.eventually(40*time.Second, e.ready("data", 2))
	e.eventually(15*time.Second, e.readinessReason(n.Name, "data", "NoKubeletDirectory"))
	a.stop()

	t.Log("with access, the units are allocatable, and the node is ready")
	h, err := host.Open(host.Options{NetNS: ns, StateDir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	e.runAgent(testbed.AgentServiceAccount, agent.Options{NodeName: n.Name, Host: h, DevicePluginsDir: dir, Policy: desired.Policy{Kinds: []string{"device", "veth"}}})
	e.eventually(20*time.Second, units("250/250"))
	e.eventually(20*time.Second, e.readinessReason(n.Name, "data", "AllReady"))

	t.Log("the capacity is changed, and removed")
	e.patch(e.nodeENI("data"), `{"spec":{"readiness":{"resource":{"capacity":7}}}}`)
	e.eventually(20*time.Second, units("7/7"))
	e.eventually(20*time.Second, e.ready("data", 2))
	e.patch(e.nodeENI("data"), `{"spec":{"readiness":{"resource":{"capacity":null}}}}`)
	e.eventually(20*time.Second, units("250/250"))

	t.Log("the kubelet restarts: it removes the sockets of device plugins")
	kubelet.Stop()
	kubelet = startKubelet(t, dir)
	e.eventually(20*time.Second, units("250/250"))
	e.eventually(20*time.Second, e.readinessReason(n.Name, "data", "AllReady"))

	t.Log("an interface that is removed is not needed any more, and a further interface is")
	interfaces := func(want int32) func() error {
		return func() error {
			l := &v1alpha1.HostInterfaceList{}
			if err := e.kube.List(t.Context(), l); err != nil {
				return err
			}
			for _, h := range l.Items {
				if r := h.Spec.Config.Readiness; r == nil || r.Interfaces != want || len(l.Items) != int(want) {
					return fmt.Errorf("one of %d HostInterfaces has %+v, want %d interfaces", len(l.Items), r, want)
				}
			}
			return nil
		}
	}
	e.eventually(20*time.Second, interfaces(2))
	e.patch(e.nodeENI("data"), `{"spec":{"subnetIDs":["`+dataSubnet+`"]}}`)
	e.eventually(30*time.Second, interfaces(1))
	e.eventually(20*time.Second, units("250/250"))
	e.patch(e.nodeENI("data"), `{"spec":{"count":3}}`)
	e.eventually(30*time.Second, interfaces(3))
	e.eventually(30*time.Second, e.ready("data", 3))
	e.eventually(20*time.Second, units("250/250"))

	t.Log("the fields of the host are the controller's")
	if err := e.tryPatch("data", `{"spec":{"host":{"readiness":{"resource":"networking.k8s.aws/other","capacity":1,"interfaces":1}}}}`); err == nil || !strings.Contains(err.Error(), "set readiness.resource instead") {
		t.Errorf("host.readiness of a NodeENI is rejected: %v", err)
	}

	t.Log("without the resource, the kubelet has no allocatable units, and the node keeps its label")
	e.patch(e.nodeENI("data"), `{"spec":{"readiness":{"resource":null}}}`)
	e.eventually(20*time.Second, units("0/250"))
	e.eventually(20*time.Second, e.ready("data", 3))
	e.consistently(2*time.Second, e.readinessReason(n.Name, "data", "AllReady"))
}

// startKubelet starts a simulated kubelet. The agents must not violate its API until the end of
// the test.
func startKubelet(t *testing.T, dir string) *kubelettest.Kubelet {
	t.Helper()
	k, err := kubelettest.Start(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		k.Stop()
		if err := k.Violations(); err != nil {
			t.Error(err)
		}
	})
	return k
}

// readinessReason returns a check of the reason of a node's readiness condition.
func (e *env) readinessReason(node, nodeENI, want string) func() error {
	return func() error {
		n := &corev1.Node{}
		if err := e.kube.Get(e.t.Context(), client.ObjectKey{Name: node}, n); err != nil {
			return err
		}
		for _, c := range n.Status.Conditions {
			if string(c.Type) == v1alpha1.ReadinessKey(nodeENI) && c.Reason == want {
				return nil
			}
		}
		return fmt.Errorf("the conditions are %v, want reason %s", n.Status.Conditions, want)
	}
}

// tryPatch applies a merge patch to a NodeENI.
func (e *env) tryPatch(name, patch string) error {
	n := &v1alpha1.NodeENI{}
	n.Name = name
	return e.kube.Patch(e.t.Context(), n, client.RawPatch(types.MergePatchType, []byte(patch)))
}
