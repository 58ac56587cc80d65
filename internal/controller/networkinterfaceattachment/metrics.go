package networkinterfaceattachment

import (
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/prometheus/client_golang/prometheus"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// newAttachSeconds returns a histogram of the time from when a NodeENI asked
// for an ENI until it was attached, waiting for EC2's request rate included.
func newAttachSeconds() prometheus.Observer {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{
		Namespace: "provider_aws_eni", Name: "nodeeni_attach_seconds",
		Help:    "Time from when a NodeENI asked for a network interface until it was attached.",
		Buckets: []float64{1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600},
	})
	// A second manager in one process has counts of its own, unregistered.
	_ = ctrlmetrics.Registry.Register(h)
	return h
}

// firstAttached says that EC2 shows the ENI of a NodeENI attached for the first
// time.
func firstAttached(mg *v1alpha1.NetworkInterfaceAttachment, a *ec2types.NetworkInterfaceAttachment) bool {
	return a.Status == ec2types.AttachmentStatusAttached && mg.GetLabels()[networkingv1alpha1.LabelNodeENI] != "" &&
		mg.Status.AtProvider.AttachTime == nil && a.AttachTime != nil &&
		!a.AttachTime.Before(mg.GetCreationTimestamp().Time)
}

// attachSeconds returns how long it took.
func attachSeconds(mg *v1alpha1.NetworkInterfaceAttachment, now time.Time) float64 {
	return now.Sub(mg.GetCreationTimestamp().Time).Seconds()
}
