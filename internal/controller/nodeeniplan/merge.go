// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeniplan

import (
	"encoding/json"
	"maps"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// merge returns what an object becomes when the controller applies after to it. Fields of
// before, the last applied object or nil, that after does not have are removed. The result
// keeps the status and the fields of other controllers.
func merge[T any, P interface {
	*T
	client.Object
}](before, after, have P) (P, error) {
	if have == nil {
		return after, nil
	}
	var was map[string]any
	if before != nil {
		was = applied(before)
	}
	patch, err := json.Marshal(withRemoved(was, applied(after)))
	if err != nil {
		return nil, errors.Wrap(err, "cannot encode an object")
	}
	current, err := json.Marshal(have)
	if err != nil {
		return nil, errors.Wrap(err, "cannot encode an object")
	}
	merged, err := jsonpatch.MergePatch(current, patch)
	if err != nil {
		return nil, errors.Wrap(err, "cannot merge objects")
	}
	out := P(new(T))
	return out, errors.Wrap(json.Unmarshal(merged, out), "cannot decode an object")
}

// withRemoved returns the fields of an object, and null for each field that only before has.
// Lists are whole values, as in the provider's CRDs.
func withRemoved(before, fields map[string]any) map[string]any {
	out := map[string]any{}
	maps.Copy(out, fields)
	for k, v := range before {
		was, wasMap := v.(map[string]any)
		is, isMap := fields[k].(map[string]any)
		switch _, ok := fields[k]; {
		case wasMap && (isMap || !ok):
			out[k] = withRemoved(was, is)
		case !ok:
			out[k] = nil
		}
	}
	return out
}

// applied returns the fields of an object that the controller applies.
func applied(o client.Object) map[string]any {
	m, err := runtime.DefaultUnstructuredConverter.ToUnstructured(o)
	if err != nil {
		return nil // the provider's own types can be converted
	}
	delete(m, "status")
	unstructured.RemoveNestedField(m, "metadata", "creationTimestamp")
	return m
}
