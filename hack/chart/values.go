// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"fmt"
	"strings"

	"go.yaml.in/yaml/v3"
)

// A value is a key of values.yaml.
type value struct {
	path     string // such as provider.metrics.port
	key      string
	comment  string
	node     *yaml.Node
	children []value // none if the key is set as a whole
}

// parseValues returns the values of values.yaml. A map whose keys have comments is a
// section; any other map is one value.
func parseValues(text []byte) ([]value, error) {
	doc := yaml.Node{}
	if err := yaml.Unmarshal(text, &doc); err != nil {
		return nil, fmt.Errorf("cannot parse values.yaml: %w", err)
	}
	return section("", doc.Content[0])
}

func section(prefix string, node *yaml.Node) ([]value, error) {
	var out []value
	for i := 0; i < len(node.Content); i += 2 {
		key, content := node.Content[i], node.Content[i+1]
		v := value{path: prefix + key.Value, key: key.Value, comment: comment(key), node: content}
		if isSection(content) {
			var err error
			if v.children, err = section(v.path+".", content); err != nil {
				return nil, err
			}
		} else if v.comment == "" {
			return nil, fmt.Errorf("values.yaml: %s has no comment", v.path)
		}
		out = append(out, v)
	}
	return out, nil
}

func isSection(node *yaml.Node) bool {
	if node.Kind != yaml.MappingNode {
		return false
	}
	for i := 0; i < len(node.Content); i += 2 {
		if key := node.Content[i]; key.HeadComment != "" || isSection(node.Content[i+1]) {
			return true
		}
	}
	return false
}

// comment returns the comment above a key as one line.
func comment(key *yaml.Node) string {
	var words []string
	for line := range strings.Lines(key.HeadComment) {
		words = append(words, strings.Fields(strings.TrimPrefix(line, "#"))...)
	}
	return strings.Join(words, " ")
}

// byDefault returns the default of a value as JSON.
func (v value) byDefault() (string, error) {
	var decoded any
	if err := v.node.Decode(&decoded); err != nil {
		return "", fmt.Errorf("values.yaml: %s: %w", v.path, err)
	}
	b, err := json.Marshal(decoded)
	return string(b), err
}
