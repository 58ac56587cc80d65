// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package offer

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

// TestPluginClock writes the device plugin's file with a clock that is ahead and is
// corrected afterwards.
func TestPluginClock(t *testing.T) {
	pod := func(name string, since time.Time) *corev1.Pod {
		return &corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Namespace: DefaultPluginNamespace, Name: name, UID: types.UID(name), Labels: map[string]string{"app": "sriovdp"}},
			Spec:       corev1.PodSpec{NodeName: "node-a"},
			Status: corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{
				State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(since)}},
			}}},
		}
	}
	c := fake.NewClientBuilder().WithObjects(pod("old", time.Now().Add(-time.Hour))).
		WithIndex(&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string { return []string{o.(*corev1.Pod).Spec.NodeName} }).Build()
	selector, err := labels.Parse(DefaultPluginSelector)
	if err != nil {
		t.Fatal(err)
	}
	p := &plugin{client: c, nodeName: "node-a", namespace: DefaultPluginNamespace, selector: selector}
	changed := time.Now().Add(5 * time.Hour)
	check := func(reason string, wantDone bool, wantPods int) {
		t.Helper()
		done, err := p.restart(t.Context(), changed)
		if err != nil {
			t.Fatal(err)
		}
		pods := &corev1.PodList{}
		if err := c.List(t.Context(), pods); err != nil {
			t.Fatal(err)
		}
		if done != wantDone || len(pods.Items) != wantPods {
			t.Errorf("\n%s\nrestart(...): done %t, %d pods left; want %t, %d", reason, done, len(pods.Items), wantDone, wantPods)
		}
	}
	check("A pod that may have read the old file is deleted.", false, 0)
	if err := c.Create(t.Context(), pod("new", time.Now())); err != nil {
		t.Fatal(err)
	}
	check("A pod created after the change has read the new file, independent of the clock.", true, 1)
	changed = changed.Add(time.Hour)
	check("The pod has not read the next change.", false, 0)
}
