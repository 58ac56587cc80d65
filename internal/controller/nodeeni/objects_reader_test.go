// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"context"
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/test/apiemulator"
)

// emulated returns the configuration of an emulated API server with the CRDs, and a client.
func emulated(t *testing.T) (*rest.Config, client.Client) {
	t.Helper()
	crds, err := apiemulator.ReadCRDs("../../../package/crds")
	if err != nil {
		t.Fatal(err)
	}
	s, err := apiemulator.New(apiemulator.Options{}, crds...)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	scheme := runtime.NewScheme()
	if err := errors.Join(corev1.AddToScheme(scheme), v1alpha1.SchemeBuilder.AddToScheme(scheme), ec2v1alpha1.SchemeBuilder.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	cfg := &rest.Config{Host: srv.URL, QPS: -1}
	c, err := client.New(cfg, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return cfg, c
}

// read returns what a reader returns, sorted.
func read(t *testing.T, r objectReader, nodeENI string) []string {
	t.Helper()
	all, err := r.children(t.Context(), nodeENI)
	if err != nil {
		t.Fatal(err)
	}
	nodes, err := r.nodes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, o := range all.interfaces {
		out = append(out, "interface "+o.Namespace+"/"+o.Name)
	}
	for _, o := range all.attachments {
		out = append(out, "attachment "+o.Namespace+"/"+o.Name)
	}
	for _, o := range all.hosts {
		out = append(out, "host "+o.Name)
	}
	for _, o := range nodes {
		out = append(out, "node "+o.Name)
	}
	slices.SortFunc(out, cmp.Compare)
	return out
}

// TestInformerReader reads the objects of two NodeENIs from informers, and with lists of the same cache.
func TestInformerReader(t *testing.T) {
	cfg, kube := emulated(t)
	for i := range 6 {
		m := metav1.ObjectMeta{Namespace: "system", Name: fmt.Sprintf("c%d", i), Labels: map[string]string{v1alpha1.LabelNodeENI: []string{"data", "other"}[i%2]}}
		host := m
		host.Namespace = ""
		for _, o := range []client.Object{
			&ec2v1alpha1.NetworkInterface{ObjectMeta: m}, &ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: m}, &v1alpha1.HostInterface{ObjectMeta: host},
			&corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: m.Name}},
		} {
			if err := kube.Create(t.Context(), o); err != nil {
				t.Fatal(err)
			}
		}
	}
	c, err := cache.New(cfg, cache.Options{Scheme: kube.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range []client.Object{&ec2v1alpha1.NetworkInterface{}, &ec2v1alpha1.NetworkInterfaceAttachment{}, &v1alpha1.HostInterface{}} {
		if err := c.IndexField(t.Context(), o, indexNodeENI, byNodeENI); err != nil {
			t.Fatal(err)
		}
	}
	informers, err := newInformerReader(t.Context(), c)
	if err != nil || informers == nil {
		t.Fatalf("newInformerReader(...): %v, %v", informers, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = c.Start(ctx) }()
	if !c.WaitForCacheSync(ctx) {
		t.Fatal("the cache does not start")
	}
	want := []string{
		"attachment system/c0", "attachment system/c2", "attachment system/c4", "host c0", "host c2", "host c4", "interface system/c0", "interface system/c2", "interface system/c4",
		"node c0", "node c1", "node c2", "node c3", "node c4", "node c5",
	}
	for name, r := range map[string]objectReader{"informers": informers, "lists": listReader{c}} {
		if diff := gocmp.Diff(want, read(t, r, "data")); diff != "" {
			t.Errorf("\nThe objects of the NodeENI and all nodes are read with %s.\n-want, +got:\n%s", name, diff)
		}
	}
}
