// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"net/url"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"
)

// params are the form parameters of one call, or of one element of a list in it.
type params url.Values

// str returns the value of name, or "".
func (p params) str(name string) string { return url.Values(p).Get(name) }

// has reports whether name, or anything below it, was sent.
func (p params) has(name string) bool {
	if _, ok := p[name]; ok {
		return true
	}
	for k := range p {
		if strings.HasPrefix(k, name+".") {
			return true
		}
	}
	return false
}

// required returns the value of name, or MissingParameter.
func (p params) required(name string) (string, error) {
	if v := p.str(name); v != "" {
		return v, nil
	}
	return "", errMissing(strings.ToLower(name[:1]) + name[1:])
}

// boolean returns the value of name, or fallback if it was not sent.
func (p params) boolean(name string, fallback bool) (bool, error) {
	if !p.has(name) {
		return fallback, nil
	}
	switch v := strings.ToLower(p.str(name)); v {
	case "true", "1":
		return true, nil
	case "false", "0":
		return false, nil
	default:
		return false, errInvalid("Invalid value '%s' for %s; it must be true or false", p.str(name), name)
	}
}

// integer returns the value of name, or fallback if it was not sent.
func (p params) integer(name string, fallback int) (int, error) {
	if !p.has(name) {
		return fallback, nil
	}
	n, err := strconv.Atoi(p.str(name))
	if err != nil {
		return 0, errInvalid("Invalid value '%s' for %s; it must be an integer", p.str(name), name)
	}
	return n, nil
}

// integerIn is like integer, with a range check. The fallback is not checked.
func (p params) integerIn(name string, fallback, low, high int) (int, error) {
	n, err := p.integer(name, fallback)
	if err != nil || !p.has(name) {
		return n, err
	}
	if n < low || n > high {
		return 0, errInvalid("Value ( %d ) for parameter %s is invalid. Expecting a value between %d and %d.", n, name, low, high)
	}
	return n, nil
}

// maxText is the maximum number of characters in a description, and in the name of a security group.
const maxText = 255

// notLonger returns an error for a text with more than maxText characters.
func notLonger(parameter, text string) error {
	if utf8.RuneCountInString(text) > maxText {
		return errInvalid("Value for parameter %s is invalid. The maximum length is %d characters.", parameter, maxText)
	}
	return nil
}

// list returns name.1, name.2, ... in numeric order. Gaps are allowed.
func (p params) list(name string) []string {
	values := []string{}
	for _, n := range p.indexes(name) {
		values = append(values, p.str(name+"."+strconv.Itoa(n)))
	}
	return values
}

// structs returns name.1.X, name.2.X, ... with the prefix removed.
func (p params) structs(name string) []params {
	out := []params{}
	for _, n := range p.indexes(name) {
		out = append(out, p.below(name+"."+strconv.Itoa(n)))
	}
	return out
}

// below returns the parameters under prefix, with the prefix removed.
func (p params) below(prefix string) params {
	out := params{}
	for k, v := range p {
		if rest, ok := strings.CutPrefix(k, prefix+"."); ok {
			out[rest] = v
		}
	}
	return out
}

func (p params) indexes(name string) []int {
	seen := map[int]bool{}
	for k := range p {
		rest, ok := strings.CutPrefix(k, name+".")
		if !ok {
			continue
		}
		first, _, _ := strings.Cut(rest, ".")
		if n, err := strconv.Atoi(first); err == nil {
			seen[n] = true
		}
	}
	out := make([]int, 0, len(seen))
	for n := range seen {
		out = append(out, n)
	}
	sort.Ints(out)
	return out
}

// unknown returns the first parameter, in alphabetical order, that is not allowed.
func (p params) unknown(allowed map[string]bool) string {
	found := ""
	for k := range p {
		if !knows(allowed, k) && (found == "" || k < found) {
			found = k
		}
	}
	return found
}

// knows reports whether the parameter is allowed. N in an allowed name matches a number.
func knows(allowed map[string]bool, parameter string) bool {
	segments := strings.Split(parameter, ".")
	if allowed[segments[0]+".*"] && len(segments) > 1 {
		return true
	}
	for i, s := range segments {
		if n, err := strconv.Atoi(s); err == nil && n > 0 {
			segments[i] = "N"
		} else if s == "N" {
			return false
		}
	}
	return allowed[strings.Join(segments, ".")]
}

// withoutAuth returns the parameters for the ledger, without credentials and signatures.
func (p params) withoutAuth() map[string]string {
	out := make(map[string]string, len(p))
	for k, v := range p {
		if k == "WebIdentityToken" || strings.HasPrefix(k, "X-Amz-") {
			continue
		}
		out[k] = strings.Join(v, ",")
	}
	return out
}

// canonical returns the parameters as one text, to compare calls with the same ClientToken.
func (p params) canonical() string {
	q := url.Values{}
	for k, v := range p {
		if k != "DryRun" && k != "ClientToken" && !strings.HasPrefix(k, "X-Amz-") {
			q[k] = v
		}
	}
	return q.Encode()
}
