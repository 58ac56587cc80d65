// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A refused call, what a user sees of it, and how often it is repeated.
type rejectedCall struct {
	action, code, message string
	reason                xpv2.ConditionReason // of the condition Ready, "" if it is not about readiness
	// calls is the most that may be made in ten minutes of refusals, the SDK's
	// own repetitions included; recovers is within which time of the cause's
	// end all is well.
	calls    int
	recovers time.Duration
	// edit is needed before it recovers: the object has to change.
	edit bool
	// contradicts is true if the error contradicts the observed state. It is not a failure,
	// and only reported in Ready.
	contradicts bool
}

// The number of calls in ten minutes of backoff, by the error's class: 1, 2, 4, 8, 10,
// 10, … s; 15, 30, 60, 120, 240 s, 5 min; 1 to 256 s; 10 min. The SDK makes three attempts
// on a server error. If an index is taken, the next one is tried: the instance has two
// besides its first.
const (
	soon, slow, unknown, terminal = 64, 7, 11, 1
	thrice                        = 3
	indexes                       = 2

	seconds = 15 * time.Second
	minutes = 7 * time.Minute
)

func rejectedCalls() []rejectedCall {
	create := func(code string, reason xpv2.ConditionReason, calls int, recovers time.Duration) rejectedCall {
		return rejectedCall{action: "CreateNetworkInterface", code: code, reason: reason, calls: calls, recovers: recovers}
	}
	attach := func(code string, reason xpv2.ConditionReason, calls int, recovers time.Duration) rejectedCall {
		return rejectedCall{action: "AttachNetworkInterface", code: code, reason: reason, calls: calls, recovers: recovers}
	}
	text := func(r rejectedCall, message string) rejectedCall { r.message = message; return r }
	odd := func(r rejectedCall) rejectedCall { r.contradicts = true; return r }
	edit := func(r rejectedCall) rejectedCall { r.edit = true; return r }

	return []rejectedCall{
		// What passes by itself.
		create("InternalError", v1alpha1.ReasonEC2Unavailable, soon*thrice, seconds),
		create("InternalFailure", v1alpha1.ReasonEC2Unavailable, soon*thrice, seconds),
		create("Unavailable", v1alpha1.ReasonEC2Unavailable, soon*thrice, seconds),
		create("ServiceUnavailable", v1alpha1.ReasonEC2Unavailable, soon*thrice, seconds),
		create("RequestTimeout", v1alpha1.ReasonEC2Unavailable, soon*thrice, seconds),
		create("RequestLimitExceeded", v1alpha1.ReasonEC2Throttled, soon, time.Minute),
		create("Throttling", v1alpha1.ReasonEC2Throttled, soon, time.Minute),
		create("EC2ThrottledException", v1alpha1.ReasonEC2Throttled, soon, time.Minute),
		create("IdempotentParameterMismatch", v1alpha1.ReasonEC2Refused, 2*soon, seconds),
		attach("InvalidNetworkInterfaceID.NotFound", v1alpha1.ReasonWaitingForNetworkInterface, soon, seconds),
		attach("InvalidInstanceID.NotFound", v1alpha1.ReasonWaitingForInstance, soon, seconds),
		attach("IncorrectInstanceState", v1alpha1.ReasonWaitingForInstance, soon, seconds),
		text(attach("IncorrectState", v1alpha1.ReasonWaitingForInstance, soon, seconds), "Instance 'i-1' is not 'running'."),
		text(attach("InvalidParameterValue", v1alpha1.ReasonWaitingForInstance, soon, seconds), "Instance 'i-1' is not 'running'."),
		odd(attach("InvalidNetworkInterface.InUse", v1alpha1.ReasonInUse, unknown, minutes)),
		odd(text(attach("InvalidParameterValue", v1alpha1.ReasonInUse, unknown, minutes), "Network interface 'eni-1' is currently in use.")),
		odd(text(attach("InvalidParameterValue", v1alpha1.ReasonDeviceIndexTaken, unknown*indexes, minutes), "Instance 'i-1' already has an interface attached at device index '1'.")),

		// Errors that a user must fix, in AWS or in the cluster.
		create("NetworkInterfaceLimitExceeded", v1alpha1.ReasonQuotaExceeded, slow, minutes),
		create("ResourceLimitExceeded", v1alpha1.ReasonQuotaExceeded, slow, minutes),
		create("InsufficientFreeAddressesInSubnet", v1alpha1.ReasonSubnetFull, slow, minutes),
		create("InsufficientCidrBlocks", v1alpha1.ReasonSubnetFull, slow, minutes),
		text(create("InvalidParameterValue", v1alpha1.ReasonSubnetFull, slow, minutes), "There aren't sufficient free Ipv4 addresses or prefixes"),
		create("UnauthorizedOperation", v1alpha1.ReasonMissingPermission, slow, minutes),
		create("AccessDenied", v1alpha1.ReasonMissingPermission, slow, minutes),
		create("AuthFailure", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		create("InvalidClientTokenId", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		create("ExpiredToken", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		create("RequestExpired", v1alpha1.ReasonCredentialsRejected, slow*thrice, minutes),
		create("SignatureDoesNotMatch", v1alpha1.ReasonCredentialsRejected, slow, minutes),
		create("OptInRequired", v1alpha1.ReasonAccountNotEnabled, slow, minutes),
		create("PendingVerification", v1alpha1.ReasonAccountNotEnabled, slow, minutes),
		create("Blocked", v1alpha1.ReasonAccountNotEnabled, slow, minutes),
		attach("AttachmentLimitExceeded", v1alpha1.ReasonInstanceENILimit, slow, minutes),

		// What the same call will meet again.
		edit(create("InvalidSubnetID.NotFound", v1alpha1.ReasonSubnetNotFound, slow, seconds)),
		edit(create("InvalidSubnet", v1alpha1.ReasonSubnetNotFound, slow, seconds)),
		edit(create("InvalidGroup.NotFound", v1alpha1.ReasonSecurityGroupNotFound, slow, seconds)),
		edit(create("InvalidSecurityGroupID.NotFound", v1alpha1.ReasonSecurityGroupNotFound, slow, seconds)),
		edit(create("SecurityGroupsPerInterfaceLimitExceeded", v1alpha1.ReasonQuotaExceeded, slow, seconds)),
		edit(create("PrivateIpAddressLimitExceeded", v1alpha1.ReasonAddressLimit, slow, seconds)),
		edit(create("InvalidIPAddress.InUse", v1alpha1.ReasonAddressInUse, slow, seconds)),
		edit(create("Resource.AlreadyAssigned", v1alpha1.ReasonAddressInUse, slow, seconds)),
		edit(text(create("InvalidParameterValue", v1alpha1.ReasonAddressInUse, slow, seconds), "Address 10.0.1.1 is in subnet's reserved address range")),
		edit(text(create("InvalidParameterValue", v1alpha1.ReasonInvalidParameters, terminal, seconds), "the security group and the subnet belong to different networks")),
		edit(create("InvalidParameterCombination", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(create("TagLimitExceeded", v1alpha1.ReasonInvalidParameters, terminal, seconds)),
		edit(attach("ZonesMismatched", v1alpha1.ReasonInstanceInOtherZone, terminal, seconds)),
		edit(text(attach("InvalidParameterCombination", v1alpha1.ReasonInstanceInOtherZone, terminal, seconds), "must be in the same availability zone")),
		edit(text(attach("InvalidParameterValue", v1alpha1.ReasonInvalidParameters, terminal, seconds), "NetworkCardIndex 3 is not valid")),
		edit(attach("UnsupportedOperation", v1alpha1.ReasonUnsupported, slow, seconds)),
		edit(attach("Unsupported", v1alpha1.ReasonUnsupported, slow, seconds)),
		edit(attach("OperationNotPermitted", v1alpha1.ReasonNotOurs, terminal, seconds)),
		edit(attach("InvalidInstanceID.Malformed", v1alpha1.ReasonInvalidID, terminal, seconds)),

		// Unknown codes.
		create("SomethingNew", v1alpha1.ReasonEC2Refused, unknown, minutes),
	}
}

// sample returns all cases, or in short mode every third, others each day: make e2e runs
// all of them.
func sample[T any](t *testing.T, all []T) []T {
	t.Helper()
	if !testing.Short() {
		return all
	}
	first := time.Now().YearDay() % 3
	t.Logf("every third case from case %d on: make e2e runs all", first)
	var out []T
	for i := first; i < len(all); i += 3 {
		out = append(out, all[i])
	}
	return out
}

// TestRejectedCalls injects each known error of EC2 for ten minutes, and checks conditions and
// events, the number of calls, and the recovery.
func TestRejectedCalls(t *testing.T) {
	for _, r := range sample(t, rejectedCalls()) {
		t.Run(fmt.Sprintf("%s/%s %s", r.action, r.code, r.message), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := simulate(t, 1)
				defer s.stop()
				kind, object := eniKind, func() conditioned { return s.eni() }
				if r.action == "AttachNetworkInterface" {
					s.make(eniKind)
					if err := s.within(seconds, func() error { return good(s.eni()) }); err != nil {
						t.Fatal(err)
					}
					kind, object = eniaKind, func() conditioned { return s.enia() }
				}
				fault := s.ec2.Inject(ec2emulator.Fault{Action: r.action, Code: r.code, Message: r.message})
				s.make(kind)
				time.Sleep(10 * time.Minute)

				if n := s.ec2.Count(ec2emulator.ByAction(r.action)); n > r.calls || n == 0 {
					t.Errorf("%d calls in ten minutes, want at most %d", n, r.calls)
				}
				s.checkRejection(object(), r)
				fault.Remove()
				if r.edit {
					s.edit(kind)
				}
				if err := s.within(r.recovers, func() error { return good(object()) }); err != nil {
					t.Errorf("not well %s after the cause has ended: %v", r.recovers, err)
				}
				if live := s.ec2.ENIs(ec2emulator.Exists, func(n ec2emulator.NetworkInterface) bool { return n.Tags["networking.k8s.aws/mr-uid"] != "" }); len(live) != 1 {
					t.Errorf("%d ENIs, want 1", len(live))
				}
			})
		})
	}
}

type conditioned interface {
	GetCondition(ct xpv2.ConditionType) xpv2.Condition
}

// checkRejection checks conditions and events: EC2's error in Synced, its meaning in Ready, and
// each of them once.
func (s *simulation) checkRejection(o conditioned, r rejectedCall) {
	s.t.Helper()
	ready, synced := o.GetCondition(xpv2.TypeReady), o.GetCondition(xpv2.TypeSynced)
	if ready.Reason != r.reason {
		s.t.Errorf("Ready has reason %s (%s), want %s", ready.Reason, ready.Message, r.reason)
	}
	if r.reason == v1alpha1.ReasonEC2Throttled {
		// It is no failure of the object's.
		if w := s.warnings(); synced.Status != corev1.ConditionTrue || len(w) > 0 {
			s.t.Errorf("Synced is %s: %s: %s; warnings %q", synced.Status, synced.Reason, synced.Message, w)
		}
		return
	}
	if r.contradicts {
		if w := s.warnings(); synced.Status != corev1.ConditionTrue || len(w) > 0 || !strings.Contains(ready.Message, r.code) {
			s.t.Errorf("Ready is %q, want it to name %s; Synced is %s: %s: %s; warnings %q", ready.Message, r.code, synced.Status, synced.Reason, synced.Message, w)
		}
		return
	}
	if !strings.Contains(synced.Message, r.code) {
		s.t.Errorf("Synced does not name %s: %s", r.code, synced.Message)
	}
	seen := map[string]bool{}
	for _, e := range s.warnings() {
		if seen[e] {
			s.t.Errorf("sent twice: %s", e)
		}
		seen[e] = true
	}
	if len(seen) == 0 || len(seen) > 4 {
		s.t.Errorf("%d warnings, want one to four: %v", len(seen), seen)
	}
}

// edit changes an object, as a user does who has read its conditions.
func (s *simulation) edit(kind string) {
	s.t.Helper()
	if kind == eniKind {
		o := s.eni()
		o.Generation++
		o.Spec.ForProvider.Description = new("two")
		if err := s.kube.Update(s.t.Context(), o); err != nil {
			s.t.Fatal(err)
		}
	} else {
		o := s.enia()
		o.Generation++
		if err := s.kube.Update(s.t.Context(), o); err != nil {
			s.t.Fatal(err)
		}
	}
	s.enqueue(kind)
}
