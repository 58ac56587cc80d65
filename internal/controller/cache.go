package controller

import (
	"reflect"
	"unique"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// SlimNode is a cache transform that keeps of a Node what the controllers read:
// a full one holds a list of all its images, and there are thousands.
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
		Spec: corev1.NodeSpec{ProviderID: n.Spec.ProviderID},
	}
	for _, c := range n.Status.Conditions {
		if c.Type == corev1.NodeReady {
			slim.Status.Conditions = []corev1.NodeCondition{{Type: c.Type, Status: c.Status}}
		}
	}
	return slim, nil
}

// longestShared is the longest string worth sharing: ids, names, addresses and
// keys are shorter, messages are not.
const longestShared = 64

// Slim is a cache transform for the provider's own kinds. It drops who set which
// field, and keeps once each string that objects have in common: an ENI's id is
// in three objects, six times in all, its subnet's in thousands.
func Slim(o any) (any, error) {
	obj, ok := o.(client.Object)
	if !ok {
		return o, nil
	}
	obj.SetManagedFields(nil)
	version := obj.GetResourceVersion() // No two are the same.
	share(reflect.ValueOf(o))
	obj.SetResourceVersion(version)
	return o, nil
}

// share replaces the strings in a value by shared ones of the same text.
func share(v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			share(v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() { //nolint:modernize // Fields describes each one, which takes longest.
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

// shareMap shares the keys and values of a map of strings. The kinds have no
// others.
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
