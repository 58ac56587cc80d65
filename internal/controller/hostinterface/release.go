package hostinterface

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A host is what is known of the node that has an interface. A nil object does not
// exist.
type host struct {
	node  *corev1.Node
	lease *coordinationv1.Lease
	// silent is for how long the agent has not renewed its Lease, measured by this
	// process.
	silent time.Duration
	// terminated is true if the instance is proven to be terminated.
	terminated bool
}

// mayDrop returns why the agent's release need not be waited for, or "" while it
// must be. A clock alone is never a reason while the node is healthy.
func mayDrop(h *v1alpha1.HostInterface, on host, silence time.Duration) string {
	switch {
	case !meta.FinalizerExists(h, v1alpha1.FinalizerAgent):
		return "the agent has released it"
	case on.terminated:
		return "the instance is terminated"
	case on.lease == nil && h.Status.ObservedGeneration == 0 && len(h.Status.Conditions) == 0:
		return "no agent has run on the node: there is nothing to undo"
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
