package managedresource

import (
	"context"

	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
)

// A UsageTracker records that a managed resource uses a ProviderConfig.
type UsageTracker interface {
	Track(ctx context.Context, mg resource.ModernManaged) error
}

// NewUsageTracker returns a UsageTracker that writes ProviderConfigUsages.
func NewUsageTracker(c client.Client) UsageTracker {
	return resource.NewProviderConfigUsageTracker(c, &networkingv1alpha1.ProviderConfigUsage{})
}

// Connect records the use of a managed resource's provider config, and returns
// the EC2 client that the config and region mean.
func Connect(ctx context.Context, usage UsageTracker, clients *ec2.Clients, mg resource.ModernManaged, region *string) (*ec2.Client, error) {
	ref := mg.GetProviderConfigReference()
	if ref == nil {
		return nil, errors.New("spec.providerConfigRef is missing: name a ClusterProviderConfig or ProviderConfig")
	}
	if err := usage.Track(ctx, mg); err != nil {
		return nil, errors.Wrap(err, "cannot record the use of the provider config")
	}
	return clients.Get(ctx, ec2.ConfigReference{Kind: ref.Kind, Name: ref.Name, Namespace: mg.GetNamespace()}, ptr.Deref(region, ""))
}
