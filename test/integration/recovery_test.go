// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"context"
	"fmt"
	"testing"
	"time"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// TestDeletedCRDs deletes the CRDs while no provider runs, as the garbage collector does
// after the deletion of a Provider. It then follows docs/install.md: it creates the CRDs
// again as they end, and starts a provider.
func TestDeletedCRDs(t *testing.T) {
	e := newEnv(t, options{noAgents: true, long: true})
	agents, stopAgents := context.WithCancel(t.Context())
	defer stopAgents()
	go func() { _ = testbed.FakeAgent{}.Run(agents, e.kube) }() // ends with its CRD
	node := e.node("node-a")
	e.apply(basic)
	e.eventually(15*time.Second, e.ready("multus-eni-config", 1))
	e.apply(interfaceYAML("one", "", forProvider+"    subnetId: "+dataSubnet+"\n"))
	e.eventually(settledWithin, e.eniReady("one"))
	if n := len(e.attachedTo(node)); n != 1 {
		t.Fatalf("%d ENIs are attached, want 1", n)
	}
	e.provider.stop()

	crds := &apiextensionsv1.CustomResourceDefinitionList{}
	if err := e.kube.List(t.Context(), crds); err != nil {
		t.Fatal(err)
	}
	ours := map[string]*apiextensionsv1.CustomResourceDefinition{}
	for i := range crds.Items {
		if c := &crds.Items[i]; c.Spec.Group == v1alpha1.Group || c.Spec.Group == ec2v1alpha1.Group {
			ours[c.Name] = c
			e.delete(c)
		}
	}
	left := func() []string {
		l := &metav1.PartialObjectMetadataList{}
		l.SetGroupVersionKind(apiextensionsv1.SchemeGroupVersion.WithKind("CustomResourceDefinitionList"))
		if err := e.kube.List(t.Context(), l); err != nil {
			t.Fatal(err)
		}
		var names []string
		for i := range l.Items {
			if ours[l.Items[i].Name] != nil {
				names = append(names, l.Items[i].Name)
			}
		}
		return names
	}
	time.Sleep(2 * time.Second)
	if names := left(); len(names) < 4 || len(e.live()) == 0 {
		t.Fatalf("CRDs %v and %d ENIs are left: the test does not reproduce the situation", names, len(e.live()))
	}

	t.Log("a provider starts: it releases the objects, and each CRD ends and is created again")
	go func() { _ = testbed.FakeAgent{}.Run(agents, e.kube) }()
	e.startProvider(nil)
	// A provider config ends last, once the watches of the CRDs that were created again have
	// listed their objects, and its users were counted again: each within half a minute.
	e.eventually(3*time.Minute, func() error {
		var before []string
		for _, c := range ours {
			now := withoutStatus(c)
			if err := e.kube.Create(t.Context(), now); client.IgnoreAlreadyExists(err) != nil {
				return err
			}
			if err := e.kube.Get(t.Context(), client.ObjectKeyFromObject(c), now); err != nil {
				return err
			}
			if now.GetUID() == c.GetUID() {
				before = append(before, c.Name)
			}
		}
		if enis := len(e.live()); len(before) > 0 || enis > 0 {
			return fmt.Errorf("CRDs %v and %d ENIs are left", before, enis)
		}
		return nil
	})
	time.Sleep(2 * time.Second) // until the API server serves the kinds to the next test
}

// withoutStatus returns a CRD to be created again.
func withoutStatus(c *apiextensionsv1.CustomResourceDefinition) *apiextensionsv1.CustomResourceDefinition {
	return &apiextensionsv1.CustomResourceDefinition{ObjectMeta: metav1.ObjectMeta{Name: c.Name, Labels: c.Labels, Annotations: c.Annotations}, Spec: c.Spec}
}
