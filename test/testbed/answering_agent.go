package testbed

import (
	"context"
	"strconv"
	"time"

	coordinationv1 "k8s.io/api/coordination/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// An AnsweringAgent stands in for the agents of nodes that have no host: it
// says of every HostInterface that it is configured, and lets go of every one
// that is deleted.
type AnsweringAgent struct {
	// Only restricts it to nodes that it answers true for. Default: all.
	Only func(node string) bool
}

// Run answers until ctx ends.
func (a AnsweringAgent) Run(ctx context.Context, c client.WithWatch) error {
	for ctx.Err() == nil {
		w, err := c.Watch(ctx, &v1alpha1.HostInterfaceList{})
		if err != nil {
			if ctx.Err() == nil {
				return errors.Wrap(err, "cannot watch HostInterfaces")
			}
			break
		}
		for e := range w.ResultChan() {
			h, ok := e.Object.(*v1alpha1.HostInterface)
			if !ok || e.Type == watch.Deleted || (a.Only != nil && !a.Only(h.Spec.NodeName)) {
				continue
			}
			// A conflict means a newer version, which the watch brings.
			if err := a.answer(ctx, c, h); err != nil && !kerrors.IsConflict(err) && !kerrors.IsNotFound(err) && ctx.Err() == nil {
				w.Stop()
				return err
			}
		}
	}
	return nil
}

func (a AnsweringAgent) answer(ctx context.Context, c client.Client, h *v1alpha1.HostInterface) error {
	if meta.WasDeleted(h) {
		if !meta.FinalizerExists(h, v1alpha1.FinalizerAgent) {
			return nil
		}
		meta.RemoveFinalizer(h, v1alpha1.FinalizerAgent)
		return c.Update(ctx, h)
	}
	if h.Status.ObservedGeneration == h.GetGeneration() {
		return nil
	}
	h.Status.ObservedGeneration = h.GetGeneration()
	h.Status.InterfaceName = "eth" + strconv.Itoa(int(h.Spec.DeviceIndex))
	h.Status.MTU = ptr.Deref(h.Spec.Config.MTU, 1500)
	h.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
	return c.Status().Update(ctx, h)
}

// RenewLease says, once, that the agent of a node lives.
func RenewLease(ctx context.Context, c client.Client, node string, at time.Time) error {
	l := &coordinationv1.Lease{ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: v1alpha1.AgentLeaseName(node)}}
	err := c.Get(ctx, client.ObjectKeyFromObject(l), l)
	l.Spec.HolderIdentity = &node
	l.Spec.RenewTime = new(metav1.NewMicroTime(at))
	if kerrors.IsNotFound(err) {
		return c.Create(ctx, l)
	}
	if err != nil {
		return err
	}
	return c.Update(ctx, l)
}
