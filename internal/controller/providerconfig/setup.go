// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package providerconfig

import (
	"context"
	"strings"
	"time"

	"golang.org/x/time/rate"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/event"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/providerconfig"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// countEvery is the shortest interval between counts of one config's users: in a rollout
// thousands of usages are created and deleted, and each count is a write.
const countEvery = 2 * time.Second

// SetupGated sets the controllers up once their CRDs are established.
func SetupGated(mgr ctrl.Manager, o options.Options) error {
	o.SetupGated("ProviderConfig controllers", func() error { return Setup(mgr, o) },
		v1alpha1.ProviderConfigGroupVersionKind, v1alpha1.ClusterProviderConfigGroupVersionKind, v1alpha1.SchemeGroupVersion.WithKind(v1alpha1.ProviderConfigUsageKind))
	o.SetupGated("CapacityAvailable controllers", func() error { return setupCapacities(mgr, o) },
		v1alpha1.ProviderConfigGroupVersionKind, v1alpha1.ClusterProviderConfigGroupVersionKind, ec2v1alpha1.NetworkInterfaceGroupVersionKind)
	o.SetupGated("CNIConflict controllers", func() error { return setupCNIConflicts(mgr, o) },
		v1alpha1.ProviderConfigGroupVersionKind, v1alpha1.ClusterProviderConfigGroupVersionKind, v1alpha1.NodeENIGroupVersionKind, ec2v1alpha1.NetworkInterfaceAttachmentGroupVersionKind)
	return nil
}

// Setup adds the controllers of both kinds of config to the manager.
func Setup(mgr ctrl.Manager, o options.Options) error {
	if err := setup(mgr, o, v1alpha1.ProviderConfigGroupVersionKind, &v1alpha1.ProviderConfig{}); err != nil {
		return err
	}
	return setup(mgr, o, v1alpha1.ClusterProviderConfigGroupVersionKind, &v1alpha1.ClusterProviderConfig{})
}

func newRecorder(mgr ctrl.Manager, o options.Options, name string) event.Recorder {
	return event.NewAPIRecorder(mgr.GetEventRecorderFor(name), o.EventFilterFunctions...) //nolint:staticcheck // crossplane-runtime v2.4 takes the recorder of the old events API
}

// configOfKind returns a function that returns an empty config of a kind.
func configOfKind(kind string) func() apiConfig {
	if kind == v1alpha1.ProviderConfigKind {
		return func() apiConfig { return &v1alpha1.ProviderConfig{} }
	}
	return func() apiConfig { return &v1alpha1.ClusterProviderConfig{} }
}

func setup(mgr ctrl.Manager, o options.Options, kind schema.GroupVersionKind, config client.Object) error {
	name := providerconfig.ControllerName(kind.GroupKind().String())
	recorder := newRecorder(mgr, o, name)
	newConfig := configOfKind(kind.Kind)
	r := &Reconciler{
		client: mgr.GetClient(), uncached: mgr.GetAPIReader(), places: clientsPlaces{clients: o.Clients}, record: recorder,
		kind: kind.Kind, newConfig: newConfig,
	}
	r.addCounter(mgr, kind, providerconfig.WithLogger(o.Logger.WithValues("controller", name)), providerconfig.WithRecorder(recorder))
	if err := setupPreflight(mgr, o, kind.Kind, config, recorder, newConfig); err != nil {
		return err
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named(name).
		WithOptions(controller.Options{RateLimiter: workqueue.NewTypedMaxOfRateLimiter(
			workqueue.NewTypedItemExponentialFailureRateLimiter[reconcile.Request](time.Second, time.Minute),
			&workqueue.TypedBucketRateLimiter[reconcile.Request]{Limiter: rate.NewLimiter(rate.Every(countEvery), 1)})}).
		For(config).
		Watches(&v1alpha1.ProviderConfigUsage{}, enqueueConfig(kind.Kind)).
		Complete(r)
}

// setupPreflight adds a controller of its own: dry runs wait for tokens, and must not delay the
// release of a config.
func setupPreflight(mgr ctrl.Manager, o options.Options, kind string, config client.Object, recorder event.Recorder, newConfig func() apiConfig) error {
	p := &Preflight{
		client: mgr.GetClient(), record: recorder, kind: kind, newConfig: newConfig, now: time.Now, results: map[types.NamespacedName]*preflightResult{},
		verifier: func(ctx context.Context, ref ec2.ConfigReference) (verifier, error) {
			return o.Clients.Get(ctx, ref, "")
		},
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named("preflight/"+strings.ToLower(kind)).
		For(config, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(p)
}

// setupCapacities adds the controllers of the condition CapacityAvailable, which also read
// NetworkInterfaces.
func setupCapacities(mgr ctrl.Manager, o options.Options) error {
	if err := setupCapacity(mgr, o, v1alpha1.ProviderConfigKind, &v1alpha1.ProviderConfig{}); err != nil {
		return err
	}
	return setupCapacity(mgr, o, v1alpha1.ClusterProviderConfigKind, &v1alpha1.ClusterProviderConfig{})
}

func setupCapacity(mgr ctrl.Manager, o options.Options, kind string, config client.Object) error {
	name := "capacity/" + strings.ToLower(kind)
	return ctrl.NewControllerManagedBy(mgr).
		Named(name).
		For(config, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(&Capacity{
			client: mgr.GetClient(), record: newRecorder(mgr, o, name), kind: kind, newConfig: configOfKind(kind), now: time.Now, quotas: map[types.NamespacedName]quotas{},
			accounts: func(ctx context.Context, ref ec2.ConfigReference) (account, string, error) {
				c, err := o.Clients.Get(ctx, ref, "")
				if err != nil {
					return nil, "", err
				}
				return c, c.Region, nil
			},
		})
}

// setupCNIConflicts adds the controllers of the condition CNIConflict, which also read NodeENIs and
// attachments.
func setupCNIConflicts(mgr ctrl.Manager, o options.Options) error {
	if err := setupCNIConflict(mgr, o, v1alpha1.ProviderConfigKind, &v1alpha1.ProviderConfig{}); err != nil {
		return err
	}
	return setupCNIConflict(mgr, o, v1alpha1.ClusterProviderConfigKind, &v1alpha1.ClusterProviderConfig{})
}

func setupCNIConflict(mgr ctrl.Manager, o options.Options, kind string, config client.Object) error {
	name := "cniconflict/" + strings.ToLower(kind)
	r := &CNIConflict{
		client: mgr.GetClient(), uncached: mgr.GetAPIReader(), record: newRecorder(mgr, o, name), kind: kind, namespace: o.Namespace, cluster: o.Cluster, newConfig: configOfKind(kind),
		types: func(ctx context.Context, ref ec2.ConfigReference) (instanceTyper, error) {
			return o.Clients.Get(ctx, ref, "")
		},
	}
	return ctrl.NewControllerManagedBy(mgr).
		Named(name).
		For(config, builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Watches(&v1alpha1.NodeENI{}, handler.EnqueueRequestsFromMapFunc(r.configOf), builder.WithPredicates(predicate.GenerationChangedPredicate{})).
		Complete(r)
}

// configOf returns the config of a NodeENI.
func (r *CNIConflict) configOf(_ context.Context, o client.Object) []reconcile.Request {
	n, ok := o.(*v1alpha1.NodeENI)
	if !ok {
		return nil
	}
	ref := eni.ConfigReference(n)
	k := types.NamespacedName{Name: ref.Name}
	if ref.Kind != r.kind {
		return nil
	}
	if r.kind == v1alpha1.ProviderConfigKind {
		k.Namespace = r.namespace
	}
	return []reconcile.Request{{NamespacedName: k}}
}
