package hostinterface

import (
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A host is what is known of the node that has an interface. Nil means that
// there is no such object.
type host struct {
	node         *corev1.Node
	lease        *coordinationv1.Lease
	instanceGone bool
}

// mayDrop says why the agent's word need not be waited for when an interface
// is taken away, or "" while it must. It is never by the clock alone while the
// node is healthy.
func mayDrop(h *v1alpha1.HostInterface, on host, silence time.Duration, now time.Time) string {
	switch {
	case !meta.FinalizerExists(h, v1alpha1.FinalizerAgent):
		return "the agent has let go"
	case on.instanceGone:
		return "the instance is gone"
	case on.lease == nil && h.Status.ObservedGeneration == 0 && len(h.Status.Conditions) == 0:
		return "no agent has run on the node: there is nothing to undo"
	case ready(on.node):
		return ""
	case on.lease == nil:
		return "the node is not ready and its agent has no Lease"
	case on.lease.Spec.RenewTime == nil || now.Sub(on.lease.Spec.RenewTime.Time) > silence:
		return "the node is not ready and its agent is silent"
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
