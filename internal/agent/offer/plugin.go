// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package offer

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Defaults for the SR-IOV network device plugin's pods, of its own manifests (app:
// sriovdp) and of the SR-IOV network operator (app: sriov-device-plugin).
const (
	DefaultPluginNamespace = "kube-system"
	DefaultPluginSelector  = "app in (sriovdp, sriov-device-plugin)"
)

// DevicePlugin is the SR-IOV network device plugin of the node.
type DevicePlugin struct {
	// File is the plugin's configuration file; empty if devices are not offered.
	File string
	// Prefix of resource names without one. Default: deviceplugin.DefaultPrefix.
	Prefix string
	// Namespace and Selector of the plugin's pods. Default:
	// DefaultPluginNamespace and DefaultPluginSelector.
	Namespace, Selector string
}

// A plugin is the device plugin of one node.
type plugin struct {
	client    client.Client // not cached: the agent's RBAC rules do not allow watching pods
	nodeName  string
	namespace string
	selector  labels.Selector

	// changed is the time of the file's last change, and seen are the pods that existed
	// when the agent first listed pods after it.
	changed time.Time
	seen    map[types.UID]bool
}

// String describes the device plugin's pods, for a message.
func (p *plugin) String() string {
	return "with labels " + p.selector.String() + " in namespace " + p.namespace
}

func (p *plugin) list(ctx context.Context) ([]corev1.Pod, error) {
	l := &corev1.PodList{}
	err := p.client.List(ctx, l, client.InNamespace(p.namespace), client.MatchingLabelsSelector{Selector: p.selector},
		client.MatchingFields{"spec.nodeName": p.nodeName})
	return l.Items, errors.Wrapf(err, "cannot list the device plugin's pods %s", p)
}

// reset drops the recorded pods after the file has changed again.
func (p *plugin) reset() { p.seen = nil }

// restart deletes the plugin's pod, which its DaemonSet creates again: the plugin reads
// its file only at its start. It returns true if no pod is left that may have read an
// earlier file; until then it has to be called again. After a change it deletes each pod
// at most once.
//
// exits is true if the plugin exits because of the file. Then restart deletes only running
// pods: the log of a pod that has exited names the cause.
func (p *plugin) restart(ctx context.Context, changed time.Time, exits bool) (bool, error) {
	pods, err := p.list(ctx)
	if err != nil {
		return false, err
	}
	if p.seen == nil || !p.changed.Equal(changed) {
		p.changed, p.seen = changed, map[types.UID]bool{}
		for i := range pods {
			p.seen[pods[i].UID] = true
		}
	}
	done := true
	for i := range pods {
		pod := &pods[i]
		if pod.Spec.NodeName != p.nodeName || p.hasRead(pod) || exits && hasExited(pod) {
			continue
		}
		done = false
		// A pod that starts for the first time is about to read the file; its status
		// will show when. So several changes in a row cause one restart.
		if pod.DeletionTimestamp != nil || isStarting(pod) || !p.seen[pod.UID] {
			continue
		}
		// A newer pod with the same name has read the file.
		err := p.client.Delete(ctx, pod, client.Preconditions{UID: &pod.UID})
		if err != nil && !kerrors.IsNotFound(err) && !kerrors.IsConflict(err) {
			return false, errors.Wrapf(err, "cannot restart the device plugin's pod %q", client.ObjectKeyFromObject(pod))
		}
		log.FromContext(ctx).Info("Restarted the device plugin", "pod", client.ObjectKeyFromObject(pod))
	}
	return done, nil
}

// hasRead reports whether a pod has read the file after its last change, and none of its
// containers runs that has not. The plugin may have exited since: it does if the file has
// no pool.
func (p *plugin) hasRead(pod *corev1.Pod) bool {
	if pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded {
		return true // Such as an evicted pod, whose containers are not started again.
	}
	// A pod that was created after the change was observed has read the file,
	// independent of the clock. Without this, a file written while the clock was ahead
	// would cause another restart.
	return startedAfter(pod, p.changed) || !p.seen[pod.UID] && startedAfter(pod, time.Time{})
}

// hasExited reports whether all containers of a pod have run, and none is running.
func hasExited(pod *corev1.Pod) bool {
	for i := range pod.Status.ContainerStatuses {
		if c := &pod.Status.ContainerStatuses[i]; c.State.Running != nil || lastStart(c).IsZero() {
			return false
		}
	}
	return len(pod.Status.ContainerStatuses) > 0
}

// isStarting reports whether no container of a pod has run yet.
func isStarting(pod *corev1.Pod) bool {
	for i := range pod.Status.ContainerStatuses {
		if c := &pod.Status.ContainerStatuses[i]; !lastStart(c).IsZero() || c.RestartCount > 0 {
			return false
		}
	}
	return true
}

// startedAfter reports whether all containers of a pod were last started after a time.
// The times are from the kubelet, so from this node's clock, in seconds.
func startedAfter(pod *corev1.Pod, t time.Time) bool {
	for i := range pod.Status.ContainerStatuses {
		if !lastStart(&pod.Status.ContainerStatuses[i]).After(t.Truncate(time.Second)) {
			return false
		}
	}
	return len(pod.Status.ContainerStatuses) > 0
}

// lastStart returns when a container was last started, also if it is not running any
// more, or the zero time.
func lastStart(c *corev1.ContainerStatus) time.Time {
	var last time.Time
	switch {
	case c.State.Running != nil:
		last = c.State.Running.StartedAt.Time
	case c.State.Terminated != nil:
		last = c.State.Terminated.StartedAt.Time
	case c.LastTerminationState.Terminated != nil: // waiting for its next start
		last = c.LastTerminationState.Terminated.StartedAt.Time
	}
	if last.Unix() <= 0 { // The runtime could not start the container.
		return time.Time{}
	}
	return last
}

// crashed describes a pod of the plugin that has exited, for a message; empty if there is
// none.
func (p *plugin) crashed(pods []corev1.Pod) string {
	for i := range pods {
		pod := &pods[i]
		if pod.Spec.NodeName != p.nodeName || !hasExited(pod) {
			continue
		}
		for _, c := range pod.Status.ContainerStatuses {
			t := c.State.Terminated
			if t == nil {
				t = c.LastTerminationState.Terminated
			}
			return fmt.Sprintf("%s (exit code %d)", client.ObjectKeyFromObject(pod), t.ExitCode)
		}
	}
	return ""
}
