// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// name returns the name of the existing child, which may have been created with an
// earlier UID of the same node, or else of a new child.
func name(r Request, n Node, s Subnet, have []Existing) string {
	for _, e := range have {
		if e.SubnetID == s.ID && !e.Deleting {
			return e.Name
		}
	}
	return ChildName(r.NodeENI, n.UID, s.ID)
}

// maxChildPrefix leaves room for the hash in a name of at most 63 characters,
// the limit of a label's value.
const maxChildPrefix = 63 - 1 - 10

// ChildName returns the name of the objects for one ENI of one node. It is
// deterministic, so that the API server rejects a duplicate with AlreadyExists.
func ChildName(nodeENI, nodeUID, subnetID string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%s\x00%s", nodeENI, nodeUID, subnetID)))
	prefix := nodeENI
	if len(prefix) > maxChildPrefix {
		prefix = strings.TrimRight(prefix[:maxChildPrefix], "-.")
	}
	return prefix + "-" + hex.EncodeToString(sum[:])[:10]
}

// AltName returns the alternative name of a child's link, which is the same on every
// node regardless of the distribution's interface names.
func AltName(nodeENI string, ordinal int) string {
	return fmt.Sprintf("%s-%d", nodeENI, ordinal)
}
