// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package bounds

import (
	"fmt"
	"strings"
)

const (
	// MaxCapacity is the number of units of an extended resource.
	MaxCapacity = 1000
	// MaxInterfaces is the number of interfaces of a node.
	MaxInterfaces = 1024

	// resourcePrefix is the prefix of the resources that an agent advertises: a kubelet also
	// has resources of other device plugins.
	resourcePrefix = "networking.k8s.aws/"
	// maxResource is the length of the rest of a resource's name: the name of a NodeENI.
	maxResource = 63
)

// CheckResource returns why a string is not the extended resource of a NodeENI, or an empty
// string.
func CheckResource(s string) string {
	name, ok := strings.CutPrefix(s, resourcePrefix)
	other := func(r rune) bool { return (r < 'a' || r > 'z') && !isDigit(r) && r != '-' && r != '.' }
	if !ok || name == "" || len(name) > maxResource || strings.ContainsFunc(name, other) || strings.Trim(name, "-.") != name {
		return "a resource is " + resourcePrefix + " and the name of a NodeENI"
	}
	return ""
}

// CheckCount returns why a number is not 1 to most, or an empty string.
func CheckCount(n, most int32) string {
	if n < 1 || n > most {
		return fmt.Sprintf("the number is 1 to %d", most)
	}
	return ""
}
