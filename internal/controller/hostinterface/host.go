// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package hostinterface

import (
	"context"
	"strconv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
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

// host observes the state that decides whether to wait for the agent.
func (r *Reconciler) host(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment, h *v1alpha1.HostInterface) (host, error) {
	on, err := r.agent(ctx, h)
	if err != nil {
		return on, err
	}
	notReady := r.stopwatch.Unchanged("node/"+h.Spec.NodeName, strconv.FormatBool(ready(on.node)))
	unwell := on.node == nil || (!ready(on.node) && notReady >= r.grace)
	terminated, err := r.cloud.Terminated(ctx, a, h, unwell)
	if err != nil {
		// An error of EC2 does not prove that the instance is terminated.
		r.log.Debug("Cannot determine whether the instance is terminated", "attachment", client.ObjectKeyFromObject(a), "error", err)
	}
	on.terminated = err == nil && terminated
	if on.node != nil && eni.InstanceID(on.node.Spec.ProviderID) != instanceOf(a, h) {
		on.terminated = false // another instance than the agent's
	}
	return on, nil
}

// agent reads the node and its agent's Lease.
func (r *Reconciler) agent(ctx context.Context, h *v1alpha1.HostInterface) (host, error) {
	var on host
	n := &corev1.Node{}
	if err := r.client.Get(ctx, types.NamespacedName{Name: h.Spec.NodeName}, n); err == nil {
		on.node = n
	} else if !kerrors.IsNotFound(err) {
		return on, errors.Wrapf(err, "cannot get node %q", h.Spec.NodeName)
	}
	lease, silent, err := r.leases.Get(ctx, h.Spec.NodeName)
	if err != nil {
		return on, err
	}
	on.lease, on.silent = lease, silent
	return on, nil
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
