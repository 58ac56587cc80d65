// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestHeldRemainsHeld changes the selector of a NodeENI to other, more nodes. The change is held,
// and remains held when the NodeENI has more ENIs on the other nodes.
func TestHeldRemainsHeld(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 2)
		s.addNodes("b", 1, 4)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(10*time.Minute, func() error { return s.wellWith(2) })

		change := func(fn func(n *v1alpha1.NodeENI)) {
			t.Helper()
			if err := s.api.Get(t.Context(), keyOf("a"), n); err != nil {
				t.Fatal(err)
			}
			fn(n)
			if err := s.api.Update(t.Context(), n); err != nil {
				t.Fatal(err)
			}
		}
		change(func(n *v1alpha1.NodeENI) { n.Spec.NodeSelector = map[string]string{"pool": "b"} })
		s.must(10*time.Minute, func() error { return s.wellWith(6) })
		time.Sleep(time.Hour)
		if left := len(s.attachedTo("a")); left != 2 {
			t.Errorf("%d ENIs are attached to the nodes that no longer match, want 2 until the change is confirmed", left)
		}
		if err := s.api.Get(t.Context(), keyOf("a"), n); err != nil {
			t.Fatal(err)
		}
		if c := n.GetCondition(xpv2.TypeReady); c.Reason != v1alpha1.ReasonRolloutHeld || n.Status.Unconfirmed != 2 {
			t.Errorf("Ready is %s, %s, and %d nodes are unconfirmed: want %s and 2", c.Status, c.Reason, n.Status.Unconfirmed, v1alpha1.ReasonRolloutHeld)
		}

		change(func(n *v1alpha1.NodeENI) {
			n.Spec.Rollout = &v1alpha1.NodeENIRollout{MaxUnavailable: new(intstr.FromString("50%"))}
		})
		s.must(10*time.Minute, func() error { return s.wellWith(4) })
		s.must(time.Minute, func() error {
			if err := s.api.Get(t.Context(), keyOf("a"), n); err != nil {
				return err
			}
			if n.Status.Unconfirmed != 0 {
				return errors.Errorf("%d nodes are unconfirmed", n.Status.Unconfirmed)
			}
			return nil
		})
	})
}
