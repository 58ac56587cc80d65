// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

const basic = `
apiVersion: networking.k8s.aws/v1alpha1
kind: NodeENI
metadata:
  name: multus-eni-config
spec:
  nodeSelector:
    ng: multi-eni
  subnetID: subnet-0f59b4f14737be9ad  # Use your subnet ID
  securityGroupIDs:
  - sg-05da196f3314d4af8  # Use your security group ID
  deviceIndex: 2
  mtu: 9001  # Optional: Set MTU for jumbo frames
  deleteOnTermination: true
  description: "Multus ENI for secondary network interfaces"
`

func TestNodeENILifecycle(t *testing.T) {
	e := newEnv(t, options{core: true})
	a, b := e.node("node-a"), e.node("node-b")
	e.apply(basic)
	e.eventually(20*time.Second, e.ready("multus-eni-config", 2))
	for _, n := range []int{len(e.attachedTo(a)), len(e.attachedTo(b))} {
		if n != 1 {
			t.Errorf("a node has %d ENIs, want 1", n)
		}
	}
	x, ok := e.attachedTo(a)[2]
	if !ok {
		t.Fatalf("node-a has no ENI at device index 2: %v", e.attachedTo(a))
	}
	if !x.Attachment.DeleteOnTermination || x.Description != "Multus ENI for secondary network interfaces" || x.Tags["node.k8s.amazonaws.com/no_manage"] != "true" {
		t.Errorf("ENI differs from the spec: %+v", x)
	}
	e.delete(&v1alpha1.NodeENI{ObjectMeta: named("multus-eni-config")})
	e.eventually(30*time.Second, e.allDeleted)
	for _, c := range e.EC2.Calls() {
		if ec2emulator.Mutating(c) {
			fmt.Println(c.Sequence, c.Time.Format("05.000"), c.Action, c.Code, c.ResourceIDs)
		}
	}
}
