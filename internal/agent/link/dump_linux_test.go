// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package link

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/vishvananda/netlink"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// TestDump interrupts a dump several times. Each time it returns half of the list.
func TestDump(t *testing.T) {
	half, whole, failed := []int{1}, []int{1, 2}, errors.New("operation not permitted")
	cases := map[string]struct {
		reason        string
		interruptions int
		then          error
		want          []int
		wantErr       error
		wantCalls     int
	}{
		"Whole":       {reason: "A dump that was not interrupted is complete.", want: whole, wantCalls: 1},
		"Interrupted": {reason: "A dump that was interrupted is repeated: in an incomplete list, links look deleted.", interruptions: 3, want: whole, wantCalls: 4},
		"LastAttempt": {reason: "The last attempt counts.", interruptions: dumpAttempts - 1, want: whole, wantCalls: dumpAttempts},
		"Always":      {reason: "A list that is never complete is not returned.", interruptions: dumpAttempts + 5, wantErr: netlink.ErrDumpInterrupted, wantCalls: dumpAttempts},
		"Failed":      {reason: "Another error is returned at once.", interruptions: 1, then: failed, want: whole, wantErr: failed, wantCalls: 2},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			calls := 0
			got, err := dump(func() ([]int, error) {
				if calls++; calls <= tc.interruptions {
					return half, netlink.ErrDumpInterrupted
				}
				return whole, tc.then
			})
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
			if diff := cmp.Diff(tc.wantErr, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\nerror: -want, +got:\n%s", tc.reason, diff)
			}
			if calls != tc.wantCalls {
				t.Errorf("%s: %d calls, want %d", tc.reason, calls, tc.wantCalls)
			}
		})
	}
}
