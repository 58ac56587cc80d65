// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"maps"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// EC2's limits on tags.
const (
	maxTags     = 50
	maxTagKey   = 128
	maxTagValue = 256
)

// tags of one resource. A tag set after creation becomes visible after VisibilityDelay.
type tags map[string]tagValue

type tagValue struct {
	value string
	// seen is when describe calls begin to return value; until then they return before, if any.
	seen   time.Time
	before *string
}

func newTags(values map[string]string) tags {
	t := tags{}
	for k, v := range values {
		t[k] = tagValue{value: v}
	}
	return t
}

// actual returns all tags, visible or not.
func (t tags) actual() map[string]string {
	if len(t) == 0 {
		return nil
	}
	out := make(map[string]string, len(t))
	for k, v := range t {
		out[k] = v.value
	}
	return out
}

// get returns the visible value of key.
func (t tags) get(key string, now time.Time) (string, bool) {
	v, ok := t[key]
	if !ok {
		return "", false
	}
	if !now.Before(v.seen) {
		return v.value, true
	}
	if v.before != nil {
		return *v.before, true
	}
	return "", false
}

// keys returns the visible keys, sorted.
func (t tags) keys(now time.Time) []string {
	out := make([]string, 0, len(t))
	for _, k := range slices.Sorted(maps.Keys(t)) {
		if _, ok := t.get(k, now); ok {
			out = append(out, k)
		}
	}
	return out
}

func (t tags) set(key, value string, now time.Time, lag time.Duration) {
	v := tagValue{value: value, seen: now.Add(lag)}
	if old, ok := t.get(key, now); ok {
		v.before = &old
	}
	t[key] = v
}

// node returns the tag set. A resource without tags has no such element.
func (t tags) node(now time.Time) node {
	keys := t.keys(now)
	return when(len(keys) > 0, set("tagSet", keys, func(k string) []node {
		v, _ := t.get(k, now)
		return []node{leaf("key", k), leaf("value", v)}
	}))
}

// reservedKey reports whether only AWS can set and remove a tag key.
func reservedKey(key string) bool { return strings.HasPrefix(strings.ToLower(key), "aws:") }

// readTags reads and validates Tag.N.Key and Tag.N.Value.
func readTags(items []params) (map[string]string, error) {
	out := map[string]string{}
	for _, p := range items {
		k, v := p.str("Key"), p.str("Value")
		switch {
		case k == "":
			return nil, errInvalid("Tag key cannot be empty.")
		case reservedKey(k):
			return nil, errInvalid("Tag keys starting with 'aws:' are reserved for internal use")
		case utf8.RuneCountInString(k) > maxTagKey:
			return nil, errInvalid("Tag key exceeds the maximum length of %d characters", maxTagKey)
		case utf8.RuneCountInString(v) > maxTagValue:
			return nil, errInvalid("Tag value exceeds the maximum length of %d characters", maxTagValue)
		}
		if _, twice := out[k]; twice {
			return nil, errInvalid("Duplicate tag key '%s' specified.", k)
		}
		out[k] = v
	}
	if len(out) > maxTags {
		return nil, failf("TagLimitExceeded", "The maximum number of tags for a resource is %d", maxTags)
	}
	return out, nil
}

// readTagSpecifications reads the tags for one resource type. It returns an error for a type that the action does not
// create and for a specification without a tag.
func readTagSpecifications(p params, allowed ...string) (map[string]map[string]string, error) {
	out := map[string]map[string]string{}
	for _, s := range p.structs("TagSpecification") {
		rt := s.str("ResourceType")
		if rt == "" {
			return nil, errInvalid("Tag specification resource type must have a value")
		}
		if !slices.Contains(allowed, rt) {
			return nil, errInvalid("'%s' is not a valid taggable resource type for this operation.", rt)
		}
		if _, twice := out[rt]; twice {
			return nil, errInvalid("Duplicate resource type '%s' in TagSpecifications", rt)
		}
		t, err := readTags(s.structs("Tag"))
		if err != nil {
			return nil, err
		}
		if len(t) == 0 {
			return nil, errInvalid("Tag specification must have at least one tag")
		}
		out[rt] = t
	}
	return out, nil
}
