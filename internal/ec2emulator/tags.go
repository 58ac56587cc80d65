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

// taggable returns the tags of a resource of any kind.
func (c *cloud) taggable(id string) (tags, error) {
	switch {
	case !kindENI.malformed(id):
		e, err := lookup(c.enis, kindENI, id)
		if err != nil {
			return nil, err
		}
		return e.tags, nil
	case !kindInstance.malformed(id):
		i, err := lookup(c.instances, kindInstance, id)
		if err != nil {
			return nil, err
		}
		return i.tags, nil
	case !kindSubnet.malformed(id):
		s, err := lookup(c.subnets, kindSubnet, id)
		if err != nil {
			return nil, err
		}
		return s.tags, nil
	case !kindGroup.malformed(id):
		g, err := lookup(c.groups, kindGroup, id)
		if err != nil {
			return nil, err
		}
		return g.tags, nil
	case !kindVPC.malformed(id):
		v, err := lookup(c.vpcs, kindVPC, id)
		if err != nil {
			return nil, err
		}
		return v.tags, nil
	default:
		return nil, failf("InvalidID", "The ID '%s' is not valid", id)
	}
}

func (c *call) createTags() ([]node, error) {
	ids := c.params.list("ResourceId")
	if len(ids) == 0 {
		return nil, errMissing("resourceIdSet")
	}
	add, err := readTags(c.params.structs("Tag"))
	if err != nil {
		return nil, err
	}
	if len(add) == 0 {
		return nil, errMissing("tagSet")
	}
	found := []tags{}
	for _, id := range ids {
		t, err := c.taggable(id)
		if err != nil {
			return nil, err
		}
		all := t.actual()
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, add)
		if len(all) > maxTags {
			return nil, failf("TagLimitExceeded", "The maximum number of tags for a resource is %d", maxTags)
		}
		found = append(found, t)
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.touch(ids...)
	for _, t := range found {
		for k, v := range add {
			t.set(k, v, c.now, c.opts.VisibilityDelay)
		}
	}
	return []node{leaf("return", true)}, nil
}

// deleteTags removes the given keys, or all but the reserved keys if none is given. A key with a value is removed only
// if the value matches.
func (c *call) deleteTags() ([]node, error) {
	ids := c.params.list("ResourceId")
	if len(ids) == 0 {
		return nil, errMissing("resourceIdSet")
	}
	want := c.params.structs("Tag")
	for _, p := range want {
		if k := p.str("Key"); reservedKey(k) {
			return nil, errInvalid("Value ( %s ) for parameter key is invalid. Tag keys starting with 'aws:' are reserved for internal use", k)
		}
	}
	found := []tags{}
	for _, id := range ids {
		t, err := c.taggable(id)
		if err != nil {
			return nil, err
		}
		found = append(found, t)
	}
	if err := c.dry(); err != nil {
		return nil, err
	}
	c.touch(ids...)
	for _, t := range found {
		if len(want) == 0 {
			maps.DeleteFunc(t, func(k string, _ tagValue) bool { return !reservedKey(k) })
		}
		for _, p := range want {
			if k := p.str("Key"); !p.has("Value") || t[k].value == p.str("Value") {
				delete(t, k)
			}
		}
	}
	return []node{leaf("return", true)}, nil
}

type tagRow struct{ id, resourceType, key, value string }

func (c *call) describeTags() ([]node, error) {
	rows := []tagRow{}
	add := func(id string, k kind, t tags) {
		for _, key := range t.keys(c.now) {
			v, _ := t.get(key, c.now)
			rows = append(rows, tagRow{id: id, resourceType: k.names().resourceType, key: key, value: v})
		}
	}
	for _, e := range sorted(c.enis) {
		if !c.now.Before(e.visible) {
			add(e.id, kindENI, e.tags)
		}
	}
	for _, i := range sorted(c.instances) {
		add(i.id, kindInstance, i.tags)
	}
	for _, g := range sorted(c.groups) {
		add(g.id, kindGroup, g.tags)
	}
	for _, s := range sorted(c.subnets) {
		add(s.id, kindSubnet, s.tags)
	}
	for _, v := range sorted(c.vpcs) {
		add(v.id, kindVPC, v.tags)
	}
	q := query[tagRow]{
		fields: map[string]func(tagRow) []string{
			"key":           func(r tagRow) []string { return []string{r.key} },
			"value":         func(r tagRow) []string { return []string{r.value} },
			"resource-id":   func(r tagRow) []string { return []string{r.id} },
			"resource-type": func(r tagRow) []string { return []string{r.resourceType} },
		},
		id: func(r tagRow) string { return r.id + "\x00" + r.key },
		// DescribeTags also has the filter tag:<key>, which matches the tag itself.
		tag: func(r tagRow, key string) (string, bool) { return r.value, r.key == key },
	}
	slices.SortFunc(rows, func(a, b tagRow) int { return strings.Compare(q.id(a), q.id(b)) })
	page, next, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{
		set("tagSet", page, func(r tagRow) []node {
			return []node{leaf("resourceId", r.id), leaf("resourceType", r.resourceType), leaf("key", r.key), leaf("value", r.value)}
		}),
		opt("nextToken", next),
	}, nil
}
