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

// newPlugin returns the plugin of a node, and a client with its pods.
func newPlugin(t *testing.T, pods ...client.Object) (*plugin, client.Client) {
	t.Helper()
	c := fake.NewClientBuilder().WithObjects(pods...).
		WithIndex(&corev1.Pod{}, "spec.nodeName", func(o client.Object) []string { return []string{o.(*corev1.Pod).Spec.NodeName} }).Build()
	selector, err := labels.Parse(DefaultPluginSelector)
	if err != nil {
		t.Fatal(err)
	}
	return &plugin{client: c, nodeName: "node-a", namespace: DefaultPluginNamespace, selector: selector}, c
}

// pluginPod returns a pod of the plugin with one container.
func pluginPod(name string, c corev1.ContainerStatus) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: DefaultPluginNamespace, Name: name, UID: types.UID(name), Labels: map[string]string{"app": "sriovdp"}},
		Spec:       corev1.PodSpec{NodeName: "node-a"},
		Status:     corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{c}},
	}
}

func running(since time.Time) corev1.ContainerStatus {
	return corev1.ContainerStatus{State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: metav1.NewTime(since)}}}
}

func terminated(since time.Time) corev1.ContainerState {
	return corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{StartedAt: metav1.NewTime(since), FinishedAt: metav1.NewTime(since)}}
}

// backOff is the status of a container that has exited and is started again later.
func backOff(since time.Time) corev1.ContainerStatus {
	return corev1.ContainerStatus{
		State:                corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "CrashLoopBackOff"}},
		LastTerminationState: terminated(since),
	}
}

func podCount(t *testing.T, c client.Client) int {
	t.Helper()
	pods := &corev1.PodList{}
	if err := c.List(t.Context(), pods); err != nil {
		t.Fatal(err)
	}
	return len(pods.Items)
}

// TestPluginRestart changes the file while the plugin's pod has a container with a status.
func TestPluginRestart(t *testing.T) {
	changed := time.Date(2026, 1, 2, 3, 4, 5, 600e6, time.UTC)
	before, after := changed.Add(-time.Minute), changed.Add(time.Second)
	epoch := time.Unix(0, 0)
	cases := map[string]struct {
		reason   string
		status   corev1.ContainerStatus
		phase    corev1.PodPhase
		exits    bool
		wantDone bool
		wantKept bool
	}{
		"Before":          {reason: "A container that was started before the change has the old file.", status: running(before)},
		"SameSecond":      {reason: "A start in the second of the change may be before it.", status: running(changed.Truncate(time.Second))},
		"After":           {reason: "A container that was started after the change has read the file.", status: running(after), wantDone: true, wantKept: true},
		"Exited":          {reason: "It has read the file also if it has exited, as with an empty list.", status: corev1.ContainerStatus{State: terminated(after)}, wantDone: true, wantKept: true},
		"BackOff":         {reason: "It has read the file also while its next start is delayed.", status: backOff(after), wantDone: true, wantKept: true},
		"BackOffBefore":   {reason: "A plugin in back-off is restarted at once.", status: backOff(before)},
		"ExitedBefore":    {reason: "A container that has exited before the change is started again later.", status: corev1.ContainerStatus{State: terminated(before)}},
		"RunningAgain":    {reason: "The last start counts, not an earlier one.", status: corev1.ContainerStatus{State: running(after).State, LastTerminationState: terminated(before)}, wantDone: true, wantKept: true},
		"Starting":        {reason: "A container that starts for the first time is about to read the file.", status: corev1.ContainerStatus{State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}}}, wantKept: true},
		"NotStarted":      {reason: "The time of a container that could not be started is no start.", status: corev1.ContainerStatus{State: terminated(epoch)}, wantKept: true},
		"Evicted":         {reason: "A failed pod is not started again.", status: corev1.ContainerStatus{}, phase: corev1.PodFailed, wantDone: true, wantKept: true},
		"Fatal":           {reason: "A pod that exits because of the file is not deleted: its log has the cause.", status: backOff(before), exits: true, wantDone: true, wantKept: true},
		"FatalRunning":    {reason: "A running pod with an earlier file still offers devices.", status: running(before), exits: true},
		"FatalNotStarted": {reason: "A pod that has not started may be about to read the file.", status: corev1.ContainerStatus{State: terminated(epoch)}, exits: true, wantKept: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			pod := pluginPod("plugin", tc.status)
			pod.Status.Phase = tc.phase
			p, c := newPlugin(t, pod)
			done, err := p.restart(t.Context(), changed, tc.exits)
			if err != nil {
				t.Fatal(err)
			}
			if kept := podCount(t, c) == 1; done != tc.wantDone || kept != tc.wantKept {
				t.Errorf("\n%s\nrestart(...): done %t, kept %t; want %t, %t", tc.reason, done, kept, tc.wantDone, tc.wantKept)
			}
		})
	}
}

// TestPluginRestartOnce changes the file once: a pod that replaces a deleted one is not
// deleted, whatever its status.
func TestPluginRestartOnce(t *testing.T) {
	p, c := newPlugin(t, pluginPod("old", running(time.Now().Add(-time.Hour))))
	changed := time.Now()
	if done, err := p.restart(t.Context(), changed, false); done || err != nil {
		t.Fatalf("restart(...): done %t, %v", done, err)
	}
	status := corev1.ContainerStatus{RestartCount: 3, State: terminated(time.Unix(0, 0))}
	if err := c.Create(t.Context(), pluginPod("new", status)); err != nil {
		t.Fatal(err)
	}
	if done, err := p.restart(t.Context(), changed, false); done || err != nil {
		t.Errorf("restart(...): done %t, %v", done, err)
	}
	if n := podCount(t, c); n != 1 {
		t.Errorf("%d pods are left, want 1", n)
	}
}

// TestPluginClock writes the device plugin's file with a clock that is ahead and is
// corrected afterwards.
func TestPluginClock(t *testing.T) {
	p, c := newPlugin(t, pluginPod("old", running(time.Now().Add(-time.Hour))))
	changed := time.Now().Add(5 * time.Hour)
	check := func(reason string, wantDone bool, wantPods int) {
		t.Helper()
		done, err := p.restart(t.Context(), changed, false)
		if err != nil {
			t.Fatal(err)
		}
		if n := podCount(t, c); done != wantDone || n != wantPods {
			t.Errorf("\n%s\nrestart(...): done %t, %d pods left; want %t, %d", reason, done, n, wantDone, wantPods)
		}
	}
	check("A pod that may have read the old file is deleted.", false, 0)
	if err := c.Create(t.Context(), pluginPod("new", running(time.Now()))); err != nil {
		t.Fatal(err)
	}
	check("A pod created after the change has read the new file, independent of the clock.", true, 1)
	changed = changed.Add(time.Hour)
	check("The pod has not read the next change.", false, 0)
}
