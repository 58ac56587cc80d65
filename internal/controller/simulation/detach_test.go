// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"testing"
	"testing/synctest"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// TestForceAfter deletes NodeENIs whose instances do not release their ENIs.
func TestForceAfter(t *testing.T) {
	forceAfter := &v1alpha1.DetachPolicy{Mode: v1alpha1.DetachForceAfter, After: &metav1.Duration{Duration: 2 * time.Minute}}
	cases := map[string]struct {
		reason string
		policy *v1alpha1.DetachPolicy
		forced int
	}{
		"Default":    {reason: "A detachment is never forced by default."},
		"Graceful":   {reason: "A Graceful policy does not force a detach either.", policy: &v1alpha1.DetachPolicy{Mode: v1alpha1.DetachGraceful}},
		"ForceAfter": {reason: "A detach that does not complete is forced once, after the timeout.", policy: forceAfter, forced: 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := newCluster(t, ec2emulator.Options{DetachDelay: 24 * time.Hour})
				defer s.close()
				s.addNodes("a", 1, 1)
				n := s.addNodeENI("a", fleetSubnet1)
				n.Spec.DetachPolicy = tc.policy
				if err := s.api.Update(t.Context(), n); err != nil {
					t.Fatal(err)
				}
				s.start()
				s.must(5*time.Minute, func() error { return s.wellWith(1) })
				s.delete(n)
				forced := func() int {
					return s.ec2.Count(ec2emulator.ByAction("DetachNetworkInterface"), ec2emulator.Committed, func(c ec2emulator.Call) bool { return c.Forced })
				}
				time.Sleep(2 * time.Minute)
				if got := forced(); got != 0 {
					t.Errorf("\nNo detachment is forced before its time: %d were", got)
				}
				time.Sleep(2 * time.Minute)
				if got := forced(); got != tc.forced {
					t.Errorf("\n%s: %d detachments were forced, want %d", tc.reason, got, tc.forced)
				}
				if err := s.ended(n); (err == nil) != (tc.forced > 0) {
					t.Errorf("\n%s: %v", tc.reason, err)
				}
			})
		})
	}
}
