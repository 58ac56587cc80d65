// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package objectmetrics exports how many objects are not ready, by reason, how long deletions have
// taken, and the quotas and subnets of provider configs. Alerts use these metrics.
package objectmetrics

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

const (
	namespace = "provider_aws_eni"

	// collectTimeout bounds one collection.
	collectTimeout = 5 * time.Second

	// maxReasons limits the reasons of a kind: agents write the reasons of HostInterfaces.
	maxReasons = 64

	// reasonUnobserved is the reason of an object without a Ready condition, such as a
	// HostInterface on a node without an agent.
	reasonUnobserved = "Unobserved"

	// reasonOther has the objects beyond maxReasons.
	reasonOther = "Other"
)

// A Collector counts objects at each collection, from the cache.
type Collector struct {
	reader client.Reader
	now    func() time.Time

	objects, notReady, notSynced, deletion *prometheus.Desc

	capacity capacityMetrics
}

// New returns a Collector.
func New(reader client.Reader, now func() time.Time) *Collector {
	return &Collector{
		reader: reader, now: now, capacity: newCapacityMetrics(),
		objects:   prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "objects"), "Objects by kind.", []string{"kind"}, nil),
		notReady:  prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "objects_not_ready"), "Objects that are not Ready and not being deleted, by kind and reason. The reason is Unobserved if nothing has observed the object, such as the agent of a node.", []string{"kind", "reason"}, nil),
		notSynced: prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "objects_not_synced"), "Objects whose last reconcile failed, by kind and reason.", []string{"kind", "reason"}, nil),
		deletion:  prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "oldest_deletion_seconds"), "Time since the deletion of the object of a kind that is being deleted the longest; 0 if none is.", []string{"kind"}, nil),
	}
}

// SetupGated registers a Collector once the CRDs that it reads are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetupGated("metrics of objects", func() error { return Setup(mgr, o) }, v1alpha1.NodeENIGroupVersionKind, v1alpha1.HostInterfaceGroupVersionKind, v1alpha1.ProviderConfigGroupVersionKind, v1alpha1.ClusterProviderConfigGroupVersionKind, ec2v1alpha1.NetworkInterfaceGroupVersionKind, ec2v1alpha1.NetworkInterfaceAttachmentGroupVersionKind)
	return nil
}

// Setup registers a Collector.
func Setup(mgr ctrl.Manager, _ options.Options) error {
	// A second manager in one process shares the registry.
	_ = ctrlmetrics.Registry.Register(New(mgr.GetClient(), time.Now))
	return nil
}

// Describe sends the descriptions of all metrics.
func (c *Collector) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{c.objects, c.notReady, c.notSynced, c.deletion} {
		ch <- d
	}
	c.capacity.describe(ch)
}

// Collect sends the metrics as they are now. A kind that cannot be listed is left out.
func (c *Collector) Collect(ch chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), collectTimeout) //nolint:forbidigo // the interface has no context
	defer cancel()
	for kind, list := range map[string]client.ObjectList{
		v1alpha1.NodeENIKind:                       &v1alpha1.NodeENIList{},
		v1alpha1.HostInterfaceKind:                 &v1alpha1.HostInterfaceList{},
		ec2v1alpha1.NetworkInterfaceKind:           &ec2v1alpha1.NetworkInterfaceList{},
		ec2v1alpha1.NetworkInterfaceAttachmentKind: &ec2v1alpha1.NetworkInterfaceAttachmentList{},
	} {
		if all, err := c.list(ctx, list); err == nil {
			c.send(ch, kind, all)
		}
	}
	c.capacity.collect(ctx, c.reader, ch)
}

// object is an object with conditions.
type object interface {
	client.Object
	GetCondition(t xpv2.ConditionType) xpv2.Condition
}

// list lists the objects of a kind without copying them.
func (c *Collector) list(ctx context.Context, l client.ObjectList) ([]object, error) {
	if err := c.reader.List(ctx, l, client.UnsafeDisableDeepCopy); err != nil {
		return nil, err
	}
	out := make([]object, 0, meta.LenList(l))
	err := meta.EachListItem(l, func(o runtime.Object) error {
		if obj, ok := o.(object); ok {
			out = append(out, obj)
		}
		return nil
	})
	return out, err
}

// send sends the metrics of the objects of a kind.
func (c *Collector) send(ch chan<- prometheus.Metric, kind string, all []object) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, append([]string{kind}, labels...)...)
	}
	notReady, notSynced, oldest := map[string]float64{}, map[string]float64{}, time.Duration(0)
	for _, o := range all {
		if at := o.GetDeletionTimestamp(); at != nil {
			oldest = max(oldest, c.now().Sub(at.Time))
		} else if r := o.GetCondition(xpv2.TypeReady); r.Status != corev1.ConditionTrue {
			count(notReady, string(r.Reason))
		}
		if s := o.GetCondition(xpv2.TypeSynced); s.Status == corev1.ConditionFalse {
			count(notSynced, string(s.Reason))
		}
	}
	gauge(c.objects, float64(len(all)))
	gauge(c.deletion, oldest.Seconds())
	for reason, n := range notReady {
		gauge(c.notReady, n, reason)
	}
	for reason, n := range notSynced {
		gauge(c.notSynced, n, reason)
	}
}

// count counts an object with a reason.
func count(by map[string]float64, reason string) {
	if reason == "" {
		reason = reasonUnobserved
	}
	if _, ok := by[reason]; !ok && len(by) >= maxReasons {
		reason = reasonOther
	}
	by[reason]++
}
