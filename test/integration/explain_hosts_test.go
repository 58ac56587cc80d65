// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/explain"
)

// TestExplainHosts produces situations of a node with a real agent on real links, and verifies that
// kubectl eni explain names the cause. The simulation produces the situations of EC2 and of the
// cluster (TestExplain of internal/controller/simulation).
func TestExplainHosts(t *testing.T) {
	e, hosts := newHostEnv(t, options{long: true})
	node := e.node("node-a")
	ns, err := hosts.Add(t.Context(), node.Name, instanceID(node))
	if err != nil {
		t.Fatal(err)
	}
	e.apply(head("data") + "  subnetID: " + dataSubnet + "\n")

	t.Log("no agent has run on the node")
	e.eventually(attachedWithin, e.explains("", "the agent on the node has not responded", "Check that the agent's DaemonSet runs a pod on the node"))
	agent := e.startAgent(node.Name, ns)
	e.eventually(settledWithin, e.explainsReady())

	t.Log("another link has the name")
	ip(t, ns, "link", "add", "taken0", "type", "veth", "peer", "name", "taken1")
	e.change("data", func(s *v1alpha1.NodeENISpec) { s.Host = &v1alpha1.HostConfig{InterfaceName: new("taken0")} })
	e.eventually(settledWithin, e.explains("NameTaken", "taken0", "Rename the other link"))

	t.Log("another link has the address")
	address := e.live()[0].PrivateIPAddresses[0]
	ip(t, ns, "address", "add", address+"/32", "dev", "taken0")
	e.change("data", func(s *v1alpha1.NodeENISpec) {
		s.Host = &v1alpha1.HostConfig{Addressing: v1alpha1.AddressingPolicyRouted}
	})
	e.eventually(settledWithin, e.explains("AddressTaken", address, "Remove the address"))
	ip(t, ns, "address", "del", address+"/32", "dev", "taken0")
	e.change("data", func(s *v1alpha1.NodeENISpec) { s.Host = nil })
	e.eventually(settledWithin, e.explainsReady())

	t.Log("the link has no PCI device for a userspace driver")
	e.change("data", func(s *v1alpha1.NodeENISpec) { s.EnableDPDK = new(true) })
	e.eventually(settledWithin, e.explains("NoPCIDevice", "has no PCI device", "Use driver: kernel, in a NodeENI without enableDPDK and dpdkEnabled."))
	e.change("data", func(s *v1alpha1.NodeENISpec) { s.EnableDPDK = nil })
	e.eventually(settledWithin, e.explainsReady())

	t.Log("the link has disappeared from the host")
	l := &v1alpha1.HostInterfaceList{}
	if err := e.kube.List(t.Context(), l); err != nil || len(l.Items) != 1 {
		t.Fatalf("%d HostInterfaces: %v", len(l.Items), err)
	}
	ip(t, ns, "link", "del", l.Items[0].Status.InterfaceName)
	e.eventually(settledWithin, e.explains("WaitingForDevice", "", ""))
	agent.stop()
}

// explained returns the explanation of the NodeENI data on node-a, as JSON of the plugin.
func (e *env) explained() (explain.Explanation, error) {
	out, problem, err := e.plugin("", "explain", "node/node-a", "--output=json")
	if err != nil {
		return explain.Explanation{}, fmt.Errorf("%w: %s", err, problem)
	}
	var all []explain.Explanation
	if err := json.Unmarshal([]byte(out), &all); err != nil {
		return explain.Explanation{}, err
	}
	if len(all) == 0 || all[0].NodeENI != "data" {
		return explain.Explanation{}, fmt.Errorf("no explanation of NodeENI data: %s", out)
	}
	return all[0], nil
}

// explains returns a check that the step of the host fails or waits, with a reason, evidence and what to
// do.
func (e *env) explains(reason, evidence, action string) func() error {
	return func() error {
		x, err := e.explained()
		if err != nil {
			return err
		}
		for _, s := range x.Steps {
			if s.State == explain.Done {
				continue
			}
			if s.Name != "host" || s.Reason != reason || !strings.Contains(strings.Join(s.Evidence, "; "), evidence) || !strings.Contains(x.Action, action) {
				return fmt.Errorf("step %+v; what to do: %s", s, x.Action)
			}
			return nil
		}
		return fmt.Errorf("all steps are done: %+v", x.Steps)
	}
}

// explainsReady returns a check that all steps are done.
func (e *env) explainsReady() func() error {
	return func() error {
		x, err := e.explained()
		if err == nil && x.Action != "" {
			err = fmt.Errorf("what to do: %s: %+v", x.Action, x.Steps)
		}
		return err
	}
}
