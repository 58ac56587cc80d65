// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubelet

import (
	"context"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// graceSeconds is the termination grace period of a pod.
const graceSeconds = 4

// Pod returns a pod on node NodeName, whose container main requests one device of
// a resource. It terminates only at the end of its grace period.
func Pod(name, deviceResource string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: corev1.PodSpec{
			NodeName: NodeName, HostNetwork: true, TerminationGracePeriodSeconds: new(int64(graceSeconds)), AutomountServiceAccountToken: new(false),
			Tolerations: []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{
				Name: "main", Image: pauseImage, ImagePullPolicy: corev1.PullNever,
				Resources: corev1.ResourceRequirements{Limits: corev1.ResourceList{corev1.ResourceName(deviceResource): resource.MustParse("1")}},
			}},
		},
	}
}

// Containers returns the number of running containers, without pause containers of pod
// sandboxes.
func (k *Kubelet) Containers(ctx context.Context) (int, error) {
	ctr := func(args ...string) ([]string, error) {
		args = append([]string{"--address", filepath.Join(k.dir, "containerd.sock"), "--namespace", "k8s.io"}, args...)
		out, err := exec.CommandContext(ctx, "ctr", args...).Output()
		return strings.Split(strings.TrimSpace(string(out)), "\n"), errors.Wrap(err, "cannot list containers from containerd")
	}
	ids, err := ctr("containers", "ls", "-q", `labels."io.cri-containerd.kind"==container`)
	if err != nil {
		return 0, err
	}
	tasks, err := ctr("tasks", "ls")
	if err != nil {
		return 0, err
	}
	n := 0
	for _, t := range tasks {
		if f := strings.Fields(t); len(f) == 3 && f[2] == "RUNNING" && slices.Contains(ids, f[0]) {
			n++
		}
	}
	return n, nil
}
