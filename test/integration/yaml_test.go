// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"os"
	"path/filepath"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// documents returns the YAML documents of a file of the repository.
func documents(t *testing.T, path string) []*unstructured.Unstructured {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), path))
	if err != nil {
		t.Fatal(err)
	}
	return parse(t, b)
}

func parse(t *testing.T, b []byte) []*unstructured.Unstructured {
	t.Helper()
	out, err := testbed.Documents(b)
	if err != nil {
		t.Fatal(err)
	}
	return out
}
