// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package apiemulator_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/test/apiemulator"
	"github.com/nodeeni/provider-aws-eni/test/apiemulator/conformance"
)

// start returns the configuration and a client of a server with the CRDs.
func start(t *testing.T, o apiemulator.Options) (*rest.Config, client.WithWatch) {
	t.Helper()
	crds, err := apiemulator.ReadCRDs("../../package/crds")
	if err != nil {
		t.Fatal(err)
	}
	s, err := apiemulator.New(o, crds...)
	if err != nil {
		t.Fatal(err)
	}
	srv := httptest.NewServer(s)
	t.Cleanup(func() { srv.CloseClientConnections(); srv.Close() })
	scheme, err := controller.NewScheme()
	if err != nil {
		t.Fatal(err)
	}
	cfg := &rest.Config{Host: srv.URL, QPS: -1}
	c, err := client.NewWithWatch(cfg, client.Options{Scheme: scheme})
	if err != nil {
		t.Fatal(err)
	}
	return cfg, c
}

func TestConformance(t *testing.T) {
	var writes atomic.Int64
	_, c := start(t, apiemulator.Options{Observe: func(apiemulator.Write) { writes.Add(1) }})
	conformance.Check(t, c)
	if n := writes.Load(); n < 30 {
		t.Errorf("%d writes were observed", n)
	}
}

func object(i int) *ec2v1alpha1.NetworkInterface {
	return &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: fmt.Sprintf("n-%03d", i)}}
}

// TestExpiredWatch begins a watch from a version whose next events are not in the history anymore.
func TestExpiredWatch(t *testing.T) {
	_, c := start(t, apiemulator.Options{History: 5})
	for i := range 20 {
		if err := c.Create(t.Context(), object(i)); err != nil {
			t.Fatal(err)
		}
	}
	first := object(0)
	if err := c.Get(t.Context(), client.ObjectKeyFromObject(first), first); err != nil {
		t.Fatal(err)
	}
	w, err := c.Watch(t.Context(), &ec2v1alpha1.NetworkInterfaceList{}, &client.ListOptions{Raw: &metav1.ListOptions{ResourceVersion: first.GetResourceVersion()}})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Stop()
	if e := <-w.ResultChan(); e.Type != watch.Error || !kerrors.IsResourceExpired(kerrors.FromObject(e.Object)) {
		t.Errorf("\nA watch that would miss events ends with an error.\nWatch(...): %+v", e)
	}
}

// TestCache reads with the cache of a controller, which lists and watches.
func TestCache(t *testing.T) {
	cfg, c := start(t, apiemulator.Options{BookmarkInterval: 10 * time.Millisecond})
	for i := range 10 {
		if err := c.Create(t.Context(), object(i)); err != nil {
			t.Fatal(err)
		}
	}
	ca, err := cache.New(cfg, cache.Options{Scheme: c.Scheme()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() { _ = ca.Start(ctx) }()
	if !ca.WaitForCacheSync(ctx) {
		t.Fatal("the cache does not start")
	}
	count := func(want int) {
		t.Helper()
		l := &ec2v1alpha1.NetworkInterfaceList{}
		for range 500 {
			if err := ca.List(ctx, l); err != nil {
				t.Fatal(err)
			}
			if len(l.Items) == want {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("the cache has %d objects, want %d", len(l.Items), want)
	}
	count(10)
	for i := range 10 {
		if err := c.Create(ctx, object(100+i)); err != nil {
			t.Fatal(err)
		}
	}
	count(20)
	if err := c.DeleteAllOf(ctx, &ec2v1alpha1.NetworkInterface{}, client.InNamespace("default")); err != nil {
		t.Fatal(err)
	}
	count(0)
}
