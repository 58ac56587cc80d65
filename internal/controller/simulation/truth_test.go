// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// soonEnough is within which time a change of a spec, or of what an object waits for,
// must have its effect, at the default poll interval.
const soonEnough = 5 * time.Second

// edit changes an object's spec.
func edit[T client.Object](s *simulatedCluster, o T, change func(o T)) {
	s.t.Helper()
	if err := s.api.Get(s.t.Context(), client.ObjectKeyFromObject(o), o); err != nil {
		s.t.Fatal(err)
	}
	change(o)
	if err := s.api.Update(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
}

// TestAddressLimitCorrected attaches an ENI with more addresses than the instance
// type takes, and corrects the NetworkInterface, not the attachment.
func TestAddressLimitCorrected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNode("a", 1, "t3.medium")
		s.addPair("one", instanceOf("a", 1))
		ni := &ec2v1alpha1.NetworkInterface{}
		ni.Namespace, ni.Name = "ns", "one"
		edit(s, ni, func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.PrivateIPsCount = new(int32(6)) })
		s.start()
		at := &ec2v1alpha1.NetworkInterfaceAttachment{}
		at.Namespace, at.Name = "ns", "one"
		s.must(time.Minute, func() error {
			if r := s.reasonOf(at); r != "AddressLimit" {
				return errors.Errorf("the attachment has reason %q, want AddressLimit", r)
			}
			return nil
		})
		time.Sleep(30 * time.Minute)
		if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(at), at); err != nil {
			t.Fatal(err)
		}
		if c := at.GetCondition(xpv2.TypeSynced); !strings.HasPrefix(c.Message, "create failed: cannot attach") || c.ObservedGeneration != at.Generation {
			t.Errorf("\nA step that is held back is named as such.\nSynced of generation %d: %s", c.ObservedGeneration, c.Message)
		}
		edit(s, ni, func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.PrivateIPsCount = new(int32(5)) })
		s.must(soonEnough, func() error { return s.wellWith(1) })
	})
}

// TestAddressesReachStatus changes the number of addresses of an attached ENI.
func TestAddressesReachStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{VisibilityDelay: 800 * time.Millisecond})
		defer s.close()
		s.addNodes("a", 1, 1)
		s.addPair("one", instanceOf("a", 1))
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		ni := &ec2v1alpha1.NetworkInterface{}
		ni.Namespace, ni.Name = "ns", "one"
		for _, n := range []int32{2, 4, 1, 0} {
			time.Sleep(time.Minute)
			edit(s, ni, func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.PrivateIPsCount = &n })
			s.must(soonEnough, func() error {
				for _, o := range s.interfaces() {
					if got := len(o.Status.AtProvider.PrivateIPs); got != int(n)+1 {
						return errors.Errorf("the NetworkInterface has %d addresses, want %d", got, n+1)
					}
					if c := o.GetCondition(xpv2.TypeSynced); c.ObservedGeneration != o.GetGeneration() {
						return errors.Errorf("Synced is of generation %d, want %d", c.ObservedGeneration, o.GetGeneration())
					}
					for _, a := range s.attachments() {
						if !slices.Equal(a.Status.AtProvider.PrivateIPs, o.Status.AtProvider.PrivateIPs) {
							return errors.Errorf("the attachment has %v, want %v", a.Status.AtProvider.PrivateIPs, o.Status.AtProvider.PrivateIPs)
						}
					}
				}
				return nil
			})
		}
	})
}

// TestUpdateIneffective has EC2 accept updates without an effect.
func TestUpdateIneffective(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 1)
		s.addPair("one", instanceOf("a", 1))
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		fault := s.ec2.Inject(ec2emulator.Fault{Action: "ModifyNetworkInterfaceAttribute", Ignore: true})
		ni := &ec2v1alpha1.NetworkInterface{}
		ni.Namespace, ni.Name = "ns", "one"
		m := s.ec2.Mark()
		edit(s, ni, func(o *ec2v1alpha1.NetworkInterface) { o.Spec.ForProvider.Description = new("other") })
		ineffective := func() error {
			for _, o := range s.interfaces() {
				if c := o.GetCondition(xpv2.TypeSynced); c.Reason != "UpdateIneffective" {
					return errors.Errorf("Synced has reason %q, want UpdateIneffective", c.Reason)
				}
			}
			return nil
		}
		s.must(10*time.Second, ineffective)
		time.Sleep(30 * time.Minute)
		if err := ineffective(); err != nil {
			t.Error(err)
		}
		if n := len(s.ec2.Since(m, ec2emulator.ByAction("ModifyNetworkInterfaceAttribute"))); n < 3 || n > 12 {
			t.Errorf("EC2 was called %d times in half an hour, want 3 to 12", n)
		}
		fault.Remove()
		s.must(11*time.Minute, func() error { return s.wellWith(1) })
	})
}

// TestPlaceComesFree ends an attachment, of an instance, whose device index another
// one waits for, of the instance's node.
func TestPlaceComesFree(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 1)
		pinned := func(name string) *ec2v1alpha1.NetworkInterfaceAttachment {
			s.addPair(name, instanceOf("a", 1))
			at := &ec2v1alpha1.NetworkInterfaceAttachment{}
			at.Namespace, at.Name = "ns", name
			edit(s, at, func(o *ec2v1alpha1.NetworkInterfaceAttachment) { o.Spec.ForProvider.DeviceIndex = new(int32(2)) })
			return at
		}
		first := pinned("first")
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		second := pinned("second")
		edit(s, second, func(o *ec2v1alpha1.NetworkInterfaceAttachment) {
			o.Spec.ForProvider.InstanceID, o.Spec.ForProvider.NodeName = nil, new(nodeOf("a", 1))
		})
		s.must(time.Minute, func() error {
			if r := s.reasonOf(second); r != "DeviceIndexTaken" {
				return errors.Errorf("the second attachment has reason %q, want DeviceIndexTaken", r)
			}
			return nil
		})
		time.Sleep(time.Hour)
		s.delete(first)
		s.must(soonEnough, func() error {
			if r := s.reasonOf(second); r != xpv2.ReasonAvailable {
				return errors.Errorf("the second attachment has reason %q, want Available", r)
			}
			return nil
		})
	})
}

// TestConfigEdited takes a namespace's right to use a config away, and gives it back.
func TestConfigEdited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 1)
		s.addPair("one", instanceOf("a", 1))
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		time.Sleep(time.Hour)
		config := &v1alpha1.ClusterProviderConfig{}
		config.Name = "default"
		edit(s, config, func(o *v1alpha1.ClusterProviderConfig) {
			o.Spec.AllowedNamespaces = &v1alpha1.NamespaceSelector{Names: []string{"other"}}
		})
		s.must(soonEnough, func() error {
			for _, o := range s.managed() {
				if c := o.GetCondition(xpv2.TypeSynced); c.Status != corev1.ConditionFalse {
					return errors.Errorf("%T is Synced though its namespace may not use the config", o)
				}
			}
			return nil
		})
		time.Sleep(time.Hour)
		edit(s, config, func(o *v1alpha1.ClusterProviderConfig) { o.Spec.AllowedNamespaces = nil })
		s.must(soonEnough, func() error { return s.wellWith(1) })
	})
}

// TestSyncedGeneration has EC2 contradict itself when ENIs are attached, so that the first
// condition Synced of an attachment is of no generation.
func TestSyncedGeneration(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		s.addNodes("a", 1, 2)
		s.addNodeENI("a", fleetSubnet1)
		s.ec2.Inject(ec2emulator.Fault{Action: "AttachNetworkInterface", Code: "InvalidNetworkInterface.InUse", Message: "in use", Count: 2})
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(2) })
		s.must(soonEnough, func() error {
			for _, a := range s.attachments() {
				if c := a.GetCondition(xpv2.TypeSynced); c.Status != corev1.ConditionTrue || c.ObservedGeneration != a.Generation {
					return errors.Errorf("attachment %s is Synced=%s of generation %d, and has generation %d", a.Name, c.Status, c.ObservedGeneration, a.Generation)
				}
			}
			return nil
		})
	})
}
