// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

import (
	"context"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	apiwait "k8s.io/apimachinery/pkg/util/wait"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	"github.com/crossplane/crossplane-runtime/v2/pkg/statemetrics"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

// AddStateMetrics adds a runnable to the manager that periodically counts the resources
// of a kind that exist, are ready and are synced.
func AddStateMetrics(mgr ctrl.Manager, o options.Options, list resource.ManagedList) error {
	if o.MetricOptions == nil || o.MetricOptions.MRStateMetrics == nil {
		return nil
	}
	gvk, err := apiutil.GVKForObject(list, mgr.GetScheme())
	if err != nil {
		return errors.Wrapf(err, "cannot get the kind of %T", list)
	}
	r := &stateRecorder{
		reader: mgr.GetClient(), log: o.Logger, metrics: o.MetricOptions.MRStateMetrics, every: o.MetricOptions.PollStateMetricInterval,
		list:   func() resource.ManagedList { return list.DeepCopyObject().(resource.ManagedList) }, //nolint:forcetypeassert // a copy has the type of the original
		labels: prometheus.Labels{"gvk": strings.TrimSuffix(gvk.String(), "List")},
	}
	return errors.Wrapf(mgr.Add(r), "cannot add the state metrics of %T", list)
}

// A stateRecorder sets the metrics of Crossplane's own recorder. That one deep-copies
// every resource each time and keeps the copies; with ten thousand resources they need
// more memory than the rest of the provider.
type stateRecorder struct {
	reader  client.Reader
	log     logging.Logger
	metrics *statemetrics.MRStateMetrics
	list    func() resource.ManagedList // an empty list
	every   time.Duration
	labels  prometheus.Labels
}

// Start records the metrics periodically until ctx is done.
func (r *stateRecorder) Start(ctx context.Context) error {
	apiwait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := r.record(ctx); err != nil && ctx.Err() == nil {
			r.log.Info("Cannot count resources", "error", err)
		}
	}, r.every)
	return nil
}

func (r *stateRecorder) record(ctx context.Context) error {
	l := r.list()
	if err := r.reader.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return errors.Wrapf(err, "cannot list %T", l)
	}
	var ready, synced float64
	items := l.GetItems()
	for _, o := range items {
		if o.GetCondition(xpv2.TypeReady).Status == corev1.ConditionTrue {
			ready++
		}
		if o.GetCondition(xpv2.TypeSynced).Status == corev1.ConditionTrue {
			synced++
		}
	}
	r.metrics.Exists.With(r.labels).Set(float64(len(items)))
	r.metrics.Ready.With(r.labels).Set(ready)
	r.metrics.Synced.With(r.labels).Set(synced)
	return nil
}
