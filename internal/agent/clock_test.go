// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
)

// TestClocksDiffer releases a device in use by a pod, with clocks of the node and
// the API server that differ by hours.
func TestClocksDiffer(t *testing.T) {
	cases := map[string]struct {
		reason string
		ahead  time.Duration
	}{
		"Same":   {reason: "The wait lasts for the timeout."},
		"Ahead":  {reason: "A node's clock that is ahead does not shorten the wait.", ahead: 5 * time.Hour},
		"Behind": {reason: "A node's clock that is behind does not extend the wait.", ahead: -5 * time.Hour},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			m := newMachine(t)
			a := m.plug(6, mac1)
			r := m.newHarness(hif("a", mac1, 1, userspace(v1alpha1.DPDKDriverVFIO), releasePolicy(v1alpha1.ReleaseWaitForPods, 3*time.Minute)))
			loadModules(r)
			now := time.Now().Add(tc.ahead)
			r.now = func() time.Time { return now }
			r.reconcile("a")
			m.pods.holds(a, "fw-0")
			r.delete("a")
			r.reconcile("a")
			check(t, tc.reason+" The driver when the deletion is observed", "vfio-pci", m.driver(a))
			now = now.Add(3*time.Minute - time.Second)
			r.reconcile("a")
			check(t, tc.reason+" The driver before the timeout", "vfio-pci", m.driver(a))
			now = now.Add(time.Second)
			r.reconcile("a")
			check(t, tc.reason+" The driver at the timeout", "ena", m.driver(a))
		})
	}
}

// TestDeletionObserved checks the start of each wait.
func TestDeletionObserved(t *testing.T) {
	m := newTracker()
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	if got := m.deletedSince("a", at(10)); !got.Equal(at(10)) {
		t.Errorf("A wait starts when the deletion is first observed, not at %s.", got)
	}
	if got := m.deletedSince("a", at(20)); !got.Equal(at(10)) {
		t.Errorf("A wait does not start again, at %s.", got)
	}
	m.clearDeleted("a")
	if got := m.deletedSince("a", at(30)); !got.Equal(at(30)) {
		t.Errorf("A HostInterface that replaced another one has its own wait, not since %s.", got)
	}
	m.forget("a")
	if got := m.deletedSince("a", at(40)); !got.Equal(at(40)) {
		t.Errorf("After a deletion the next HostInterface has its own wait, not since %s.", got)
	}
}

// TestTimeoutBounds checks timeouts that the CRD rejects.
func TestTimeoutBounds(t *testing.T) {
	for name, tc := range map[string]struct {
		reason       string
		timeout      time.Duration
		before, late time.Duration
	}{
		"Negative": {reason: "A negative timeout counts as zero.", timeout: -time.Hour, before: -1, late: 0},
		"Long":     {reason: "A timeout is limited to one day.", timeout: 1000 * time.Hour, before: 24*time.Hour - 1, late: 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			r := &Reconciler{tracker: newTracker()}
			hi := hif("a", mac1, 1)
			hi.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
			hi.Spec.Config.ReleasePolicy = &v1alpha1.ReleasePolicy{Timeout: &metav1.Duration{Duration: tc.timeout}}
			late := func(after time.Duration) bool {
				r.now = func() time.Time { return time.Unix(1000, 0).Add(after) }
				w, _ := desired.Parse(hi)
				r.setDeadlines(hi, &w)
				return w.ReleaseTimedOut
			}
			late(0)
			if tc.before >= 0 && late(tc.before) || !late(tc.late) {
				t.Error(tc.reason)
			}
		})
	}
}
