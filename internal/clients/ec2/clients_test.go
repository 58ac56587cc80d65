// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// TestEditedConfig edits provider configs between two uses.
func TestEditedConfig(t *testing.T) {
	cluster := func() client.Object {
		return &networkingv1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "one", UID: "uid", Generation: 1}, Spec: networkingv1alpha1.ClusterProviderConfigSpec{ProviderConfigSpec: secretConfig("system", "http://here")}}
	}
	namespaced := func() client.Object {
		spec := secretConfig("system", "")
		spec.Endpoint = nil
		return &networkingv1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: "one", UID: "uid", Generation: 1}, Spec: spec}
	}
	cases := map[string]struct {
		reason string
		edit   func(o client.Object)
		want   bool // another client is created
	}{
		"Status":   {reason: "A change of the status alone keeps the client.", edit: func(o client.Object) { o.SetLabels(map[string]string{"a": "b"}) }},
		"Spec":     {reason: "A change of the spec takes effect with the next use.", edit: func(o client.Object) { o.SetGeneration(2) }, want: true},
		"Replaced": {reason: "A config that was deleted and created again gets another client.", edit: func(o client.Object) { o.SetUID("other") }, want: true},
	}
	for name, tc := range cases {
		for kind, config := range map[string]client.Object{networkingv1alpha1.ClusterProviderConfigKind: cluster(), networkingv1alpha1.ProviderConfigKind: namespaced()} {
			t.Run(name+kind, func(t *testing.T) {
				k := kube(t, credentialsSecret("credentials", credentialsFile), config)
				cs := NewClients(k, "us-east-1")
				get := func() *Client {
					t.Helper()
					c, err := cs.Get(t.Context(), ConfigReference{Kind: kind, Name: "one", Namespace: "system"}, "")
					if err != nil {
						t.Fatal(err)
					}
					return c
				}
				first := get()
				if err := k.Get(t.Context(), client.ObjectKeyFromObject(config), config); err != nil {
					t.Fatal(err)
				}
				tc.edit(config)
				if err := k.Update(t.Context(), config); err != nil {
					t.Fatal(err)
				}
				if (get() != first) != tc.want {
					t.Errorf("\n%s\nGet(...): made another client: %t", tc.reason, !tc.want)
				}
			})
		}
	}
}
