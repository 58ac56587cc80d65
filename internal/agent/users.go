// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// Reasons of events about pods that use an interface.
const (
	eventTaken       = "InterfaceTaken"
	eventLost        = "InterfaceLost"
	eventMTUNotInPod = "MTUNotInPods"
	eventMTUInPod    = "MTUReducedInPods"
)

const (
	// lostAfter is how long a link must be missing before its users have lost it. The
	// host-device plugin moves a link through a network namespace of its own, so a link
	// can be missing for a moment.
	lostAfter = 2 * time.Second

	// maxPodEvents limits the events on pods for one interface.
	maxPodEvents = 20

	// holdersTimeout bounds the request to the kubelet for an event.
	holdersTimeout = 2 * time.Second
)

// takes reports whether steps take the interface from its users.
func takes(w desired.State, steps []host.Step) bool {
	return slices.ContainsFunc(steps, func(s host.Step) bool {
		_, unbinds := s.(host.Unbind)
		state, is := s.(host.SetUp)
		return w.Release || unbinds || is && !state.Up && w.NeedsUserspaceDriver()
	})
}

// takenBy returns the users from which the next steps, or earlier ones, take the interface.
func (r *Reconciler) takenBy(ctx context.Context, w desired.State, out Outcome) []host.User {
	if len(out.Taken) > 0 || !takes(w, out.Plan.Steps) {
		return out.Taken
	}
	users := slices.Clone(out.Observed.Uses.Users)
	if w.WaitForPods || r.host.Pods == nil || !host.ReclaimsDevice(w, out.Observed.Device) {
		return users
	}
	// Without a wait for pods, the kubelet was not queried yet.
	ctx, done := context.WithTimeout(ctx, holdersTimeout)
	defer done()
	holders, err := host.Holders(ctx, r.host, out.Observed.Device)
	if err != nil {
		return users // The events are only information.
	}
	return append(users, holders...)
}

// observeUsers observes the users of a configured link, after the changes, which do not
// depend on them.
func (r *Reconciler) observeUsers(w desired.State, pr *desired.Problem, out *Outcome) {
	if pr == nil && out.Failure == nil && out.Plan.Link.Index != 0 && !out.Observed.Uses.Scanned {
		out.Observed.Uses = host.ObserveUsers(r.host, w, r.policy, out.Plan.Link)
	}
}

// reportTaken reports that an interface was taken from its users, once for each.
func (r *Reconciler) reportTaken(hi *v1alpha1.HostInterface, w desired.State, users []host.User) {
	users = r.tracker.newlyTaken(hi.Name, users)
	why := "because it is being reconfigured"
	if w.Release {
		why = "because it is being released"
	}
	switch p := hi.Spec.Config.ReleasePolicy; {
	case p != nil && p.Mode == v1alpha1.ReleaseImmediate:
		why += " and releasePolicy.mode is Immediate"
	case w.TimedOut:
		why += " and releasePolicy.timeout has passed"
	}
	r.reportUsers(hi, eventTaken, fmt.Sprintf("The agent took ENI %s of node %s from its users, %s", w.NetworkInterfaceID, r.nodeName, why), users)
}

// reportReleased reports what users lose by a release without steps: the link had no
// configuration, is in a pod, or was missing.
func (r *Reconciler) reportReleased(hi *v1alpha1.HostInterface, w desired.State, o Outcome) {
	u := o.Observed.Uses
	if o.Plan.Link.Index != 0 || u.Moved != nil {
		r.reportTaken(hi, w, u.Users)
		return
	}
	r.reportLost(hi, w, r.tracker.lostOnRelease(hi.Name, u))
}

// reportLost reports that the link of an interface disappeared while pods used it.
func (r *Reconciler) reportLost(hi *v1alpha1.HostInterface, w desired.State, users []host.User) {
	r.reportUsers(hi, eventLost, fmt.Sprintf("ENI %s disappeared from node %s while it was in use: it was detached outside of the provider, or its device failed", w.NetworkInterfaceID, r.nodeName), users)
}

// reportUsers records a Warning on the HostInterface, its NodeENI, and the known pods.
func (r *Reconciler) reportUsers(hi *v1alpha1.HostInterface, reason, message string, users []host.User) {
	if len(users) == 0 {
		return
	}
	all := message + ": " + host.JoinUsers(users)
	r.recorder.Event(hi, corev1.EventTypeWarning, reason, all)
	if name := hi.Labels[v1alpha1.LabelNodeENI]; name != "" {
		r.recorder.Event(&corev1.ObjectReference{APIVersion: v1alpha1.SchemeGroupVersion.String(), Kind: v1alpha1.NodeENIKind, Name: name, UID: types.UID(hi.Annotations[v1alpha1.AnnotationNodeENIUID])}, corev1.EventTypeWarning, reason, all)
	}
	pods := slices.DeleteFunc(slices.SortedFunc(slices.Values(users), host.User.Compare), func(u host.User) bool { return !u.IsPod() })
	pods = slices.CompactFunc(pods, host.User.SamePod)
	for _, u := range pods[:min(maxPodEvents, len(pods))] {
		text := message + "; delete the pod to give it an interface again"
		if u.Link != "" {
			text = message + ": interface " + u.Link + " of this pod has no network; delete the pod to give it an interface again"
		}
		r.recorder.Event(&corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: u.Pod.Namespace, Name: u.Pod.Name, UID: types.UID(cmp.Or(u.Pod.UID, r.host.CNI.UID(u.Pod.Namespace, u.Pod.Name)))}, corev1.EventTypeWarning, reason, text)
	}
}

// reportMTU reports that a changed MTU does, or does not, reach running pods.
func (r *Reconciler) reportMTU(hi *v1alpha1.HostInterface, w desired.State, o Outcome) {
	users := o.Observed.Uses.Users
	if o.MTU == 0 || w.Release || len(users) == 0 || o.Failure != nil {
		return
	}
	reason, message := eventMTUNotInPod, fmt.Sprintf("The MTU of link %s was raised from %d to %d. Running pods keep their MTU until they are created again: %s", o.Plan.Link.Name, o.InitialMTU, o.MTU, host.JoinUsers(users))
	if o.MTU < o.InitialMTU {
		reason, message = eventMTUInPod, fmt.Sprintf("The MTU of link %s was lowered from %d to %d, and the kernel lowered the MTU of the links of running pods with it: %s", o.Plan.Link.Name, o.InitialMTU, o.MTU, host.JoinUsers(users))
	}
	if r.tracker.recordMTUEvent(hi.Name, message) {
		r.recorder.Event(hi, corev1.EventTypeWarning, reason, message)
	}
}

// trackUsers records the users of an interface, and reports users that have lost it. It
// returns the delay after which a missing link has to be observed again, or zero.
func (r *Reconciler) trackUsers(hi *v1alpha1.HostInterface, w desired.State, o Outcome) time.Duration {
	lost, wait := r.tracker.recordUsers(hi.Name, w, o, r.now())
	r.reportLost(hi, w, lost)
	return wait
}

// newlyTaken returns the users from which the agent has not taken the interface before.
func (m *tracker) newlyTaken(name string, users []host.User) []host.User {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(users) == 0 {
		return nil
	}
	r := m.get(name)
	out := slices.DeleteFunc(slices.Clone(users), func(u host.User) bool { return slices.Contains(r.taken, u) })
	r.taken, r.users = append(r.taken, out...), nil
	return out
}

// recordMTUEvent reports whether an event differs from the last one: another program may
// revert the MTU repeatedly.
func (m *tracker) recordMTUEvent(name, message string) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	is := r.mtuEvent != message
	r.mtuEvent = message
	return is
}

// recordUsers records the users of an interface after a reconcile. If its link has been
// missing for a while, it returns the users that have lost it.
func (m *tracker) recordUsers(name string, w desired.State, o Outcome, now time.Time) (lost []host.User, wait time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, u := m.get(name), o.Observed.Uses
	pr := o.Plan.Problem
	missing := pr != nil && pr.Reason == v1alpha1.ReasonWaitingForDevice && !o.Observed.Device.Found
	r.awaitsNamespace = o.Plan.Link.Index == 0 || pr != nil && pr.Reason == v1alpha1.ReasonWaitingForPods
	if !w.Release && o.Failure == nil {
		r.taken = nil
	}
	if !u.Scanned {
		return nil, 0
	}
	if !missing || len(r.users) == 0 {
		r.users, r.missing = u.Users, time.Time{}
		return nil, 0
	}
	if r.missing.IsZero() {
		r.missing = now
	}
	if d := r.missing.Add(lostAfter).Sub(now); d > 0 {
		return nil, d
	}
	return r.lost(u), 0
}

// lostOnRelease returns the users of a link that was missing when it was released.
func (m *tracker) lostOnRelease(name string, u host.Uses) []host.User {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.get(name).lost(u)
}

// lost returns the recorded users that still run, and forgets them: a pod that has ended
// has lost nothing.
func (r *tracked) lost(u host.Uses) []host.User {
	out := slices.DeleteFunc(slices.Clone(r.users), func(x host.User) bool {
		return x.Namespace != link.HostNamespace && !slices.Contains(u.Namespaces, x.Namespace)
	})
	r.users, r.missing = nil, time.Time{}
	return out
}
