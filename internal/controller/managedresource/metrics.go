package managedresource

import (
	ctrl "sigs.k8s.io/controller-runtime"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
	"github.com/crossplane/crossplane-runtime/v2/pkg/statemetrics"

	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
)

// AddStateMetrics counts, from time to time, how many resources of a kind
// exist, are ready and are synced.
func AddStateMetrics(mgr ctrl.Manager, o options.Options, list resource.ManagedList) error {
	if o.MetricOptions == nil || o.MetricOptions.MRStateMetrics == nil {
		return nil
	}
	r := statemetrics.NewMRStateRecorder(mgr.GetClient(), o.Logger, o.MetricOptions.MRStateMetrics, list, o.MetricOptions.PollStateMetricInterval)
	return errors.Wrapf(mgr.Add(r), "cannot add the state metrics of %T", list)
}
