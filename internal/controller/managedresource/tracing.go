// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// WithTracing returns a connector whose clients trace the creation and the updates of resources
// that have a trace. The spans are named after the kind. Resources outside namespace, the
// provider's, are not traced: a tenant could add spans to the traces of others.
func WithTracing[T resource.Managed](inner managed.TypedExternalConnector[T], t *tracing.Tracer, namespace, kind string) managed.TypedExternalConnector[T] {
	if t == nil {
		return inner
	}
	return managed.TypedExternalConnectorFn[T](func(ctx context.Context, mg T) (managed.TypedExternalClient[T], error) {
		c, err := inner.Connect(ctx, mg)
		if err != nil || mg.GetNamespace() != namespace {
			return c, err
		}
		return &tracingClient[T]{TypedExternalClient: c, tracer: t, kind: kind}, nil
	})
}

type tracingClient[T resource.Managed] struct {
	managed.TypedExternalClient[T]

	tracer *tracing.Tracer
	kind   string
}

// DependsOn returns the inner client's.
func (c *tracingClient[T]) DependsOn() string {
	if d, ok := c.TypedExternalClient.(Dependent); ok {
		return d.DependsOn()
	}
	return ""
}

// Create creates the external resource.
func (c *tracingClient[T]) Create(ctx context.Context, mg T) (managed.ExternalCreation, error) {
	ctx, end := c.tracer.Start(ctx, mg, "create "+c.kind)
	out, err := c.TypedExternalClient.Create(ctx, mg)
	end(err)
	return out, err
}

// Update changes the external resource.
func (c *tracingClient[T]) Update(ctx context.Context, mg T) (managed.ExternalUpdate, error) {
	ctx, end := c.tracer.Start(ctx, mg, "update "+c.kind)
	out, err := c.TypedExternalClient.Update(ctx, mg)
	end(err)
	return out, err
}
