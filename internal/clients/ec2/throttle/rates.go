// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package throttle

import "strings"

// PublishedRate returns the rate of EC2's token bucket for an action in one account and
// region. All describe calls of this provider are filtered or paginated, for which EC2 has
// a separate bucket.
// https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html
func PublishedRate(action string) Rate {
	switch action {
	case "CreateNetworkInterface", "DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute",
		"AssignPrivateIpAddresses", "UnassignPrivateIpAddresses", "AssignIpv6Addresses":
		return Rate{Burst: 100, PerSecond: 5}
	case "CreateTags", "DeleteTags":
		return Rate{Burst: 100, PerSecond: 10}
	}
	if ReadOnly(action) {
		return Rate{Burst: 100, PerSecond: 20}
	}
	// Mutating actions without a bucket of their own, such as AttachNetworkInterface
	// and DetachNetworkInterface.
	return Rate{Burst: 50, PerSecond: 5}
}

// ReadOnly reports whether an action changes nothing.
func ReadOnly(action string) bool {
	return strings.HasPrefix(action, "Describe") || strings.HasPrefix(action, "Get")
}
