package agent

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/builder"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
)

const controllerName = "agent"

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
	// Metrics is where metrics are registered. Default: controller-runtime's
	// registry.
	Metrics prometheus.Registerer
	// Now is the clock. Default: time.Now.
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
		o.Metrics = ctrlmetrics.Registry
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// ManagerOptions are the options that an agent's manager needs; the caller adds
// addresses to serve at. The manager's cache holds the HostInterfaces of one
// node and refuses to start on anything else, which the agent may not list.
func ManagerOptions(nodeName string) (ctrl.Options, error) {
	s := runtime.NewScheme()
	err := errors.Join(
		corev1.AddToScheme(s),
		coordinationv1.AddToScheme(s),
		v1alpha1.SchemeBuilder.AddToScheme(s),
	)
	return ctrl.Options{
		Scheme: s,
		Cache: cache.Options{
			Scheme:                      s,
			ReaderFailOnMissingInformer: true,
			DefaultTransform:            cache.TransformStripManagedFields(),
			ByObject: map[client.Object]cache.ByObject{
				&v1alpha1.HostInterface{}: {Field: fields.OneTermEqualSelector("spec.nodeName", nodeName)},
			},
		},
	}, errors.Wrap(err, "cannot build the scheme")
}

// Setup adds an agent to a manager made with ManagerOptions.
func Setup(mgr ctrl.Manager, o Options) error {
	o = o.withDefaults()
	m, err := NewMetrics(o.Metrics)
	if err != nil {
		return err
	}
	r := &Reconciler{
		client:   mgr.GetClient(),
		recorder: mgr.GetEventRecorder(controllerName),
		host:     o.Host,
		policy:   o.Policy,
		nodeName: o.NodeName,
		resync:   o.Resync,
		now:      o.Now,
		metrics:  m,
		memory:   newMemory(),
	}
	if r.offers, err = o.DevicePlugin.offers(mgr, o); err != nil {
		return err
	}
	r.policy.Offers = r.offers.file != nil
	lessee := &Lessee{
		Reader:    mgr.GetAPIReader(),
		Writer:    mgr.GetClient(),
		Namespace: o.Namespace,
		NodeName:  o.NodeName,
		Identity:  o.Identity,
		Now:       o.Now,
	}
	if err := mgr.Add(lessee); err != nil {
		return errors.Wrap(err, "cannot add the agent's Lease")
	}
	return errors.Wrap(ctrl.NewControllerManagedBy(mgr).
		Named(controllerName).
		Watches(&v1alpha1.HostInterface{}, itselfAndHeirs(r.memory), builder.WithPredicates(changed())).
		WatchesRawSource(kernelNews(o.Host.Links, r.memory)).
		WatchesRawSource(beginning()).
		WithOptions(controller.Options{
			// One at a time: two links can want one name.
			MaxConcurrentReconciles: 1,
			// A test starts several agents in one process.
			SkipNameValidation: new(true),
			NewQueue:           newQueue,
		}).
		Complete(r), "cannot set up the agent")
}

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

func (d DevicePlugin) offers(mgr ctrl.Manager, o Options) (*offers, error) {
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
	out.plugin = &plugin{reader: mgr.GetAPIReader(), writer: mgr.GetClient(), nodeName: o.NodeName, namespace: d.Namespace, selector: s}
	return out, nil
}
