// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	crdvalidation "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/validation"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/listtype"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning"
	"k8s.io/apiextensions-apiserver/pkg/apiserver/validation"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	celconfig "k8s.io/apiserver/pkg/apis/cel"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/xcrd"
	extensionsv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	extensionsv2 "github.com/crossplane/crossplane/apis/v2/apiextensions/v2"
)

// A resourceSchema validates objects as the API server does.
type resourceSchema struct {
	namespaced bool
	structural *schema.Structural
	openAPI    validation.SchemaValidator
	rules      *cel.Validator
}

// networkAttachmentDefinition is the CRD of Multus, without descriptions.
const networkAttachmentDefinition = `
metadata: {name: network-attachment-definitions.k8s.cni.cncf.io}
spec:
  group: k8s.cni.cncf.io
  scope: Namespaced
  names: {plural: network-attachment-definitions, singular: network-attachment-definition, kind: NetworkAttachmentDefinition, listKind: NetworkAttachmentDefinitionList}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          apiVersion: {type: string}
          kind: {type: string}
          metadata: {type: object}
          spec: {type: object, properties: {config: {type: string}}}
`

// composedSchemas returns the schemas of the composed kinds.
func composedSchemas(t *testing.T) map[string]*resourceSchema {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(root, "package/crds/*.yaml"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("package/crds has %d CRDs: %v", len(paths), err)
	}
	texts := [][]byte{[]byte(networkAttachmentDefinition)}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, text)
	}
	out := map[string]*resourceSchema{}
	for _, text := range texts {
		crd := &extv1.CustomResourceDefinition{}
		if err := yaml.UnmarshalStrict(text, crd); err != nil {
			t.Fatal(err)
		}
		out[crd.Spec.Names.Kind] = newSchema(t, crd)
	}
	return out
}

// compositeSchema returns the schema of the CRD that Crossplane derives from a
// CompositeResourceDefinition.
func compositeSchema(t *testing.T, dir string) *resourceSchema {
	t.Helper()
	text := read(t, dir, "definition.yaml")
	if err := yaml.UnmarshalStrict(text, &extensionsv2.CompositeResourceDefinition{}); err != nil {
		t.Fatal(err)
	}
	// The version v1 has the fields of v2.
	xrd := &extensionsv1.CompositeResourceDefinition{}
	if err := yaml.Unmarshal(text, xrd); err != nil {
		t.Fatal(err)
	}
	xrd.SetUID("00000000-0000-0000-0000-000000000000") // the owner of the CRD
	crd, err := xcrd.ForCompositeResource(xrd)
	if err != nil {
		t.Fatal(err)
	}
	return newSchema(t, crd)
}

func newSchema(t *testing.T, crd *extv1.CustomResourceDefinition) *resourceSchema {
	t.Helper()
	extv1.SetDefaults_CustomResourceDefinition(crd)
	extv1.SetDefaults_CustomResourceDefinitionSpec(&crd.Spec)
	internal := &apiextensions.CustomResourceDefinition{}
	if err := extv1.Convert_v1_CustomResourceDefinition_To_apiextensions_CustomResourceDefinition(crd, internal, nil); err != nil {
		t.Fatal(err)
	}
	internal.Status.StoredVersions = []string{crd.Spec.Versions[0].Name}
	if errs := crdvalidation.ValidateCustomResourceDefinition(t.Context(), internal); len(errs) > 0 {
		t.Fatalf("the CRD of %s is rejected: %v", crd.Spec.Names.Kind, errs.ToAggregate())
	}
	v, err := apiextensions.GetSchemaForVersion(internal, crd.Spec.Versions[0].Name)
	if err != nil {
		t.Fatal(err)
	}
	structural, err := schema.NewStructural(v.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	openAPI, _, err := validation.NewSchemaValidator(v.OpenAPIV3Schema)
	if err != nil {
		t.Fatal(err)
	}
	return &resourceSchema{
		namespaced: crd.Spec.Scope == extv1.NamespaceScoped, structural: structural, openAPI: openAPI,
		rules: cel.NewValidator(structural, true, celconfig.PerCallLimit),
	}
}

// admit sets the defaults of an object and returns an error if an API server with strict
// field validation would reject it. old is the object before an update, or nil.
func (s *resourceSchema) admit(t *testing.T, u, old *unstructured.Unstructured) error {
	t.Helper()
	if (u.GetNamespace() != "") != s.namespaced {
		return fmt.Errorf("%s has namespace %q", u.GetKind(), u.GetNamespace())
	}
	unknown := pruning.PruneWithOptions(u.DeepCopy().Object, s.structural, true, schema.UnknownFieldPathOptions{TrackUnknownFieldPaths: true})
	if len(unknown) > 0 {
		return fmt.Errorf("unknown fields: %v", unknown)
	}
	defaulting.Default(u.Object, s.structural)
	errs := validation.ValidateCustomResource(nil, u.Object, s.openAPI)
	errs = append(errs, listtype.ValidateListSetsAndMaps(nil, s.structural, u.Object)...)
	var before any
	if old != nil {
		before = old.Object
	}
	more, _ := s.rules.Validate(t.Context(), nil, s.structural, u.Object, before, celconfig.RuntimeCELCostBudget)
	return append(errs, more...).ToAggregate()
}

// admitComposed is admit for a composed resource of any kind.
func admitComposed(t *testing.T, schemas map[string]*resourceSchema, u *unstructured.Unstructured) error {
	t.Helper()
	if u.GetKind() == "Secret" {
		b, err := u.MarshalJSON()
		if err != nil {
			return err
		}
		return yaml.UnmarshalStrict(b, &corev1.Secret{})
	}
	s, ok := schemas[u.GetKind()]
	if !ok {
		return fmt.Errorf("kind %s is unknown", u.GetKind())
	}
	return s.admit(t, u, nil)
}
