// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator

import (
	"encoding/json"
	"maps"
	"slices"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// Merge applies a JSON merge patch (RFC 7386).
func Merge(base, patch map[string]any) {
	for k, v := range patch {
		p, isMap := v.(map[string]any)
		b, wasMap := base[k].(map[string]any)
		switch {
		case v == nil:
			delete(base, k)
		case isMap && wasMap:
			Merge(b, p)
		case isMap:
			fresh := map[string]any{}
			Merge(fresh, p)
			base[k] = fresh
		default:
			base[k] = v
		}
	}
}

// apply applies the fields of a manager, and removes the fields that it applied before. Finalizers are a
// set.
func apply(base, before, fields map[string]any) {
	kept := finalizers(base)
	for _, f := range finalizers(before) {
		if !slices.Contains(finalizers(fields), f) {
			kept = slices.DeleteFunc(kept, func(x any) bool { return x == f })
		}
	}
	Merge(base, WithRemoved(before, fields))
	for _, f := range finalizers(fields) {
		if !slices.Contains(kept, f) {
			kept = append(kept, f)
		}
	}
	if len(kept) > 0 {
		metadata(base)["finalizers"] = kept
	}
}

func finalizers(fields map[string]any) []any {
	m, _ := fields["metadata"].(map[string]any)
	f, _ := m["finalizers"].([]any)
	return slices.Clone(f)
}

// WithRemoved returns fields, and nil for each field that only before has.
func WithRemoved(before, fields map[string]any) map[string]any {
	out := maps.Clone(fields)
	if out == nil {
		out = map[string]any{}
	}
	for k, v := range before {
		was, wasMap := v.(map[string]any)
		is, isMap := fields[k].(map[string]any)
		switch _, ok := fields[k]; {
		case wasMap && (isMap || !ok): // other managers may have other fields of it
			out[k] = WithRemoved(was, is)
		case !ok:
			out[k] = nil
		}
	}
	return out
}

// setDefaults sets the defaults of a schema, as the API server does: in objects that exist, and in those
// that are defaults themselves.
func setDefaults(fields map[string]any, s *apiextensionsv1.JSONSchemaProps) {
	if s == nil {
		return
	}
	for name := range s.Properties {
		p := s.Properties[name]
		if _, ok := fields[name]; !ok && p.Default != nil {
			var v any
			if json.Unmarshal(p.Default.Raw, &v) == nil {
				fields[name] = v
			}
		}
		switch v := fields[name].(type) {
		case map[string]any:
			setDefaults(v, &p)
		case []any:
			if p.Items == nil || p.Items.Schema == nil {
				continue
			}
			for _, item := range v {
				if m, ok := item.(map[string]any); ok {
					setDefaults(m, p.Items.Schema)
				}
			}
		}
	}
}
