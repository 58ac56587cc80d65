// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strconv"
	"time"
)

// timeFormat is EC2's XML time format: UTC, with milliseconds.
const timeFormat = "2006-01-02T15:04:05.000Z"

// A node is an XML element with either text or children. A node without a name is skipped, so that an expression
// can omit an optional element.
type node struct {
	name string
	text string
	kids []node
}

// el returns an element with children.
func el(name string, kids ...node) node { return node{name: name, kids: kids} }

// leaf returns an element with text.
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

// opt is like leaf, and omitted if the text is empty.
func opt(name, value string) node {
	if value == "" {
		return node{}
	}
	return leaf(name, value)
}

// when returns n if ok, else an omitted element.
func when(ok bool, n node) node {
	if !ok {
		return node{}
	}
	return n
}

// set returns a list element with one item per value, present even if empty.
func set[T any](name string, values []T, item func(T) []node) node {
	kids := make([]node, 0, len(values))
	for _, v := range values {
		kids = append(kids, node{name: "item", kids: item(v)})
	}
	return node{name: name, kids: kids}
}

// texts returns a list element with text items.
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
	// Writes to a bytes.Buffer never fail.
	_ = xml.EscapeText(b, []byte(n.text))
	for _, k := range n.kids {
		k.write(b)
	}
	b.WriteString("</")
	b.WriteString(n.name)
	b.WriteByte('>')
}

// document renders a root element with a namespace, which is omitted if empty, as in error responses.
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
