// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni_test

import (
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/pkg/eni"
	"github.com/nodeeni/provider-aws-eni/pkg/eni/enitest"
)

// TestAttach attaches a network interface to an instance that has another one at device index 1.
func TestAttach(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		reason string
		in     eni.AttachInput
		fault  enitest.Fault
		is     func(error) bool // nil: no error
		index  int32
	}{
		"Lowest":         {reason: "The default is the lowest free index.", index: 2},
		"Pinned":         {reason: "A free index is used.", in: eni.AttachInput{DeviceIndex: 3}, index: 3},
		"Taken":          {reason: "A taken index is an error.", in: eni.AttachInput{DeviceIndex: 1}, is: eni.IsDeviceIndexTaken},
		"Delete":         {reason: "DeleteOnTermination is set.", in: eni.AttachInput{DeleteOnTermination: true}, index: 2},
		"LostResponse":   {reason: "The retry finds the attachment of the first attempt.", fault: enitest.Fault{Action: "AttachNetworkInterface", Times: 1, LoseResponse: true}, index: 2},
		"NoInstance":     {reason: "The instance must exist.", in: eni.AttachInput{InstanceID: "i-0123456789abcdef0"}, is: eni.IsNotFound},
		"NoInterface":    {reason: "The network interface must exist.", in: eni.AttachInput{NetworkInterfaceID: "eni-0123456789abcdef0"}, is: eni.IsNotFound},
		"NegativeIndex":  {reason: "An index is not negative.", in: eni.AttachInput{DeviceIndex: -1}, is: eni.IsInvalid},
		"NoSuchCard":     {reason: "EC2 rejects a network card that does not exist.", in: eni.AttachInput{NetworkCardIndex: 7}, is: func(err error) bool { return err != nil }},
		"Denied":         {reason: "A missing permission is reported.", fault: enitest.Fault{Action: "AttachNetworkInterface", Code: "UnauthorizedOperation"}, is: eni.IsUnauthorized},
		"DeniedDescribe": {reason: "A missing permission is reported.", fault: enitest.Fault{Action: "DescribeInstances", Code: "UnauthorizedOperation"}, is: eni.IsUnauthorized},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, enitest.Options{})
			foreign(t, s, true, nil)
			n := create(t, c)
			s.Inject(tc.fault)
			in := tc.in
			in.NetworkInterfaceID, in.InstanceID = or(in.NetworkInterfaceID, n.ID), or(in.InstanceID, enitest.InstanceID)
			for range 2 { // repeated calls have the same result
				a, err := c.Attach(t.Context(), &in)
				if tc.is != nil {
					if !tc.is(err) {
						t.Errorf("\n%s\nAttach(...): %v", tc.reason, err)
					}
					continue
				}
				if err != nil {
					t.Fatalf("\n%s\nAttach(...): %v", tc.reason, err)
				}
				got, err := c.WaitAttached(t.Context(), n.ID)
				if err != nil {
					t.Fatal(err)
				}
				if a.DeviceIndex != tc.index || a.ID != got.Attachment.ID || got.Attachment.DeviceIndex != tc.index || got.Attachment.DeleteOnTermination != in.DeleteOnTermination {
					t.Errorf("\n%s\nAttach(...): got %+v, then %+v", tc.reason, a, got.Attachment)
				}
			}
		})
	}
}

func or(s, other string) string {
	if s == "" {
		return other
	}
	return s
}

// TestAttachElsewhere attaches a network interface that is attached already.
func TestAttachElsewhere(t *testing.T) {
	t.Parallel()
	_, c := serve(t, enitest.Options{})
	n := create(t, c)
	a := attach(t, c, n.ID)
	for name, in := range map[string]eni.AttachInput{
		"Instance": {InstanceID: enitest.OtherInstanceID},
		"Index":    {InstanceID: enitest.InstanceID, DeviceIndex: a.DeviceIndex + 1},
	} {
		in.NetworkInterfaceID = n.ID
		if _, err := c.Attach(t.Context(), &in); !eni.IsInUse(err) {
			t.Errorf("%s: Attach(...): %v", name, err)
		}
	}
	if err := c.Delete(t.Context(), &eni.DeleteInput{NetworkInterfaceID: n.ID}); !eni.IsInUse(err) {
		t.Errorf("An attached network interface is not deleted. Delete(...): %v", err)
	}
}

// TestAttachConcurrently attaches as many network interfaces as the instance type supports, and
// one more, although new attachments are not described at once.
func TestAttachConcurrently(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{VisibilityDelay: 300 * time.Millisecond})
	const supported = 3 // of an m5.xlarge, besides the primary
	var mu sync.Mutex
	indexes, full := map[int32]bool{}, 0
	var all sync.WaitGroup
	for range supported + 1 {
		n := create(t, c)
		all.Go(func() {
			a, err := c.Attach(t.Context(), &eni.AttachInput{NetworkInterfaceID: n.ID, InstanceID: enitest.InstanceID})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case eni.IsAttachmentLimitExceeded(err):
				full++
			case err != nil:
				t.Error(err)
			default:
				indexes[a.DeviceIndex] = true
			}
		})
	}
	all.Wait()
	if got := slices.Sorted(maps.Keys(indexes)); !slices.Equal(got, []int32{1, 2, 3}) || full != 1 {
		t.Errorf("Attach(...): got indexes %v, and %d times the limit", got, full)
	}
	if got := s.Calls("AttachNetworkInterface"); got != supported {
		t.Errorf("No attempt fails. AttachNetworkInterface: %d calls", got)
	}
}

// TestNotVisibleYet changes a network interface at once, while EC2 does not describe it, or its
// attachment, yet.
func TestNotVisibleYet(t *testing.T) {
	t.Parallel()
	s, c := serve(t, enitest.Options{VisibilityDelay: 700 * time.Millisecond})
	n, err := c.Create(t.Context(), &eni.CreateInput{SubnetID: enitest.SubnetID})
	if err != nil {
		t.Fatal(err)
	}
	a, err := c.Attach(t.Context(), &eni.AttachInput{NetworkInterfaceID: n.ID, InstanceID: enitest.InstanceID})
	if err != nil {
		t.Fatalf("Attach(...) directly after Create: %v", err)
	}
	if got, err := c.Get(t.Context(), n.ID); err != nil || got.Attachment == nil || got.Attachment.ID != a.ID {
		t.Errorf("Get(...) directly after Attach: %+v, %v", got, err)
	}
	if err := c.Detach(t.Context(), &eni.DetachInput{AttachmentID: a.ID}); err != nil {
		t.Fatalf("Detach(...) directly after Attach: %v", err)
	}
	if s.Calls("DetachNetworkInterface") != 1 {
		t.Error("The attachment is leaked.")
	}
	if err := c.WaitDetached(t.Context(), n.ID); err != nil {
		t.Fatal(err)
	}
}
