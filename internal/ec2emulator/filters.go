// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// maxFilterValues is EC2's limit per call.
const maxFilterValues = 200

// A filter matches resources with any of the values in the named field. A filter without values matches none.
type filter struct {
	name   string
	values []string
}

func readFilters(p params) ([]filter, error) {
	out := []filter{}
	total := 0
	for _, s := range p.structs("Filter") {
		f := filter{name: s.str("Name"), values: s.list("Value")}
		if f.name == "" {
			return nil, errMissing("Filter.Name")
		}
		if total += len(f.values); total > maxFilterValues {
			return nil, failf("FilterLimitExceeded", "The maximum number of filter values specified on a single call is %d", maxFilterValues)
		}
		out = append(out, f)
	}
	return out, nil
}

// matches reports whether any value of the field matches any value of the filter.
func (f filter) matches(have []string) bool {
	for _, h := range have {
		for _, w := range f.values {
			if glob(w, h) {
				return true
			}
		}
	}
	return false
}

// glob matches as EC2's filters do: * matches any text, ? any character, and a backslash escapes the next character.
func glob(pattern, s string) bool {
	if !strings.ContainsAny(pattern, `*?\`) {
		return pattern == s
	}
	p, t := []rune(pattern), []rune(s)
	// star and mark are the positions for backtracking to the last *.
	pi, ti, star, mark := 0, 0, -1, 0
	for ti < len(t) {
		switch {
		case pi < len(p) && p[pi] == '*':
			star, mark = pi, ti
			pi++
		case pi+1 < len(p) && p[pi] == '\\' && p[pi+1] == t[ti]:
			pi += 2
			ti++
		case pi < len(p) && p[pi] != '\\' && (p[pi] == '?' || p[pi] == t[ti]):
			pi++
			ti++
		case star >= 0:
			mark++
			pi, ti = star+1, mark
		default:
			return false
		}
	}
	for pi < len(p) && p[pi] == '*' {
		pi++
	}
	return pi == len(p)
}

// A query filters and paginates resources of one kind.
type query[T any] struct {
	// fields by filter name.
	fields map[string]func(T) []string
	// id orders the resources and marks the end of a page.
	id func(T) string
	// tag is the value of a tag, for the filter tag:<key>.
	tag func(T, string) (string, bool)
	// unsupported are documented filters that the emulator does not support.
	unsupported []string
	// tagKeys is for the filter tag-key; nil if EC2 has no such filter.
	tagKeys func(T) []string
	// largestPage is EC2's limit for MaxResults; 0 is maxPage.
	largestPage int
}

// run returns the page of rows that match the call's filters. rows are sorted by identifier.
func (q query[T]) run(c *call, rows []T) ([]T, string, error) {
	filters, err := readFilters(c.params)
	if err != nil {
		return nil, "", err
	}
	for _, f := range filters {
		switch {
		case slices.Contains(q.unsupported, f.name):
			return nil, "", failf("UnsupportedOperation", "The emulator does not support the filter '%s'", f.name)
		case !q.knows(f.name):
			return nil, "", errInvalid("The filter '%s' is invalid", f.name)
		}
	}
	size, after, err := readPage(c.params, cmp.Or(q.largestPage, maxPage))
	if err != nil {
		return nil, "", err
	}
	if err := c.dry(); err != nil {
		return nil, "", err
	}
	out := []T{}
	for _, r := range rows {
		if after != "" && q.id(r) <= after || !q.keep(filters, r) || c.outcome.omitted(q.id(r)) {
			continue
		}
		if size > 0 && len(out) == size {
			return out, pageToken(q.id(out[size-1])), nil
		}
		out = append(out, r)
	}
	return out, "", nil
}

func (q query[T]) knows(name string) bool {
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		return key != "" && q.tag != nil
	}
	if name == "tag-key" {
		return q.tagKeys != nil
	}
	_, ok := q.fields[name]
	return ok
}

func (q query[T]) keep(filters []filter, r T) bool {
	for _, f := range filters {
		if !f.matches(q.have(f.name, r)) {
			return false
		}
	}
	return true
}

// have returns the values of a filter's field. Any value of a filter must match; all filters
// must match.
func (q query[T]) have(name string, r T) []string {
	if key, ok := strings.CutPrefix(name, "tag:"); ok {
		v, has := q.tag(r, key)
		if !has {
			return nil
		}
		return []string{v}
	}
	if name == "tag-key" {
		return q.tagKeys(r)
	}
	return q.fields[name](r)
}

// one wraps a field with a single value.
func one[T any](f func(T) string) func(T) []string {
	return func(v T) []string { return []string{f(v)} }
}

// none is a field without values, such as public addresses and Outposts, which the emulator does not support.
func none[T any](T) []string { return nil }

// constant wraps a field that has the same value everywhere.
func constant[T any](value string) func(T) []string {
	return func(T) []string { return []string{value} }
}

// yes wraps a boolean field.
func yes[T any](f func(T) bool) func(T) []string {
	return func(v T) []string { return []string{strconv.FormatBool(f(v))} }
}
