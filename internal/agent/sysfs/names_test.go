// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package sysfs

import "testing"

func TestOrigin(t *testing.T) {
	const mac = "02:00:00:00:00:01"
	cases := map[string]struct {
		reason  string
		address string
		value   string
		want    NameOrigin
	}{
		"Kernel":    {reason: "The kernel chose the name.", address: mac, value: "1\n", want: NameOfKernel},
		"Renamed":   {reason: "A program has renamed the link.", address: mac, value: "4\n", want: NameChanged},
		"Created":   {reason: "The program that created the link chose the name.", address: mac, value: "3\n"},
		"None":      {reason: "The kernel does not report the origin.", address: mac},
		"OtherLink": {reason: "Another link has the name by now.", address: "02:00:00:00:00:02", value: "1\n"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			files := map[string]string{"class/net/eth1/address": tc.address + "\n"}
			if tc.value != "" {
				files["class/net/eth1/name_assign_type"] = tc.value
			}
			f, _ := tree(t, files)
			if got := NewLinkNames(f).Origin("eth1", mac); got != tc.want {
				t.Errorf("%s want %q, got %q", tc.reason, tc.want, got)
			}
			if got := NewLinkNames(f).Origin("eth2", mac); got != NameUnknown {
				t.Errorf("A missing link has no origin, not %q.", got)
			}
		})
	}
}
