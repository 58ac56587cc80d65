// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// name returns the name of the existing child, which may have been created with an
// earlier UID of the same node, or for another node, or else of a new child.
func name(r Request, n Node, s Subnet, position int, have []Existing, owners map[string]string) string {
	for _, e := range have {
		if e.SubnetID == s.ID && e.Position == position && !e.Deleting {
			return e.Name
		}
	}
	slot := SlotName(s.ID, position)
	name := ChildName(r.NodeENI, n.UID, slot)
	// The first ENI of a node can be retained, and taken over by another node.
	for i := 1; owners[name] != "" && owners[name] != n.UID; i++ {
		name = ChildName(r.NodeENI, n.UID, fmt.Sprintf("%s#%d", slot, i))
	}
	return name
}

// SlotName returns the name of an ENI among the ENIs of a NodeENI on one node: the id of
// its subnet, followed by its position among the ENIs of the subnet unless it is the first.
func SlotName(subnetID string, position int) string {
	if position == 0 {
		return subnetID
	}
	return fmt.Sprintf("%s.%d", subnetID, position)
}

// ParseSlot returns the subnet and the position in the name of a slot.
func ParseSlot(slot string) (subnetID string, position int) {
	subnetID, number, found := strings.Cut(slot, ".")
	if !found {
		return subnetID, 0
	}
	position, err := strconv.Atoi(number)
	if err != nil || position < 1 || SlotName(subnetID, position) != slot {
		return "", 0
	}
	return subnetID, position
}

// maxChildPrefix leaves room for the hash in a name of at most 63 characters,
// the limit of a label's value.
const maxChildPrefix = 63 - 1 - 10

// ChildName returns the name of the objects for one ENI of one node. It is
// deterministic, so that the API server rejects a duplicate with AlreadyExists.
func ChildName(nodeENI, nodeUID, slot string) string {
	sum := sha256.Sum256([]byte(fmt.Sprintf("%s\x00%s\x00%s", nodeENI, nodeUID, slot)))
	prefix := nodeENI
	if len(prefix) > maxChildPrefix {
		prefix = strings.TrimRight(prefix[:maxChildPrefix], "-.")
	}
	return prefix + "-" + hex.EncodeToString(sum[:])[:10]
}

const (
	// maxAltName is the length of a link's name. CNI plugins before v1.6.0 do not find a
	// link by a longer alternative name.
	maxAltName = 15
	// altHashDigits is the length of the hash in a shortened alternative name: 30 bits.
	altHashDigits = 6
)

// AltNames returns the alternative names of a child's link, which are the same on every
// node regardless of the distribution's interface names: NODEENI-ORDINAL, preceded by a
// shorter name if it has more than 15 characters.
func AltNames(nodeENI string, ordinal int) []string {
	long := fmt.Sprintf("%s-%d", nodeENI, ordinal)
	if len(long) <= maxAltName {
		return []string{long}
	}
	return []string{shortAltName(nodeENI, ordinal), long}
}

// shortAltName returns the beginning of a NodeENI's name, a hash of the whole name, and the
// ordinal. The underscore, which no name of a NodeENI has, distinguishes it from the names
// of the links of other NodeENIs.
func shortAltName(nodeENI string, ordinal int) string {
	sum := sha256.Sum256([]byte(nodeENI))
	hash := strings.ToLower(base32.HexEncoding.EncodeToString(sum[:]))[:altHashDigits]
	end := fmt.Sprintf("_%s-%d", hash, ordinal)
	begin := strings.TrimRight(nodeENI[:min(len(nodeENI), maxAltName-len(end))], "-.")
	return begin + end
}
