// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// rolledOut is a NodeENI with so many children, all of them ready.
func rolledOut(children int) (*v1alpha1.NodeENI, *state) {
	names := make([]string, children)
	for i := range names {
		names[i] = fmt.Sprintf("data-%010d", i)
	}
	s := found(names...)
	s.nodes = []eni.Node{{Name: "n1", UID: "uid-n1", InstanceID: "i-1"}}
	for _, n := range names {
		s.plan.Apply = append(s.plan.Apply, eni.Child{Name: n, NodeName: "n1", NodeUID: "uid-n1", SubnetID: "subnet-1", InstanceID: "i-1"})
	}
	n := nodeENI(v1alpha1.NodeENISpec{NodeSelector: map[string]string{"ng": "multi-eni"}, MTU: new(int32(9001))})
	return n, s
}

// BenchmarkSummarize is of the status that each change of any child may change.
// Two ENIs for each of 100, 1,000 and 5,000 nodes.
func BenchmarkSummarize(b *testing.B) {
	for _, children := range []int{200, 2000, 10000} {
		b.Run(fmt.Sprintf("children=%d", children), func(b *testing.B) {
			n, s := rolledOut(children)
			now := time.Unix(0, 0)
			summarize(n, s, now)
			b.ReportAllocs()
			for b.Loop() {
				summarize(n, s, now)
			}
		})
	}
}

func BenchmarkExisting(b *testing.B) {
	for _, children := range []int{200, 2000, 10000} {
		b.Run(fmt.Sprintf("children=%d", children), func(b *testing.B) {
			_, s := rolledOut(children)
			b.ReportAllocs()
			for b.Loop() {
				existing(s)
			}
		})
	}
}

// BenchmarkCovers compares a matching child, as a reconcile does for each child.
func BenchmarkCovers(b *testing.B) {
	n, s := rolledOut(1)
	d := defaults{namespace: "provider-aws-eni-system", deleteOnTermination: true}
	have := attachment(n, s.plan.Apply[0], d, nil)
	u, err := toUnstructured(have)
	if err != nil {
		b.Fatal(err)
	}
	have.Annotations = u.GetAnnotations()
	have.ResourceVersion, have.CreationTimestamp = "1", metav1.Unix(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		want, err := toUnstructured(attachment(n, s.plan.Apply[0], d, have))
		if err != nil {
			b.Fatal(err)
		}
		there, err := toUnstructured(have)
		if err != nil {
			b.Fatal(err)
		}
		if !covers(there.Object, want.Object) {
			b.Fatal("\nA child that is as wanted is not applied again.\ncovers(...): false")
		}
	}
}
