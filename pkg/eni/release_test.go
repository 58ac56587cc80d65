// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

func TestDetach(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{})
	n := create(t, c)
	detach := func(in eni.DetachInput) error { return c.Detach(t.Context(), &in) }
	if err := detach(eni.DetachInput{NetworkInterfaceID: n.ID}); err != nil {
		t.Errorf("A network interface that is not attached is detached: %v", err)
	}
	a := attach(t, c, n.ID)
	for name, tc := range map[string]struct {
		in eni.DetachInput
		is func(error) bool
	}{
		"Nothing":             {is: eni.IsInvalid},
		"MissingInterface":    {in: eni.DetachInput{NetworkInterfaceID: "eni-0123456789abcdef0"}, is: eni.IsNotFound},
		"MissingAttachment":   {in: eni.DetachInput{AttachmentID: "eni-attach-0123456789abcdef0"}, is: eni.IsNotFound},
		"AnotherAttachment":   {in: eni.DetachInput{NetworkInterfaceID: n.ID, AttachmentID: "eni-attach-0123456789abcdef0"}, is: eni.IsNotFound},
		"AttachmentOfNoOwner": {in: eni.DetachInput{AttachmentID: primary(t, c).Attachment.ID}, is: eni.IsProtected},
	} {
		if err := detach(tc.in); !tc.is(err) {
			t.Errorf("%s: Detach(...): %v", name, err)
		}
	}
	if got := s.Calls("DetachNetworkInterface"); got != 0 {
		t.Fatalf("DetachNetworkInterface: %d calls", got)
	}
	s.Inject(enitest.Fault{Action: "DetachNetworkInterface", Times: 1, LoseResponse: true})
	for range 2 { // the second call finds it detaching, or detached
		if err := detach(eni.DetachInput{NetworkInterfaceID: n.ID, AttachmentID: a.ID}); err != nil && !eni.IsNotFound(err) {
			t.Fatalf("Detach(...): %v", err)
		}
	}
	if err := c.WaitDetached(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
}

func TestDelete(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{})
	n := create(t, c)
	s.Inject(enitest.Fault{Action: "DeleteNetworkInterface", Times: 1, LoseResponse: true})
	for range 2 {
		if err := c.Delete(t.Context(), &eni.DeleteInput{NetworkInterfaceID: n.ID}); err != nil {
			t.Fatalf("A deletion can be repeated. Delete(...): %v", err)
		}
	}
	if err := c.WaitDeleted(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
	// Another client deletes a network interface that this client has just created.
	n = create(t, c)
	if err := connect(t, s).Delete(t.Context(), &eni.DeleteInput{NetworkInterfaceID: n.ID}); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if err := c.WaitDeleted(t.Context(), n.ID); err != nil || time.Since(began) > 5*time.Second {
		t.Errorf("WaitDeleted(...) after another client's deletion: %v after %s", err, time.Since(began))
	}
	// After a crash of the program.
	if err := connect(t, s).Delete(t.Context(), &eni.DeleteInput{NetworkInterfaceID: n.ID}); !eni.IsNotFound(err) {
		t.Errorf("Delete(...) of a network interface that does not exist: %v", err)
	}
	if err := c.Delete(t.Context(), nil); !eni.IsInvalid(err) {
		t.Errorf("Delete(nil): %v", err)
	}
}
