// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestRegionOfNodes starts a provider without a configured region.
func TestRegionOfNodes(t *testing.T) {
	e := newEnv(t, options{settings: func(s *controller.Settings) { s.Region = "" }})

	t.Log("without a region the NodeENI reports the missing setting")
	e.apply(head("regions") + inZoneA)
	e.eventually(20*time.Second, func() error {
		if c := e.nodeENI("regions").GetCondition("Synced"); c.Status != corev1.ConditionFalse {
			return fmt.Errorf("Synced is %+v", c)
		}
		return nil
	})

	t.Log("the region of the first nodes is used and recorded in the status")
	e.node("node-a")
	e.node("node-b")
	e.eventually(20*time.Second, e.ready("regions", 2))
	if got := e.nodeENI("regions").Status.Region; got != testbed.Region {
		t.Errorf("the status records region %q, want %q", got, testbed.Region)
	}

	t.Log("a node of another region is reported, EC2 is not called for it, and the other nodes stay ready")
	mark := e.EC2.Mark()
	n := &corev1.Node{ObjectMeta: named("node-far"), Spec: corev1.NodeSpec{ProviderID: "aws:///eu-west-1a/i-0123456789abcdef0"}}
	n.SetLabels(map[string]string{"ng": "multi-eni"})
	if err := e.kube.Create(t.Context(), n); err != nil {
		t.Fatal(err)
	}
	e.eventually(10*time.Second, func() error {
		o := e.nodeENI("regions")
		c, r := o.GetCondition("NodesUsable"), o.GetCondition("Ready")
		const want = "selected nodes are not in region us-east-1 of the provider config and get no network interfaces: node-far (eu-west-1); exclude them from the selector, or set the provider's --region"
		if c.Reason != "NodeInOtherRegion" || c.Message != want || r.Reason != "AllReady" || o.Status.Nodes != 2 {
			return fmt.Errorf("%d nodes, NodesUsable is %+v, Ready is %+v", o.Status.Nodes, c, r)
		}
		return nil
	})
	for _, c := range e.EC2.Since(mark) {
		if slices.Contains(slices.Collect(maps.Values(c.Parameters)), "i-0123456789abcdef0") {
			t.Errorf("%s was called for the node of another region", c.Action)
		}
	}
}
