// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const reasonReverted event.Reason = "RevertedChange"

// settings returns the fields of a child's spec that only its NodeENI sets.
func settings() []string { return []string{"forProvider", "host"} }

// notReverted reports whether a field of a child that its NodeENI does not set is left as it is: the
// index that the attachment's controller records, and defaults of the API server.
func notReverted(path string, value any) bool {
	if strings.HasSuffix(path, ".policy.resolution") { // of a reference
		return value == "Required"
	}
	switch path {
	case "spec.forProvider.deviceIndex":
		return true
	case "spec.forProvider.detachPolicy.mode":
		return value == string(ec2v1alpha1.DetachGraceful)
	case "spec.host.driver":
		return value == string(v1alpha1.DriverKernel)
	case "spec.host.addressing":
		return value == string(v1alpha1.AddressingNone)
	case "spec.host.dpdk.driver":
		return value == string(v1alpha1.DPDKDriverVFIO)
	case "spec.host.releasePolicy.mode":
		return value == string(v1alpha1.ReleaseWaitForPods)
	case "spec.host.network.type":
		return value == string(v1alpha1.NetworkTypeIPVLAN)
	case "spec.host.network.ipam":
		return reflect.DeepEqual(value, map[string]any{"source": string(v1alpha1.IPAMSourcePrefix)})
	case "spec.host.network.ipam.source":
		return value == string(v1alpha1.IPAMSourcePrefix)
	case "spec.host.network.ipam.ipv4Prefixes.min":
		return value == int64(1)
	}
	return false
}

// editedSetting returns the path of the first setting of a child that another client added since the last
// apply, or "". Server-side apply leaves such fields, and items of lists, because their owner is
// another one. A setting that the NodeENI had before is removed by the next apply.
func editedSetting(have, want *unstructured.Unstructured) string {
	if have.GetAnnotations()[annotationApplied] != want.GetAnnotations()[annotationApplied] {
		return ""
	}
	for _, f := range settings() {
		h, _, _ := unstructured.NestedFieldNoCopy(have.Object, "spec", f)
		w, _, _ := unstructured.NestedFieldNoCopy(want.Object, "spec", f)
		if path := beyond("spec."+f, h, w); path != "" {
			return path
		}
	}
	return ""
}

// beyond returns the path of the first field or item of have that want does not have, or "".
func beyond(path string, have, want any) string {
	switch h := have.(type) {
	case map[string]any:
		w, _ := want.(map[string]any)
		for _, k := range slices.Sorted(maps.Keys(h)) {
			p := path + "." + k
			x, ok := w[k]
			if !ok && !notReverted(p, h[k]) && !isEmpty(h[k]) {
				return p
			}
			if found := beyond(p, h[k], x); ok && found != "" {
				return found
			}
		}
	case []any:
		w, _ := want.([]any)
		for _, item := range h {
			if !slices.ContainsFunc(w, func(x any) bool { return reflect.DeepEqual(x, item) }) {
				return path
			}
		}
	}
	return ""
}

// isEmpty reports whether a value has no settings: the API server adds empty objects when it sets
// defaults.
func isEmpty(v any) bool {
	m, ok := v.(map[string]any)
	return ok && len(m) == 0
}

// revert replaces the settings of a child with the settings of its NodeENI. It fails with a conflict if the
// child has changed since it was read.
func (r *Reconciler) revert(ctx context.Context, n *v1alpha1.NodeENI, have, want *unstructured.Unstructured, path string) error {
	o := have.DeepCopy()
	o.SetGroupVersionKind(want.GroupVersionKind())
	for _, f := range settings() {
		w, found, _ := unstructured.NestedFieldCopy(want.Object, "spec", f)
		if !found {
			unstructured.RemoveNestedField(o.Object, "spec", f)
			continue
		}
		if i, ok, _ := unstructured.NestedFieldCopy(have.Object, "spec", f, "deviceIndex"); ok {
			if m, isMap := w.(map[string]any); isMap {
				m["deviceIndex"] = i
			}
		}
		if err := unstructured.SetNestedField(o.Object, w, "spec", f); err != nil {
			return errors.Wrap(err, "cannot set the settings of a child")
		}
	}
	if err := r.client.Update(ctx, o); err != nil {
		return errors.Wrapf(err, "cannot revert %s of %s %q", path, o.GetKind(), o.GetName())
	}
	r.record.Event(n, event.Normal(reasonReverted, fmt.Sprintf("Reverted %s of %s %s, which another client changed: change the NodeENI", path, o.GetKind(), o.GetName())))
	return nil
}
