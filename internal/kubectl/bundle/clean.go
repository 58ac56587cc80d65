// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package bundle

import (
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// hidden replaces values that can be secret.
const hidden = "(hidden)"

// clean removes from a list what a bundle must not have, and what is of no use: events of other
// objects, values of environment variables, the copies of manifests in annotations, and
// managedFields.
func clean(l client.ObjectList) {
	switch l := l.(type) {
	case *corev1.EventList:
		l.Items = slices.DeleteFunc(l.Items, func(e corev1.Event) bool { return !concernsUs(&e) })
	case *corev1.NodeList:
		for i := range l.Items {
			n := &l.Items[i]
			n.Annotations, n.Status.Images, n.Status.VolumesAttached, n.Status.VolumesInUse = nil, nil, nil, nil
		}
	case *corev1.PodList:
		for i := range l.Items {
			hideEnv(&l.Items[i].Spec)
		}
	case *appsv1.DeploymentList:
		for i := range l.Items {
			hideEnv(&l.Items[i].Spec.Template.Spec)
		}
	case *appsv1.DaemonSetList:
		for i := range l.Items {
			hideEnv(&l.Items[i].Spec.Template.Spec)
		}
	}
	_ = meta.EachListItem(l, func(o runtime.Object) error {
		if obj, ok := o.(client.Object); ok {
			obj.SetManagedFields(nil)
			a := obj.GetAnnotations()
			delete(a, corev1.LastAppliedConfigAnnotation)
			obj.SetAnnotations(a)
		}
		return nil
	})
}

// concernsUs reports whether an event is about an object of the provider, or by it.
func concernsUs(e *corev1.Event) bool {
	group, _, _ := strings.Cut(e.InvolvedObject.APIVersion, "/")
	return group == v1alpha1.Group || group == ec2v1alpha1.Group || strings.Contains(e.Source.Component, name) ||
		strings.HasPrefix(e.InvolvedObject.Name, name)
}

// hideEnv hides the values of environment variables, and drops references to Secrets' values.
func hideEnv(s *corev1.PodSpec) {
	for _, all := range [][]corev1.Container{s.InitContainers, s.Containers} {
		for i := range all {
			for j := range all[i].Env {
				if all[i].Env[j].Value != "" {
					all[i].Env[j].Value = hidden
				}
			}
		}
	}
}
