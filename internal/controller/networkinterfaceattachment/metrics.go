// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterfaceattachment

import (
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// newAttachSeconds returns a histogram of the time from the creation of a NodeENI's
// attachment until its ENI is attached, including throttling.
func newAttachSeconds() prometheus.Observer {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "provider_aws_eni", Name: "nodeeni_attach_seconds",
		Help:    "Time from the creation of a NodeENI's NetworkInterfaceAttachment until its network interface was attached.",
		Buckets: []float64{1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600},
	})
	// A second manager in one process has its own, unregistered histogram.
	_ = ctrlmetrics.Registry.Register(h)
	return h
}

// firstAttached reports whether EC2 returns the ENI of a NodeENI as attached for the first
// time.
func firstAttached(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) bool {
	return a.Status == ec2types.AttachmentStatusAttached && mg.GetLabels()[networkingv1alpha1.LabelNodeENI] != "" &&
		mg.Status.AtProvider.AttachTime == nil && a.AttachTime != nil &&
		!a.AttachTime.Before(mg.GetCreationTimestamp().Time)
}

// attachSeconds returns the time since the attachment was created.
func attachSeconds(mg *v1alpha1.NetworkInterfaceAttachment, now time.Time) float64 {
	return now.Sub(mg.GetCreationTimestamp().Time).Seconds()
}
