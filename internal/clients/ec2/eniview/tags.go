// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eniview

import (
	"slices"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
)

// Tags returns the tags of a resource by key.
func Tags(tags []ec2types.Tag) map[string]string {
	out := make(map[string]string, len(tags))
	for _, t := range tags {
		out[ptr.Deref(t.Key, "")] = ptr.Deref(t.Value, "")
	}
	return out
}

// SecurityGroupIDs returns the ids of the security groups of an ENI, sorted.
func SecurityGroupIDs(n *ec2types.NetworkInterface) []string {
	var out []string
	for _, g := range n.Groups {
		out = append(out, ptr.Deref(g.GroupId, ""))
	}
	slices.Sort(out)
	return out
}
