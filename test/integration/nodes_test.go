// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"fmt"
	"slices"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// hasENIs returns a check of the number of the provider's ENIs per node and in total.
func (e *env) hasENIs(total int, on map[*corev1.Node]int) func() error {
	return func() error {
		for n, want := range on {
			if got := len(e.attachedTo(n)); got != want {
				return fmt.Errorf("node %s has %d ENIs, want %d", n.Name, got, want)
			}
		}
		if got := len(e.live()); got != total {
			return fmt.Errorf("EC2 has %d ENIs of the provider, want %d", got, total)
		}
		return nil
	}
}

// created returns the number of ENIs created so far.
func (e *env) created() int { return len(e.EC2.ENIs(managedByUs)) }

func (e *env) label(n *corev1.Node, key, value string) {
	e.t.Helper()
	b := n.DeepCopy()
	if value == "" {
		delete(n.Labels, key)
	} else {
		n.Labels[key] = value
	}
	if err := e.kube.Patch(e.t.Context(), n, client.MergeFrom(b)); err != nil {
		e.t.Fatal(err)
	}
}

func TestNodeLifecycle(t *testing.T) {
	e := newEnv(t, options{core: true, settings: func(s *controller.Settings) { s.NodeGracePeriod = 4 * time.Second }})
	a := e.node("node-a", "ng", "other")
	e.apply(basic)
	e.eventually(10*time.Second, func() error {
		if c := e.nodeENI("multus-eni-config").GetCondition("Ready"); c.Reason != "NoMatchingNodes" {
			return fmt.Errorf("Ready is %+v", c)
		}
		return nil
	})

	t.Log("a node gets the label")
	e.label(a, "ng", "multi-eni")
	e.eventually(15*time.Second, e.hasENIs(1, map[*corev1.Node]int{a: 1}))

	t.Log("the node loses the label")
	e.label(a, "ng", "other")
	e.eventually(15*time.Second, e.hasENIs(0, map[*corev1.Node]int{a: 0}))

	t.Log("a node has no providerID yet: the NodeENI waits and deletes nothing")
	late := &corev1.Node{ObjectMeta: named("node-late")}
	late.Labels = map[string]string{"ng": "multi-eni", corev1.LabelTopologyZone: testbed.ZoneA}
	i, err := e.EC2.AddInstance(ec2emulator.Instance{SubnetID: testbed.SubnetNodesA, Type: "m5.xlarge"})
	if err != nil {
		t.Fatal(err)
	}
	if err := e.kube.Create(t.Context(), late); err != nil {
		t.Fatal(err)
	}
	e.eventually(10*time.Second, func() error {
		if c := e.nodeENI("multus-eni-config").GetCondition("NodesUsable"); c.Reason != "WaitingForProviderID" {
			return fmt.Errorf("NodesUsable is %+v", c)
		}
		return nil
	})
	b := late.DeepCopy()
	late.Spec.ProviderID = "aws:///" + testbed.ZoneA + "/" + i.ID
	if err := e.kube.Patch(t.Context(), late, client.MergeFrom(b)); err != nil {
		t.Fatal(err)
	}
	if err := e.SetNodeReady(t.Context(), late.Name, corev1.ConditionTrue); err != nil {
		t.Fatal(err)
	}
	e.eventually(15*time.Second, e.hasENIs(1, map[*corev1.Node]int{late: 1}))

	t.Log("the node registers again with a new UID: its ENI is kept")
	before := e.created()
	e.delete(late)
	again := &corev1.Node{ObjectMeta: named("node-late"), Spec: corev1.NodeSpec{ProviderID: late.Spec.ProviderID}}
	again.Labels = late.Labels
	if err := e.kube.Create(t.Context(), again); err != nil {
		t.Fatal(err)
	}
	e.eventually(10*time.Second, e.ready("multus-eni-config", 1))
	e.consistently(3*time.Second, func() error {
		if e.created() != before {
			return fmt.Errorf("%d ENIs were created, want %d as before", e.created(), before)
		}
		return e.hasENIs(1, map[*corev1.Node]int{late: 1})()
	})

	t.Log("the Node is deleted while its instance runs: the ENI is deleted after the grace period")
	e.delete(again)
	e.consistently(2*time.Second, e.hasENIs(1, map[*corev1.Node]int{late: 1}))
	e.eventually(20*time.Second, e.hasENIs(0, map[*corev1.Node]int{late: 0}))

	t.Log("an instance is terminated: its children are deleted at once, and its replacement gets an ENI")
	n1 := e.node("node-1")
	e.eventually(15*time.Second, e.hasENIs(1, map[*corev1.Node]int{n1: 1}))
	made := e.created()
	e.terminate(n1)
	e.notReady(n1) // as the node of a terminated instance within a minute
	n2 := e.node("node-2")
	e.eventually(20*time.Second, func() error {
		if err := e.hasENIs(1, map[*corev1.Node]int{n2: 1})(); err != nil {
			return err
		}
		return e.ready("multus-eni-config", 1)()
	})

	if got := e.created() - made; got != 1 {
		t.Errorf("%d ENIs were created for one new node", got)
	}

	t.Log("a node is replaced by a node of the same name")
	e.terminate(n2)
	e.delete(n2)
	n3 := e.node("node-2")
	e.eventually(20*time.Second, func() error {
		if err := e.hasENIs(1, map[*corev1.Node]int{n3: 1})(); err != nil {
			return err
		}
		return e.ready("multus-eni-config", 1)()
	})
	e.neverForced()
}

func (e *env) notReady(n *corev1.Node) {
	e.t.Helper()
	if err := e.SetNodeReady(e.t.Context(), n.GetName(), corev1.ConditionUnknown); err != nil {
		e.t.Fatal(err)
	}
}

func (e *env) terminate(n *corev1.Node) {
	e.t.Helper()
	if _, err := e.ec2Client().TerminateInstances(e.t.Context(), terminateInput(instanceID(n))); err != nil {
		e.t.Fatal(err)
	}
}

// consistently fails if check returns an error at any time during a period.
func (e *env) consistently(during time.Duration, check func() error) {
	e.t.Helper()
	for end := time.Now().Add(during); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err := check(); err != nil {
			e.dump()
			e.t.Fatal(err)
		}
	}
}

// neverForced fails if a detach was forced.
func (e *env) neverForced() {
	e.t.Helper()
	for _, c := range e.EC2.Calls(func(c callRecord) bool { return c.Forced }) {
		e.t.Errorf("a detach was forced: %+v", c)
	}
}

// TestEditedChildren changes the objects of a NodeENI as a user of kubectl does. The NodeENI sets its
// settings again, on the host and in EC2, with the default poll interval.
func TestEditedChildren(t *testing.T) {
	e := newEnv(t, options{})
	a := e.node("node-a")
	e.apply(basic)
	e.eventually(15*time.Second, e.ready("multus-eni-config", 1))
	x := e.attachedTo(a)[2]
	at := e.attachments()[0]
	ni := &ec2v1alpha1.NetworkInterface{}
	if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(&at), ni); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o     client.Object
		patch string
	}{
		{ni, `{"spec":{"forProvider":{"securityGroups":["sg-tenant-a"],"tags":{"a":"b"},"sourceDestCheck":false,"privateIpsCount":2}}}`},
		{ni, `{"spec":{"forProvider":{"description":"edited"}}}`},
		{&at, `{"spec":{"forProvider":{"deleteOnTermination":false,"detachPolicy":{"mode":"ForceAfter","after":"1m"}},"host":{"mtu":1400,"interfaceName":"edited0"}}}`},
	} {
		if err := e.kube.Patch(t.Context(), c.o, client.RawPatch(types.MergePatchType, []byte(c.patch))); err != nil {
			t.Fatal(err)
		}
		e.eventually(20*time.Second, func() error {
			got, now := e.attachedTo(a)[2], e.attachments()[0]
			if len(got.SecurityGroupIDs) != len(x.SecurityGroupIDs) || got.SourceDestCheckDisabled || len(got.PrivateIPAddresses) != 1 || got.Description != x.Description || got.Tags["a"] != "" ||
				got.Attachment.DeleteOnTermination != x.Attachment.DeleteOnTermination || got.ID != x.ID {
				return fmt.Errorf("after %s EC2 has %+v", c.patch, got)
			}
			if p := now.Spec.ForProvider; p.DetachPolicy != nil || now.Spec.Host.MTU != nil && *now.Spec.Host.MTU == 1400 || now.Spec.Host.InterfaceName != nil {
				return fmt.Errorf("after %s the attachment has %+v %+v", c.patch, p, now.Spec.Host)
			}
			return e.ready("multus-eni-config", 1)()
		})
	}
	events := &corev1.EventList{}
	if err := e.kube.List(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(events.Items, func(v corev1.Event) bool {
		return v.Reason == "RevertedChange" && v.InvolvedObject.Name == "multus-eni-config"
	}) {
		t.Error("the NodeENI has no event RevertedChange")
	}
}

func TestManualChanges(t *testing.T) {
	// Changes in EC2 are observed by polls.
	e := newEnv(t, options{settings: shortPoll})
	a, b := e.node("node-a"), e.node("node-b", "ng", "other")
	e.apply(basic)
	e.eventually(15*time.Second, e.ready("multus-eni-config", 1))

	t.Log("a manually detached ENI is attached again")
	x := e.attachedTo(a)[2]
	e.detach(x)
	e.eventually(20*time.Second, func() error {
		if got := e.attachedTo(a)[2]; got.ID != x.ID || got.Attachment.ID == x.Attachment.ID {
			return fmt.Errorf("at index 2 is %+v", got)
		}
		return e.ready("multus-eni-config", 1)()
	})

	t.Log("a manually deleted ENI is created again after two EC2 responses a minute apart have proven its deletion")
	x = e.attachedTo(a)[2]
	e.pauseAll(true)
	e.detach(x)
	e.eventually(15*time.Second, func() error {
		if n, ok := e.EC2.NetworkInterface(x.ID); ok && n.Attachment != nil {
			return fmt.Errorf("still attached")
		}
		return nil
	})
	if _, err := e.ec2Client().DeleteNetworkInterface(t.Context(), deleteInput(x.ID)); err != nil {
		t.Fatal(err)
	}
	e.pauseAll(false)
	e.eventually(110*time.Second, func() error {
		if got, ok := e.attachedTo(a)[2]; !ok || got.ID == x.ID {
			return fmt.Errorf("at index 2 is %+v", got)
		}
		if err := e.hasENIs(1, nil)(); err != nil {
			return err
		}
		return e.ready("multus-eni-config", 1)()
	})

	t.Log("after the manual deletion of a child both its objects are created again")
	x = e.attachedTo(a)[2]
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if err := e.kube.List(t.Context(), l); err != nil || len(l.Items) != 1 {
		t.Fatalf("%d NetworkInterfaces: %v", len(l.Items), err)
	}
	e.delete(&l.Items[0])
	e.eventually(30*time.Second, func() error {
		if got, ok := e.attachedTo(a)[2]; !ok || got.ID == x.ID {
			return fmt.Errorf("at index 2 is %+v", got)
		}
		if err := e.hasENIs(1, nil)(); err != nil {
			return err
		}
		return e.ready("multus-eni-config", 1)()
	})

	t.Log("an ENI that a user moved to another instance is not changed")
	x = e.attachedTo(a)[2]
	e.pauseAll(true)
	e.detach(x)
	e.eventually(15*time.Second, func() error {
		if n, _ := e.EC2.NetworkInterface(x.ID); n.Attachment != nil {
			return fmt.Errorf("still attached")
		}
		return nil
	})
	if _, err := e.ec2Client().AttachNetworkInterface(t.Context(), attachInputFor(x.ID, instanceID(b), 2)); err != nil {
		t.Fatal(err)
	}
	e.pauseAll(false)
	e.eventually(20*time.Second, func() error {
		at := e.attachments()[0]
		if c := at.GetCondition("Ready"); c.Reason != "AttachedElsewhere" {
			return fmt.Errorf("the attachment is %+v", c)
		}
		return e.hasENIs(1, map[*corev1.Node]int{b: 1, a: 0})()
	})
	mark := e.EC2.Mark()
	e.consistently(5*time.Second, func() error {
		for _, c := range e.EC2.Since(mark) {
			if ec2emulator.Mutating(c) {
				return fmt.Errorf("%s was called for an ENI that a user moved", c.Action)
			}
		}
		return e.hasENIs(1, map[*corev1.Node]int{b: 1, a: 0})()
	})
}
