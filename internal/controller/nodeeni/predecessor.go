// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// predecessorMessage is the message of the conditions of a NodeENI with the finalizer of
// aws-multi-eni-controller.
const predecessorMessage = "aws-multi-eni-controller manages this NodeENI: its finalizer " + v1alpha1.FinalizerMultiENIController + " is set, and two controllers would act on the same ENIs; to move the NodeENI to this provider, run kubectl eni migrate (docs/migration.md)"

// predecessorInterval is the shortest interval between writes of these conditions:
// aws-multi-eni-controller removes them with each of its own writes.
const predecessorInterval = time.Minute

// ofPredecessor reports whether aws-multi-eni-controller manages a NodeENI.
func ofPredecessor(n *v1alpha1.NodeENI) bool {
	return meta.FinalizerExists(n, v1alpha1.FinalizerMultiENIController)
}

// leave reports in the conditions of a NodeENI of aws-multi-eni-controller that the provider
// changes nothing for it.
func (r *Reconciler) leave(ctx context.Context, n *v1alpha1.NodeENI) (reconcile.Result, error) {
	if wait := r.left.wait(n.GetName(), r.now()); wait > 0 {
		return reconcile.Result{RequeueAfter: wait}, nil
	}
	before := n.Status.DeepCopy()
	synced := xpv2.ReconcileSuccess()
	synced.Status, synced.Reason, synced.Message = corev1.ConditionFalse, v1alpha1.ReasonManagedByMultiENIController, predecessorMessage
	setConditions(n, synced, v1alpha1.NotReady(v1alpha1.ReasonManagedByMultiENIController, predecessorMessage))
	return reconcile.Result{}, r.writeStatus(ctx, n, before)
}

// An intervals has the time of the last attempt by name.
type intervals struct {
	mu   sync.Mutex
	last map[string]time.Time
}

// wait returns how long the next attempt must wait, or records an attempt and returns 0.
func (i *intervals) wait(name string, now time.Time) time.Duration {
	i.mu.Lock()
	defer i.mu.Unlock()
	if last, ok := i.last[name]; ok && now.Sub(last) < predecessorInterval {
		return predecessorInterval - now.Sub(last)
	}
	if i.last == nil {
		i.last = map[string]time.Time{}
	}
	i.last[name] = now
	return 0
}

func (i *intervals) forget(name string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	delete(i.last, name)
}

// takeOver returns the annotation AnnotationTakeOver of a child's attachment: its entry in
// the NodeENI's annotation when the ENI is adopted, and later what the attachment has. It is
// "" if there is none, or the NodeENI's annotation is invalid.
func takeOver(n *v1alpha1.NodeENI, c eni.Child, have *ec2v1alpha1.NetworkInterfaceAttachment) string {
	if have != nil {
		return have.GetAnnotations()[v1alpha1.AnnotationTakeOver]
	}
	var all map[string]json.RawMessage
	if c.Adopt == "" || json.Unmarshal([]byte(n.GetAnnotations()[v1alpha1.AnnotationTakeOver]), &all) != nil {
		return ""
	}
	return string(all[c.Adopt])
}
