// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"time"

	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
)

const (
	// transientTimeout is how long a ready HostInterface stays ready with a transient
	// problem. A network manager configures the primary interface again in less than two
	// seconds, and a DHCP server may answer the second request only.
	transientTimeout = 10 * time.Second

	// renameTimeout is how long the agent waits for udev to rename a new link. udev needs
	// less than 100 ms on an idle host.
	renameTimeout = 3 * time.Second
)

// transientDelay returns how long not to report a problem that may pass: a report changes the
// node's readiness, and withdraws devices from pods. It returns 0 if the problem has to be
// reported.
func (m *tracker) transientDelay(hi *v1alpha1.HostInterface, pr *desired.Problem, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(hi.Name)
	ready := hi.Status.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue && hi.Status.ObservedGeneration == hi.Generation
	if !ready || pr == nil || !pr.Transient {
		r.transient = time.Time{}
		return 0
	}
	if r.transient.IsZero() {
		r.transient = now
	}
	return max(0, r.transient.Add(transientTimeout).Sub(now))
}

// renameDelay returns how long to wait for udev before the first change of a new link. udev
// cannot rename a link that is up: it would keep the kernel's name, which depends on the order
// of the devices.
func (m *tracker) renameDelay(name string, w desired.State, o Outcome, now time.Time) time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, index := m.get(name), o.Plan.Link.Index
	if r.newLink != index {
		r.newLink, r.newSince = index, now
	}
	if !o.Observed.RenamePending || w.Release || w.NeedsUserspaceDriver() {
		return 0
	}
	return max(0, r.newSince.Add(renameTimeout).Sub(now))
}
