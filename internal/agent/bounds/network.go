// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package bounds

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
)

const (
	// MaxNetworkName is the length of the name of a network for pods.
	MaxNetworkName = 63
	// MaxRoutes is the number of routes of a network for pods.
	MaxRoutes = 32
)

// CheckNetworkName returns why a network for pods cannot have a name, or an empty string.
// The name is a part of paths of CNI plugins.
func CheckNetworkName(s string) string {
	other := func(r rune) bool { return (r < 'a' || r > 'z') && !isDigit(r) && r != '-' }
	if s == "" || len(s) > MaxNetworkName || strings.ContainsFunc(s, other) || s[0] == '-' {
		return fmt.Sprintf("the name of a network has 1 to %d lower-case letters, digits and '-'", MaxNetworkName)
	}
	return ""
}

// CheckMode returns why a string is not a mode of ipvlan or macvlan, or an empty string.
func CheckMode(s string) string {
	if !slices.Contains([]string{"", "l2", "l3", "l3s", "bridge", "vepa", "private", "passthru"}, s) {
		return "a mode is l2, l3 or l3s of ipvlan, or bridge, vepa, private or passthru of macvlan"
	}
	return ""
}

// CheckRange returns why a string is not a range of addresses, or an empty string.
func CheckRange(s string) string {
	if p, err := netip.ParsePrefix(s); err != nil || p.Masked() != p {
		return "a range has no host bits, such as 10.8.0.0/16"
	}
	return ""
}

// CheckIP returns why a string is not an IP address, or an empty string.
func CheckIP(s string) string {
	if a, err := netip.ParseAddr(s); err != nil || a.Zone() != "" {
		return "an IP address has no zone and no prefix length, such as 10.0.1.1"
	}
	return ""
}
