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
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
)

// Name identifies the agent in events and logs.
const Name = "provider-aws-eni-agent"

// DefaultResync is how often a link is looked at without news. The kernel tells
// of everything the agent sets but sysctls, so it is seldom.
const DefaultResync = 10 * time.Minute

// Options of an agent.
type Options struct {
	// NodeName is the node whose HostInterfaces the agent answers.
	NodeName string
	// Namespace of the agent's Lease.
	Namespace string
	// Identity of the agent on its Lease. Default: the node's name.
	Identity string
	// Host to look at and change.
	Host *host.Host
	// Policy says which links may be managed.
	Policy desired.Policy
	// DevicePlugin is where devices are offered to pods. Default: they are not.
	DevicePlugin offer.DevicePlugin
	// Resync is how often a link is looked at without news. Default:
	// DefaultResync.
	Resync time.Duration
	// Metrics is where metrics are registered. Default: nowhere.
	Metrics prometheus.Registerer
	// Now is the clock. Default: time.Now. The agent waits by differences of its
	// readings, which are of the monotonic clock: a wall clock that is set ends no
	// wait early or late. No reading is compared with a timestamp of another
	// machine.
	Now func() time.Time
}

func (o Options) withDefaults() Options {
	if o.Identity == "" {
		o.Identity = o.NodeName
	}
	if o.Resync == 0 {
		o.Resync = DefaultResync
	}
	if o.Metrics == nil {
		o.Metrics = prometheus.NewRegistry()
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// syncTimeout is how long the agent waits for the first answer to its list of
// HostInterfaces before it gives up, so that whoever runs it can tell.
const syncTimeout = 2 * time.Minute

// An Agent prepares the links of one node as its HostInterfaces ask.
//
// It is made of controller-runtime's cache and client, without its manager: that
// brings the informers and clients of every kind there is, for the sake of leader
// election and events, and the agent's program is most of what it takes of each
// node's memory.
type Agent struct {
	kube         *kube
	reconciler   *Reconciler
	leaseRenewer *leaseRenewer
	events       record.EventBroadcaster
	syncTimeout  time.Duration
	progress     *progress

	synced atomic.Bool
}

// New returns an agent that talks to an API server. It fails if its options or
// the API server's configuration make no sense, and sends nothing yet.
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
			tracker:  newTracker(),
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
	if a.reconciler.offers, err = offer.New(o.DevicePlugin, k.direct, o.NodeName, o.Host.Pods, o.Host.Journal.Written); err != nil {
		return nil, err
	}
	a.reconciler.policy.OfferDevices = a.reconciler.offers.Enabled()
	return a, nil
}

// Run works until the context is done, and then returns nil. It returns an error
// if the API server has not listed the node's HostInterfaces in two minutes.
func (a *Agent) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(log.IntoContext(ctx, log.Log.WithName(Name)))
	work := &sync.WaitGroup{}
	defer work.Wait()
	defer stop()

	defer a.events.Shutdown()
	a.events.StartRecordingToSink(&eventSink{client: a.kube.direct, bounded: func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, eventTimeout)
	}})

	a.progress.record()
	q := newQueue(newLimiter())
	a.kube.reachable.onRecovery(func() { requeueAll(q, a.reconciler.tracker) })
	informer, err := a.kube.cache.GetInformer(ctx, &v1alpha1.HostInterface{}, cache.BlockUntilSynced(false))
	if err != nil {
		return errors.Wrap(err, "cannot watch HostInterfaces")
	}
	if _, err := informer.AddEventHandler(hostInterfaceEvents(q, a.reconciler.tracker)); err != nil {
		return errors.Wrap(err, "cannot watch HostInterfaces")
	}
	ended := make(chan error, 1)
	work.Go(func() { ended <- a.kube.cache.Start(ctx) })
	work.Go(func() { a.leaseRenewer.run(ctx) })
	if err := a.sync(ctx, ended); err != nil || ctx.Err() != nil {
		return err
	}
	work.Go(func() { watchNetlink(ctx, a.reconciler.host.Links, q, a.reconciler.tracker) })
	q.Add(request("")) // for what concerns no HostInterface
	work.Go(func() { <-ctx.Done(); q.ShutDown() })
	work.Go(func() { probeLoop(ctx, q) })
	a.synced.Store(true)
	a.progress.record()
	loop(ctx, q, a.reconciler, a.progress)
	return nil
}

// sync waits until HostInterfaces have been listed.
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
	err := errors.New("no answer from the API server")
	if r := a.kube.watchError.Load(); r != nil {
		err = *r
	}
	return errors.Wrapf(err, "cannot list the node's HostInterfaces in %s", a.syncTimeout)
}

// Ready says whether the agent has read the node's HostInterfaces, and so does
// what they ask.
func (a *Agent) Ready() bool { return a.synced.Load() }

// Alive reports whether the agent finishes what it is given. An agent that does
// not for two minutes stops renewing its Lease; after four minutes it is not alive
// and has to be restarted.
func (a *Agent) Alive() bool { return a.progress.within(deadAfter) }
