// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package objectmetrics

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// capacityMetrics are the quotas and subnets in the status of provider configs.
type capacityMetrics struct{ quota, used, addresses, free *prometheus.Desc }

func newCapacityMetrics() capacityMetrics {
	return capacityMetrics{
		quota:     prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "quota"), "Quota of the AWS account in the provider's region, by provider config and name.", []string{"config", "quota"}, nil),
		used:      prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "quota_used"), "How much of a quota all programs of the account use, by provider config and name.", []string{"config", "quota"}, nil),
		addresses: prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "subnet_addresses"), "IPv4 addresses of a subnet that EC2 assigns, by provider config and subnet.", []string{"config", "subnet"}, nil),
		free:      prometheus.NewDesc(prometheus.BuildFQName(namespace, "", "subnet_free_addresses"), "Free IPv4 addresses of a subnet, by provider config and subnet.", []string{"config", "subnet"}, nil),
	}
}

func (m capacityMetrics) describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{m.quota, m.used, m.addresses, m.free} {
		ch <- d
	}
}

// collect sends the metrics of all provider configs.
func (m capacityMetrics) collect(ctx context.Context, reader client.Reader, ch chan<- prometheus.Metric) {
	cluster := &v1alpha1.ClusterProviderConfigList{}
	if err := reader.List(ctx, cluster, client.UnsafeDisableDeepCopy); err == nil {
		for i := range cluster.Items {
			m.send(ch, ec2.ConfigReference{Kind: v1alpha1.ClusterProviderConfigKind, Name: cluster.Items[i].Name}, &cluster.Items[i].Status)
		}
	}
	namespaced := &v1alpha1.ProviderConfigList{}
	if err := reader.List(ctx, namespaced, client.UnsafeDisableDeepCopy); err == nil {
		for i := range namespaced.Items {
			o := &namespaced.Items[i]
			m.send(ch, ec2.ConfigReference{Kind: v1alpha1.ProviderConfigKind, Namespace: o.Namespace, Name: o.Name}, &o.Status)
		}
	}
}

func (m capacityMetrics) send(ch chan<- prometheus.Metric, config ec2.ConfigReference, s *v1alpha1.ProviderConfigStatus) {
	gauge := func(d *prometheus.Desc, v int32, label string) {
		ch <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, float64(v), config.String(), label)
	}
	for _, q := range s.Quotas {
		gauge(m.quota, q.Limit, q.Name)
		if q.Used != nil {
			gauge(m.used, *q.Used, q.Name)
		}
	}
	for _, x := range s.Subnets {
		gauge(m.addresses, x.Addresses, x.SubnetID)
		gauge(m.free, x.FreeAddresses, x.SubnetID)
	}
}
