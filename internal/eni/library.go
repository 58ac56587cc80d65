// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
)

// LibraryUID returns the UID of an ENI that a client of the Go library creates: it is the
// same for each create of an owner with the same client token.
func LibraryUID(owner, token string) string {
	sum := sha256.Sum256([]byte(owner + "\x00" + token))
	return hex.EncodeToString(sum[:16])
}

// LibraryTags returns the tags of an ENI that a client of the Go library creates. The
// user's tags override TagNoManage, but not the ownership tags.
func LibraryTags(owner, uid string, user map[string]string) map[string]string {
	tags := map[string]string{TagNoManage: "true"}
	maps.Copy(tags, user)
	tags[TagLibraryOwner], tags[TagUID] = owner, uid
	return tags
}

// notOwnedByLibrary returns the reason why the actor does not own the ENI, or nil. The actor
// is a client of the Go library, or such a client created the ENI. Neither changes an ENI of
// the other, or of another owner.
func notOwnedByLibrary(a Actor, n Interface) *RefusalError {
	owner := n.Tags[TagLibraryOwner]
	switch {
	case owner != "" && owner == a.Library:
		return nil
	case owner != "":
		return foreign("network interface %s was created by the owner %q of the Go library (tag %s)", n.ID, owner, TagLibraryOwner)
	case n.Tags[TagUID] != "":
		return foreign("network interface %s was created for NetworkInterface %s (tag %s)", n.ID, orUnknown(n.Tags[TagObject]), TagUID)
	case a.Adopts == n.ID:
		return nil
	default:
		return foreign("network interface %s was not created by the owner %q (tag %s), and is not adopted", n.ID, a.Library, TagLibraryOwner)
	}
}
