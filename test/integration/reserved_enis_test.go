// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// TestReservedENIs keeps a place of each m5.xlarge for the VPC CNI: for an ENI of a NodeENI, which
// is not created, and for an attachment of a user. When the VPC CNI has attached its ENI, the place
// that is left is used.
func TestReservedENIs(t *testing.T) {
	e := newEnv(t, options{long: true, noProvider: true})
	e.startProvider(func(s *controller.Settings) {
		var err error
		if s.ReservedENIs, err = eni.ParseReserves("role=firewall:0; m5.xlarge:2"); err != nil {
			t.Fatal(err)
		}
	})
	node := e.node("node-a", "node.kubernetes.io/instance-type", "m5.xlarge")
	e.node("node-b", "node.kubernetes.io/instance-type", "m5.xlarge", "role", "firewall")
	const reserved = "supports 4 network interfaces and has 2 (1 of this provider, 1 of others); 2 are reserved for others (--reserved-enis)"

	t.Log("a second ENI is created on the node without a reserve, and not on the other one")
	e.apply(head("data") + fmt.Sprintf("  subnetIDs: [%s]\n  count: 2\n", dataSubnet))
	e.eventually(settledWithin, func() error {
		if ready := e.nodeENI("data").Status.Ready; ready != 3 {
			return fmt.Errorf("%d ENIs are ready, want 3", ready)
		}
		return nil
	})
	waiting := func() error {
		l := &ec2v1alpha1.NetworkInterfaceList{}
		if err := e.kube.List(t.Context(), l); err != nil {
			return err
		}
		for i := range l.Items {
			n := &l.Items[i]
			if c := n.GetCondition("Ready"); c.Reason == v1alpha1.ReasonInstanceENILimit && strings.Contains(c.Message, reserved) && strings.Contains(c.Message, "no network interface is created") {
				return nil
			}
		}
		return fmt.Errorf("no ENI waits for a place")
	}
	e.eventually(settledWithin, waiting)
	if n := len(e.live()); n != 3 {
		t.Errorf("%d ENIs were created, want 3", n)
	}

	t.Log("an attachment of a user waits, too")
	e.apply(interfaceYAML("hand", "", forProvider+"    subnetId: "+dataSubnet+"\n"))
	e.apply(attachmentYAML("hand", "", forProvider+"    networkInterfaceRef: {name: hand}\n    nodeName: node-a\n"))
	e.eventually(settledWithin, e.hasReason("hand", "InstanceENILimit"))
	if c := e.enia("hand").GetCondition("Ready"); !strings.Contains(c.Message, reserved) || !strings.Contains(c.Message, "use a larger instance type, or reserve fewer") {
		t.Errorf("the message is %q", c.Message)
	}
	e.delete(e.enia("hand"))
	e.delete(e.eni("hand"))

	t.Log("the VPC CNI attaches one of the two, and nothing changes")
	if _, err := e.EC2.AddNetworkInterface(ec2emulator.NetworkInterface{SubnetID: dataSubnet, Attachment: &ec2emulator.Attachment{InstanceID: instanceID(node), DeviceIndex: 3}}); err != nil {
		t.Fatal(err)
	}
	e.consistently(5*time.Second, waiting)
}
