// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestDedupEvents verifies which events are sent.
func TestDedupEvents(t *testing.T) {
	own := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Name: "own", UID: "own"}}
	child := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Name: "child", UID: "child", OwnerReferences: []metav1.OwnerReference{
		{Kind: networkingv1alpha1.NodeENIKind, Name: "data", UID: "data", Controller: new(true)},
	}}}
	cases := map[string]struct {
		reason    string
		object    *ec2v1alpha1.NetworkInterface
		eventType string
		times     int
		want      int
	}{
		"Own":          {reason: "A normal event of an ENI without a NodeENI is sent.", object: own, eventType: corev1.EventTypeNormal, times: 1, want: 1},
		"Repeated":     {reason: "The same event is sent once.", object: own, eventType: corev1.EventTypeWarning, times: 3, want: 1},
		"Child":        {reason: "An event of the NodeENI summarizes normal events of its children.", object: child, eventType: corev1.EventTypeNormal, times: 1},
		"ChildWarning": {reason: "A warning is sent, because it concerns one ENI.", object: child, eventType: corev1.EventTypeWarning, times: 1, want: 1},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			sent := record.NewFakeRecorder(100)
			r := DedupEvents(sent)
			for range tc.times {
				r.Event(tc.object, tc.eventType, "Created", "message")
				r.Eventf(tc.object, tc.eventType, "Created", "%s", "message")
				r.AnnotatedEventf(tc.object, nil, tc.eventType, "Created", "%s", "message")
			}
			if got := len(sent.Events); got != tc.want {
				t.Errorf("\n%s\n%d events, want %d", tc.reason, got, tc.want)
			}
		})
	}
}
