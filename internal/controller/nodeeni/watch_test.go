// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A recordingQueue records the enqueued requests and their delays.
type recordingQueue struct {
	workqueue.TypedRateLimitingInterface[reconcile.Request]

	asked map[string]time.Duration
}

func newRecordingQueue() *recordingQueue { return &recordingQueue{asked: map[string]time.Duration{}} }

func (q *recordingQueue) Add(r reconcile.Request) { q.AddAfter(r, 0) }
func (q *recordingQueue) AddAfter(r reconcile.Request, d time.Duration) {
	q.asked[r.Name] = d
}

// watchedNode is a node that a NodeENI may select.
func watchedNode(change func(*corev1.Node)) *corev1.Node {
	n := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "n1", Labels: map[string]string{"pool": "a", corev1.LabelTopologyZone: "us-east-1a"}},
		Spec:       corev1.NodeSpec{ProviderID: "aws:///us-east-1a/i-1"},
		Status: corev1.NodeStatus{Conditions: []corev1.NodeCondition{
			{Type: corev1.NodeMemoryPressure, Status: corev1.ConditionFalse, LastHeartbeatTime: metav1.Unix(1000, 0)},
			{Type: corev1.NodeReady, Status: corev1.ConditionTrue, LastHeartbeatTime: metav1.Unix(1000, 0)},
		}},
	}
	change(n)
	return n
}

func TestNodeChanged(t *testing.T) {
	same := func(*corev1.Node) {}
	cases := map[string]struct {
		reason        string
		before, after func(*corev1.Node)
		want          bool
	}{
		"Resync": {reason: "A resync without a change is dropped.", after: same},
		"Heartbeat": {
			reason: "The kubelet's heartbeat every few minutes is dropped.",
			after: func(n *corev1.Node) {
				n.ResourceVersion = "2"
				for i := range n.Status.Conditions {
					n.Status.Conditions[i].LastHeartbeatTime = metav1.Unix(2000, 0)
				}
			},
		},
		"OtherCondition": {
			reason: "A node that is short of memory keeps its ENIs.",
			after:  func(n *corev1.Node) { n.Status.Conditions[0].Status = corev1.ConditionTrue },
		},
		"ConditionText": {
			reason: "Placement uses the status of the Ready condition, not its reason.",
			after:  func(n *corev1.Node) { n.Status.Conditions[1].Message = "kubelet is posting ready status" },
		},
		"Annotations": {
			reason: "Annotations of a node are not used, and CNI plugins change them often.",
			after:  func(n *corev1.Node) { n.Annotations = map[string]string{"volumes.kubernetes.io/attach": "true"} },
		},
		"Allocatable": {
			reason: "Device plugins change the allocatable resources, also this project's own.",
			after: func(n *corev1.Node) {
				n.Status.Allocatable = corev1.ResourceList{"intel.com/sriov": resource.MustParse("2")}
				n.Status.Capacity = n.Status.Allocatable
			},
		},
		"Images": {
			reason: "The images on a node change with each pod.",
			after:  func(n *corev1.Node) { n.Status.Images = []corev1.ContainerImage{{Names: []string{"pause"}}} },
		},
		"Volumes": {
			reason: "The attached volumes change with each pod too.",
			after:  func(n *corev1.Node) { n.Status.VolumesInUse = []corev1.UniqueVolumeName{"v"} },
		},
		"Cordoned": {
			reason: "A cordoned node keeps its ENIs for its pods.",
			after: func(n *corev1.Node) {
				n.Spec.Unschedulable = true
				n.Spec.Taints = []corev1.Taint{{Key: corev1.TaintNodeUnschedulable, Effect: corev1.TaintEffectNoSchedule}}
			},
		},

		"LabelAdded":   {reason: "An added label may make the selector match.", after: func(n *corev1.Node) { n.Labels["ng"] = "multi-eni" }, want: true},
		"LabelChanged": {reason: "A changed value may make the selector match.", after: func(n *corev1.Node) { n.Labels["pool"] = "b" }, want: true},
		"LabelRemoved": {reason: "Without a label the selector may no longer match.", after: func(n *corev1.Node) { delete(n.Labels, "pool") }, want: true},
		"Zone":         {reason: "The zone decides which subnets match.", after: func(n *corev1.Node) { n.Labels[corev1.LabelTopologyZone] = "us-east-1b" }, want: true},
		"ZoneKnown": {
			reason: "The cloud controller manager sets the zone after a node has joined.",
			before: func(n *corev1.Node) { delete(n.Labels, corev1.LabelTopologyZone) }, after: same, want: true,
		},
		"InstanceKnown": {
			reason: "It also sets the instance of the node.",
			before: func(n *corev1.Node) { n.Spec.ProviderID = "" }, after: same, want: true,
		},
		"Replaced": {reason: "A node of the same name can be another instance.", after: func(n *corev1.Node) { n.Spec.ProviderID = "aws:///us-east-1a/i-2" }, want: true},
		"NotReady": {
			reason: "A node that is not ready counts as unavailable.",
			after:  func(n *corev1.Node) { n.Status.Conditions[1].Status = corev1.ConditionUnknown }, want: true,
		},
		"ReadyAgain": {
			reason: "A node that is ready again does not.",
			before: func(n *corev1.Node) { n.Status.Conditions[1].Status = corev1.ConditionFalse }, after: same, want: true,
		},
		"NeverReady": {
			reason: "Ready Unknown equals Ready False.",
			before: func(n *corev1.Node) { n.Status.Conditions[1].Status = corev1.ConditionFalse },
			after:  func(n *corev1.Node) { n.Status.Conditions = nil },
		},
		"Deleted": {reason: "A node being deleted gets no more ENIs.", after: func(n *corev1.Node) { n.DeletionTimestamp = &metav1.Time{Time: time.Unix(1000, 0)} }, want: true},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.before == nil {
				tc.before = same
			}
			got := nodeChanged().Update(event.UpdateEvent{ObjectOld: watchedNode(tc.before), ObjectNew: watchedNode(tc.after)})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nnodeChanged().Update(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
	n := watchedNode(same)
	if !nodeChanged().Create(event.CreateEvent{Object: n}) || !nodeChanged().Delete(event.DeleteEvent{Object: n}) {
		t.Error("\nCreation and deletion of a node pass.\nnodeChanged(): want Create and Delete to pass")
	}
	if nodeChanged().Update(event.UpdateEvent{ObjectOld: &corev1.Pod{}, ObjectNew: n}) || nodeChanged().Update(event.UpdateEvent{ObjectOld: n, ObjectNew: &corev1.Pod{}}) {
		t.Error("\nOther objects are dropped.\nnodeChanged().Update(...): want false")
	}
}

func TestNodeHandler(t *testing.T) {
	selects := func(name, pool string) client.Object {
		return &v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.NodeENISpec{NodeSelector: map[string]string{"pool": pool}}}
	}
	kube := (&rejectingServer{}).client(t, selects("a-1", "a"), selects("a-2", "a"), selects("b", "b"))
	node := func(pool string) client.Object {
		return watchedNode(func(n *corev1.Node) { n.Labels["pool"] = pool })
	}
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	h := nodeHandler(kube)
	cases := map[string]struct {
		reason string
		args   func(q queue)
		want   map[string]time.Duration
	}{
		"Joins": {
			reason: "A new node enqueues each NodeENI that selects it, without a delay.",
			args:   func(q queue) { h.Create(t.Context(), event.CreateEvent{Object: node("a")}, q) },
			want:   map[string]time.Duration{"a-1": 0, "a-2": 0},
		},
		"SelectedByNone": {
			reason: "A node that no NodeENI selects enqueues nothing.",
			args:   func(q queue) { h.Create(t.Context(), event.CreateEvent{Object: node("c")}, q) },
			want:   map[string]time.Duration{},
		},
		"MovesOver": {
			reason: "A change of labels enqueues the NodeENIs that select the node before or after it.",
			args: func(q queue) {
				h.Update(t.Context(), event.UpdateEvent{ObjectOld: node("a"), ObjectNew: node("b")}, q)
			},
			want: map[string]time.Duration{"a-1": 0, "a-2": 0, "b": 0},
		},
		"Leaves": {
			reason: "A deleted node enqueues the NodeENIs that selected it.",
			args:   func(q queue) { h.Delete(t.Context(), event.DeleteEvent{Object: node("b")}, q) },
			want:   map[string]time.Duration{"b": 0},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			q := newRecordingQueue()
			tc.args(q)
			if diff := cmp.Diff(tc.want, q.asked); diff != "" {
				t.Errorf("\n%s\nnodeHandler(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestChildHandler(t *testing.T) {
	label := func(o client.Object, nodeENI, version string) client.Object {
		o.SetResourceVersion(version)
		if nodeENI != "" {
			o.SetLabels(map[string]string{v1alpha1.LabelNodeENI: nodeENI})
		}
		return o
	}
	type queue = workqueue.TypedRateLimitingInterface[reconcile.Request]
	p := newDebounce()
	p.record("data", 30*time.Millisecond, 2)
	p.record("large", time.Millisecond, 80)
	p.record("larger", time.Millisecond, 10_000)
	p.record("slow", time.Minute, 10_000)
	h := childHandler(p)
	ctx := t.Context()
	cases := map[string]struct {
		reason string
		args   func(q queue)
		want   map[string]time.Duration
	}{
		"Created": {
			reason: "A new child enqueues its NodeENI after the debounce delay.",
			args: func(q queue) {
				h.Create(ctx, event.CreateEvent{Object: label(&ec2v1alpha1.NetworkInterface{}, "new", "1")}, q)
			},
			want: map[string]time.Duration{"new": childDelay},
		},
		"Changed": {
			reason: "A change of a child enqueues it after ten times the duration of the last reconcile.",
			args: func(q queue) {
				h.Update(ctx, event.UpdateEvent{ObjectOld: label(&ec2v1alpha1.NetworkInterfaceAttachment{}, "data", "1"), ObjectNew: label(&ec2v1alpha1.NetworkInterfaceAttachment{}, "data", "2")}, q)
			},
			want: map[string]time.Duration{"data": 300 * time.Millisecond},
		},
		"Many": {
			reason: "With many children the status is not written for each of them; a maximum keeps it current.",
			args: func(q queue) {
				for _, n := range []string{"large", "larger"} {
					h.Update(ctx, event.UpdateEvent{ObjectOld: label(&v1alpha1.HostInterface{}, n, "1"), ObjectNew: label(&v1alpha1.HostInterface{}, n, "2")}, q)
				}
			},
			want: map[string]time.Duration{"large": 400 * time.Millisecond, "larger": time.Second},
		},
		"Deleted": {
			reason: "A deleted child enqueues it too; the delay has a maximum.",
			args: func(q queue) {
				h.Delete(ctx, event.DeleteEvent{Object: label(&v1alpha1.HostInterface{}, "slow", "1")}, q)
			},
			want: map[string]time.Duration{"slow": maxChildDelay},
		},
		"Resync": {
			reason: "A resync without a change is dropped.",
			args: func(q queue) {
				h.Update(ctx, event.UpdateEvent{ObjectOld: label(&v1alpha1.HostInterface{}, "data", "1"), ObjectNew: label(&v1alpha1.HostInterface{}, "data", "1")}, q)
			},
			want: map[string]time.Duration{},
		},
		"NoChild": {
			reason: "A NetworkInterface without the label has no NodeENI.",
			args: func(q queue) {
				h.Create(ctx, event.CreateEvent{Object: label(&ec2v1alpha1.NetworkInterface{}, "", "1")}, q)
				h.Update(ctx, event.UpdateEvent{ObjectOld: label(&ec2v1alpha1.NetworkInterface{}, "", "1"), ObjectNew: label(&ec2v1alpha1.NetworkInterface{}, "", "2")}, q)
				h.Delete(ctx, event.DeleteEvent{Object: label(&ec2v1alpha1.NetworkInterface{}, "", "2")}, q)
			},
			want: map[string]time.Duration{},
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			q := newRecordingQueue()
			tc.args(q)
			if diff := cmp.Diff(tc.want, q.asked); diff != "" {
				t.Errorf("\n%s\nchildHandler(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}
