// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// leakedWorld has provider configs with leaked ENIs and without any.
func leakedWorld() []client.Object {
	status := func(count int32, leaked ...v1alpha1.LeakedNetworkInterface) v1alpha1.ProviderConfigStatus {
		return v1alpha1.ProviderConfigStatus{LeakedNetworkInterfaceCount: &count, LeakedNetworkInterfaces: leaked}
	}
	old := &metav1.Time{Time: time.Now().Add(-50 * time.Hour)}
	return []client.Object{
		&v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Status: status(9,
			v1alpha1.LeakedNetworkInterface{NetworkInterfaceID: "eni-2", Region: "us-east-1", SubnetID: "subnet-a", State: "in-use", InstanceID: "i-1", PublicIP: "203.0.113.7", Object: "provider-aws-eni-system/data-n1", CreatedAt: old})},
		&v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "empty"}, Status: status(0)},
		&v1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "team", Name: "own"}, Status: status(1,
			v1alpha1.LeakedNetworkInterface{NetworkInterfaceID: "eni-1", Region: "eu-west-1", SubnetID: "subnet-b", State: "available"})},
	}
}

func TestLeaks(t *testing.T) {
	for name, args := range map[string][]string{"leaks.txt": {"leaks"}, "leaks-name.txt": {"leaks", "-o", "name"}} {
		t.Run(name, func(t *testing.T) {
			got, err := run(t, t.Context(), leakedWorld(), args...)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, name, got)
		})
	}
	if got, err := run(t, t.Context(), leakedWorld()[1:2], "leaks"); err != nil || !strings.HasPrefix(got, "No leaked ENIs found") {
		t.Errorf("a cluster without leaks: %v\n%s", err, got)
	}
	if got, err := run(t, t.Context(), leakedWorld(), "leaks", "-o", "json"); err != nil || !strings.Contains(got, `"costPerMonthUsd": 3.65`) || !strings.Contains(got, `"networkInterfaceId": "eni-1"`) {
		t.Errorf("JSON: %v\n%s", err, got)
	}
	if _, err := run(t, t.Context(), leakedWorld(), "leaks", "-o", "wide"); err == nil || !strings.Contains(err.Error(), "use json or yaml") {
		t.Errorf("an unknown format: %v", err)
	}
}
