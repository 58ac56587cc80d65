// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"strings"
	"testing"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// readyMessage returns a check of the message of a NodeENI's Ready condition.
func (e *env) readyMessage(name, want string) func() error {
	return func() error {
		c := e.nodeENI(name).GetCondition("Ready")
		if !strings.Contains(c.Message, want) {
			return fmt.Errorf("NodeENI %s: Ready is %s, %q; want a message with %q", name, c.Reason, c.Message, want)
		}
		return nil
	}
}

const inZoneA = "  subnetID: subnet-0f59b4f14737be9ad\n  securityGroupIDs: [sg-05da196f3314d4af8]\n"

// TestInstanceFull adds NodeENIs for a node until its instance reaches its limit of ENIs.
func TestInstanceFull(t *testing.T) {
	e := newEnv(t, options{})
	n := e.node("node-a")
	for _, name := range []string{"one", "two", "three"} {
		e.apply(head(name) + inZoneA)
		e.eventually(20*time.Second, e.ready(name, 1))
	}

	t.Log("no ENI is created that cannot be attached, and the NodeENI reports the node and the limit")
	mark := e.EC2.Mark()
	e.apply(head("four") + inZoneA)
	const full = "supports 4 network interfaces and has 4 (3 of this provider, 1 of others): no network interface is created; detach one, or use a larger instance type"
	e.eventually(15*time.Second, e.readyMessage("four", "node node-a: instance "+instanceID(n)+" (node node-a), of type m5.xlarge, "+full))
	if a := e.nodeENI("four").Status.Attachments; len(a) != 1 || a[0].Status != "waiting" || a[0].ENIID != "" {
		t.Errorf("the status lists %+v, want one waiting ENI", a)
	}
	e.consistently(3*time.Second, func() error {
		if m := e.mutations(func() []callRecord { return e.EC2.Since(mark) }); len(m) > 0 {
			return fmt.Errorf("EC2 was changed: %v", m)
		}
		return nil
	})

	t.Log("a waiting ENI is created when the instance is below its limit")
	e.delete(&v1alpha1.NodeENI{ObjectMeta: named("two")})
	e.eventually(10*time.Second, e.ready("four", 1))
}

// TestAgentWithoutLease attaches ENIs to a node whose agent never ran, and to one whose
// agent stopped.
func TestAgentWithoutLease(t *testing.T) {
	e := newEnv(t, options{noAgents: true})
	e.node("node-a")
	e.apply(head("silent") + inZoneA)
	e.eventually(30*time.Second, e.readyMessage("silent", "0 of 1 interfaces are ready; node node-a: no agent has run on the node: check that its DaemonSet runs a pod there"))

	if testing.Short() {
		return // the Lease is read every 30 s
	}
	t.Log("the NodeENI reports the last renewal of a stopped agent")
	renewed := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	l := &coordinationv1.Lease{
		ObjectMeta: metav1.ObjectMeta{Namespace: testbed.Namespace, Name: v1alpha1.AgentLeaseName("node-a")},
		// Agents use 90 s: shorter for this test.
		Spec: coordinationv1.LeaseSpec{HolderIdentity: new("node-a"), LeaseDurationSeconds: ptr.To[int32](5), RenewTime: &metav1.MicroTime{Time: renewed}},
	}
	if err := e.kube.Create(t.Context(), l); err != nil {
		t.Fatal(err)
	}
	e.eventually(90*time.Second, e.readyMessage("silent", "node node-a: the agent has not renewed its Lease since 2026-01-02T03:04:05Z: check its pod on the node"))
}
