// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A host is the observed state of the node of an interface. A nil object does not exist.
type host struct {
	node  *corev1.Node
	lease *coordinationv1.Lease
	// silent is the time since the agent last renewed its Lease, measured by this
	// process.
	silent time.Duration
	// terminated is true if the instance is proven to be terminated.
	terminated bool
}

// mayDrop returns the reason why the controller need not wait for the agent's release, or
// "". While the node is healthy, elapsed time alone is never a reason.
func mayDrop(h *v1alpha1.HostInterface, on host, silence time.Duration) string {
	switch {
	case !meta.FinalizerExists(h, v1alpha1.FinalizerAgent):
		return "the agent has released it"
	case on.terminated:
		return "the instance is terminated"
	case on.lease == nil && h.Status.ObservedGeneration == 0 && len(h.Status.Conditions) == 0:
		return "no agent has run on the node, so nothing has to be released"
	case ready(on.node):
		return ""
	case on.lease == nil:
		return "the node is not ready and its agent has no Lease"
	case on.silent > silence:
		return "the node is not ready and its agent has not renewed its Lease"
	default:
		return ""
	}
}

func ready(n *corev1.Node) bool {
	if n == nil {
		return false
	}
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue
		}
	}
	return false
}
