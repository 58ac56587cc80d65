// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"maps"
	"slices"
	"strings"
)

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
	case !kindElasticIP.malformed(id):
		a, err := lookup(c.elasticIPs, kindElasticIP, id)
		if err != nil {
			return nil, err
		}
		return a.tags, nil
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
	for _, a := range sorted(c.elasticIPs) {
		add(a.id, kindElasticIP, a.tags)
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
