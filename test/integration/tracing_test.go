// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"errors"
	"fmt"
	"maps"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/google/go-cmp/cmp"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
	"github.com/nodeeni/provider-aws-eni/internal/tracing/collector"
	"github.com/nodeeni/provider-aws-eni/internal/tracing/otlp"
)

// tracerTo returns a tracer of a service that exports to a URL, as the flag --tracing-endpoint
// creates it.
func tracerTo(t *testing.T, url, service string) *tracing.Tracer {
	t.Helper()
	tracer, stop, err := otlp.Start(t.Context(), url, service, logr.Discard())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	return tracer
}

// TestTracing traces the ENIs of a NodeENI from its creation until they are ready, across the
// provider and the agents.
func TestTracing(t *testing.T) {
	c := collector.New()
	server := httptest.NewServer(c)
	t.Cleanup(server.Close)
	e, hosts := newHostEnv(t, options{settings: func(s *controller.Settings) { s.Tracer = tracerTo(t, server.URL, "provider-aws-eni") }})
	e.tracer = tracerTo(t, server.URL, "provider-aws-eni-agent")
	for _, name := range []string{"node-a", "node-b"} {
		e.addHost(hosts, e.node(name))
	}
	e.apply(basic)
	e.eventually(30*time.Second, e.ready("multus-eni-config", 2))
	e.eventually(30*time.Second, func() error {
		all := c.Traces()
		if len(all) != 2 {
			return fmt.Errorf("%d traces, want one of each ENI", len(all))
		}
		return errors.Join(completeTrace(all[0]), completeTrace(all[1]))
	})
	for _, trace := range c.Traces() {
		for _, s := range trace {
			t.Logf("%-22s %-34s %6d ms to %6d ms", s.Service, s.Name, s.Start.Sub(trace[0].Start).Milliseconds(), s.End.Sub(trace[0].Start).Milliseconds())
		}
		t.Log(trace.Phases())
	}

	t.Log("objects of ENIs that are ready do not carry a trace context")
	e.eventually(10*time.Second, e.noTraceContext)
	const exported = 6 * time.Second // spans are exported every 5 s
	time.Sleep(exported)             // an agent may have configured a link when the context was removed
	before := spansOf(c.Traces())
	e.change("multus-eni-config", func(s *v1alpha1.NodeENISpec) { s.MTU = new(int32(1500)) })
	e.eventually(30*time.Second, e.ready("multus-eni-config", 2))
	time.Sleep(exported)
	if diff := cmp.Diff(before, spansOf(c.Traces())); diff != "" {
		t.Errorf("later changes add no spans: -before, +after:\n%s", diff)
	}
}

// spansOf counts spans by name.
func spansOf(traces []collector.Trace) map[string]int {
	out := map[string]int{}
	for _, trace := range traces {
		for _, s := range trace {
			out[s.Name]++
		}
	}
	return out
}

// completeTrace returns an error unless a trace has all spans of an ENI, in their order, with
// the expected parents and services.
func completeTrace(trace collector.Trace) error {
	const provider = "provider-aws-eni"
	byID := map[string]collector.Span{}
	for _, s := range trace {
		byID[s.ID] = s
	}
	var start time.Time
	for _, w := range []struct{ name, parent, service string }{
		{tracing.SpanObjects, "", provider},
		{tracing.SpanInterface, tracing.SpanObjects, provider},
		{"CreateNetworkInterface", tracing.SpanInterface, provider},
		{tracing.SpanAttach, tracing.SpanObjects, provider},
		{"AttachNetworkInterface", tracing.SpanAttach, provider},
		{tracing.SpanHost, tracing.SpanObjects, provider},
		{tracing.SpanConfigure, tracing.SpanObjects, "provider-aws-eni-agent"},
		{tracing.SpanReady, tracing.SpanObjects, provider},
	} {
		s := trace.First(w.name)
		if s == nil {
			return fmt.Errorf("no span %q in %v", w.name, slices.Sorted(maps.Keys(spansOf([]collector.Trace{trace}))))
		}
		if parent := byID[s.Parent].Name; parent != w.parent || s.Service != w.service || s.Start.Before(start) {
			return fmt.Errorf("span %q of %s in %q starts at %s, want of %s in %q and not before %s", w.name, s.Service, parent, s.Start, w.service, w.parent, start)
		}
		start = s.Start
	}
	return nil
}

// noTraceContext returns an error if an object of an ENI carries a trace context.
func (e *env) noTraceContext() error {
	for _, l := range []client.ObjectList{&ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &v1alpha1.HostInterfaceList{}} {
		if err := e.kube.List(e.t.Context(), l); err != nil {
			return err
		}
		if err := apimeta.EachListItem(l, func(r runtime.Object) error {
			o, ok := r.(client.Object)
			if v := o.GetAnnotations()[v1alpha1.AnnotationTraceParent]; !ok || v != "" {
				return fmt.Errorf("%T %s carries %q", r, o.GetName(), v)
			}
			return nil
		}); err != nil {
			return err
		}
	}
	return nil
}
