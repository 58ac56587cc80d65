// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"cmp"
	"regexp"
	"strings"
)

// InstanceID returns the instance id in a node's providerID, such as
// aws:///us-east-1a/i-0123456789abcdef0, or "" if the node is not an EC2 instance.
func InstanceID(providerID string) string {
	rest, ok := strings.CutPrefix(providerID, "aws://")
	if !ok {
		return ""
	}
	_, path, ok := strings.Cut(rest, "/") // the host part is an account, and mostly empty
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

// regionPattern matches the region at the start of a zone's name, including Local Zones
// (us-west-2-lax-1a) and Wavelength Zones (us-east-1-wl1-bos-wlz-1).
var regionPattern = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+`)

// Region returns the region of a node from its providerID or labels, or "" if the node
// is not an EC2 instance or neither contains a region.
func Region(providerID string, labels map[string]string) string {
	if InstanceID(providerID) == "" {
		return ""
	}
	path := strings.Split(providerID, "/") // aws:, an account or nothing, …, zone, id
	return cmp.Or(regionPattern.FindString(path[len(path)-2]), labels[labelRegion], regionPattern.FindString(labels[labelZone]))
}

// The well-known labels of a node's region and zone.
const (
	labelRegion = "topology.kubernetes.io/region"
	labelZone   = "topology.kubernetes.io/zone"
)

func isInstanceID(s string) bool {
	s, ok := strings.CutPrefix(s, "i-")
	return ok && s != "" && strings.IndexFunc(s, func(r rune) bool {
		return (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	}) < 0
}
