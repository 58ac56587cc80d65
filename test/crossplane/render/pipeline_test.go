// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"hash/fnv"
	"maps"
	"testing"

	"google.golang.org/protobuf/types/known/structpb"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/json"

	extensionsv1 "github.com/crossplane/crossplane/apis/v2/apiextensions/v1"
	fnv1 "github.com/crossplane/crossplane/v2/proto/fn/v1"
)

// Metadata that Crossplane sets on composed resources.
const (
	labelComposite         = "crossplane.io/composite"
	annotationResourceName = "crossplane.io/composition-resource-name"
)

// An observed composed resource.
type observed struct {
	object     *unstructured.Unstructured
	connection map[string][]byte
}

// A composition is the outcome of a pipeline.
type composition struct {
	// composed are the desired composed resources, by name in the Composition.
	composed map[string]*unstructured.Unstructured
	// status is the desired status of the composite resource.
	status map[string]any
	// ready has the resources that each step reported ready.
	ready []map[string]bool
	// compositeReady is the readiness of the composite resource that the functions
	// reported, which overrides the readiness of the composed resources.
	compositeReady fnv1.Ready
	warnings       []string
}

// compose runs the pipeline of a Composition as Crossplane does.
func compose(t *testing.T, c *extensionsv1.Composition, xr *unstructured.Unstructured, obs map[string]observed) composition {
	t.Helper()
	state := &fnv1.State{Composite: &fnv1.Resource{Resource: toStruct(t, xr.Object)}, Resources: map[string]*fnv1.Resource{}}
	for name, o := range obs {
		state.Resources[name] = &fnv1.Resource{Resource: toStruct(t, o.object.Object), ConnectionDetails: o.connection}
	}
	out := composition{composed: map[string]*unstructured.Unstructured{}}
	desired, context := &fnv1.State{}, &structpb.Struct{}
	for _, step := range c.Spec.Pipeline {
		request := &fnv1.RunFunctionRequest{Meta: &fnv1.RequestMeta{Tag: step.Step}, Observed: state, Desired: desired, Context: context}
		if step.Input != nil {
			request.Input = &structpb.Struct{}
			if err := request.GetInput().UnmarshalJSON(step.Input.Raw); err != nil {
				t.Fatal(err)
			}
		}
		function, ok := functions[step.FunctionRef.Name]
		if !ok {
			t.Fatalf("step %s names function %s, which is not in functions.yaml", step.Step, step.FunctionRef.Name)
		}
		response, err := function.RunFunction(t.Context(), request)
		if err != nil {
			t.Fatalf("step %s: %v", step.Step, err)
		}
		for _, r := range response.GetResults() {
			if r.GetSeverity() == fnv1.Severity_SEVERITY_FATAL {
				t.Fatalf("step %s: %s", step.Step, r.GetMessage())
			}
			out.warnings = append(out.warnings, r.GetMessage())
		}
		desired, context = response.GetDesired(), response.GetContext()
		ready := map[string]bool{}
		for name, r := range desired.GetResources() {
			ready[name] = r.GetReady() == fnv1.Ready_READY_TRUE
		}
		out.ready = append(out.ready, ready)
	}
	out.compositeReady = desired.GetComposite().GetReady()
	out.status, _, _ = unstructured.NestedMap(fromStruct(t, desired.GetComposite().GetResource()), "status")
	for name, r := range desired.GetResources() {
		out.composed[name] = withMetadata(&unstructured.Unstructured{Object: fromStruct(t, r.GetResource())}, xr, name, obs)
	}
	return out
}

// withMetadata sets the metadata of a composed resource, except its owner reference and
// generateName.
func withMetadata(u, xr *unstructured.Unstructured, name string, obs map[string]observed) *unstructured.Unstructured {
	if o, ok := obs[name]; ok {
		u.SetName(o.object.GetName())
		u.SetNamespace(o.object.GetNamespace())
	}
	if ns := xr.GetNamespace(); ns != "" {
		u.SetNamespace(ns)
	}
	if u.GetName() == "" {
		u.SetName(generatedName(xr, name))
	}
	annotations := map[string]string{annotationResourceName: name}
	maps.Copy(annotations, u.GetAnnotations())
	u.SetAnnotations(annotations)
	labels := map[string]string{labelComposite: xr.GetName()}
	maps.Copy(labels, u.GetLabels())
	u.SetLabels(labels)
	return u
}

// generatedName returns a name with a suffix like those that Crossplane generates.
func generatedName(xr *unstructured.Unstructured, name string) string {
	h := fnv.New64()
	_, _ = h.Write([]byte(name))
	return fmt.Sprintf("%s-%012x", xr.GetName(), h.Sum64()&0xffffffffffff)
}

// normalise replaces a generated name by the name in the Composition.
func normalise(u, xr *unstructured.Unstructured) *unstructured.Unstructured {
	u = u.DeepCopy()
	if name := u.GetAnnotations()[annotationResourceName]; u.GetName() == generatedName(xr, name) {
		u.SetName(xr.GetName() + "-" + name)
	}
	return u
}

func toStruct(t *testing.T, object map[string]any) *structpb.Struct {
	t.Helper()
	b, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	s := &structpb.Struct{}
	if err := s.UnmarshalJSON(b); err != nil {
		t.Fatal(err)
	}
	return s
}

// fromStruct returns an object with integers, where protobuf has only floats.
func fromStruct(t *testing.T, s *structpb.Struct) map[string]any {
	t.Helper()
	b, err := s.MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]any{}
	if err := json.Unmarshal(b, &out); err != nil {
		t.Fatal(err)
	}
	return out
}
