// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// startAgent runs a node's agent in this process, in the node's network namespace, with
// the permissions of its service account.
func (e *env) startAgent(node, netns string) *running {
	e.t.Helper()
	h, err := host.Open(host.Options{NetNS: netns, StateDir: e.t.TempDir()})
	if err != nil {
		e.t.Fatal(err)
	}
	return e.runAgent(testbed.AgentServiceAccount, agent.Options{NodeName: node, Host: h, Policy: desired.Policy{Kinds: []string{"device", "veth"}}})
}

// runAgent runs an agent with a service account, and closes its host when the agent has
// stopped.
func (e *env) runAgent(serviceAccount string, o agent.Options) *running {
	e.t.Helper()
	o.Namespace, o.Metrics, o.Tracer = testbed.Namespace, prometheus.NewRegistry(), e.tracer
	a, err := agent.New(e.cp.As(serviceAccount), o)
	if err != nil {
		e.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(e.t.Context()))
	r := &running{cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- a.Run(ctx); _ = o.Host.Close() }()
	e.t.Cleanup(r.stop)
	return r
}

func ip(t *testing.T, ns string, args ...string) string {
	t.Helper()
	out, err := exec.Command("ip", append([]string{"-n", ns}, args...)...).CombinedOutput()
	if err != nil {
		t.Fatalf("ip -n %s %s: %v\n%s", ns, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// newHostEnv creates a cluster whose nodes are network namespaces with real agents.
// addHost adds a node.
func newHostEnv(t *testing.T, o options) (*env, *testbed.Hosts) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("this test creates network namespaces, which needs root")
	}
	o.noAgents = true
	e := newEnv(t, o)
	// Namespaces of an interrupted run may exist.
	hosts, err := testbed.NewHosts(t.Context(), fmt.Sprintf("eni-it-%d-%s", os.Getpid(), strings.ToLower(t.Name())), e.EC2)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := hosts.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})
	return e, hosts
}

// addHost creates the network namespace of a node and starts its agent.
func (e *env) addHost(hosts *testbed.Hosts, n *corev1.Node) (string, *running) {
	e.t.Helper()
	ns, err := hosts.Add(e.t.Context(), n.Name, instanceID(n))
	if err != nil {
		e.t.Fatal(err)
	}
	return ns, e.startAgent(n.Name, ns)
}

// TestHosts tests NodeENIs end to end with real agents on real links.
func TestHosts(t *testing.T) {
	e, hosts := newHostEnv(t, options{core: true})
	ns, agents := map[string]string{}, map[string]*running{}
	for _, name := range []string{"node-a", "node-b"} {
		ns[name], agents[name] = e.addHost(hosts, e.node(name))
	}
	untouched := ip(t, ns["node-a"], "-4", "-o", "addr", "show", "dev", "ens5") + ip(t, ns["node-a"], "route")

	t.Log("the link is up, with the same MTU and names on every node")
	e.apply(basic)
	e.eventually(30*time.Second, e.ready("multus-eni-config", 2))
	for _, n := range ns {
		if l := ip(t, n, "link", "show", "multus-eni-config-0"); !strings.Contains(l, "mtu 9001") || !strings.Contains(l, ",UP") || !strings.Contains(l, "altname eni-") {
			t.Errorf("%s: %s", n, l)
		}
	}

	t.Log("manual changes of the link are reverted")
	ip(t, ns["node-a"], "link", "set", "ens7", "down")
	ip(t, ns["node-a"], "link", "set", "ens7", "mtu", "1500")
	e.eventually(15*time.Second, func() error {
		if l := ip(t, ns["node-a"], "link", "show", "ens7"); !strings.Contains(l, "mtu 9001") || !strings.Contains(l, ",UP") {
			return fmt.Errorf("%s", l)
		}
		return nil
	})

	t.Log("PolicyRouted configures addresses on the links, and the hosts reach each other over them")
	e.change("multus-eni-config", func(s *v1alpha1.NodeENISpec) {
		s.Host = &v1alpha1.HostConfig{Addressing: v1alpha1.AddressingPolicyRouted}
		s.MTU = new(int32(1500))
	})
	from, to := e.addressOn("node-a"), e.addressOn("node-b")
	e.eventually(20*time.Second, func() error { return connects(ns["node-a"], from, ns["node-b"], to) })
	if r := ip(t, ns["node-a"], "rule"); !strings.Contains(r, "lookup 200") {
		t.Errorf("the agent's rules are missing:\n%s", r)
	}

	t.Log("an agent that was stopped while its HostInterface was deleted releases the interface after it starts")
	agents["node-a"].stop()
	e.deleteAllNodeENIs()
	e.eventually(20*time.Second, func() error {
		if n := len(e.live()); n != 1 {
			return fmt.Errorf("%d ENIs exist, want the ENI of node-a", n)
		}
		return nil
	})
	e.consistently(2*time.Second, func() error {
		if len(e.live()) != 1 {
			return fmt.Errorf("the ENI was detached while the agent was stopped")
		}
		return nil
	})
	e.startAgent("node-a", ns["node-a"])
	e.eventually(20*time.Second, e.allDeleted)
	if r := ip(t, ns["node-a"], "rule"); strings.Contains(r, "lookup 200") {
		t.Errorf("rules remain:\n%s", r)
	}
	if now := ip(t, ns["node-a"], "-4", "-o", "addr", "show", "dev", "ens5") + ip(t, ns["node-a"], "route"); now != untouched {
		t.Errorf("the primary interface was changed:\n%s\nwant\n%s", now, untouched)
	}
	if err := hosts.Err(); err != nil {
		t.Error(err)
	}

	t.Log("a userspace driver for a link without a PCI device is reported with a reason, not an error")
	e.apply(head("dpdk-eni") + "  subnetID: subnet-0f59b4f14737be9ad\n  deviceIndex: 2\n  dpdkEnabled: true\n")
	e.eventually(20*time.Second, func() error {
		l := &v1alpha1.HostInterfaceList{}
		if err := e.kube.List(t.Context(), l); err != nil {
			return err
		}
		if len(l.Items) != 2 {
			return fmt.Errorf("%d HostInterfaces, want 2", len(l.Items))
		}
		for _, h := range l.Items {
			if c := h.GetCondition("Ready"); c.Status != corev1.ConditionFalse || c.Reason != v1alpha1.ReasonNoPCIDevice {
				return fmt.Errorf("Ready of %s is %+v", h.Name, c)
			}
		}
		return nil
	})
	e.deleteAllNodeENIs()
	e.eventually(20*time.Second, e.allDeleted)
}

// addressOn returns the primary address of the provider's ENI on a node.
func (e *env) addressOn(node string) string {
	e.t.Helper()
	n := &corev1.Node{}
	if err := e.kube.Get(e.t.Context(), client.ObjectKey{Name: node}, n); err != nil {
		e.t.Fatal(err)
	}
	return e.attachedTo(n)[2].PrivateIPAddresses[0]
}

// connects opens a TCP connection from an address in one namespace to an address in
// another.
func connects(fromNS, from, toNS, to string) error {
	var l net.Listener
	if err := inNamespace(toNS, func() (err error) { l, err = net.Listen("tcp", net.JoinHostPort(to, "0")); return err }); err != nil {
		return err
	}
	defer l.Close()
	return inNamespace(fromNS, func() error {
		d := net.Dialer{Timeout: time.Second, LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
		c, err := d.Dial("tcp", l.Addr().String())
		if err != nil {
			return err
		}
		return c.Close()
	})
}

func inNamespace(name string, f func() error) error {
	ns, err := link.OpenNamespace(name)
	if err != nil {
		return err
	}
	defer ns.Close()
	return ns.Do(f)
}
