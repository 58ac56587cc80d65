// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
)

const (
	// agentResponseTimeout is how long an agent may take to update a HostInterface before its Lease
	// is read: most take milliseconds.
	agentResponseTimeout = 10 * time.Second

	// leasePoll is how often the Lease of an agent that does not respond is read.
	leasePoll = 30 * time.Second
)

// agents detects agents that do not run among the agents that have not responded.
type agents struct {
	leases    *managedresource.AgentLeases
	stopwatch *managedresource.Stopwatch
}

func newAgents(reader client.Reader, namespace string, now func() time.Time) *agents {
	w := managedresource.NewStopwatch(now)
	return &agents{leases: managedresource.NewAgentLeases(reader, namespace, w), stopwatch: w}
}

// observe records in the state why agents do not respond, for at most maxCauses nodes,
// and requeues the NodeENI while a response is missing.
func (a *agents) observe(ctx context.Context, s *state) error {
	s.agentFailures = map[string]string{}
	nodes := map[string]bool{}
	for _, h := range s.hosts {
		if isObserved(h) {
			continue
		}
		request := fmt.Sprintf("%s/%d/%d", h.GetUID(), h.GetGeneration(), h.Status.ObservedGeneration)
		if left := agentResponseTimeout - a.stopwatch.Unchanged("host/"+h.GetName(), request); left > 0 {
			s.requeueWithin(left)
			continue
		}
		s.requeueWithin(leasePoll)
		nodes[h.Spec.NodeName] = true
	}
	for i, name := range slices.Sorted(maps.Keys(nodes)) {
		if i == maxCauses {
			break
		}
		why, err := a.failure(ctx, name)
		if err != nil {
			return err
		}
		s.agentFailures[name] = why
	}
	return nil
}

// isObserved reports whether the agent has observed the HostInterface's generation.
func isObserved(h *v1alpha1.HostInterface) bool {
	return h.Status.ObservedGeneration == h.GetGeneration() && h.GetCondition(xpv2.TypeReady).Status != corev1.ConditionUnknown
}

// failure returns why the agent of a node does not respond, or "" while it renews its
// Lease. The message has the renew time of the agent's clock.
func (a *agents) failure(ctx context.Context, node string) (string, error) {
	l, silent, err := a.leases.Get(ctx, node)
	switch {
	case err != nil:
		return "", err
	case l == nil:
		return v1alpha1.AgentMissingMessage, nil
	case l.Spec.RenewTime == nil, silent <= v1alpha1.LeaseDuration(l):
		return "", nil
	}
	return v1alpha1.AgentSilentMessage(l.Spec.RenewTime.Time), nil
}
