package deviceplugin

import (
	"bytes"
	"encoding/json"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// ErrCorrupt says that a file is not one that the plugin could read.
var ErrCorrupt = errors.New("not a configuration of the SR-IOV network device plugin")

const listKey = "resourceList"

// A document is a file, taken apart where it may be changed: at the list of
// pools. The standard library's decoder says where each value ends, so nothing
// is parsed by hand, and no editor of JSON is needed, which would not keep the
// bytes that it does not edit.
type document struct {
	// head is what is before the list, with its bracket, tail what is behind it,
	// with its bracket.
	head, tail []byte
	items      []item
}

// An item is a pool in the list, and the space before and behind it, which ends
// at a bracket or a comma.
type item struct {
	lead, raw, trail []byte
}

// text puts a document together again.
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

// scan takes a file apart. One without a list, or where it is null, gets one.
func scan(file []byte) (document, error) {
	var whole json.RawMessage
	if err := json.Unmarshal(file, &whole); err != nil {
		return document{}, errors.Wrapf(ErrCorrupt, "it is not JSON, %s", err.Error())
	}
	// The decoder only gives positions here: the text is known to be JSON.
	dec := json.NewDecoder(bytes.NewReader(file))
	if t, err := dec.Token(); t != json.Delim('{') || err != nil {
		return document{}, errors.Wrap(ErrCorrupt, "it is not an object")
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
			return document{}, errors.Wrapf(ErrCorrupt, "it has %q twice", listKey)
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

// withoutList adds a list to an object that ends behind a position.
func withoutList(file []byte, end int, members bool) *document {
	head := bytes.Clone(bytes.TrimRight(file[:end], " \t\r\n"))
	if members {
		head = append(head, ',')
	}
	head = append(head, "\n  \""+listKey+"\": ["...)
	return &document{head: head, tail: append([]byte("]\n"), bytes.TrimLeft(file[end:], " \t\r\n")...)}
}

// scanList takes the list apart that is from one position to another.
func scanList(file []byte, start, end int) (*document, error) {
	list := file[start:end]
	if string(list) == "null" {
		return &document{head: append(bytes.Clone(file[:start]), '['), tail: append([]byte{']'}, file[end:]...)}, nil
	}
	d := &document{head: file[:start+1], tail: file[end-1:]}
	dec := json.NewDecoder(bytes.NewReader(list))
	if t, err := dec.Token(); t != json.Delim('[') || err != nil {
		return nil, errors.Wrapf(ErrCorrupt, "its %q is not a list", listKey)
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
			// Between two values of a list are space and one comma.
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
