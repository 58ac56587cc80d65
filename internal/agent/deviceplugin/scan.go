// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"bytes"
	"encoding/json"
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

// scan splits a file. It adds a list if there is none or it is null.
func scan(file []byte) (document, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(file, &whole); err != nil {
		return document{}, errors.Wrapf(ErrCorrupt, "invalid JSON: %s", err.Error())
	}
	// The file is valid JSON; the decoder provides positions.
	dec := json.NewDecoder(bytes.NewReader(file))
	if t, err := dec.Token(); t != json.Delim('{') || err != nil {
		return document{}, errors.Wrap(ErrCorrupt, "not a JSON object")
	}
	var d *document
	members := false
	for dec.More() {
		members = true
		key, err := dec.Token()
		if err != nil {
			return document{}, errors.Wrap(err, "cannot read key")
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return document{}, errors.Wrap(err, "cannot read value")
		}
		if name, ok := key.(string); !ok || !strings.EqualFold(name, listKey) {
			continue
		}
		if d != nil {
			return document{}, errors.Wrapf(ErrCorrupt, "duplicate key %q", listKey)
		}
		end := int(dec.InputOffset())
		if d, err = scanList(file, end-len(value), end); err != nil {
			return document{}, err
		}
	}
	if d == nil {
		d = withoutList(file, int(dec.InputOffset()), members)
	}
	return *d, nil
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
