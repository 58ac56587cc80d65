package agent

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/record"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
)

// agentName is the agent's in its events and its log.
const agentName = "provider-aws-eni-agent"

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
	Host *Host
	// Policy says which links may be managed.
	Policy Policy
	// DevicePlugin is where devices are offered to pods. Default: they are not.
	DevicePlugin DevicePlugin
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

// syncPatience is how long the agent waits for the first answer to its list of
// HostInterfaces before it gives up, so that whoever runs it can tell.
const syncPatience = 2 * time.Minute

// An Agent prepares the links of one node as its HostInterfaces ask.
//
// It is made of controller-runtime's cache and client, without its manager: that
// brings the informers and clients of every kind there is, for the sake of leader
// election and events, and the agent's program is most of what it takes of each
// node's memory.
type Agent struct {
	kube       *kube
	reconciler *Reconciler
	lessee     *Lessee
	events     record.EventBroadcaster
	patience   time.Duration
	progress   *progress

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
		kube:     k,
		events:   record.NewBroadcaster(),
		patience: syncPatience,
		progress: newProgress(),
		reconciler: &Reconciler{
			client:   k.cached,
			host:     o.Host,
			policy:   o.Policy,
			nodeName: o.NodeName,
			resync:   o.Resync,
			now:      o.Now,
			metrics:  m,
			memory:   newMemory(),
		},
		lessee: &Lessee{
			Client:    k.direct,
			Namespace: o.Namespace,
			NodeName:  o.NodeName,
			Identity:  o.Identity,
			Now:       o.Now,
		},
	}
	a.lessee.Alive = func() bool { return a.progress.within(stalledAfter) }
	a.reconciler.recorder = a.events.NewRecorder(k.direct.Scheme(), corev1.EventSource{Component: agentName, Host: o.NodeName})
	if a.reconciler.offers, err = o.DevicePlugin.offers(k.direct, o); err != nil {
		return nil, err
	}
	a.reconciler.policy.Offers = a.reconciler.offers.file != nil
	return a, nil
}

// Run works until the context is done, and then returns nil. It returns an error
// if the API server has not listed the node's HostInterfaces in two minutes.
func (a *Agent) Run(ctx context.Context) error {
	ctx, stop := context.WithCancel(log.IntoContext(ctx, log.Log.WithName(agentName)))
	work := &sync.WaitGroup{}
	defer work.Wait()
	defer stop()

	defer a.events.Shutdown()
	a.events.StartRecordingToSink(&eventSink{client: a.kube.direct, bounded: func() (context.Context, context.CancelFunc) {
		return context.WithTimeout(ctx, eventTimeout)
	}})

	a.progress.made()
	q := newQueue(newLimiter())
	a.kube.reachable.wakes(func() { wakeAll(q, a.reconciler.memory) })
	informer, err := a.kube.cache.GetInformer(ctx, &v1alpha1.HostInterface{}, cache.BlockUntilSynced(false))
	if err != nil {
		return errors.Wrap(err, "cannot watch HostInterfaces")
	}
	if _, err := informer.AddEventHandler(apiNews(q, a.reconciler.memory)); err != nil {
		return errors.Wrap(err, "cannot watch HostInterfaces")
	}
	ended := make(chan error, 1)
	work.Go(func() { ended <- a.kube.cache.Start(ctx) })
	work.Go(func() { a.lessee.run(ctx) })
	if err := a.sync(ctx, ended); err != nil || ctx.Err() != nil {
		return err
	}
	work.Go(func() { kernelNews(ctx, a.reconciler.host.Links, q, a.reconciler.memory) })
	q.Add(request("")) // for what concerns no HostInterface
	work.Go(func() { <-ctx.Done(); q.ShutDown() })
	work.Go(func() { probeLoop(ctx, q) })
	a.synced.Store(true)
	a.progress.made()
	loop(ctx, q, a.reconciler, a.progress)
	return nil
}

// sync waits until HostInterfaces have been listed.
func (a *Agent) sync(ctx context.Context, ended <-chan error) error {
	bounded, done := context.WithTimeout(ctx, a.patience)
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
	if r := a.kube.refused.Load(); r != nil {
		err = *r
	}
	return errors.Wrapf(err, "cannot list the node's HostInterfaces in %s", a.patience)
}

// Ready says whether the agent has read the node's HostInterfaces, and so does
// what they ask.
func (a *Agent) Ready() bool { return a.synced.Load() }

// Alive reports whether the agent finishes what it is given. An agent that does
// not for two minutes stops renewing its Lease; after four minutes it is not alive
// and has to be restarted.
func (a *Agent) Alive() bool { return a.progress.within(deadAfter) }

// DevicePlugin is the SR-IOV network device plugin of the node.
type DevicePlugin struct {
	// File that the plugin reads; empty if devices are not offered.
	File string
	// Prefix of resources that have none. Default: deviceplugin's, intel.com.
	Prefix string
	// Namespace and Selector of the plugin's pods. Default:
	// DefaultPluginNamespace and DefaultPluginSelector.
	Namespace, Selector string
}

func (d DevicePlugin) offers(c client.Client, o Options) (*offers, error) {
	out := &offers{made: map[string]*offer{}, withdrawing: map[string]*offer{}}
	if d.File == "" {
		return out, nil
	}
	if d.Prefix == "" {
		d.Prefix = deviceplugin.DefaultPrefix
	}
	if d.Namespace == "" {
		d.Namespace = DefaultPluginNamespace
	}
	if d.Selector == "" {
		d.Selector = DefaultPluginSelector
	}
	s, err := labels.Parse(d.Selector)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot use %q to find the device plugin's pods", d.Selector)
	}
	out.file, out.prefix, out.pods, out.bound = deviceplugin.NewFile(d.File), d.Prefix, o.Host.Pods, o.Host.Journal.Written
	out.plugin = &plugin{client: c, nodeName: o.NodeName, namespace: d.Namespace, selector: s}
	return out, nil
}
