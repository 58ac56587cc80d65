// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"encoding/base64"
	"strings"
)

// EC2's range for MaxResults.
const (
	minPage = 5
	maxPage = 1000
)

// tokenPrefix identifies the emulator's pagination tokens.
const tokenPrefix = "after:"

// idsOrPage returns an error for identifiers together with MaxResults. EC2 checks this before it resolves the
// identifiers, and names them by the element set.
func idsOrPage(p params, ids, set string) error {
	if p.has("MaxResults") && p.has(ids) {
		return errCombination("The parameter %s cannot be used with the parameter maxResults", set)
	}
	return nil
}

// readPage returns the page size, 0 for all, and the identifier after which the page begins.
func readPage(p params, largest int) (int, string, error) {
	size, err := p.integerIn("MaxResults", 0, minPage, largest)
	if err != nil {
		return 0, "", err
	}
	after := ""
	if t := p.str("NextToken"); t != "" {
		raw, err := base64.URLEncoding.DecodeString(t)
		rest, ok := strings.CutPrefix(string(raw), tokenPrefix)
		if err != nil || !ok {
			return 0, "", errInvalid("Unable to parse pagination token")
		}
		after = rest
	}
	return size, after, nil
}

// pageToken returns the token of the page after id. It contains no offset, so that resources created or deleted
// between two pages shift no page.
func pageToken(id string) string {
	return base64.URLEncoding.EncodeToString([]byte(tokenPrefix + id))
}
