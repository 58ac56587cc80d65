// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"cmp"
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// kept returns the management policies of objects whose deletion leaves their ENIs as they are.
func kept() xpv2.ManagementPolicies {
	return xpv2.ManagementPolicies{xpv2.ManagementActionObserve, xpv2.ManagementActionCreate, xpv2.ManagementActionUpdate, xpv2.ManagementActionLateInitialize}
}

// Rollback moves the NodeENIs back to aws-multi-eni-controller, and starts it. It detaches
// nothing, and changes no link. It works at any step of a migration, and can be repeated.
func (m *Migration) Rollback(ctx context.Context) error {
	s, err := findSystem(ctx, m.Client, m.Namespace)
	if err != nil {
		return err
	}
	all, err := m.list(ctx, Migrated)
	if err != nil {
		return err
	}
	if len(all) == 0 {
		m.printf("Nothing to move back: no NodeENI was moved from aws-multi-eni-controller")
	}
	namespace := cmp.Or(s.namespace(), metav1.NamespaceDefault)
	for i := range all {
		if err := m.moveBack(ctx, namespace, all[i].Name); err != nil {
			return errors.Wrapf(err, "NodeENI %q", all[i].Name)
		}
		m.printf("Moved NodeENI %s back to aws-multi-eni-controller", all[i].Name)
	}
	// All NodeENIs, not only the NodeENIs of this command.
	rest, err := (&Migration{Client: m.Client}).list(ctx, Migrated)
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		m.printf("aws-multi-eni-controller is not started: NodeENIs that are not moved back: %d", len(rest))
		return nil
	}
	return m.start(ctx, s)
}

// moveBack moves one NodeENI back. While it has the finalizer of aws-multi-eni-controller, this
// provider neither changes its objects nor creates them again.
func (m *Migration) moveBack(ctx context.Context, namespace, name string) error {
	was, err := m.restore(ctx, namespace, name)
	if err != nil {
		return err
	}
	if was == nil {
		return errors.Errorf("its backup, ConfigMap %s/%s, does not exist, so that aws-multi-eni-controller would not know its ENIs", namespace, backupName(name))
	}
	if err := m.change(ctx, name, func(n *v1alpha1.NodeENI) { meta.AddFinalizer(n, v1alpha1.FinalizerMultiENIController) }); err != nil {
		return errors.Wrap(err, "cannot add the finalizer of aws-multi-eni-controller")
	}
	if err := m.releaseObjects(ctx, name); err != nil {
		return err
	}
	if err := m.change(ctx, name, func(n *v1alpha1.NodeENI) {
		n.Spec = was.Spec
		meta.RemoveFinalizer(n, v1alpha1.FinalizerNodeENI)
		delete(n.Annotations, v1alpha1.AnnotationTakeOver)
	}); err != nil {
		return errors.Wrap(err, "cannot restore the spec")
	}
	n := &v1alpha1.NodeENI{}
	if err := m.Client.Get(ctx, client.ObjectKey{Name: name}, n); err != nil {
		return errors.Wrap(err, "cannot get it")
	}
	n.Status = was.Status
	if err := m.Client.Status().Update(ctx, n); err != nil {
		return errors.Wrap(err, "cannot restore the status")
	}
	// Last: until then a repeated rollback finds it.
	if err := m.change(ctx, name, func(n *v1alpha1.NodeENI) { delete(n.Annotations, v1alpha1.AnnotationMigratedFrom) }); err != nil {
		return errors.Wrap(err, "cannot remove the annotation")
	}
	return m.dropBackup(ctx, namespace, name)
}

// releaseObjects deletes the objects of a NodeENI, and leaves their ENIs and links as they are.
func (m *Migration) releaseObjects(ctx context.Context, name string) error {
	of := client.MatchingLabels{v1alpha1.LabelNodeENI: name}
	// Before the objects are deleted: each ENI has a tag that keeps it from the garbage
	// collection, and each agent leaves its link.
	if err := m.poll(ctx, func(ctx context.Context) (string, error) {
		interfaces, attachments, err := m.objects(ctx, of)
		if err != nil {
			return "", err
		}
		for i := range attachments {
			if why, err := m.keepAttachment(ctx, &attachments[i]); why != "" || err != nil {
				return why, err
			}
		}
		for i := range interfaces {
			if why, err := m.keepInterface(ctx, &interfaces[i]); why != "" || err != nil {
				return why, err
			}
		}
		return "", nil
	}); err != nil {
		return err
	}
	return m.poll(ctx, func(ctx context.Context) (string, error) {
		interfaces, attachments, err := m.objects(ctx, of)
		if err != nil || len(interfaces)+len(attachments) == 0 {
			return "", err
		}
		for i := range attachments {
			if err := m.remove(ctx, &attachments[i]); err != nil {
				return "", err
			}
		}
		for i := range interfaces {
			if err := m.remove(ctx, &interfaces[i]); err != nil {
				return "", err
			}
		}
		return fmt.Sprintf("%d NetworkInterfaces and %d NetworkInterfaceAttachments still exist", len(interfaces), len(attachments)), nil
	})
}

// objects returns the objects of a NodeENI.
func (m *Migration) objects(ctx context.Context, of client.MatchingLabels) ([]ec2v1alpha1.NetworkInterface, []ec2v1alpha1.NetworkInterfaceAttachment, error) {
	interfaces, attachments := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}
	if err := m.Client.List(ctx, interfaces, of); err != nil {
		return nil, nil, errors.Wrap(err, "cannot list NetworkInterfaces")
	}
	if err := m.Client.List(ctx, attachments, of); err != nil {
		return nil, nil, errors.Wrap(err, "cannot list NetworkInterfaceAttachments")
	}
	return interfaces.Items, attachments.Items, nil
}

// keepAttachment keeps the deletion of an attachment from detaching the ENI and from changing
// the link. It returns what is not so yet.
func (m *Migration) keepAttachment(ctx context.Context, a *ec2v1alpha1.NetworkInterfaceAttachment) (string, error) {
	if err := m.keep(ctx, a, &a.Spec.ManagementPolicies); err != nil {
		return "", err
	}
	h := &v1alpha1.HostInterface{}
	err := m.Client.Get(ctx, client.ObjectKey{Name: v1alpha1.HostInterfaceName(a.Namespace, a.Name)}, h)
	switch {
	case kerrors.IsNotFound(err):
		return "", nil
	case err != nil:
		return "", errors.Wrap(err, "cannot get HostInterface")
	case !h.Spec.Leave:
		return fmt.Sprintf("the provider has not changed HostInterface %s yet", h.Name), nil
	default:
		return "", nil
	}
}

// keepInterface keeps the deletion of a NetworkInterface from deleting the ENI. It returns
// what is not so yet.
func (m *Migration) keepInterface(ctx context.Context, n *ec2v1alpha1.NetworkInterface) (string, error) {
	if err := m.keep(ctx, n, &n.Spec.ManagementPolicies); err != nil {
		return "", err
	}
	if c := n.GetCondition(xpv2.TypeSynced); c.Status != corev1.ConditionTrue || c.ObservedGeneration != n.GetGeneration() {
		return fmt.Sprintf("the provider has not set the tag %s of %s yet: %s", eni.TagKeep, meta.GetExternalName(n), c.Message), nil
	}
	return "", nil
}

// keep sets the management policies of an object so that its deletion changes nothing in EC2.
func (m *Migration) keep(ctx context.Context, o client.Object, policies *xpv2.ManagementPolicies) error {
	if o.GetAnnotations()[v1alpha1.AnnotationLeaveHost] == "true" {
		return nil
	}
	b, ok := o.DeepCopyObject().(client.Object)
	if !ok {
		return errors.Errorf("%T is not an object", o)
	}
	*policies = kept()
	annotate(o, v1alpha1.AnnotationLeaveHost, "true")
	return errors.Wrapf(client.IgnoreNotFound(m.Client.Patch(ctx, o, client.MergeFrom(b))), "cannot change %s %q", o.GetObjectKind().GroupVersionKind().Kind, o.GetName())
}

func (m *Migration) remove(ctx context.Context, o client.Object) error {
	if o.GetDeletionTimestamp() != nil {
		return nil
	}
	return errors.Wrapf(resource.IgnoreNotFound(m.Client.Delete(ctx, o, client.Preconditions{UID: new(o.GetUID())})), "cannot delete %s", o.GetName())
}
