// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nodeeni

import (
	"cmp"
	"context"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// A childTrace is the trace of a child: from the decision to create its objects until it is
// ready.
type childTrace struct {
	tracer *tracing.Tracer
	// parent is the trace context that the objects carry, or "".
	parent string
	// ready is the attachment of a child that is ready, while its objects still carry the
	// context.
	ready *ec2v1alpha1.NetworkInterfaceAttachment
	// endRoot ends the first span.
	endRoot func(error)
}

// traceOf returns the trace of a child. It starts one for a child without objects. Once the
// child is ready, its objects do not carry the context any more.
func (r *Reconciler) traceOf(ctx context.Context, n *v1alpha1.NodeENI, c eni.Child, ni *ec2v1alpha1.NetworkInterface, at *ec2v1alpha1.NetworkInterfaceAttachment) childTrace {
	t := childTrace{tracer: r.o.Tracer, endRoot: func(error) {}}
	switch {
	case t.tracer == nil:
	case ni == nil && at == nil:
		if !c.Retained {
			t.parent, t.endRoot = t.tracer.Root(ctx, tracing.AttributeNodeENI.String(n.GetName()), tracing.AttributeNode.String(c.NodeName),
				tracing.AttributeSlot.String(eni.SlotName(c.SubnetID, c.Position)))
		}
	case at != nil && at.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue:
		if tracing.ParentOf(at) != "" {
			t.ready = at
		}
	default:
		if at != nil {
			t.parent = tracing.ParentOf(at)
		}
		if ni != nil {
			t.parent = cmp.Or(t.parent, tracing.ParentOf(ni))
		}
	}
	return t
}

// end ends the first span, or records that the child is ready after its objects were applied.
func (t childTrace) end(ctx context.Context, applied bool, err error) {
	t.endRoot(err)
	if t.ready != nil && applied {
		t.tracer.Record(ctx, t.ready, tracing.SpanReady)
	}
}

// traced sets the trace context that an object carries.
func traced(o client.Object, parent string) client.Object {
	if parent != "" {
		o.GetAnnotations()[v1alpha1.AnnotationTraceParent] = parent
	}
	return o
}
