// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"reflect"
	"strings"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// SlimNode is a cache transform that keeps only the fields of a Node that the controllers
// read: a full Node lists all its images, and there may be thousands of Nodes.
func SlimNode(o any) (any, error) {
	n, ok := o.(*corev1.Node)
	if !ok {
		return o, nil
	}
	slim := &corev1.Node{
		TypeMeta: n.TypeMeta,
		ObjectMeta: metav1.ObjectMeta{
			Name: n.Name, UID: n.UID, ResourceVersion: n.ResourceVersion, Labels: n.Labels,
			CreationTimestamp: n.CreationTimestamp, DeletionTimestamp: n.DeletionTimestamp,
		},
		Spec:   corev1.NodeSpec{ProviderID: n.Spec.ProviderID},
		Status: corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{BootID: n.Status.NodeInfo.BootID}},
	}
	for _, t := range n.Spec.Taints {
		if strings.HasPrefix(t.Key, v1alpha1.TaintPrefix) {
			slim.Spec.Taints = append(slim.Spec.Taints, corev1.Taint{Key: t.Key, Effect: t.Effect})
		}
	}
	for _, c := range n.Status.Conditions {
		switch {
		case c.Type == corev1.NodeReady:
			slim.Status.Conditions = append(slim.Status.Conditions, corev1.NodeCondition{Type: c.Type, Status: c.Status})
		case v1alpha1.IsReadinessKey(string(c.Type)):
			slim.Status.Conditions = append(slim.Status.Conditions, corev1.NodeCondition{Type: c.Type, Status: c.Status, Reason: c.Reason, LastTransitionTime: c.LastTransitionTime})
		}
	}
	return slim, nil
}

// longestShared is the length of the longest string to share: ids, names, addresses and keys
// are shorter, messages are longer.
const longestShared = 64

// Slim is a cache transform for the provider's own types. It drops managedFields and
// interns strings: an ENI's id occurs six times in three objects, its subnet's in
// thousands.
func Slim(o any) (any, error) {
	obj, ok := o.(client.Object)
	if !ok {
		return o, nil
	}
	obj.SetManagedFields(nil)
	version := obj.GetResourceVersion() // unique
	share(reflect.ValueOf(o))
	obj.SetResourceVersion(version)
	return o, nil
}

// share replaces the strings in a value by interned ones.
func share(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			share(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() { //nolint:modernize // Fields is slower
			if f := v.Field(i); f.CanSet() {
				share(f)
			}
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() == reflect.Uint8 {
			return
		}
		for i := range v.Len() {
			share(v.Index(i))
		}
	case reflect.Map:
		shareMap(v)
	case reflect.String:
		if v.CanSet() {
			v.SetString(shared(v.String()))
		}
	default:
	}
}

// shareMap interns the keys and values of a map of strings, the only map type of the API
// types.
func shareMap(v reflect.Value) {
	m, ok := reflect.TypeAssert[map[string]string](v)
	if !ok || len(m) == 0 || !v.CanSet() {
		return
	}
	out := make(map[string]string, len(m))
	for k, s := range m {
		out[shared(k)] = shared(s)
	}
	v.Set(reflect.ValueOf(out))
}

func shared(s string) string {
	if len(s) == 0 || len(s) > longestShared {
		return s
	}
	return unique.Make(s).Value()
}
