// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package v1alpha1

import (
	"strings"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	"k8s.io/utils/ptr"
)

const (
	// AgentMissingMessage states that a node has no Lease of an agent.
	AgentMissingMessage = "no agent has run on the node: check that its DaemonSet runs a pod there"

	agentNotRenewed = "the agent has not renewed its Lease since "

	// defaultLeaseDuration is the duration of a Lease without leaseDurationSeconds.
	defaultLeaseDuration = 90 * time.Second
)

// AgentLeaseName returns the name of the Lease that the agent of a node renews, in the
// provider's namespace.
func AgentLeaseName(nodeName string) string {
	return "agent-" + nodeName
}

// LeaseDuration returns the time after its last renewal after which a Lease has expired.
func LeaseDuration(l *coordinationv1.Lease) time.Duration {
	if d := ptr.Deref(l.Spec.LeaseDurationSeconds, 0); d > 0 {
		return time.Duration(d) * time.Second
	}
	return defaultLeaseDuration
}

// AgentSilentMessage states that an agent has not renewed its Lease since a time.
func AgentSilentMessage(since time.Time) string {
	return agentNotRenewed + since.UTC().Format(time.RFC3339) + ": check its pod on the node"
}

// IsAgentFailure reports whether a message states that the agent of a node does not run.
func IsAgentFailure(message string) bool {
	return message == AgentMissingMessage || strings.HasPrefix(message, agentNotRenewed)
}
