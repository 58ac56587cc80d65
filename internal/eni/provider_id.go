package eni

import "regexp"

// InstanceID returns the instance id of a node's providerID, such as
// aws:///us-east-1a/i-0123456789abcdef0, or "" if it is not EC2's.
func InstanceID(providerID string) string {
	m := regexp.MustCompile(`^aws://[^/]*/(?:[^/]+/)?(i-[0-9a-zA-Z]+)$`).FindStringSubmatch(providerID)
	if m == nil {
		return ""
	}
	return m[1]
}
