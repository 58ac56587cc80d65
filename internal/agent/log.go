// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
)

// logRepeat is the period in which the same change of an interface is logged once:
// another program may revert it repeatedly.
const logRepeat = time.Minute

// logResult logs the result of a reconcile: one line for each change of the interface,
// and one for each change of the reason why it is not ready. was is the condition Ready
// before.
func (r *Reconciler) logResult(ctx context.Context, name string, w desired.State, o Outcome, was xpv2.Condition) {
	l, is := log.FromContext(ctx), readyCondition(w, o)
	if is.Status != corev1.ConditionTrue {
		if was.Reason != is.Reason || was.Status != is.Status {
			l.Info("Interface is not ready", append(interfaceValues(w, o), "reason", is.Reason, "message", is.Message)...)
		}
		return
	}
	values := interfaceValues(w, o)
	changed := len(o.Applied) > 0 || was.Status != is.Status
	if changed && r.tracker.recordLog(name, fmt.Sprint(values...), r.now()) {
		l.Info("Configured interface", values...)
	}
}

// interfaceValues returns the keys and values of an interface in the log. Values that are
// not known are left out.
func interfaceValues(w desired.State, o Outcome) []any {
	values := []any{"eni", w.NetworkInterfaceID}
	if l := o.Plan.Link; l.Index != 0 {
		values = append(values, "link", l.Name, "mtu", l.MTU)
	}
	if d := o.Observed.Device; d.Found {
		values = append(values, "pciAddress", d.String(), "driver", d.Driver)
	}
	return values
}

// recordLog reports whether a line about an interface has to be logged, and records it.
func (m *tracker) recordLog(name, line string, now time.Time) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	if r.logged == line && now.Before(r.loggedAt.Add(logRepeat)) {
		return false
	}
	r.logged, r.loggedAt = line, now
	return true
}
