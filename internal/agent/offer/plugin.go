package offer

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Where the SR-IOV network device plugin's pods are unless the agent is told
// otherwise: of its own manifests (app: sriovdp) and of the SR-IOV network
// operator's (app: sriov-device-plugin).
const (
	DefaultPluginNamespace = "kube-system"
	DefaultPluginSelector  = "app in (sriovdp, sriov-device-plugin)"
)

// DevicePlugin is the SR-IOV network device plugin of the node.
type DevicePlugin struct {
	// File that the plugin reads; empty if devices are not offered.
	File string
	// Prefix of resources that have none. Default: deviceplugin's, intel.com.
	Prefix string
	// Namespace and Selector of the plugin's pods. Default:
	// DefaultPluginNamespace and DefaultPluginSelector.
	Namespace, Selector string
}

// A plugin is the device plugin of one node.
type plugin struct {
	client    client.Client // not the cache's: the agent may not watch pods
	nodeName  string
	namespace string
	selector  labels.Selector

	// changed is the change of the file that seen is about: the pods that were there
	// when the agent first listed them after that change.
	changed time.Time
	seen    map[types.UID]bool
}

func (p *plugin) String() string {
	return "with labels " + p.selector.String() + " in namespace " + p.namespace
}

func (p *plugin) list(ctx context.Context) ([]corev1.Pod, error) {
	l := &corev1.PodList{}
	err := p.client.List(ctx, l, client.InNamespace(p.namespace), client.MatchingLabelsSelector{Selector: p.selector},
		client.MatchingFields{"spec.nodeName": p.nodeName})
	return l.Items, errors.Wrapf(err, "cannot list the device plugin's pods %s", p)
}

// running says whether a pod of the plugin is on the node.
func (p *plugin) running(ctx context.Context) (bool, error) {
	pods, err := p.list(ctx)
	return len(pods) > 0, err
}

// reset forgets which pods ran when the file changed: it has changed again.
func (p *plugin) reset() { p.seen = nil }

// restart has the plugin read its file again, which it does only when it starts:
// its pod is deleted and made anew by its DaemonSet. It returns true when no pod
// is left that may have read another file; until then it has to be called again.
func (p *plugin) restart(ctx context.Context, changed time.Time) (bool, error) {
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
		// A pod that came after the change was observed has read the file, whatever
		// the clock was set to meanwhile. Without this, a file written by a clock
		// that was ahead would cause one restart after the other.
		if pod.Spec.NodeName != p.nodeName || startedAfter(pod, changed) || !p.seen[pod.UID] && startedAfter(pod, time.Time{}) {
			continue
		}
		done = false
		// One that starts for the first time is about to read the file, or has:
		// its status will tell. Changes that come together so cost one restart.
		if pod.DeletionTimestamp != nil || isStarting(pod) {
			continue
		}
		// Another pod of the name, if there is one by now, has read the file.
		err := p.client.Delete(ctx, pod, client.Preconditions{UID: &pod.UID})
		if err != nil && !kerrors.IsNotFound(err) && !kerrors.IsConflict(err) {
			return false, errors.Wrapf(err, "cannot restart the device plugin's pod %q", client.ObjectKeyFromObject(pod))
		}
		log.FromContext(ctx).Info("Restarted the device plugin", "pod", client.ObjectKeyFromObject(pod))
	}
	return done, nil
}

// isStarting says that a pod has not run yet.
func isStarting(pod *corev1.Pod) bool {
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Running != nil || c.State.Terminated != nil || c.RestartCount > 0 {
			return false
		}
	}
	return true
}

// startedAfter says whether all containers of a pod were started after a time.
// They are by the kubelet of this node, so by this node's clock, to the second.
func startedAfter(pod *corev1.Pod, t time.Time) bool {
	for _, c := range pod.Status.ContainerStatuses {
		if c.State.Running == nil || !c.State.Running.StartedAt.After(t.Truncate(time.Second)) {
			return false
		}
	}
	return len(pod.Status.ContainerStatuses) > 0
}
