package ec2emulator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"time"
)

// timeFormat is how EC2 writes instants in XML: UTC, with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// A node is one XML element: either text or children. A node without a name is skipped, which lets builders leave an
// optional element out in the middle of an expression.
type node struct {
	name string
	text string
	kids []node
}

// el is an element with children.
func el(name string, kids ...node) node { return node{name: name, kids: kids} }

// leaf is an element with text.
func leaf(name string, value any) node {
	switch v := value.(type) {
	case string:
		return node{name: name, text: v}
	case bool:
		return node{name: name, text: strconv.FormatBool(v)}
	case int:
		return node{name: name, text: strconv.Itoa(v)}
	case time.Time:
		return node{name: name, text: v.UTC().Format(timeFormat)}
	default:
		return node{name: name, text: fmt.Sprint(v)}
	}
}

// opt is leaf, left out when the text is empty.
func opt(name, value string) node {
	if value == "" {
		return node{}
	}
	return leaf(name, value)
}

// when keeps n only if ok.
func when(ok bool, n node) node {
	if !ok {
		return node{}
	}
	return n
}

// set is EC2's list: an element with one item per value, present even when empty.
func set[T any](name string, values []T, item func(T) []node) node {
	kids := make([]node, 0, len(values))
	for _, v := range values {
		kids = append(kids, node{name: "item", kids: item(v)})
	}
	return node{name: name, kids: kids}
}

// texts is a list whose items are plain text.
func texts(name string, values []string) node {
	kids := make([]node, 0, len(values))
	for _, v := range values {
		kids = append(kids, leaf("item", v))
	}
	return node{name: name, kids: kids}
}

// write appends n to b.
func (n node) write(b *bytes.Buffer) {
	if n.name == "" {
		return
	}
	b.WriteByte('<')
	b.WriteString(n.name)
	b.WriteByte('>')
	// A bytes.Buffer never fails to write, so neither does EscapeText.
	_ = xml.EscapeText(b, []byte(n.text))
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</")
	b.WriteString(n.name)
	b.WriteByte('>')
}

// document renders a root element with a namespace; an empty namespace is left out, as EC2 does for errors.
func document(root, namespace string, kids ...node) []byte {
	b := &bytes.Buffer{}
	b.WriteString(`<?xml version="1.0" encoding="UTF-8"?>` + "\n<" + root)
	if namespace != "" {
		b.WriteString(` xmlns="` + namespace + `"`)
	}
	b.WriteByte('>')
	for _, k := range kids {
		k.write(b)
	}
	b.WriteString("</" + root + ">")
	return b.Bytes()
}
