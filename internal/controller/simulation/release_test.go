// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A lateCall is a call after the creation of an ENI: to correct drift, to release it, or to
// observe it.
type lateCall struct {
	action string
	// kind of the object that makes the call, and the reason of its condition
	// Ready while the call is refused.
	kind  string
	ready xpv2.ConditionReason
	// settle establishes the preconditions of the call, begin triggers it, and done reports
	// whether it had its effect.
	settle func(s *simulation)
	begin  func(s *simulation)
	done   func(s *simulation) error
}

// later is the time within which a call with a terminal error is repeated for an unchanged
// object.
const later = 15 * time.Minute

func lateCalls() []lateCall {
	none := func(*simulation) {}
	return []lateCall{
		{
			action: "DetachNetworkInterface", kind: eniaKind, ready: xpv2.ReasonDeleting,
			settle: (*simulation).attached,
			begin:  func(s *simulation) { s.delete(eniaKind) },
			done:   func(s *simulation) error { return s.absent(eniaKind) },
		},
		{
			action: "DeleteNetworkInterface", kind: eniKind, ready: xpv2.ReasonDeleting,
			settle: none,
			begin:  func(s *simulation) { s.delete(eniKind) },
			done:   func(s *simulation) error { return s.absent(eniKind) },
		},
		{
			action: "ModifyNetworkInterfaceAttribute", kind: eniKind, ready: xpv2.ReasonAvailable,
			settle: none,
			begin: func(s *simulation) {
				s.change(func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.Description = new("two") })
			},
			done: func(s *simulation) error {
				return s.inSync(func(n ec2emulator.NetworkInterface) bool { return n.Description == "two" })
			},
		},
		{
			action: "CreateTags", kind: eniKind, ready: xpv2.ReasonAvailable,
			settle: none,
			begin: func(s *simulation) {
				s.change(func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.Tags = map[string]string{"a": "1"} })
			},
			done: func(s *simulation) error {
				return s.inSync(func(n ec2emulator.NetworkInterface) bool { return n.Tags["a"] == "1" })
			},
		},
		{
			action: "DeleteTags", kind: eniKind, ready: xpv2.ReasonAvailable,
			settle: func(s *simulation) {
				s.change(func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.Tags = map[string]string{"a": "1"} })
				// Until the next poll, that is.
				if err := s.eventually(12*time.Minute, func() error {
					if !slices.Contains(s.eni().Status.AtProvider.ManagedTagKeys, "a") {
						return errors.New("the tag is not known as ours yet")
					}
					return good(s.eni())
				}); err != nil {
					s.t.Fatal(err)
				}
			},
			begin: func(s *simulation) {
				s.change(func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.Tags = nil })
			},
			done: func(s *simulation) error {
				return s.inSync(func(n ec2emulator.NetworkInterface) bool { _, has := n.Tags["a"]; return !has })
			},
		},
	}
}

// lateRejections returns the errors that a late call can get: the errors of the table that are
// not about creating or attaching an ENI, and the call's own.
func lateRejections(action string) []rejectedCall {
	var out []rejectedCall
	for _, r := range rejectedCalls() {
		ofService := r.reason == v1alpha1.ReasonEC2Unavailable || r.reason == v1alpha1.ReasonEC2Throttled ||
			r.reason == v1alpha1.ReasonMissingPermission || r.reason == v1alpha1.ReasonCredentialsRejected ||
			r.reason == v1alpha1.ReasonAccountNotEnabled || r.calls == unknown
		if ofService && r.message == "" && !r.contradicts {
			r.action = action
			out = append(out, r)
		}
	}
	add := func(code, message string, calls int, recovers time.Duration) {
		out = append(out, rejectedCall{action: action, code: code, message: message, calls: calls, recovers: recovers})
	}
	switch action {
	case "DetachNetworkInterface":
		add("OperationNotPermitted", "You are not allowed to manage 'ela-attach' attachments.", terminal, later)
		add("UnsupportedOperation", "", slow, minutes)
		add("InvalidNetworkInterfaceAttachmentId.Malformed", "", terminal, later)
	case "DeleteNetworkInterface":
		add("OperationNotPermitted", "You do not have permission to access the specified resource.", terminal, later)
		add("DependencyViolation", "", slow, minutes)
		add("InvalidNetworkInterfaceId.Malformed", "", terminal, later)
	case "ModifyNetworkInterfaceAttribute":
		add("InvalidGroup.NotFound", "", slow, minutes)
		add("SecurityGroupsPerInterfaceLimitExceeded", "", slow, minutes)
		add("InvalidParameterCombination", "", terminal, later)
		add("UnsupportedOperation", "", slow, minutes)
		add("InvalidNetworkInterfaceID.NotFound", "", soon, seconds)
	case "CreateTags":
		add("TagLimitExceeded", "", terminal, later)
		add("ConcurrentTagAccess", "", soon, seconds)
		add("InvalidNetworkInterfaceID.NotFound", "", soon, seconds)
	case "DeleteTags":
		add("ConcurrentTagAccess", "", soon, seconds)
		add("InvalidNetworkInterfaceID.NotFound", "", soon, seconds)
	}
	return out
}

// TestRejectedLateCalls injects each known error of calls that correct or release an ENI for
// ten minutes, and checks conditions and events, the number of calls, and the recovery.
func TestRejectedLateCalls(t *testing.T) {
	for _, c := range lateCalls() {
		for _, r := range sample(t, lateRejections(c.action)) {
			refuse(t, c, r)
		}
	}
}

// refuse injects one error for ten minutes.
func refuse(t *testing.T, c lateCall, r rejectedCall) {
	t.Helper()
	t.Run(fmt.Sprintf("%s/%s %s", r.action, r.code, r.message), func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			s := simulate(t, 1)
			defer s.stop()
			s.made()
			c.settle(s)
			s.warnings()
			m := s.ec2.Mark()
			fault := s.ec2.Inject(ec2emulator.Fault{Action: r.action, Code: r.code, Message: r.message})
			c.begin(s)
			time.Sleep(10 * time.Minute)

			if n := len(s.ec2.Since(m, ec2emulator.ByAction(r.action))); n > r.calls || n == 0 {
				t.Errorf("%d calls in ten minutes, want one to %d: a refused call is repeated no more often than its error allows", n, r.calls)
			}
			s.checkLateRejection(c, r)
			fault.Remove()
			if err := s.eventually(r.recovers, func() error { return c.done(s) }); err != nil {
				t.Errorf("not well %s after the cause has ended: %v", r.recovers, err)
			}
			s.released()
		})
	})
}

// TestStaleRelease has EC2 return that there is nothing to do, or not yet, while its
// describe actions show the opposite: for a while, as in eventual consistency, and for ten
// minutes.
func TestStaleRelease(t *testing.T) {
	detach, remove := lateCalls()[0], lateCalls()[1]
	cases := map[string]struct {
		reason string
		call   lateCall
		fault  ec2emulator.Fault
		calls  int
	}{
		"DetachOfDetached": {
			reason: "A detach that EC2 rejects as done is repeated only while EC2 returns the ENI as attached.",
			call:   detach,
			fault:  ec2emulator.Fault{Code: "InvalidAttachmentID.NotFound", Count: 3},
			calls:  3 + 1,
		},
		"DetachUnderWay": {
			reason: "A detach that EC2 rejects as in progress is repeated while EC2 returns the ENI as attached, with the usual backoff.",
			call:   detach,
			fault:  ec2emulator.Fault{Code: "IncorrectState"},
			calls:  soon,
		},
		"DeleteOfDeleted": {
			reason: "A delete that EC2 rejects as done is repeated only while EC2 returns the ENI.",
			call:   remove,
			fault:  ec2emulator.Fault{Code: "InvalidNetworkInterfaceID.NotFound", Count: 3},
			calls:  3 + 1,
		},
		"DeleteOfOneInUse": {
			reason: "A delete that EC2 rejects as in use is repeated while EC2 returns the ENI as available, with the usual backoff.",
			call:   remove,
			fault:  ec2emulator.Fault{Code: "InvalidNetworkInterface.InUse"},
			calls:  soon,
		},
		"DeleteOfOneCurrentlyInUse": {
			reason: "EC2's other words for an ENI in use mean the same.",
			call:   remove,
			fault:  ec2emulator.Fault{Code: "InvalidParameterValue", Message: "Network interface 'eni-1' is currently in use."},
			calls:  soon,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, 1)
				defer s.stop()
				s.made()
				tc.call.settle(s)
				m := s.ec2.Mark()
				tc.fault.Action = tc.call.action
				fault := s.ec2.Inject(tc.fault)
				tc.call.begin(s)
				time.Sleep(10 * time.Minute)

				if n := len(s.ec2.Since(m, ec2emulator.ByAction(tc.call.action))); n > tc.calls || n == 0 {
					t.Errorf("\n%s\n%d calls in ten minutes, want one to %d", tc.reason, n, tc.calls)
				}
				fault.Remove()
				if err := s.eventually(time.Minute, func() error { return tc.call.done(s) }); err != nil {
					t.Errorf("\n%s\nnot well a minute after the cause has ended: %v", tc.reason, err)
				}
				s.released()
			})
		})
	}
}

// TestRejectedObserve injects each error of the describe calls of an ENI while its attachment and
// the ENI are being deleted: an ENI that cannot be observed is neither detached nor
// deleted.
func TestRejectedObserve(t *testing.T) {
	for _, r := range sample(t, lateRejections("DescribeNetworkInterfaces")) {
		t.Run(r.code, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, 1)
				defer s.stop()
				s.made()
				s.attached()
				time.Sleep(3 * time.Minute) // the cached ENI has expired
				s.warnings()
				m := s.ec2.Mark()
				fault := s.ec2.Inject(ec2emulator.Fault{Action: r.action, Code: r.code})
				s.delete(eniaKind)
				s.delete(eniKind)
				time.Sleep(10 * time.Minute)

				most, outage := 2*r.calls, false
				switch r.code {
				case "InternalError", "InternalFailure", "Unavailable", "ServiceUnavailable":
					most, outage = probes, true // answers of a server that fails, in a row
				}
				if n := len(s.ec2.Since(m, ec2emulator.ByAction(r.action))); n > most || n == 0 {
					t.Errorf("%d calls in ten minutes, want one to %d: a refused look is repeated no more often than its error allows", n, most)
				}
				if calls := s.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
					t.Errorf("%s was called, but nothing may be changed that cannot be seen", calls[0].Action)
				}
				synced := s.enia().GetCondition(xpv2.TypeSynced)
				switch {
				case r.reason == v1alpha1.ReasonEC2Throttled:
					if synced.Status != corev1.ConditionTrue {
						t.Errorf("Synced is %s: %s, but EC2's request rate is no failure of the object's", synced.Status, synced.Message)
					}
				case synced.Status != corev1.ConditionFalse || synced.Reason != xpv2.ReasonReconcileError:
					t.Errorf("Synced is %s, %s, but the ENI cannot be seen", synced.Status, synced.Reason)
				case !outage && !strings.Contains(synced.Message, r.code):
					t.Errorf("Synced does not name %s: %s", r.code, synced.Message)
				}
				s.uniqueWarnings()

				fault.Remove()
				if err := s.eventually(max(r.recovers, time.Minute), func() error { return errors.Join(s.absent(eniaKind), s.absent(eniKind)) }); err != nil {
					t.Errorf("not well %s after the cause has ended: %v", r.recovers, err)
				}
				s.released()
			})
		})
	}
}

// probes are the calls of ten minutes of outage: those before it is known to be
// one, and one every five seconds from then on, each tried thrice.
const probes = 6*thrice + 120

// TestTagRemoved adds a tag and takes it away again before anything else has
// happened.
func TestTagRemoved(t *testing.T) {
	cases := map[string]struct {
		reason string
		takes  time.Duration // what EC2 takes to set a tag
	}{
		"AfterTheCall":  {reason: "A tag is removed when it is removed from the spec, however soon."},
		"DuringTheCall": {reason: "A tag that is removed from the spec while EC2 sets it is removed too.", takes: 2 * time.Second},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, 1)
				defer s.stop()
				s.made()
				s.ec2.Inject(ec2emulator.Fault{Action: "CreateTags", Delay: tc.takes})
				add, remove := lateCalls()[3], lateCalls()[4]
				add.begin(s)
				time.Sleep(time.Second)
				remove.begin(s)
				time.Sleep(5 * time.Second)
				if n := s.ec2.Count(ec2emulator.ByAction("CreateTags")); n == 0 {
					t.Error("the tag was never set")
				}
				if err := s.eventually(12*time.Minute, func() error { return remove.done(s) }); err != nil {
					t.Errorf("\n%s\n%v", tc.reason, err)
				}
				s.released()
			})
		})
	}
}

// made brings about the ENI, attached to nothing.
func (s *simulation) made() {
	s.t.Helper()
	s.make(eniKind)
	s.must(seconds, func() error { return good(s.eni()) })
}

// attached brings about the attachment.
func (s *simulation) attached() {
	s.t.Helper()
	s.make(eniaKind)
	s.must(seconds, func() error { return good(s.enia()) })
}

func (s *simulation) must(d time.Duration, check func() error) {
	s.t.Helper()
	if err := s.within(d, check); err != nil {
		s.t.Fatal(err)
	}
}

// eventually is within for long waits.
func (s *simulation) eventually(d time.Duration, check func() error) error {
	deadline := time.Now().Add(d)
	for {
		err := check()
		if err == nil || time.Now().After(deadline) {
			return err
		}
		time.Sleep(5 * time.Second)
	}
}

func (s *simulation) object(kind string) client.Object {
	if kind == eniKind {
		return &ec2v1alpha1.NetworkInterface{}
	}
	return &ec2v1alpha1.NetworkInterfaceAttachment{}
}

func (s *simulation) conditioned(kind string) conditioned {
	s.t.Helper()
	if kind == eniKind {
		return s.eni()
	}
	return s.enia()
}

// delete deletes the object of a kind, and enqueues it.
func (s *simulation) delete(kind string) {
	s.t.Helper()
	o := s.object(kind)
	o.SetNamespace(objectKey.Namespace)
	o.SetName(objectKey.Name)
	if err := s.kube.Delete(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
	s.enqueue(kind)
}

// absent returns an error while the object of a kind exists.
func (s *simulation) absent(kind string) error {
	err := s.kube.Get(s.t.Context(), objectKey, s.object(kind))
	if kerrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	c := s.conditioned(kind).GetCondition(xpv2.TypeSynced)
	return errors.Errorf("%s is there: Synced is %s: %s", kind, c.Status, c.Message)
}

// change changes the NetworkInterface, and enqueues it.
func (s *simulation) change(fn func(*ec2v1alpha1.NetworkInterface)) {
	s.t.Helper()
	o := s.eni()
	o.Generation++
	fn(o)
	if err := s.kube.Update(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
	s.enqueue(eniKind)
}

// inSync returns an error unless the NetworkInterface is Ready and Synced, and its ENI passes
// ok.
func (s *simulation) inSync(ok func(ec2emulator.NetworkInterface) bool) error {
	if err := good(s.eni()); err != nil {
		return err
	}
	ours := s.ours()
	if len(ours) != 1 {
		return errors.Errorf("%d ENIs, want 1", len(ours))
	}
	if !ok(ours[0]) {
		return errors.Errorf("the ENI is not as it should be: %+v", ours[0])
	}
	return nil
}

// ours are the ENIs that were made and not deleted.
func (s *simulation) ours() []ec2emulator.NetworkInterface {
	return s.ec2.ENIs(ec2emulator.Exists, func(n ec2emulator.NetworkInterface) bool { return n.Tags[eni.TagUID] != "" })
}

// released deletes the remaining objects, and checks that no ENI is left.
func (s *simulation) released() {
	s.t.Helper()
	for _, kind := range []string{eniaKind, eniKind} {
		if err := s.kube.Get(s.t.Context(), objectKey, s.object(kind)); kerrors.IsNotFound(err) {
			continue
		}
		s.delete(kind)
		if err := s.eventually(time.Minute, func() error { return s.absent(kind) }); err != nil {
			s.t.Errorf("cannot be deleted: %v", err)
		}
	}
	time.Sleep(time.Second)
	if left := s.ours(); len(left) > 0 {
		s.t.Errorf("%d ENIs are left behind: %+v", len(left), left)
	}
}

// checkLateRejection checks conditions and events: EC2's error in Synced, the object's state in Ready,
// and each of them once.
func (s *simulation) checkLateRejection(c lateCall, r rejectedCall) {
	s.t.Helper()
	o := s.conditioned(c.kind)
	ready, synced := o.GetCondition(xpv2.TypeReady), o.GetCondition(xpv2.TypeSynced)
	if ready.Reason != c.ready {
		s.t.Errorf("Ready has reason %s (%s), want %s", ready.Reason, ready.Message, c.ready)
	}
	if r.reason == v1alpha1.ReasonEC2Throttled {
		if w := s.warnings(); synced.Status != corev1.ConditionTrue || len(w) > 0 {
			s.t.Errorf("Synced is %s: %s: %s; warnings %q; EC2's request rate is no failure of the object's", synced.Status, synced.Reason, synced.Message, w)
		}
		return
	}
	if synced.Status != corev1.ConditionFalse || synced.Reason != xpv2.ReasonReconcileError || !strings.Contains(synced.Message, r.code) {
		s.t.Errorf("Synced is %s, %s: %s; want it to be False and to name %s", synced.Status, synced.Reason, synced.Message, r.code)
	}
	if n := s.uniqueWarnings(); n == 0 || n > 4 {
		s.t.Errorf("%d warnings, want one to four", n)
	}
}

// uniqueWarnings returns the number of warnings since its last call, and fails on a duplicate.
func (s *simulation) uniqueWarnings() int {
	s.t.Helper()
	seen := map[string]bool{}
	for _, e := range s.warnings() {
		if seen[e] {
			s.t.Errorf("sent twice: %s", e)
		}
		seen[e] = true
	}
	return len(seen)
}
