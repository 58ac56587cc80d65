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

// tokenPrefix tells our tokens from anything else a client might send.
const tokenPrefix = "after:"

// idsOrPage refuses identifiers together with MaxResults. EC2 does so before it looks for the identifiers, and names
// them by the element set.
func idsOrPage(p params, ids, set string) error {
	if p.has("MaxResults") && p.has(ids) {
		return errCombination("The parameter %s cannot be used with the parameter maxResults", set)
	}
	return nil
}

// readPage is the page size, 0 for everything, and the identifier the page comes after.
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

// pageToken stands for everything up to and including id. It holds no position, so that resources that come and go
// between two pages shift nothing.
func pageToken(id string) string {
	return base64.URLEncoding.EncodeToString([]byte(tokenPrefix + id))
}
