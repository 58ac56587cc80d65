// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package migrate

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// The labels of aws-multi-eni-controller's Deployment and DaemonSet, in its chart and in its
// manifests: https://github.com/johnlam90/aws-multi-eni-controller/tree/main/deploy
const (
	appLabel      = "app"
	controllerApp = "eni-controller"
	managerApp    = "eni-manager"
)

const (
	// annotationReplicas has the replicas of the stopped Deployment.
	annotationReplicas = "networking.k8s.aws/replicas-before-migration"
	// annotationSelector has the node selector of the stopped DaemonSet, as JSON.
	annotationSelector = "networking.k8s.aws/node-selector-before-migration"
	// stoppedLabel is a node selector that no node matches.
	stoppedLabel = "networking.k8s.aws/stopped-for-migration"
)

// A system is an installation of aws-multi-eni-controller.
type system struct {
	controllers []appsv1.Deployment
	managers    []appsv1.DaemonSet
}

// findSystem returns the installation of aws-multi-eni-controller in a namespace, or in all.
func findSystem(ctx context.Context, c client.Reader, namespace string) (*system, error) {
	deployments, daemonSets := &appsv1.DeploymentList{}, &appsv1.DaemonSetList{}
	if err := c.List(ctx, deployments, client.InNamespace(namespace)); err != nil {
		return nil, errors.Wrap(err, "cannot list Deployments")
	}
	if err := c.List(ctx, daemonSets, client.InNamespace(namespace)); err != nil {
		return nil, errors.Wrap(err, "cannot list DaemonSets")
	}
	s := &system{}
	for _, d := range deployments.Items {
		if selects(d.Spec.Selector, controllerApp) {
			s.controllers = append(s.controllers, d)
		}
	}
	for _, d := range daemonSets.Items {
		if selects(d.Spec.Selector, managerApp) {
			s.managers = append(s.managers, d)
		}
	}
	return s, nil
}

// selects reports whether a workload selects the pods of an app.
func selects(s *metav1.LabelSelector, app string) bool {
	return s != nil && s.MatchLabels[appLabel] == app
}

// stop stops the pods, and records how to start them.
func (m *Migration) stop(ctx context.Context, s *system) error {
	for i := range s.controllers {
		d := &s.controllers[i]
		if ptr.Deref(d.Spec.Replicas, 1) == 0 {
			continue
		}
		b := d.DeepCopy()
		annotate(d, annotationReplicas, strconv.Itoa(int(ptr.Deref(d.Spec.Replicas, 1))))
		d.Spec.Replicas = new(int32(0))
		if err := m.Client.Patch(ctx, d, client.MergeFrom(b)); err != nil {
			return errors.Wrapf(err, "cannot stop Deployment %s/%s", d.Namespace, d.Name)
		}
		m.printf("Stopped Deployment %s/%s", d.Namespace, d.Name)
	}
	for i := range s.managers {
		d := &s.managers[i]
		if d.Spec.Template.Spec.NodeSelector[stoppedLabel] != "" {
			continue
		}
		b := d.DeepCopy()
		selector, err := json.Marshal(d.Spec.Template.Spec.NodeSelector)
		if err != nil {
			return err
		}
		annotate(d, annotationSelector, string(selector))
		d.Spec.Template.Spec.NodeSelector = map[string]string{stoppedLabel: "true"}
		if err := m.Client.Patch(ctx, d, client.MergeFrom(b)); err != nil {
			return errors.Wrapf(err, "cannot stop DaemonSet %s/%s", d.Namespace, d.Name)
		}
		m.printf("Stopped DaemonSet %s/%s", d.Namespace, d.Name)
	}
	return m.poll(ctx, func(ctx context.Context) (string, error) { return s.running(ctx, m.Client) })
}

// running returns which pods still run, or "".
func (s *system) running(ctx context.Context, c client.Reader) (string, error) {
	for _, of := range s.workloads() {
		pods := &corev1.PodList{}
		if err := c.List(ctx, pods, client.InNamespace(of.namespace), client.MatchingLabelsSelector{Selector: labels.SelectorFromSet(of.labels)}); err != nil {
			return "", errors.Wrap(err, "cannot list pods")
		}
		for _, p := range pods.Items {
			if p.Status.Phase != corev1.PodSucceeded && p.Status.Phase != corev1.PodFailed {
				return fmt.Sprintf("pod %s/%s still runs", p.Namespace, p.Name), nil
			}
		}
	}
	return "", nil
}

type workload struct {
	namespace string
	labels    map[string]string
}

func (s *system) workloads() []workload {
	var out []workload
	for _, d := range s.controllers {
		out = append(out, workload{d.Namespace, d.Spec.Selector.MatchLabels})
	}
	for _, d := range s.managers {
		out = append(out, workload{d.Namespace, d.Spec.Selector.MatchLabels})
	}
	return out
}

// namespace returns the namespace of the controller, or of the node pods, or "".
func (s *system) namespace() string {
	for _, w := range s.workloads() {
		return w.namespace
	}
	return ""
}

// start starts the pods as they were before stop.
func (m *Migration) start(ctx context.Context, s *system) error {
	for i := range s.managers {
		d := &s.managers[i]
		recorded, ok := d.Annotations[annotationSelector]
		if !ok {
			continue
		}
		b := d.DeepCopy()
		d.Spec.Template.Spec.NodeSelector = nil
		if err := json.Unmarshal([]byte(recorded), &d.Spec.Template.Spec.NodeSelector); err != nil {
			return errors.Wrapf(err, "annotation %s of DaemonSet %s/%s", annotationSelector, d.Namespace, d.Name)
		}
		delete(d.Annotations, annotationSelector)
		if err := m.Client.Patch(ctx, d, client.MergeFrom(b)); err != nil {
			return errors.Wrapf(err, "cannot start DaemonSet %s/%s", d.Namespace, d.Name)
		}
		m.printf("Started DaemonSet %s/%s", d.Namespace, d.Name)
	}
	for i := range s.controllers {
		d := &s.controllers[i]
		n, err := strconv.ParseInt(d.Annotations[annotationReplicas], 10, 32)
		if err != nil {
			continue // it was not stopped
		}
		b := d.DeepCopy()
		d.Spec.Replicas = new(int32(n))
		delete(d.Annotations, annotationReplicas)
		if err := m.Client.Patch(ctx, d, client.MergeFrom(b)); err != nil {
			return errors.Wrapf(err, "cannot start Deployment %s/%s", d.Namespace, d.Name)
		}
		m.printf("Started Deployment %s/%s", d.Namespace, d.Name)
	}
	return nil
}

func annotate(o client.Object, key, value string) {
	a := o.GetAnnotations()
	if a == nil {
		a = map[string]string{}
	}
	a[key] = value
	o.SetAnnotations(a)
}
