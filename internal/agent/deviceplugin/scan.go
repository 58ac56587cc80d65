// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// ErrCorrupt means that the plugin could not read the file.
var ErrCorrupt = errors.New("not a configuration of the SR-IOV network device plugin")

const listKey = "resourceList"

// A document is a file split at its list of pools. The decoder of the standard library
// provides the position of each value, so that all other bytes are preserved.
type document struct {
	// head is the text up to the opening bracket of the list, tail the text from the
	// closing bracket.
	head, tail []byte
	items      []item
}

// An item is an element of the list with the white space around it, up to the bracket
// or comma.
type item struct {
	lead, raw, trail []byte
}

// text returns the document as a file.
func (d document) text() []byte {
	b := bytes.Clone(d.head)
	for i, x := range d.items {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(append(append(b, x.lead...), x.raw...), x.trail...)
	}
	return append(b, d.tail...)
}

// A span is the position of a value in a file.
type span struct{ start, end int }

// scan splits a file. It adds a list if there is none or it is null.
func scan(file []byte) (document, error) {
	lists, end, members, err := findLists(file)
	if err != nil {
		return document{}, err
	}
	if len(lists) == 0 {
		return *withoutList(file, end, members), nil
	}
	last := lists[len(lists)-1]
	if len(lists) == 1 {
		d, err := scanList(file, last.start, last.end)
		if err != nil {
			return document{}, err
		}
		return *d, nil
	}
	return scanLists(file, lists)
}

// findLists returns the values of all keys for the list of pools, the end of the last
// member of the file's object, and whether it has members.
func findLists(file []byte) (lists []span, end int, members bool, err error) {
	var whole json.RawMessage
	if err := json.Unmarshal(file, &whole); err != nil {
		return nil, 0, false, errors.Wrapf(ErrCorrupt, "invalid JSON: %s", err.Error())
	}
	// The file is valid JSON; the decoder provides positions.
	dec := json.NewDecoder(bytes.NewReader(file))
	if t, err := dec.Token(); t != json.Delim('{') || err != nil {
		return nil, 0, false, errors.Wrap(ErrCorrupt, "not a JSON object")
	}
	for dec.More() {
		members = true
		key, err := dec.Token()
		if err != nil {
			return nil, 0, false, errors.Wrap(err, "cannot read key")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return nil, 0, false, errors.Wrap(err, "cannot read value")
		}
		if name, ok := key.(string); ok && strings.EqualFold(name, listKey) {
			end := int(dec.InputOffset())
			lists = append(lists, span{end - len(value), end})
		}
	}
	return lists, int(dec.InputOffset()), members, nil
}

// scanLists splits a file with several lists. The plugin decodes each list over the
// previous one: the last one has the length, and an item has the members of the earlier
// item at its position that it does not have itself. So that a new pool does not get the
// members of another one, the earlier lists become empty.
func scanLists(file []byte, lists []span) (document, error) {
	var text []byte
	at := 0
	last := lists[len(lists)-1]
	for _, l := range lists[:len(lists)-1] {
		if _, err := scanList(file, l.start, l.end); err != nil {
			return document{}, err
		}
		text = append(append(text, file[at:l.start]...), "[]"...)
		at = l.end
	}
	text = append(text, file[at:last.start]...)
	start := len(text)
	text = append(text, file[last.start:]...)
	d, err := scanList(text, start, start+last.end-last.start)
	if err != nil {
		return document{}, err
	}
	return *d, overlay(file, d.items)
}

// overlay replaces items with the ones that the plugin decodes from a file with several
// lists. If it cannot decode the file, the items are kept.
func overlay(file []byte, items []item) error {
	var decoded struct {
		ResourceList []entry `json:"resourceList"`
	}
	readable := json.Unmarshal(file, &decoded) == nil
	if !readable || len(decoded.ResourceList) != len(items) {
		return nil
	}
	for i, whole := range decoded.ResourceList {
		var alone entry
		if json.Unmarshal(items[i].raw, &alone) == nil && reflect.DeepEqual(alone, whole) {
			continue
		}
		raw, err := json.Marshal(whole)
		if err != nil {
			return errors.Wrap(err, "cannot encode pool")
		}
		items[i].raw = raw
	}
	return nil
}

// withoutList adds a list to an object that ends before a position.
func withoutList(file []byte, end int, members bool) *document {
	head := bytes.Clone(bytes.TrimRight(file[:end], " \t\r\n"))
	if members {
		head = append(head, ',')
	}
	head = append(head, "\n  \""+listKey+"\": ["...)
	return &document{head: head, tail: append([]byte("]\n"), bytes.TrimLeft(file[end:], " \t\r\n")...)}
}

// scanList splits the list between two positions.
func scanList(file []byte, start, end int) (*document, error) {
	list := file[start:end]
	if string(list) == "null" {
		return &document{head: append(bytes.Clone(file[:start]), '['), tail: append([]byte{']'}, file[end:]...)}, nil
	}
	d := &document{head: file[:start+1], tail: file[end-1:]}
	dec := json.NewDecoder(bytes.NewReader(list))
	if t, err := dec.Token(); t != json.Delim('[') || err != nil {
		return nil, errors.Wrapf(ErrCorrupt, "%q is not a list", listKey)
	}
	last := 1
	for dec.More() {
		var raw json.RawMessage
		if err := dec.Decode(&raw); err != nil {
			return nil, errors.Wrap(err, "cannot read pool")
		}
		at := int(dec.InputOffset())
		lead := list[last : at-len(raw)]
		if n := len(d.items); n > 0 {
			// White space and one comma separate two values.
			d.items[n-1].trail, lead, _ = bytes.Cut(lead, []byte{','})
		}
		d.items = append(d.items, item{lead: lead, raw: raw})
		last = at
	}
	if n := len(d.items); n > 0 {
		d.items[n-1].trail = list[last : len(list)-1]
	}
	return d, nil
}
