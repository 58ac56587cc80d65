// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package placement

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

func TestDeviceIndexes(t *testing.T) {
	type want struct {
		Range IndexRange
		OK    bool
	}
	cases := map[string]struct {
		reason     string
		annotation string
		want       want
	}{
		"None":      {reason: "An object without the annotation has no range."},
		"Recorded":  {reason: "The annotation has the index and its range.", annotation: "2 of 1-3", want: want{Range: IndexRange{Index: 2, First: 1, Last: 3}, OK: true}},
		"Truncated": {reason: "An incomplete annotation is ignored.", annotation: "2 of 1", want: want{Range: IndexRange{Index: 2, First: 1}}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			o := &metav1.PartialObjectMetadata{ObjectMeta: metav1.ObjectMeta{Annotations: map[string]string{networkingv1alpha1.AnnotationDeviceIndexes: tc.annotation}}}
			r, ok := DeviceIndexes(o)
			if diff := cmp.Diff(tc.want, want{r, ok}); diff != "" {
				t.Errorf("\n%s\nDeviceIndexes(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestNodeENIOrder(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := networkingv1alpha1.SchemeBuilder.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	nodeENI := func(name string, second int64) *networkingv1alpha1.NodeENI {
		return &networkingv1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name, CreationTimestamp: metav1.NewTime(time.Unix(second, 0))}}
	}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(nodeENI("a", 3), nodeENI("c", 2), nodeENI("b", 2)).Build()
	order, err := NodeENIOrder(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"b", "c", "a"}, slices.SortedFunc(slices.Values([]string{"a", "b", "c"}), order)); diff != "" {
		t.Errorf("\nOlder NodeENIs come first, then the order of names.\nNodeENIOrder(...): -want, +got:\n%s", diff)
	}
}
