// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package simulation

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// Two access keys, each of an account of its own.
const (
	homeKey  = "AKIAIOSFODNN7EXAMPLE"
	otherKey = "AKIAI44QH8DHBEXAMPLE"
)

// elsewhere is another account or region that has the same subnets and nothing of
// the cluster's.
func elsewhere(t *testing.T, o ec2emulator.Options) *ec2emulator.Server {
	t.Helper()
	e := ec2emulator.New(o)
	zone := "us-east-1a"
	if o.Region != "" {
		zone = o.Region + "a"
	}
	if err := e.Seed(ec2emulator.Seed{
		VPCs: []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16"}},
		Subnets: []ec2emulator.Subnet{
			{ID: fleetSubnet1, VPCID: "vpc-1", CIDR: "10.0.16.0/20", AvailabilityZone: zone},
			{ID: fleetSubnet2, VPCID: "vpc-1", CIDR: "10.0.32.0/20", AvailabilityZone: zone},
		},
	}); err != nil {
		t.Fatal(err)
	}
	return e
}

// byCredential sends each request to the EC2 of the account and region that it is
// signed for.
type byCredential struct {
	home, other *ec2emulator.Server
	is          func(accessKey, region string) bool // whether it is the other one
}

func (b byCredential) RoundTrip(r *http.Request) (*http.Response, error) {
	_, credential, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope := strings.Split(credential, "/")
	if len(scope) > 2 && b.is(scope[0], scope[2]) {
		return direct{b.other}.RoundTrip(r)
	}
	return direct{b.home}.RoundTrip(r)
}

// untouched reports an error unless all managed resources and their ENIs are as
// they were, and nothing has been changed anywhere.
func (s *simulatedCluster) untouched(pairs int, m ec2emulator.Mark, other *ec2emulator.Server) error {
	if n := len(s.interfaces()); n != pairs {
		return errors.Errorf("%d NetworkInterfaces, want %d", n, pairs)
	}
	if n := len(s.attachments()); n != pairs {
		return errors.Errorf("%d NetworkInterfaceAttachments, want %d", n, pairs)
	}
	for _, o := range s.managed() {
		if o.GetDeletionTimestamp() != nil {
			return errors.Errorf("%T %s is being deleted", o, o.GetName())
		}
	}
	if calls := s.ec2.Since(m, ec2emulator.Mutating); len(calls) > 0 {
		return errors.Errorf("%s was called, for %v", calls[0].Action, calls[0].ResourceIDs)
	}
	if other == nil {
		return nil
	}
	if n := other.Count(ec2emulator.Mutating); n > 0 {
		return errors.Errorf("%d mutating calls were made in the wrong place", n)
	}
	return nil
}

// synced returns the reasons of the Synced conditions of all managed resources.
func (s *simulatedCluster) synced() map[xpv2.ConditionReason]int {
	out := map[xpv2.ConditionReason]int{}
	for _, o := range s.managed() {
		out[o.GetCondition(xpv2.TypeSynced).Reason]++
	}
	return out
}

// TestWrongRegion restarts the provider with the wrong region, and then with the
// right one.
func TestWrongRegion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{Throttle: true})
		defer s.close()
		other := elsewhere(t, ec2emulator.Options{Region: "eu-west-1", Throttle: true})
		defer other.Close()
		s.settings.WrapTransport = func(http.RoundTripper) http.RoundTripper {
			return byCredential{home: s.ec2, other: other, is: func(_, region string) bool { return region == "eu-west-1" }}
		}
		s.addNodes("a", 1, 25)
		s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
		s.start()
		s.must(10*time.Minute, func() error { return s.wellWith(50) })
		s.stop()

		m := s.ec2.Mark()
		s.settings.Region = "eu-west-1"
		s.start()
		time.Sleep(25 * time.Minute)
		if err := s.untouched(50, m, other); err != nil {
			t.Errorf("\nIn the wrong region nothing is changed, released or created: %v", err)
		}
		if got := s.synced()["WrongRegion"]; got != 100 {
			t.Errorf("\nEach object has the condition WrongRegion: %v", s.synced())
		}
		s.stop()

		s.settings.Region = "us-east-1"
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(50) })
		if err := s.untouched(50, m, other); err != nil {
			t.Errorf("\nIn the right region again nothing has to be repaired: %v", err)
		}
	})
}

// TestWrongAccount replaces the credentials with another account's while the provider runs,
// and then restores them.
func TestWrongAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{Throttle: true})
		defer s.close()
		other := elsewhere(t, ec2emulator.Options{AccountID: "210987654321", Throttle: true})
		defer other.Close()
		s.settings.WrapTransport = func(http.RoundTripper) http.RoundTripper {
			return byCredential{home: s.ec2, other: other, is: func(key, _ string) bool { return key == otherKey }}
		}
		s.addNodes("a", 1, 25)
		s.addNodeENI("a", fleetSubnet1, fleetSubnet2)
		s.start()
		s.must(10*time.Minute, func() error { return s.wellWith(50) })

		m := s.ec2.Mark()
		s.useKey(otherKey)
		time.Sleep(25 * time.Minute)
		if err := s.untouched(50, m, other); err != nil {
			t.Errorf("\nIn the wrong account nothing is changed, released or created: %v", err)
		}
		if got := s.synced()["WrongAccount"]; got != 100 {
			t.Errorf("\nEach object has the condition WrongAccount: %v", s.synced())
		}
		// A NodeENI of the wrong account is not deleted with its children, either.
		s.useKey(homeKey)
		s.must(5*time.Minute, func() error { return s.wellWith(50) })
		if err := s.untouched(50, m, other); err != nil {
			t.Errorf("\nIn the right account again nothing has to be repaired: %v", err)
		}
	})
}

// TestDeletedInWrongAccount deletes a NodeENI while the credentials belong to another
// account.
func TestDeletedInWrongAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		other := elsewhere(t, ec2emulator.Options{AccountID: "210987654321"})
		defer other.Close()
		s.settings.WrapTransport = func(http.RoundTripper) http.RoundTripper {
			return byCredential{home: s.ec2, other: other, is: func(key, _ string) bool { return key == otherKey }}
		}
		s.addNodes("a", 1, 5)
		n := s.addNodeENI("a", fleetSubnet1)
		s.addPair("one", instanceOf("a", 1))
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(6) })

		m := s.ec2.Mark()
		s.useKey(otherKey)
		time.Sleep(time.Minute)
		s.delete(n)
		for _, o := range s.managed() {
			if o.GetName() == "one" {
				s.delete(o)
			}
		}
		time.Sleep(25 * time.Minute)
		if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
			t.Errorf("\nA NodeENI is not released in the wrong account: %v", err)
		}
		if got := len(s.managed()); got != 12 {
			t.Errorf("\nNo finalizer is removed in the wrong account: %d of 12 objects are left", got)
		}
		if calls := append(s.ec2.Since(m, ec2emulator.Mutating), other.Since(0, ec2emulator.Mutating)...); len(calls) > 0 {
			t.Errorf("\nNothing is called in the wrong account: %s", calls[0].Action)
		}
		s.useKey(homeKey)
		s.must(5*time.Minute, func() error {
			if got := len(s.managed()); got > 0 {
				return errors.Errorf("%d objects are left", got)
			}
			if got := len(s.ours()); got > 0 {
				return errors.Errorf("%d ENIs are left", got)
			}
			return nil
		})
	})
}

// TestEmptyNodeENIMoves changes the region while a NodeENI has no ENI.
func TestEmptyNodeENIMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newCluster(t, ec2emulator.Options{})
		defer s.close()
		other := elsewhere(t, ec2emulator.Options{AccountID: "210987654321"})
		defer other.Close()
		s.settings.WrapTransport = func(http.RoundTripper) http.RoundTripper {
			return byCredential{home: s.ec2, other: other, is: func(key, _ string) bool { return key == otherKey }}
		}
		s.addNodes("a", 1, 1)
		n := s.addNodeENI("a", fleetSubnet1)
		s.start()
		s.must(5*time.Minute, func() error { return s.wellWith(1) })
		place := func() string {
			if err := s.api.Get(t.Context(), client.ObjectKeyFromObject(n), n); err != nil {
				t.Fatal(err)
			}
			return n.Status.AccountID + "/" + n.Status.Region
		}
		if got := place(); got != "123456789012/us-east-1" {
			t.Errorf("\nA NodeENI records where its ENIs are: %s", got)
		}
		s.delete(&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: nodeOf("a", 1)}})
		s.must(10*time.Minute, func() error {
			if left := len(s.managed()); left > 0 {
				return errors.Errorf("%d objects are left", left)
			}
			return nil
		})
		s.must(15*time.Minute, func() error {
			if got := place(); got != "/" {
				return errors.Errorf("one without ENIs is in no place, not in %s", got)
			}
			return nil
		})
		s.useKey(otherKey)
		s.delete(n)
		s.must(time.Minute, func() error { return s.ended(n) })
	})
}

// useKey replaces the access key in the Secret of the default config.
func (s *simulatedCluster) useKey(key string) {
	s.t.Helper()
	secret := &corev1.Secret{}
	k := keyOf("aws")
	k.Namespace = "ns"
	if err := s.api.Get(s.t.Context(), k, secret); err != nil {
		s.t.Fatal(err)
	}
	secret.Data["credentials"] = []byte("[default]\naws_access_key_id = " + key + "\naws_secret_access_key = secret\n")
	if err := s.api.Update(s.t.Context(), secret); err != nil {
		s.t.Fatal(err)
	}
}
