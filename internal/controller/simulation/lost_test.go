// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// A pair is a cluster of one instance with one NetworkInterface and optionally its
// attachment.
type pair struct{ *simulatedCluster }

const (
	lostSubnet   = "subnet-6" // with IPv6
	lostInstance = "i-lost001"
)

func newPair(t *testing.T, o ec2emulator.Options) pair {
	t.Helper()
	p := pair{newCluster(t, o)}
	if _, err := p.ec2.AddSubnet(ec2emulator.Subnet{ID: lostSubnet, VPCID: "vpc-1", CIDR: "10.0.48.0/20", IPv6CIDR: "2001:db8::/64", AvailabilityZone: "us-east-1a"}); err != nil {
		t.Fatal(err)
	}
	if _, err := p.ec2.AddInstance(ec2emulator.Instance{ID: lostInstance, Type: "m5.large", SubnetID: "subnet-0"}); err != nil {
		t.Fatal(err)
	}
	p.start()
	return p
}

func (p pair) meta() metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: "ns", Name: "one"} }

func (p pair) spec() xpv2.ManagedResourceSpec {
	return xpv2.ManagedResourceSpec{ProviderConfigReference: &xpv2.ProviderConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: "default"}}
}

// makeENI creates the NetworkInterface.
func (p pair) makeENI(set func(f *ec2v1alpha1.NetworkInterfaceParameters)) {
	p.t.Helper()
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: p.meta()}
	n.Spec.ManagedResourceSpec = p.spec()
	n.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID(lostSubnet))
	n.Spec.ForProvider.Description = new("one")
	set(&n.Spec.ForProvider)
	p.create(n)
}

// attach creates the attachment.
func (p pair) attach() {
	p.t.Helper()
	a := &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: p.meta()}
	a.Spec.ManagedResourceSpec = p.spec()
	a.Spec.ForProvider.NetworkInterfaceRef = &xpv2.NamespacedReference{Name: "one"}
	a.Spec.ForProvider.InstanceID = new(lostInstance)
	p.create(a)
}

// change changes the NetworkInterface.
func (p pair) change(set func(f *ec2v1alpha1.NetworkInterfaceParameters)) {
	p.t.Helper()
	p.must(time.Second, func() error {
		n := &ec2v1alpha1.NetworkInterface{}
		if err := p.api.Get(p.t.Context(), types.NamespacedName{Namespace: "ns", Name: "one"}, n); err != nil {
			return err
		}
		set(&n.Spec.ForProvider)
		return p.api.Update(p.t.Context(), n)
	})
}

// well returns an error unless all objects are Ready and Synced, and there is one ENI that
// passes ok.
func (p pair) well(ok func(n ec2emulator.NetworkInterface) bool) error {
	for _, o := range p.managed() {
		if err := good(o); err != nil {
			return err
		}
	}
	ours := p.ours()
	if len(ours) != 1 {
		return errors.Errorf("%d ENIs, want 1", len(ours))
	}
	if !ok(ours[0]) {
		return errors.Errorf("the ENI is not as it should be: %+v", ours[0])
	}
	return nil
}

// absent returns an error while the object exists.
func (p pair) absent(o client.Object) error {
	err := p.api.Get(p.t.Context(), types.NamespacedName{Namespace: "ns", Name: "one"}, o)
	if err == nil {
		c := o.(conditioned).GetCondition(xpv2.TypeSynced)
		return errors.Errorf("%T is there: Synced is %s: %s", o, c.Status, c.Message)
	}
	if kerrors.IsNotFound(err) {
		return nil
	}
	return err
}

// let deletes an object, if it is there.
func (p pair) let(o client.Object) {
	p.t.Helper()
	o.SetNamespace("ns")
	o.SetName("one")
	if err := p.api.Delete(p.t.Context(), o); client.IgnoreNotFound(err) != nil {
		p.t.Fatal(err)
	}
}

// released deletes the remaining objects, and checks that no ENI is left.
func (p pair) released() {
	p.t.Helper()
	for _, o := range []client.Object{&ec2v1alpha1.NetworkInterfaceAttachment{}, &ec2v1alpha1.NetworkInterface{}} {
		p.let(o)
		if err := p.within(time.Minute, func() error { return p.absent(o) }); err != nil {
			p.t.Errorf("cannot be deleted: %v", err)
		}
	}
	time.Sleep(time.Second)
	if left := p.ours(); len(left) > 0 {
		p.t.Errorf("%d ENIs are left behind: %+v", len(left), left)
	}
}

// A lostAnswer is of a call that EC2 carries out and whose answer gets lost.
type lostAnswer struct {
	action string
	// spec sets the ENI's initial parameters, settle establishes the preconditions of the
	// call, begin triggers the call, and done reports whether it had its effect.
	spec   func(f *ec2v1alpha1.NetworkInterfaceParameters)
	settle func(p pair)
	begin  func(p pair)
	done   func(p pair) error
}

// secondary are the private addresses of an ENI but for its primary one.
func secondary(n ec2emulator.NetworkInterface) int { return len(n.PrivateIPAddresses) - 1 }

func lostAnswers() []lostAnswer {
	asIs := func(*ec2v1alpha1.NetworkInterfaceParameters) {}
	none := func(pair) {}
	set := func(fn func(f *ec2v1alpha1.NetworkInterfaceParameters)) func(p pair) {
		return func(p pair) { p.change(fn) }
	}
	until := func(ok func(n ec2emulator.NetworkInterface) bool) func(p pair) error {
		return func(p pair) error { return p.well(ok) }
	}
	onInstance := until(func(n ec2emulator.NetworkInterface) bool {
		return n.Attachment != nil && n.Attachment.Status == "attached" && n.Attachment.InstanceID == lostInstance
	})
	addresses := func(v4, v6 int32) func(f *ec2v1alpha1.NetworkInterfaceParameters) {
		return func(f *ec2v1alpha1.NetworkInterfaceParameters) { f.PrivateIPsCount, f.IPv6AddressCount = &v4, &v6 }
	}
	tag := func(f *ec2v1alpha1.NetworkInterfaceParameters) { f.Tags = map[string]string{"a": "1"} }
	return []lostAnswer{
		{
			action: "CreateNetworkInterface", spec: asIs, settle: none,
			begin: func(p pair) { p.makeENI(asIs) },
			done:  until(func(ec2emulator.NetworkInterface) bool { return true }),
		},
		{
			action: "AttachNetworkInterface", spec: asIs, settle: none,
			begin: pair.attach,
			done:  onInstance,
		},
		{
			action: "DetachNetworkInterface", spec: asIs,
			settle: func(p pair) {
				p.attach()
				p.must(seconds, func() error { return onInstance(p) })
			},
			begin: func(p pair) { p.let(&ec2v1alpha1.NetworkInterfaceAttachment{}) },
			done: func(p pair) error {
				return errors.Join(p.absent(&ec2v1alpha1.NetworkInterfaceAttachment{}), p.well(func(n ec2emulator.NetworkInterface) bool { return n.Attachment == nil }))
			},
		},
		{
			action: "DeleteNetworkInterface", spec: asIs, settle: none,
			begin: func(p pair) { p.let(&ec2v1alpha1.NetworkInterface{}) },
			done:  func(p pair) error { return p.absent(&ec2v1alpha1.NetworkInterface{}) },
		},
		{
			action: "ModifyNetworkInterfaceAttribute", spec: asIs, settle: none,
			begin: set(func(f *ec2v1alpha1.NetworkInterfaceParameters) { f.Description = new("two") }),
			done:  until(func(n ec2emulator.NetworkInterface) bool { return n.Description == "two" }),
		},
		{
			action: "CreateTags", spec: asIs, settle: none,
			begin: set(tag),
			done:  until(func(n ec2emulator.NetworkInterface) bool { return n.Tags["a"] == "1" }),
		},
		{
			action: "DeleteTags", spec: tag, settle: none,
			begin: set(func(f *ec2v1alpha1.NetworkInterfaceParameters) { f.Tags = nil }),
			done:  until(func(n ec2emulator.NetworkInterface) bool { return n.Tags["a"] == "" }),
		},
		{
			action: "AssignPrivateIpAddresses", spec: addresses(1, 0), settle: none,
			begin: set(addresses(3, 0)),
			done:  until(func(n ec2emulator.NetworkInterface) bool { return secondary(n) == 3 }),
		},
		{
			action: "UnassignPrivateIpAddresses", spec: addresses(3, 0), settle: none,
			begin: set(addresses(1, 0)),
			done:  until(func(n ec2emulator.NetworkInterface) bool { return secondary(n) == 1 }),
		},
		{
			action: "AssignIpv6Addresses", spec: addresses(0, 1), settle: none,
			begin: set(addresses(0, 3)),
			done:  until(func(n ec2emulator.NetworkInterface) bool { return len(n.IPv6Addresses) == 3 }),
		},
		{
			action: "UnassignIpv6Addresses", spec: addresses(0, 3), settle: none,
			begin: set(addresses(0, 1)),
			done:  until(func(n ec2emulator.NetworkInterface) bool { return len(n.IPv6Addresses) == 1 }),
		},
	}
}

// aPoll is the time within which drift without an event is detected.
const aPoll = 12 * time.Minute

// TestLostAnswers loses the answers to one call, to all that the SDK makes of
// one, and to the two after those as well.
func TestLostAnswers(t *testing.T) {
	for _, c := range lostAnswers() {
		for _, lost := range []int{1, thrice, thrice + 2} {
			t.Run(fmt.Sprintf("%s/%d", c.action, lost), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					p := newPair(t, ec2emulator.Options{})
					defer p.close()
					if c.action != "CreateNetworkInterface" {
						p.makeENI(c.spec)
						p.must(seconds, func() error { return p.well(func(ec2emulator.NetworkInterface) bool { return true }) })
					}
					c.settle(p)
					before := idsOf(p.ours())
					fault := p.ec2.Inject(ec2emulator.Fault{Action: c.action, LoseResponse: true, Count: lost})
					c.begin(p)
					began := time.Now()
					if err := p.within(aPoll, func() error {
						if time.Since(began) < 5*time.Second {
							return errors.New("too soon to decide")
						}
						return c.done(p)
					}); err != nil {
						t.Errorf("not well %s after the answers to %d calls of %s were lost: %v", aPoll, lost, c.action, err)
					}
					if fault.Fired() == 0 {
						t.Error("no answer was lost")
					}
					if before != nil && c.action != "DeleteNetworkInterface" && !slices.Equal(before, idsOf(p.ours())) {
						t.Errorf("the ENI was %v and is %v: a lost answer makes no other ENI", before, idsOf(p.ours()))
					}
					if made := p.ec2.ENIs(func(n ec2emulator.NetworkInterface) bool { return n.SubnetID == lostSubnet }); len(made) != 1 {
						t.Errorf("%d ENIs were made in all, want 1", len(made))
					}
					p.released()
				})
			})
		}
	}
}

// TestLostAnswersAndDelete loses all responses to a create call and deletes the object at
// once: it must not leak the ENI.
func TestLostAnswersAndDelete(t *testing.T) {
	for _, c := range lostAnswers()[:2] {
		t.Run(c.action, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, ec2emulator.Options{})
				defer p.close()
				var o client.Object = &ec2v1alpha1.NetworkInterface{}
				if c.action == "AttachNetworkInterface" {
					o = &ec2v1alpha1.NetworkInterfaceAttachment{}
					p.makeENI(c.spec)
					p.must(seconds, func() error { return p.well(func(ec2emulator.NetworkInterface) bool { return true }) })
				}
				fault := p.ec2.Inject(ec2emulator.Fault{Action: c.action, LoseResponse: true})
				c.begin(p)
				for fault.Fired() == 0 {
					time.Sleep(time.Millisecond)
				}
				p.let(o)
				if err := p.within(3*time.Minute, func() error { return p.absent(o) }); err != nil {
					t.Errorf("still there three minutes after its deletion: %v", err)
				}
				fault.Remove()
				p.released()
			})
		})
	}
}

// TestLostAnswersAndChange loses all responses to a create and changes the object before EC2
// returns its ENI: the next create has the same client token and other parameters, and must
// not create a second ENI.
func TestLostAnswersAndChange(t *testing.T) {
	cases := map[string]struct {
		reason string
		change func(f *ec2v1alpha1.NetworkInterfaceParameters)
		killed bool
		ok     func(n ec2emulator.NetworkInterface) bool
	}{
		"Description": {
			reason: "A description is set afterwards.",
			change: func(f *ec2v1alpha1.NetworkInterfaceParameters) { f.Description = new("two") },
			ok:     func(n ec2emulator.NetworkInterface) bool { return n.Description == "two" },
		},
		"Tags": {
			reason: "A tag is set afterwards.",
			change: func(f *ec2v1alpha1.NetworkInterfaceParameters) { f.Tags = map[string]string{"a": "1"} },
			ok:     func(n ec2emulator.NetworkInterface) bool { return n.Tags["a"] == "1" },
		},
		"Killed": {
			reason: "A restart loses the record that there was no response.",
			change: func(f *ec2v1alpha1.NetworkInterfaceParameters) { f.Description = new("two") },
			killed: true,
			ok:     func(n ec2emulator.NetworkInterface) bool { return n.Description == "two" },
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newPair(t, ec2emulator.Options{VisibilityDelay: 20 * time.Second})
				defer p.close()
				lost := thrice
				if tc.killed {
					lost = 1
				}
				fault := p.ec2.Inject(ec2emulator.Fault{Action: "CreateNetworkInterface", LoseResponse: true, Count: lost})
				p.makeENI(func(*ec2v1alpha1.NetworkInterfaceParameters) {})
				for fault.Fired() < lost {
					time.Sleep(time.Millisecond)
				}
				if tc.killed {
					p.stop()
				}
				p.change(tc.change)
				if tc.killed {
					p.start()
				}
				if err := p.within(3*time.Minute, func() error { return p.well(tc.ok) }); err != nil {
					t.Errorf("\n%s\nnot well three minutes after its create was not answered: %v", tc.reason, err)
				}
				if made := p.ec2.ENIs(func(n ec2emulator.NetworkInterface) bool { return n.SubnetID == lostSubnet }); len(made) != 1 {
					t.Errorf("\n%s\n%d ENIs were made in all, want 1", tc.reason, len(made))
				}
				p.released()
			})
		})
	}
}
