// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"context"
	"testing"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

// TestRefusals calls every changing method on network interfaces that the owner did not create.
func TestRefusals(t *testing.T) {
	t.Parallel()
	calls := map[string]func(ctx context.Context, c *eni.Client, id string, adopt bool) error{
		"AttachNetworkInterface": func(ctx context.Context, c *eni.Client, id string, adopt bool) error {
			_, err := c.Attach(ctx, &eni.AttachInput{NetworkInterfaceID: id, InstanceID: enitest.InstanceID, Adopt: adopt})
			return err
		},
		"DetachNetworkInterface": func(ctx context.Context, c *eni.Client, id string, adopt bool) error {
			return c.Detach(ctx, &eni.DetachInput{NetworkInterfaceID: id, Adopt: adopt})
		},
		"DeleteNetworkInterface": func(ctx context.Context, c *eni.Client, id string, adopt bool) error {
			return c.Delete(ctx, &eni.DeleteInput{NetworkInterfaceID: id, Adopt: adopt})
		},
	}
	cases := map[string]struct {
		reason    string
		tags      map[string]string
		primary   bool
		adopt     bool
		allowed   bool
		protected bool
	}{
		"Foreign":         {reason: "A network interface without an owner is not changed."},
		"AdoptForeign":    {reason: "A caller may adopt a network interface without an owner.", adopt: true, allowed: true},
		"OtherOwner":      {reason: "A network interface of another owner is not changed.", tags: map[string]string{eni.OwnerTagKey: "team/other"}},
		"AdoptOtherOwner": {reason: "A network interface of another owner cannot be adopted.", tags: map[string]string{eni.OwnerTagKey: "team/other"}, adopt: true},
		"AdoptController": {reason: "A network interface of the provider cannot be adopted.", tags: map[string]string{"networking.k8s.aws/cluster": "c", "networking.k8s.aws/mr-uid": "uid"}, adopt: true},
		"AdoptVPCCNI":     {reason: "A network interface with the addresses of pods cannot be adopted.", tags: map[string]string{"node.k8s.amazonaws.com/instance_id": "i-1"}, adopt: true, protected: true},
		"Primary":         {reason: "The primary network interface is not changed.", primary: true, protected: true},
		"AdoptPrimary":    {reason: "The primary network interface cannot be adopted.", primary: true, adopt: true, protected: true},
	}
	for name, tc := range cases {
		for action, call := range calls {
			t.Run(name+action, func(t *testing.T) {
				t.Parallel()
				s, c := serve(t, enitest.Options{})
				id := primary(t, c).ID
				if !tc.primary {
					id = foreign(t, s, action == "DetachNetworkInterface", tc.tags).ID
				}
				err := call(t.Context(), c, id, tc.adopt)
				if (err == nil) != tc.allowed || eni.IsNotOwned(err) == tc.allowed || eni.IsProtected(err) != tc.protected {
					t.Errorf("\n%s\n%s: got %v", tc.reason, action, err)
				}
				if got := s.Calls(action); (got > 0) != tc.allowed {
					t.Errorf("\n%s\n%s: %d calls", tc.reason, action, got)
				}
			})
		}
	}
}

// TestOwnersShareNothing uses a network interface with a client of another owner.
func TestOwnersShareNothing(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{})
	other := connect(t, s, eni.WithOwner("team/other"))
	n := create(t, c)
	if err := other.Delete(t.Context(), &eni.DeleteInput{NetworkInterfaceID: n.ID}); !eni.IsNotOwned(err) {
		t.Errorf("Delete(...) of another owner's network interface: %v", err)
	}
	if owned, err := other.ListOwned(t.Context()); err != nil || len(owned) > 0 {
		t.Errorf("ListOwned(...) returned network interfaces of another owner: %v, %v", owned, err)
	}
	again := connect(t, s)
	if err := again.Delete(t.Context(), &eni.DeleteInput{NetworkInterfaceID: n.ID}); err != nil {
		t.Errorf("Delete(...) by another client of the same owner: %v", err)
	}
}
