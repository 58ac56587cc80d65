package ec2emulator

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// maxFilterValues is EC2's limit for one call.
const maxFilterValues = 200

// A filter keeps what has any of the values in the named field. A filter without values keeps nothing.
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

// matches reports whether any value of the field is among the values wanted.
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

// glob compares as EC2's filters do: * is any text, ? is any one character, a backslash makes the next one plain.
func glob(pattern, s string) bool {
	if !strings.ContainsAny(pattern, `*?\`) {
		return pattern == s
	}
	p, t := []rune(pattern), []rune(s)
	// star and mark are where to resume after the last * took one character more.
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

// A query is how one kind of resource is filtered and paged.
type query[T any] struct {
	// fields by filter name.
	fields map[string]func(T) []string
	// id orders the resources and marks the end of a page.
	id func(T) string
	// tag is the value of a tag, for the filter tag:<key>.
	tag func(T, string) (string, bool)
	// unsupported are the filters that EC2 documents and the emulator has no state for.
	unsupported []string
	// tagKeys is for the filter tag-key; nil where EC2 has no such filter.
	tagKeys func(T) []string
	// largestPage is EC2's limit for MaxResults; 0 is maxPage.
	largestPage int
}

// run applies the call's filters and page to rows, which are in the order of their identifiers.
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
		if after != "" && q.id(r) <= after || !q.keep(filters, r) || c.verdict.omitted(q.id(r)) {
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

// have is the values of the field the filter names. A filter of several values is satisfied by any; several filters
// must all be.
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

// none is the field of what the emulator never makes: a public address, or an Outpost.
func none[T any](T) []string { return nil }

// constant wraps a field that has the same value everywhere.
func constant[T any](value string) func(T) []string {
	return func(T) []string { return []string{value} }
}

// yes wraps a field that is true or false.
func yes[T any](f func(T) bool) func(T) []string {
	return func(v T) []string { return []string{strconv.FormatBool(f(v))} }
}
