// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestEmptyAnswers has EC2 answer for half an hour, with success, as if it had no
// resource of a kind, or only some.
func TestEmptyAnswers(t *testing.T) {
	cases := map[string]struct {
		reason string
		faults []ec2emulator.Fault
		// condition is a reason that some object reports.
		condition xpv2.ConditionReason
	}{
		"NoInterfaces":   {reason: "Empty answers about network interfaces release nothing.", faults: []ec2emulator.Fault{{Action: "DescribeNetworkInterfaces", Omit: 1}}, condition: "ManyMissingInEC2"},
		"SomeInterfaces": {reason: "Partial answers about network interfaces release nothing.", faults: []ec2emulator.Fault{{Action: "DescribeNetworkInterfaces", Omit: 0.5}}, condition: "ManyMissingInEC2"},
		"NoInstances":    {reason: "Empty answers about instances release nothing.", faults: []ec2emulator.Fault{{Action: "DescribeInstances", Omit: 1}}},
		"Nothing": {
			reason: "Empty answers about everything release nothing.",
			faults: []ec2emulator.Fault{{Action: "DescribeInstances", Omit: 1}, {Action: "DescribeNetworkInterfaces", Omit: 1}, {Action: "DescribeSubnets", Omit: 1}},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{})
				defer s.close()
				s.addNodes("a", 1, 10)
				s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
				s.addNodes("b", 1, 1)
				s.addPair("one", instanceOf("b", 1))
				s.start()
				s.must(5*time.Minute, func() error { return s.wellWith(21) })
				s.setReady(nodeOf("a", 2), corev1.ConditionFalse) // instances of unready nodes are described

				m := s.ec2.Mark()
				for _, f := range tc.faults {
					s.ec2.Inject(f)
				}
				time.Sleep(30 * time.Minute)
				if err := s.untouched(21, m, nil); err != nil {
					t.Errorf("\n%s\n%v", tc.reason, err)
				}
				if tc.condition != "" {
					if got := s.ready()[tc.condition]; got == 0 {
						t.Errorf("\n%s\nNo object has the reason %s: %v", tc.reason, tc.condition, s.ready())
					}
				}
				s.ec2.RemoveFaults()
				s.must(15*time.Minute, func() error { return s.wellWith(21) })
				if err := s.untouched(21, m, nil); err != nil {
					t.Errorf("\nAfterwards nothing has to be repaired.\n%v", err)
				}
			})
		})
	}
}

// ready returns the reasons of the Ready conditions of all managed resources.
func (s *simulatedCluster) ready() map[xpv2.ConditionReason]int {
	out := map[xpv2.ConditionReason]int{}
	for _, o := range s.managed() {
		out[o.GetCondition(xpv2.TypeReady).Reason]++
	}
	return out
}

// TestDeletedOutside deletes ENIs in EC2, one and then many.
func TestDeletedOutside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 10)
		s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(10) })

		s.detachInEC2(instanceOf("a", 1), true)
		began := time.Now()
		s.must(15*time.Minute, func() error { return s.wellWith(10) })
		if took := time.Since(began); took < time.Minute {
			t.Errorf("\nA deleted ENI is created again, but not before two responses a minute apart: after %s", took)
		}

		var deleted []string
		for i := 2; i <= 4; i++ {
			deleted = append(deleted, s.attachedOn(instanceOf("a", i)))
			s.detachInEC2(instanceOf("a", i), true)
		}
		m := s.ec2.Mark()
		time.Sleep(40 * time.Minute)
		if calls := s.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
			t.Errorf("\nThree of ten at once are not believed to be deleted: %s was called", calls[0].Action)
		}
		if got := s.ready()["ManyMissingInEC2"]; got == 0 {
			t.Errorf("\nThe condition reports it: %v", s.ready())
		}
		// A person confirms two of them; the third is one alone, then.
		for _, id := range deleted[:2] {
			for _, o := range s.managed() {
				s.confirm(o, id)
			}
		}
		s.must(45*time.Minute, func() error { return s.wellWith(10) })
	})
}

// attachedOn returns the id of the ENI of ours on an instance.
func (s *simulatedCluster) attachedOn(instance string) string {
	s.t.Helper()
	for _, n := range s.ours() {
		if n.Attachment != nil && n.Attachment.InstanceID == instance {
			return n.ID
		}
	}
	s.t.Fatalf("no ENI is attached to %s", instance)
	return ""
}

// confirm confirms, as a user, the deletion of an ENI to an object that concerns it.
func (s *simulatedCluster) confirm(o client.Object, id string) {
	s.t.Helper()
	concerned := meta.GetExternalName(o) == id
	if a, ok := o.(*ec2v1alpha1.NetworkInterfaceAttachment); ok {
		concerned = a.Status.AtProvider.NetworkInterfaceID == id
	}
	if !concerned {
		return
	}
	before, ok := o.DeepCopyObject().(client.Object)
	if !ok {
		s.t.Fatalf("%T is no object", o)
	}
	meta.AddAnnotations(o, map[string]string{"networking.k8s.aws/confirm-deleted": id})
	if err := s.api.Patch(s.t.Context(), o, client.MergeFrom(before)); err != nil {
		s.t.Fatal(err)
	}
}

// TestTerminated terminates instances, whose release must not wait.
func TestTerminated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 10)
		s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(10) })
		for i := 1; i <= 8; i++ {
			if err := s.ec2.SetInstanceState(instanceOf("a", i), "terminated"); err != nil {
				t.Fatal(err)
			}
			s.delete(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeOf("a", i)}})
		}
		s.must(2*time.Minute, func() error { return s.wellWith(2) }) // an instance is described once a minute
	})
}

// TestReleaseDespiteEmptyAnswer has an agent that lives hold an interface for a pod,
// while EC2 returns no instance.
func TestReleaseDespiteEmptyAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 3)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(3) })
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		for i := 1; i <= 3; i++ {
			s.runAgent(ctx, nodeOf("a", i))
		}
		s.delete(n)
		time.Sleep(10 * time.Minute)
		m := s.ec2.Mark()
		h := s.ec2.Inject(ec2emulator.Fault{Action: "DescribeInstances", Omit: 1})
		time.Sleep(10 * time.Minute)
		h.Remove()
		time.Sleep(10 * time.Minute)
		if calls := s.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
			t.Errorf("\nAn answer without instances does not end the wait for a pod on a Ready node: %s was called", calls[0].Action)
		}
		// The same on nodes that are not ready, whose agents renew their Leases.
		for i := 1; i <= 3; i++ {
			s.setReady(nodeOf("a", i), corev1.ConditionUnknown)
		}
		h = s.ec2.Inject(ec2emulator.Fault{Action: "DescribeInstances", Omit: 1})
		time.Sleep(30 * time.Minute)
		h.Remove()
		if calls := s.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
			t.Errorf("\nNor on nodes that are not ready, if all instances are missing at once: %s was called", calls[0].Action)
		}
	})
}

// runAgent renews the Lease of a node's agent, and responds to the node's HostInterfaces like
// an agent that waits for a pod.
func (s *simulatedCluster) runAgent(ctx context.Context, node string) {
	s.t.Helper()
	lease := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: s.settings.Namespace, Name: v1alpha1.AgentLeaseName(node)}}
	lease.Spec.RenewTime = new(metav1.NowMicro())
	s.create(lease)
	l := &v1alpha1.HostInterfaceList{}
	if err := s.api.List(s.t.Context(), l); err != nil {
		s.t.Fatal(err)
	}
	for i := range l.Items {
		h := &l.Items[i]
		if h.Spec.NodeName != node {
			continue
		}
		h.Status.ObservedGeneration = h.Generation
		h.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
		if err := s.api.Status().Update(s.t.Context(), h); err != nil {
			s.t.Fatal(err)
		}
	}
	go func() {
		tick := time.NewTicker(30 * time.Second)
		defer tick.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
			l := &coordinationv1.Lease{}
			if err := s.api.Get(ctx, types.NamespacedName{Namespace: lease.Namespace, Name: lease.Name}, l); err != nil {
				return
			}
			l.Spec.RenewTime = new(metav1.NowMicro())
			if err := s.api.Update(ctx, l); err != nil {
				return
			}
		}
	}()
}

// TestRestoredBackup loses all managed resources of a NodeENI, as a restore from a
// backup does that is older than they are.
func TestRestoredBackup(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 10)
		n := s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(20) })
		s.stop()
		before := s.attachedTo("a")
		for _, o := range s.managed() {
			s.lose(o)
		}
		l := &v1alpha1.HostInterfaceList{}
		if err := s.api.List(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		for i := range l.Items {
			s.lose(&l.Items[i])
		}
		if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
			t.Fatal(err)
		}
		n.Status = v1alpha1.NodeENIStatus{}
		if err := s.api.Status().Update(t.Context(), n); err != nil {
			t.Fatal(err)
		}

		m := s.ec2.Mark()
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(20) })
		if got := s.attachedTo("a"); fmt.Sprint(got) != fmt.Sprint(before) {
			t.Errorf("\nThe ENIs of nodes and slots are adopted again: had %v, have %v", before, got)
		}
		for _, c := range s.ec2.Since(m, ec2emulator.ByAction("CreateNetworkInterface", "AttachNetworkInterface", "DetachNetworkInterface", "DeleteNetworkInterface")) {
			t.Errorf("\nNone is created, attached, detached or deleted: %s was called", c.Action)
		}
	})
}

// TestRestoredOlderObject restores a NetworkInterface as it was before its ENI was
// created.
func TestRestoredOlderObject(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 1)
		s.addPair("one", instanceOf("a", 1))
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		s.stop()
		time.Sleep(10 * time.Minute)
		o := s.interfaces()[0]
		o.Annotations, o.Finalizers = nil, nil
		if err := s.api.Update(t.Context(), &o); err != nil {
			t.Fatal(err)
		}
		o.Status = ec2v1alpha1.NetworkInterfaceStatus{}
		if err := s.api.Status().Update(t.Context(), &o); err != nil {
			t.Fatal(err)
		}
		m := s.ec2.Mark()
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		if calls := s.ec2.Since(m, ec2emulator.ByAction("CreateNetworkInterface")); len(calls) > 0 {
			t.Error("\nIts ENI is found by the ownership tag; no second one is created.")
		}
	})
}

// lose removes an object as if it had never been created.
func (s *simulatedCluster) lose(o client.Object) {
	s.t.Helper()
	if len(o.GetFinalizers()) > 0 {
		before, ok := o.DeepCopyObject().(client.Object)
		if !ok {
			s.t.Fatalf("%T is no object", o)
		}
		o.SetFinalizers(nil)
		if err := s.api.Patch(s.t.Context(), o, client.MergeFrom(before)); err != nil {
			s.t.Fatal(err)
		}
	}
	s.delete(o)
}

// TestSelectorEdit edits the selector of a NodeENI so that most nodes match no more.
func TestSelectorEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 8)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(8) })

		edit := func(change func(n *v1alpha1.NodeENI)) {
			t.Helper()
			if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
				t.Fatal(err)
			}
			before := n.DeepCopy()
			change(n)
			if err := s.api.Patch(t.Context(), n, client.MergeFrom(before)); err != nil {
				t.Fatal(err)
			}
		}
		m := s.ec2.Mark()
		edit(func(n *v1alpha1.NodeENI) { n.Spec.NodeSelector = map[string]string{"pool": "typo"} })
		time.Sleep(20 * time.Minute)
		if err := s.untouched(8, m, nil); err != nil {
			t.Errorf("\nA selector that no node matches releases nothing: %v", err)
		}
		if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
			t.Fatal(err)
		}
		if c := n.GetCondition(xpv2.TypeReady); c.Reason != "RolloutHeld" || c.Message != "8 Ready nodes no longer match and would lose their network interfaces, more than half of all when the change was made: held until they match again or spec.rollout.maxUnavailable is set, such as 25%" {
			t.Errorf("\nThe condition names how many nodes are held, and how to release them: %s %s", c.Reason, c.Message)
		}
		edit(func(n *v1alpha1.NodeENI) { n.Spec.NodeSelector = map[string]string{"pool": "a"} })
		s.must(time.Minute, func() error { return s.wellWith(8) })
		if err := s.untouched(8, m, nil); err != nil {
			t.Errorf("\nA corrected selector leaves everything as it was: %v", err)
		}

		edit(func(n *v1alpha1.NodeENI) {
			n.Spec.NodeSelector = map[string]string{"pool": "typo"}
			n.Spec.Rollout = &v1alpha1.NodeENIRollout{MaxUnavailable: new(intstr.FromString("25%"))}
		})
		s.must(10*time.Minute, func() error {
			if left := len(s.managed()); left > 0 {
				return errors.Errorf("%d objects are left", left)
			}
			return nil
		})
	})
}
