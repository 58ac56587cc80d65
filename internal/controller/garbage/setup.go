// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package garbage

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	ctrl "sigs.k8s.io/controller-runtime"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/event"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

// A Mode is the action on leaked ENIs.
type Mode string

// Modes of the collector.
const (
	ModeOff    Mode = "Off"
	ModeReport Mode = "Report"
	ModeDelete Mode = "Delete"
)

const name = "garbage"

// SetupGated adds the collector once the CRDs it reads are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	if Mode(o.GarbageCollection) == ModeOff {
		return nil
	}
	o.SetupGated("garbage collector", func() error { return Setup(mgr, o) },
		ec2v1alpha1.NetworkInterfaceGroupVersionKind, v1alpha1.ProviderConfigGroupVersionKind, v1alpha1.ClusterProviderConfigGroupVersionKind)
	return nil
}

// Setup adds the collector to the manager.
func Setup(mgr ctrl.Manager, o options.Options) error {
	return errors.Wrap(mgr.Add(&Collector{
		uncached: mgr.GetAPIReader(),
		clients:  o.Clients,
		reports:  statusReports{mgr.GetClient()},
		log:      o.Logger.WithValues("controller", name),
		record:   event.NewAPIRecorder(mgr.GetEventRecorderFor(name), o.EventFilterFunctions...), //nolint:staticcheck // crossplane-runtime v2.4 takes the recorder of the old events API
		metrics:  newMetrics(),
		every:    o.GarbageInterval,
		cluster:  o.Cluster,
		remove:   Mode(o.GarbageCollection) == ModeDelete,
		now:      time.Now,
	}), "cannot add the garbage collector")
}

type metrics struct {
	leaked  prometheus.Gauge
	deleted prometheus.Counter
	refused prometheus.Counter
}

func newMetrics() *metrics {
	const ns = "provider_aws_eni"
	m := &metrics{
		leaked:  prometheus.NewGauge(prometheus.GaugeOpts{Namespace: ns, Name: "leaked_network_interfaces", Help: "ENIs with this cluster's ownership tag that belong to no object, attached or not, as of the last pass."}),
		deleted: prometheus.NewCounter(prometheus.CounterOpts{Namespace: ns, Name: "leaked_network_interfaces_deleted_total", Help: "ENIs that were deleted because they belonged to no object."}),
		refused: prometheus.NewCounter(prometheus.CounterOpts{Namespace: ns, Name: "garbage_passes_refused_total", Help: "Passes that deleted nothing because the number of objects was not plausible."}),
	}
	for _, c := range []prometheus.Collector{m.leaked, m.deleted, m.refused} {
		// A second manager in one process has its own, unregistered counters.
		_ = ctrlmetrics.Registry.Register(c)
	}
	return m
}
