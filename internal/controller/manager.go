// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package controller

import (
	"context"
	"net/http"
	"time"

	corev1 "k8s.io/api/core/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/config"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/metrics"

	xpcontroller "github.com/crossplane/crossplane-runtime/v2/pkg/controller"
	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/feature"
	"github.com/crossplane/crossplane-runtime/v2/pkg/gate"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"
	"github.com/crossplane/crossplane-runtime/v2/pkg/ratelimiter"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/customresourcesgate"
	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	"github.com/crossplane/crossplane-runtime/v2/pkg/statemetrics"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/controller/garbage"
	"github.com/nodeeni/provider-aws-eni/internal/controller/managedresource"
	"github.com/nodeeni/provider-aws-eni/internal/controller/options"
	"github.com/nodeeni/provider-aws-eni/internal/controller/statuswriter"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
)

// Settings are the provider's settings. cmd/provider reads them from flags.
type Settings struct {
	Namespace string
	Cluster   string // default: the UID of the namespace kube-system
	Region    string

	SyncInterval            time.Duration
	PollInterval            time.Duration
	PollJitter              time.Duration
	PollStateMetricInterval time.Duration
	MaxReconcileRate        int
	MaxConcurrentCleanups   int

	// EndpointNamespaces are the namespaces whose ProviderConfigs may set an endpoint or a
	// role chain; HostNamespaces are the namespaces whose ProviderConfigs may address
	// nodes.
	EndpointNamespaces []string
	HostNamespaces     []string

	EC2Share    float64 // of EC2's published request rates, above 0 and at most 1
	EC2Adaptive bool    // exceed EC2Share while EC2 throttles no calls
	SnapshotAge time.Duration
	KubeQPS     float64 // requests per second to the API server; twice as many at once

	DefaultDeviceIndex         int32
	DefaultDeleteOnTermination bool
	ReservedENIs               eni.Reserves // of others, for which places are kept
	NodeGracePeriod            time.Duration
	DetachRetryPeriod          time.Duration
	AgentSilence               time.Duration
	GarbageCollection          garbage.Mode
	GarbageInterval            time.Duration

	// AbsencePeriod is the minimum time between the two responses of EC2 that confirm the
	// absence of an ENI or instance. 0 means eni.DefaultAbsencePeriod. Only tests shorten
	// it.
	AbsencePeriod time.Duration

	// Timings are the timings for EC2. Only tests change them.
	Timings timings.Timings

	LeaderElection     bool
	ManagementPolicies bool
	ChangeLogger       managed.ChangeLogger
	Tracer             *tracing.Tracer // nil: no traces
	MetricsBindAddress string
	MetricsSecure      bool // over TLS, for clients that the API server authorizes
	PprofAnyAddress    bool // not on loopback alone
	HealthBindAddress  string
	PprofBindAddress   string
	SkipNameValidation bool // for several managers in one process
	WrapTransport      func(http.RoundTripper) http.RoundTripper
	Log                logging.Logger
}

// maxShare is far more than AWS grants any account.
const maxShare = 100.0

// DefaultSettings returns the defaults of cmd/provider's flags.
func DefaultSettings() Settings {
	return Settings{
		Namespace:                  "provider-aws-eni-system",
		SyncInterval:               time.Hour,
		PollInterval:               10 * time.Minute,
		PollJitter:                 time.Minute,
		PollStateMetricInterval:    5 * time.Second,
		MaxReconcileRate:           10,
		MaxConcurrentCleanups:      3,
		EC2Share:                   ec2.DefaultShare,
		SnapshotAge:                time.Minute,
		KubeQPS:                    200,
		DefaultDeviceIndex:         1,
		DefaultDeleteOnTermination: true,
		NodeGracePeriod:            5 * time.Minute,
		DetachRetryPeriod:          15 * time.Second,
		AgentSilence:               2 * time.Minute,
		GarbageCollection:          garbage.ModeReport,
		GarbageInterval:            10 * time.Minute,
		Timings:                    timings.Default(),
		LeaderElection:             true,
		ManagementPolicies:         true,
		MetricsBindAddress:         ":8443",
		MetricsSecure:              true,
		HealthBindAddress:          ":8081",
		Log:                        logging.NewNopLogger(),
	}
}

// NewScheme returns a scheme with every type that the provider reads or writes.
func NewScheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, apiextensionsv1.AddToScheme, apis.AddToScheme} {
		if err := add(s); err != nil {
			return nil, errors.Wrap(err, "cannot build scheme")
		}
	}
	return s, nil
}

// NewManager returns a manager with all controllers, ready to start.
func NewManager(ctx context.Context, cfg *rest.Config, s Settings) (ctrl.Manager, error) {
	if err := s.validate(); err != nil {
		return nil, err
	}
	scheme, err := NewScheme()
	if err != nil {
		return nil, err
	}
	// Crossplane derives this limit from the number of workers. Here EC2's request rate
	// limits a rollout, not the workers.
	cfg = rest.CopyConfig(cfg)
	cfg.QPS, cfg.Burst = float32(s.KubeQPS), int(2*s.KubeQPS)
	mgr, err := ctrl.NewManager(cfg, ctrl.Options{
		Scheme: scheme,
		Cache: cache.Options{
			SyncPeriod: &s.SyncInterval,
			ByObject: map[client.Object]cache.ByObject{
				&corev1.Node{}: {Transform: SlimNode},
				&apiextensionsv1.CustomResourceDefinition{}: {Transform: customresourcesgate.TransformStripCRDSchema},
			},
			DefaultTransform: Slim,
		},
		// Secrets are read on each use, not cached.
		Client:                        client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
		NewClient:                     statuswriter.NewClient(managedresource.PrepareStatus),
		LeaderElection:                s.LeaderElection,
		LeaderElectionID:              "provider-aws-eni",
		LeaderElectionNamespace:       s.Namespace,
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &s.Timings.LeaseDuration,
		RenewDeadline:                 &s.Timings.RenewDeadline,
		RetryPeriod:                   &s.Timings.RetryPeriod,
		Metrics:                       s.metricsServer(),
		HealthProbeBindAddress:        s.HealthBindAddress,
		PprofBindAddress:              s.PprofBindAddress,
		Controller:                    config.Controller{SkipNameValidation: &s.SkipNameValidation},
	})
	if err != nil {
		return nil, errors.Wrap(err, "cannot create manager")
	}
	for _, add := range []func(string, healthz.Checker) error{mgr.AddHealthzCheck, mgr.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return nil, errors.Wrap(err, "cannot add health check")
		}
	}
	o, err := s.ControllerOptions(ctx, mgr)
	if err != nil {
		return nil, err
	}
	failed := newSetupErrors()
	o.SetupFailed = failed.report
	if err := mgr.Add(failed); err != nil {
		return nil, errors.Wrap(err, "cannot add the errors of set-ups")
	}
	if err := setupCRDGate(mgr, o.Gate); err != nil {
		return nil, errors.Wrap(err, "cannot set up the CRD gate")
	}
	return mgr, SetupGated(mgr, o)
}

func (s Settings) validate() error {
	switch {
	case s.EC2Share <= 0 || s.EC2Share > maxShare:
		return errors.Errorf("--ec2-share is %g: use a number above 0 and at most 1, the share of EC2's published request rates that the provider may use; above 1, up to %g, only where AWS has raised the account's", s.EC2Share, maxShare)
	case s.KubeQPS <= 0:
		return errors.Errorf("--kube-api-qps is %g: use a number above 0", s.KubeQPS)
	case s.MaxReconcileRate <= 0:
		return errors.Errorf("--max-reconcile-rate is %d: use a number above 0", s.MaxReconcileRate)
	case s.MaxConcurrentCleanups <= 0:
		return errors.Errorf("--max-concurrent-cleanups is %d: use a number above 0", s.MaxConcurrentCleanups)
	case s.PprofBindAddress != "" && !s.PprofAnyAddress && !isLoopback(s.PprofBindAddress):
		return errors.Errorf("--pprof-bind-address is %q: use an address on loopback, such as 127.0.0.1:6060, and kubectl port-forward, or add --pprof-any-address; the profiler shows memory to everyone who reaches it", s.PprofBindAddress)
	case s.GarbageInterval < time.Minute:
		return errors.Errorf("--garbage-interval is %s: use at least 1m", s.GarbageInterval)
	}
	return nil
}

// ControllerOptions returns the options of the controllers of a manager.
func (s Settings) ControllerOptions(ctx context.Context, mgr ctrl.Manager) (options.Options, error) {
	if s.Cluster == "" {
		ns := &corev1.Namespace{}
		if err := mgr.GetAPIReader().Get(ctx, types.NamespacedName{Name: "kube-system"}, ns); err != nil {
			return options.Options{}, errors.Wrap(err, "cannot read namespace kube-system, whose UID names the cluster; set --cluster-name instead")
		}
		s.Cluster = string(ns.GetUID())
	}
	ec2Metrics := ec2.NewMetrics(s.Log)
	tenancy := ec2.Tenancy{Namespace: s.Namespace, EndpointNamespaces: s.EndpointNamespaces, HostNamespaces: s.HostNamespaces}
	co := []ec2.ClientsOption{ec2.WithShare(s.EC2Share), ec2.WithAdaptiveRate(s.EC2Adaptive), ec2.WithTimings(s.Timings), ec2.WithOwnershipTags(ec2.OwnershipTags{ClusterTag: eni.TagCluster, Cluster: s.Cluster, OwnerTag: eni.TagUID}, min(s.SnapshotAge, s.PollInterval)), ec2.WithMetrics(ec2Metrics), ec2.WithTenancy(tenancy), ec2.WithBaseContext(ctx), ec2.WithAbsenceCheck(Claims(mgr.GetClient(), s.Timings), s.AbsencePeriod)}
	if s.WrapTransport != nil {
		co = append(co, ec2.WithTransport(s.WrapTransport))
	}
	o := options.Options{
		Options: xpcontroller.Options{
			Logger:                  s.Log,
			MaxConcurrentReconciles: s.MaxReconcileRate,
			PollInterval:            s.PollInterval,
			GlobalRateLimiter:       ratelimiter.NewGlobal(s.MaxReconcileRate),
			Features:                &feature.Flags{},
			Gate:                    new(gate.Gate[schema.GroupVersionKind]),
			MetricOptions: &xpcontroller.MetricOptions{
				PollStateMetricInterval: s.PollStateMetricInterval,
				MRMetrics:               managed.NewMRMetricRecorder(),
				MRStateMetrics:          statemetrics.NewMRStateMetrics(),
			},
		},
		Clients:                    ec2.NewClients(mgr.GetClient(), s.Region, co...),
		Tracer:                     s.Tracer,
		Namespace:                  s.Namespace,
		Cluster:                    s.Cluster,
		PollJitter:                 s.PollJitter,
		MaxConcurrentCleanups:      s.MaxConcurrentCleanups,
		DefaultDeviceIndex:         s.DefaultDeviceIndex,
		DefaultDeleteOnTermination: s.DefaultDeleteOnTermination,
		Timings:                    s.Timings,
		ReservedENIs:               s.ReservedENIs,
		NodeGracePeriod:            s.NodeGracePeriod,
		DetachRetryPeriod:          s.DetachRetryPeriod,
		AgentSilence:               s.AgentSilence,
		GarbageCollection:          string(s.GarbageCollection),
		GarbageInterval:            s.GarbageInterval,
	}
	if s.ManagementPolicies {
		o.Features.Enable(feature.EnableBetaManagementPolicies)
	}
	if s.ChangeLogger != nil {
		o.Features.Enable(feature.EnableAlphaChangeLogs)
		o.ChangeLogOptions = &xpcontroller.ChangeLogOptions{ChangeLogger: s.ChangeLogger}
	}
	// A second manager in one process shares the metrics registry.
	_ = metrics.Registry.Register(o.MetricOptions.MRStateMetrics)
	_ = metrics.Registry.Register(ec2Metrics)
	if r, ok := o.MetricOptions.MRMetrics.(*managed.MRMetricRecorder); ok {
		_ = metrics.Registry.Register(r)
	}
	return o, nil
}
