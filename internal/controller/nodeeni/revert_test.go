// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
	extv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	utiljson "k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
)

func TestEditedSetting(t *testing.T) {
	type object = map[string]any
	child := func(digest string, spec object) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: object{"metadata": object{"annotations": object{annotationApplied: digest}}, "spec": spec}}
	}
	spec := func(forProvider, host object) object { return object{"forProvider": forProvider, "host": host} }
	desired := child("1", spec(object{"securityGroups": []any{"sg-1"}, "description": "d"}, object{"mtu": int64(9001)}))
	cases := map[string]struct {
		reason string
		have   *unstructured.Unstructured
		want   string
	}{
		"Same":     {reason: "A child as applied is left as it is.", have: child("1", spec(object{"securityGroups": []any{"sg-1"}, "description": "d"}, object{"mtu": int64(9001)}))},
		"Field":    {reason: "A field that another client added is reverted.", have: child("1", spec(object{"securityGroups": []any{"sg-1"}, "sourceDestCheck": false}, nil)), want: "spec.forProvider.sourceDestCheck"},
		"Item":     {reason: "So is an item of a list.", have: child("1", spec(object{"securityGroups": []any{"sg-1", "sg-2"}}, nil)), want: "spec.forProvider.securityGroups"},
		"Host":     {reason: "So is a setting of the host.", have: child("1", spec(nil, object{"interfaceName": "a"})), want: "spec.host.interfaceName"},
		"Removed":  {reason: "A setting that the NodeENI had before is removed by the next apply, not reported as a change of another client.", have: child("0", spec(object{"sourceDestCheck": false}, nil))},
		"Recorded": {reason: "The recorded index stays.", have: child("1", spec(object{"deviceIndex": int64(2)}, nil))},
		"Default":  {reason: "Defaults of the API server stay.", have: child("1", spec(nil, object{"driver": "kernel", "addressing": "None", "releasePolicy": object{}}))},
		"Other":    {reason: "Another value than the default is a change.", have: child("1", spec(nil, object{"addressing": "Addresses"})), want: "spec.host.addressing"},
		"Missing":  {reason: "A missing setting is applied.", have: child("1", spec(object{}, object{}))},
		"Spec":     {reason: "Fields that the NodeENI never sets are the user's.", have: child("1", object{"writeConnectionSecretToRef": object{"name": "a"}})},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, editedSetting(tc.have, desired)); diff != "" {
				t.Errorf("\n%s\neditedSetting(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// TestDefaultsAreNotReverted reads the defaults of the settings in the CRDs of the children.
func TestDefaultsAreNotReverted(t *testing.T) {
	found := 0
	var walk func(path string, p extv1.JSONSchemaProps)
	walk = func(path string, p extv1.JSONSchemaProps) {
		if p.Default != nil {
			found++
			var value any
			if err := utiljson.Unmarshal(p.Default.Raw, &value); err != nil {
				t.Fatal(err)
			}
			if !notReverted(path, value) {
				t.Errorf("the API server sets %s to %v, and the NodeENI would revert it", path, value)
			}
		}
		for name, f := range p.Properties {
			walk(path+"."+name, f)
		}
	}
	for _, name := range []string{"networkinterfaces", "networkinterfaceattachments"} {
		raw, err := os.ReadFile(filepath.Join("../../../package/crds", fmt.Sprintf("ec2.networking.k8s.aws_%s.yaml", name)))
		if err != nil {
			t.Fatal(err)
		}
		crd := &extv1.CustomResourceDefinition{}
		if err := yaml.Unmarshal(raw, crd); err != nil {
			t.Fatal(err)
		}
		spec := crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties["spec"]
		for _, f := range settings() {
			walk("spec."+f, spec.Properties[f])
		}
	}
	if found == 0 {
		t.Error("the CRDs have no defaults: the test reads the wrong fields")
	}
}

// TestRevert changes a child as another client does.
func TestRevert(t *testing.T) {
	w := expanded(t)
	ni := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: child("n1")}}
	change(w, ni, func(n *ec2v1alpha1.NetworkInterface) {
		p := &n.Spec.ForProvider
		p.SourceDestCheck, p.Tags, p.Description = new(false), map[string]string{"a": "b"}, new("edited")
		n.Annotations["a"] = "b"
	})
	for range 2 { // server-side apply sets what differs, an update removes what was added
		w.reconcile()
	}
	if err := w.kube.Get(t.Context(), client.ObjectKeyFromObject(ni), ni); err != nil {
		t.Fatal(err)
	}
	if p := ni.Spec.ForProvider; p.SourceDestCheck != nil || p.Tags != nil || *p.Description != "NodeENI data, node n1" || ni.Annotations["a"] != "b" {
		t.Errorf("\nThe settings of a child are its NodeENI's, its annotations a user's.\nReconcile(...): %+v, annotations %v", p, ni.Annotations)
	}
}
