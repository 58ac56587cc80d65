package throttle

import "strings"

// PublishedRate returns the size of EC2's token bucket for an action, for one
// account in one region. All describe calls of this provider have a filter or
// ask for pages, which EC2 counts apart from those that have neither.
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
	// Mutating actions that EC2 does not list apart, AttachNetworkInterface and
	// DetachNetworkInterface among them.
	return Rate{Burst: 50, PerSecond: 5}
}

// ReadOnly says that an action changes nothing.
func ReadOnly(action string) bool {
	return strings.HasPrefix(action, "Describe") || strings.HasPrefix(action, "Get")
}
