// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/prefixpool"
	"github.com/nodeeni/provider-aws-eni/internal/tracing"
	"github.com/nodeeni/provider-aws-eni/internal/version"
)

// Name identifies the agent in events and logs.
const Name = "provider-aws-eni-agent"

// DefaultResync is the default resync period. It is long, because the kernel sends
// events for every change but sysctls.
const DefaultResync = 10 * time.Minute

// Options of an agent.
type Options struct {
	// NodeName is the node whose HostInterfaces the agent reconciles.
	NodeName string
	// Namespace of the agent's Lease.
	Namespace string
	// Identity of the agent on its Lease. Default: the node's name.
	Identity string
	// Host to observe and change.
	Host *host.Host
	// Policy selects the links that may be managed.
	Policy desired.Policy
	// DevicePlugin offers devices to pods. Default: no device is offered.
	DevicePlugin offer.DevicePlugin
	// DevicePluginsDir is the kubelet's directory of device plugins, to advertise extended
	// resources. Default: no resource is advertised.
	DevicePluginsDir string
	// Resync is the period of reconciling a HostInterface without an event. Default:
	// DefaultResync.
	Resync time.Duration
	// PrefixGuard is the time between the withdrawal of an unused prefix and its return.
	// Default: prefixpool.DefaultGuard. Only tests shorten it.
	PrefixGuard time.Duration
	// Metrics registers the agent's metrics. Default: a new registry.
	Metrics prometheus.Registerer
	// Tracer traces the configuration of new ENIs. Default: nil, which traces none.
	Tracer *tracing.Tracer
	// Now is the clock. Default: time.Now. Waits are differences of its readings, which
	// use the monotonic clock, so setting the wall clock does not affect them. No reading
	// is compared with a timestamp of another machine.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Identity == "" {
		o.Identity = o.NodeName
	}
	if o.Resync == 0 {
		o.Resync = DefaultResync
	}
	if o.PrefixGuard == 0 {
		o.PrefixGuard = prefixpool.DefaultGuard
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// syncTimeout is how long the agent waits for the first list of HostInterfaces before it
// exits, so that its DaemonSet shows the failure.
const syncTimeout = 2 * time.Minute

// An Agent configures the links of one node as specified by its HostInterfaces.
//
// It uses controller-runtime's cache and client without its manager. The manager links
// clients of all kinds for leader election and events, and the size of the program is
// most of the agent's memory on each node.
type Agent struct {
	kube         *kube
	reconciler   *Reconciler
	leaseRenewer *leaseRenewer
	events       record.EventBroadcaster
	syncTimeout  time.Duration
	progress     *progress

	synced atomic.Bool
}

// New returns an agent. It fails if the options or the configuration are invalid, and
// sends no request.
func New(config *rest.Config, o Options) (*Agent, error) {
	o = o.withDefaults()
	m, err := NewMetrics(o.Metrics)
	if err != nil {
		return nil, err
	}
	k, err := dial(config, o.NodeName)
	if err != nil {
		return nil, err
	}
	a := &Agent{
		kube:        k,
		events:      record.NewBroadcaster(),
		syncTimeout: syncTimeout,
		progress:    newProgress(),
		reconciler: &Reconciler{
			client:   k.cached,
			host:     o.Host,
			policy:   o.Policy,
			nodeName: o.NodeName,
			resync:   o.Resync,
			now:      o.Now,
			metrics:  m,
			tracer:   o.Tracer,
			tracker:  newTracker(),

			resources:   extendedresource.New(o.DevicePluginsDir, o.Now),
			prefixGuard: o.PrefixGuard,
		},
		leaseRenewer: &leaseRenewer{
			Client:    k.direct,
			Namespace: o.Namespace,
			NodeName:  o.NodeName,
			Identity:  o.Identity,
			Now:       o.Now,
		},
	}
	a.leaseRenewer.Alive = func() bool { return a.progress.within(stalledAfter) }
	a.reconciler.recorder = a.events.NewRecorder(k.direct.Scheme(), corev1.EventSource{Component: Name, Host: o.NodeName})
	if a.reconciler.offers, err = offer.New(o.DevicePlugin, k.direct, o.NodeName, o.Host); err != nil {
		return nil, err
	}
	a.reconciler.policy.OfferDevices = a.reconciler.offers.Enabled()
	return a, nil
}

// Run runs the agent until the context is done, and then returns nil. It returns an error
// if the node's HostInterfaces cannot be listed within two minutes.
func (a *Agent) Run(ctx context.Context) error {
	l := log.FromContext(ctx).WithName(Name)
	l.Info("Starting", "version", version.Version, "node", a.reconciler.nodeName, "profile", a.profile())
	ctx, stop := context.WithCancel(log.IntoContext(ctx, l))
	work := &sync.WaitGroup{}
	defer work.Wait()
	defer stop()

	defer a.events.Shutdown()
	a.events.StartRecordingToSink(&eventSink{client: a.kube.direct, bounded: func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, eventTimeout)
	}})

	a.progress.record()
	q := newQueue(newLimiter())
	a.reconciler.resources.OnLost(func() { enqueue(q, a.reconciler.tracker.names()...) })
	defer a.reconciler.resources.Close()
	a.kube.reachable.onRecovery(func() { requeueAll(q, a.reconciler.tracker) })
	informer, err := a.kube.cache.GetInformer(ctx, &v1alpha1.HostInterface{}, cache.BlockUntilSynced(false))
	if err != nil {
		return errors.Wrap(err, "cannot watch HostInterfaces")
	}
	if _, err := informer.AddEventHandler(hostInterfaceEvents(q, a.reconciler.tracker)); err != nil {
		return errors.Wrap(err, "cannot watch HostInterfaces")
	}
	a.withhold(ctx)
	ended := make(chan error, 1)
	work.Go(func() { ended <- a.kube.cache.Start(ctx) })
	work.Go(func() { a.leaseRenewer.run(ctx) })
	if err := a.sync(ctx, ended); err != nil || ctx.Err() != nil {
		return err
	}
	l.Info("Listed the node's HostInterfaces", "count", a.count(ctx))
	work.Go(func() { watchNetlink(ctx, a.reconciler.host.Links, q, a.reconciler.tracker) })
	work.Go(func() { watchPrimary(ctx, a.reconciler.host.CNIConfigDir, q, a.reconciler.tracker) })
	work.Go(func() { watchKubelet(ctx, a.reconciler.resources, q, a.reconciler.tracker) })
	work.Go(func() { watchAllocations(ctx, a.reconciler.host.AllocationsDir, q, a.reconciler.tracker) })
	q.Add(request("")) // state without a HostInterface
	work.Go(func() { <-ctx.Done(); q.ShutDown() })
	work.Go(func() { probeLoop(ctx, q) })
	a.synced.Store(true)
	a.progress.record()
	loop(ctx, q, a.reconciler, a.progress)
	return nil
}

// withhold removes devices of an earlier boot from the device plugin's file, before the
// plugin starts if possible: it does not wait for the API server.
func (a *Agent) withhold(ctx context.Context) {
	if err := a.reconciler.offers.Withhold(ctx); err != nil {
		log.FromContext(ctx).Error(err, "cannot withhold devices of an earlier boot from pods; each reconcile tries again")
	}
}

// sync waits until the cache has synced.
func (a *Agent) sync(ctx context.Context, ended <-chan error) error {
	bounded, done := context.WithTimeout(ctx, a.syncTimeout)
	defer done()
	if a.kube.cache.WaitForCacheSync(bounded) || ctx.Err() != nil {
		return nil
	}
	select {
	case err := <-ended:
		return errors.Wrap(err, "cannot watch HostInterfaces")
	default:
	}
	err := errors.New("the API server does not respond")
	if r := a.kube.watchError.Load(); r != nil {
		err = *r
	}
	return errors.Wrapf(err, "cannot list the node's HostInterfaces in %s", a.syncTimeout)
}

// profile returns the agent's profile, by the manifests that set its flags.
func (a *Agent) profile() string {
	switch {
	case a.reconciler.policy.LoadModules:
		return "dpdk-modules"
	case a.reconciler.offers.Enabled():
		return "dpdk"
	default:
		return "kernel"
	}
}

// count returns the number of the node's HostInterfaces.
func (a *Agent) count(ctx context.Context) int {
	all := &v1alpha1.HostInterfaceList{}
	_ = a.kube.cached.List(ctx, all) // From the cache, which has synced.
	return len(all.Items)
}

// Ready reports whether the agent has listed the node's HostInterfaces.
func (a *Agent) Ready() bool { return a.synced.Load() }

// Alive reports whether the agent makes progress. Without progress for two minutes it
// stops renewing its Lease; after four minutes it is not alive and has to be restarted.
func (a *Agent) Alive() bool { return a.progress.within(deadAfter) }
