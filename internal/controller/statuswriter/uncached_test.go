// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package statuswriter_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/internal/controller/statuswriter"
)

// TestWrapUncached compares a Secret, which is not cached, with the API server's response.
// The response must not overwrite the object to be written.
func TestWrapUncached(t *testing.T) {
	written := 0
	api := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			written++
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(&corev1.Secret{
			TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "s", ResourceVersion: "7"},
			Data:       map[string][]byte{"a": []byte("1")},
		})
	}))
	t.Cleanup(api.Close)

	s := runtime.NewScheme()
	if err := corev1.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	uncached, err := client.New(&rest.Config{Host: api.URL}, client.Options{Scheme: s, Mapper: mapper})
	if err != nil {
		t.Fatal(err)
	}
	c := statuswriter.Wrap(uncached, nil)

	secret := &corev1.Secret{}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "default", Name: "s"}, secret); err != nil {
		t.Fatal(err)
	}
	if err := c.Update(t.Context(), secret); err != nil || written != 0 {
		t.Errorf("\nAn unchanged Secret is not written.\nUpdate(...): %d writes, %v", written, err)
	}
	secret.Data["b"] = []byte("2")
	if err := c.Update(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	if written != 1 {
		t.Errorf("\nAn added key of an uncached Secret is a difference.\nUpdate(...): %d writes, want 1", written)
	}
}
