package eni

import "strings"

// InstanceID returns the instance id of a node's providerID, such as
// aws:///us-east-1a/i-0123456789abcdef0, or "" if it is not EC2's.
func InstanceID(providerID string) string {
	rest, ok := strings.CutPrefix(providerID, "aws://")
	if !ok {
		return ""
	}
	_, path, ok := strings.Cut(rest, "/") // what comes before names an account, mostly nothing
	if !ok {
		return ""
	}
	zone, id, ok := strings.Cut(path, "/")
	if !ok {
		zone, id = "", path
	}
	if (ok && zone == "") || !isInstanceID(id) {
		return ""
	}
	return id
}

func isInstanceID(s string) bool {
	s, ok := strings.CutPrefix(s, "i-")
	return ok && s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}
