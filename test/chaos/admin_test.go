// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"maps"
	"regexp"
	"strings"

	awsec2 "github.com/aws/aws-sdk-go-v2/service/ec2"
	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// An admin is the administrator of the cluster, who follows the instructions in the
// conditions of objects after the faults of a round have ended, if they apply to the
// state of EC2.
type admin struct {
	// confirmed are the NodeENIs with confirmed rollouts.
	confirmed map[string]bool
	// restored is true if the cluster has been restored from a backup in this round.
	restored bool
}

// Instructions in condition messages.
var (
	confirmDeleted = regexp.MustCompile(`confirm with the annotation networking\.k8s\.aws/confirm-deleted=(eni-[0-9a-f]+)`)
	confirmNode    = regexp.MustCompile(`for instances that were terminated set the annotation networking\.k8s\.aws/confirm-deleted`)
	adoptExisting  = regexp.MustCompile(`to adopt the attachment set the annotation crossplane\.io/external-name=(eni-attach-[0-9a-f]+)`)
)

// followConditions reads all conditions once and follows their instructions.
func (w *world) followConditions(ctx context.Context, m *model) {
	for _, empty := range []func() client.ObjectList{networkInterfaces, attachments} {
		l := empty()
		if w.kube.List(ctx, l) != nil {
			return
		}
		for _, o := range objects(l) {
			if mg, ok := o.(managed); ok {
				w.confirmManaged(ctx, mg)
			}
		}
	}
	w.confirmNodeENIs(ctx)
	if w.admin.restored {
		w.removeOrphans(ctx, m)
	}
}

func (w *world) confirmManaged(ctx context.Context, o managed) {
	message := o.GetCondition(xpv2.TypeReady).Message
	if found := confirmDeleted.FindStringSubmatch(message); found != nil {
		if _, exists := w.EC2.NetworkInterface(found[1]); !exists {
			w.annotate(ctx, o, v1alpha1.AnnotationConfirmDeleted, found[1])
		}
	}
	if found := adoptExisting.FindStringSubmatch(message); found != nil && w.admin.restored {
		for _, n := range w.live() {
			if n.Attachment != nil && n.Attachment.ID == found[1] {
				w.annotate(ctx, o, "crossplane.io/external-name", found[1])
			}
		}
	}
}

func (w *world) annotate(ctx context.Context, o client.Object, key, value string) {
	if o.GetAnnotations()[key] == value {
		return
	}
	before := o.DeepCopyObject().(client.Object)
	a := map[string]string{}
	maps.Copy(a, o.GetAnnotations())
	a[key] = value
	o.SetAnnotations(a)
	_ = w.kube.Patch(ctx, o, client.MergeFrom(before)) // retried by the next pass
}

// confirmNodeENIs confirms held rollouts and terminated instances that EC2 no longer
// returns.
func (w *world) confirmNodeENIs(ctx context.Context) {
	l := &v1alpha1.NodeENIList{}
	if w.kube.List(ctx, l) != nil {
		return
	}
	for i := range l.Items {
		n := &l.Items[i]
		if c := n.GetCondition(xpv2.TypeReady); c.Reason == v1alpha1.ReasonRolloutHeld && c.Status == corev1.ConditionFalse && n.Spec.Rollout == nil {
			w.admin.confirmed[n.GetName()] = true
			before := n.DeepCopy()
			n.Spec.Rollout = &v1alpha1.NodeENIRollout{MaxUnavailable: new(intstr.FromString("100%"))}
			_ = w.kube.Patch(ctx, n, client.MergeFrom(before))
		}
		for _, c := range n.Status.Conditions {
			if confirmNode.MatchString(c.Message) {
				w.confirmInstances(ctx, n.GetName())
			}
		}
	}
}

// confirmInstances confirms the termination of instances on the attachments of a
// NodeENI.
func (w *world) confirmInstances(ctx context.Context, nodeENI string) {
	l := &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if w.kube.List(ctx, l, client.MatchingLabels{v1alpha1.LabelNodeENI: nodeENI}) != nil {
		return
	}
	for i := range l.Items {
		id := l.Items[i].Status.AtProvider.InstanceID
		if instance, ok := w.EC2.Instance(id); id != "" && (!ok || instance.State == "terminated") {
			w.annotate(ctx, &l.Items[i], v1alpha1.AnnotationConfirmDeleted, id)
		}
	}
}

// removeConfirmations removes the confirmations of rollouts, which are for one change,
// and reports whether there were any.
func (w *world) removeConfirmations(ctx context.Context, m *model) bool {
	some := false
	for _, name := range sorted(w.admin.confirmed) {
		if m.nodeENIs[name] != nil {
			some = w.patchNodeENI(ctx, name, func(s *v1alpha1.NodeENISpec) { s.Rollout = nil }) == nil || some
		}
		delete(w.admin.confirmed, name)
	}
	return some
}

// removeOrphans detaches and deletes ENIs whose objects were created after the restored
// backup, unless the provider must adopt them. The provider's garbage collector does not
// delete attached ENIs.
func (w *world) removeOrphans(ctx context.Context, m *model) {
	l := &ec2v1alpha1.NetworkInterfaceList{}
	if w.kube.List(ctx, l) != nil {
		return
	}
	exists := map[string]bool{}
	for i := range l.Items {
		exists[string(l.Items[i].GetUID())] = true
		exists[l.Items[i].GetAnnotations()["crossplane.io/external-name"]] = true
	}
	expected := m.expected()
	owned := map[key]bool{}
	live := w.live()
	for _, n := range live {
		if exists[n.Tags[tagUID]] {
			owned[keyOf(n)] = true
		}
	}
	for _, n := range live {
		k := keyOf(n)
		if want, ok := expected[k]; ok && !want.attached && n.Attachment != nil && !w.attachmentExists(ctx, k) {
			w.remove(ctx, n) // its attachment was created after the backup
			continue
		}
		if _, needed := expected[k]; exists[n.Tags[tagUID]] || exists[n.ID] || (needed && (!owned[k] || w.adoptable[k].ID == n.ID)) {
			continue
		}
		w.remove(ctx, n)
	}
}

// attachmentExists reports whether a pair has an attachment object. It returns true on
// errors.
func (w *world) attachmentExists(ctx context.Context, k key) bool {
	namespace, name, _ := strings.Cut(string(k), "/")
	return !kerrors.IsNotFound(w.kube.Get(ctx, client.ObjectKey{Namespace: namespace, Name: name}, &ec2v1alpha1.NetworkInterfaceAttachment{}))
}

// remove detaches an attached ENI and deletes an available one.
func (w *world) remove(ctx context.Context, n ec2emulator.NetworkInterface) {
	if n.Attachment == nil {
		_, _ = w.operator.DeleteNetworkInterface(ctx, &awsec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: &n.ID})
		return
	}
	if !strings.HasPrefix(n.Attachment.Status, "detach") {
		_, _ = w.operator.DetachNetworkInterface(ctx, &awsec2.DetachNetworkInterfaceInput{AttachmentId: &n.Attachment.ID})
	}
}
