// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestHostReady attaches ENIs with a host configuration: to a node whose agent starts
// later and gets a configuration that its host rejects, and to an instance that is no node.
func TestHostReady(t *testing.T) {
	e, hosts := newHostEnv(t, options{})
	node := e.node("node-a")
	other, err := e.EC2.AddInstance(ec2emulator.Instance{SubnetID: testbed.SubnetNodesA, Type: "m5.xlarge"})
	if err != nil {
		t.Fatal(err)
	}
	ns, err := hosts.Add(t.Context(), node.Name, instanceID(node))
	if err != nil {
		t.Fatal(err)
	}
	for name, instance := range map[string]string{"one": instanceID(node), "stray": other.ID} {
		e.apply(interfaceYAML(name, "", forProvider+"    subnetId: "+dataSubnet+"\n"))
		e.apply(attachmentYAML(name, "", "spec:\n  host: {interfaceName: uplink0}\n  forProvider:\n    networkInterfaceRef: {name: "+name+"}\n    instanceId: "+instance+"\n"))
	}
	waits := func(name, reason string) func() error {
		return func() error {
			h, r := e.enia(name).GetCondition(v1alpha1.TypeHostReady), e.enia(name).GetCondition("Ready")
			if string(h.Reason) != reason || r.Reason != v1alpha1.ReasonWaitingForHost || !strings.Contains(r.Message, h.Message) {
				return fmt.Errorf("HostReady is %+v, Ready is %+v, want %s", h, r, reason)
			}
			return nil
		}
	}
	e.eventually(attachedWithin, waits("one", "WaitingForHost"))
	e.eventually(attachedWithin, waits("stray", "NoNode"))

	t.Log("the agent starts: the attachment is ready with its link")
	e.startAgent(node.Name, ns)
	e.eventually(attachedWithin, e.eniaReady("one"))
	if l := ip(t, ns, "link", "show", "uplink0"); !strings.Contains(l, ",UP") {
		t.Errorf("the attachment is ready before its link: %s", l)
	}

	t.Log("the host rejects a configuration: the attachment is not ready, with its reason")
	ip(t, ns, "link", "add", "taken0", "type", "veth", "peer", "name", "taken1")
	e.patch(e.enia("one"), `{"spec":{"host":{"interfaceName":"taken0"}}}`)
	e.eventually(attachedWithin, waits("one", "NameTaken"))
	e.patch(e.enia("one"), `{"spec":{"host":{"interfaceName":"uplink0"}}}`)
	e.eventually(attachedWithin, e.eniaReady("one"))

	t.Log("without a host configuration, Ready does not wait")
	e.patch(e.enia("stray"), `{"spec":{"host":null}}`)
	e.eventually(attachedWithin, e.eniaReady("stray"))
	if c := e.enia("stray").GetCondition(v1alpha1.TypeHostReady); c.Reason != "" {
		t.Errorf("HostReady is %+v without a host configuration", c)
	}
}
