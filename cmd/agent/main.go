// Command agent prepares the network interfaces of the node it runs on as the
// node's HostInterfaces ask. It reads flags, opens the host, serves metrics and
// health, and runs; what it does is documented in internal/agent.
package main

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kingpin/v2"
	"golang.org/x/sync/errgroup"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/manager/signals"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent"
	"github.com/nodeeni/provider-aws-eni/internal/agent/bounds"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
	"github.com/nodeeni/provider-aws-eni/internal/logs"
)

// flags are the agent's flags as they were given.
type flags struct {
	nodeName, namespace, identity, kubeconfig string
	logs                                      logs.Flags
	resync                                    time.Duration

	pattern, ignored, primary, mtus, kinds string
	defaultMTU                             int

	metricsAddress, healthAddress string
	procRoot, sysRoot             string

	stateDir, modulesDir, podResources string
	loadModules                        bool
	plugin                             offer.DevicePlugin
}

// gcPercent is Go's GOGC unless that is given. The agent is on every node and has
// little to do: collections are short, and none come while nothing happens.
const gcPercent = 10

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	f := &flags{}
	app := kingpin.New(filepath.Base(os.Args[0]), "Prepares the network interfaces of a node as its HostInterfaces ask: names, MTU, addresses, routes and rules, or a userspace driver. Needs the capability NET_ADMIN in the host's network namespace, for userspace drivers a /sys that can be written, and no right in AWS.")
	f.register(app)
	kingpin.MustParse(app.Parse(os.Args[1:]))

	l := f.logs.SetUp(os.Stderr)
	if err := run(f); err != nil {
		logs.Fatal(l, err, "the agent ends")
	}
}

func (f *flags) register(app *kingpin.Application) {
	app.Flag("node-name", "Name of the node that the agent runs on. It answers the HostInterfaces of this node only.").Required().Envar("NODE_NAME").StringVar(&f.nodeName)
	app.Flag("namespace", "Namespace of the agent's Lease, by which the provider knows that the agent is alive.").Default("provider-aws-eni-system").Envar("POD_NAMESPACE").StringVar(&f.namespace)
	app.Flag("identity", "Name of the holder on the agent's Lease, such as the pod's. Default: the node's name.").Envar("POD_NAME").StringVar(&f.identity)
	app.Flag("kubeconfig", "File that says how to reach the API server. Default: the pod's service account.").Envar("KUBECONFIG").StringVar(&f.kubeconfig)
	f.logs.Register(app)
	app.Flag("resync", "How often each link is looked at without news from the kernel, at least 30s. The kernel tells of every change but that of a sysctl.").Default(agent.DefaultResync.String()).Envar("RESYNC").DurationVar(&f.resync)

	app.Flag("interface-pattern", "Regular expression. A link is managed only if it matches one of the link's names. Links are found by the MAC address of an ENI, so this is a second lock, not a search. Default: any name.").Envar("ENI_PATTERN").StringVar(&f.pattern)
	app.Flag("ignore-interfaces", "Names of links, separated by commas, that are never touched.").Default("tunl0,gre0,gretap0,erspan0,ip_vti0,ip6_vti0,sit0,ip6tnl0,ip6gre0").Envar("IGNORE_INTERFACES").StringVar(&f.ignored)
	app.Flag("primary-interface", "Name of a link that is never touched. The link of the default route never is, in any case.").Envar("PRIMARY_INTERFACE").StringVar(&f.primary)
	app.Flag("default-mtu", "MTU of links whose HostInterface has none. 0 leaves the driver's.").Default("0").Envar("DEFAULT_MTU").IntVar(&f.defaultMTU)
	app.Flag("interface-mtus", "MTUs of links by name, before --default-mtu, such as eth1:9000,eth2:1500. A HostInterface's own MTU comes before both.").Envar("INTERFACE_MTUS").StringVar(&f.mtus)
	app.Flag("link-kinds", "Kinds of links, separated by commas, that an ENI can be, as ip -details link shows them. \"device\" is a link without kind, as every ENI is; \"veth\" is for test beds.").Default("device").Envar("LINK_KINDS").StringVar(&f.kinds)

	app.Flag("metrics-bind-address", "Where metrics are served. 0 serves none. The agent is in the network of the node, where NetworkPolicies do not apply: an address other than the loopback's serves them, without authentication, to every client that reaches the node.").Default("127.0.0.1:8080").Envar("METRICS_BIND_ADDRESS").StringVar(&f.metricsAddress)
	app.Flag("health-probe-bind-address", "Where /healthz and /readyz are served. 0 serves none. The kubelet's probes need host: 127.0.0.1.").Default("127.0.0.1:8081").Envar("HEALTH_PROBE_BIND_ADDRESS").StringVar(&f.healthAddress)
	app.Flag("proc-root", "Mount of proc whose sys/net can be written. A container without privileges sees its own read-only.").Default("/proc").Envar("PROC_ROOT").StringVar(&f.procRoot)
	app.Flag("sys-root", "Mount of sysfs. It must be writable for userspace drivers.").Default("/sys").Envar("SYS_ROOT").StringVar(&f.sysRoot)
	f.registerDevices(app)
}

// registerDevices registers what is of userspace drivers and of devices for
// pods.
func (f *flags) registerDevices(app *kingpin.Application) {
	app.Flag("state-dir", "Folder, on a file system that outlives the agent, where it writes down which device belongs to which ENI before the device loses its link.").Default(host.DefaultStateDir).Envar("STATE_DIR").StringVar(&f.stateDir)
	app.Flag("load-modules", "Load the kernel modules of userspace drivers that HostInterfaces ask for. Needs the capability SYS_MODULE. Otherwise they have to be loaded on the node.").Envar("LOAD_MODULES").BoolVar(&f.loadModules)
	app.Flag("modules-dir", "Mount of the host's /lib/modules, for --load-modules.").Default("/lib/modules").Envar("MODULES_DIR").StringVar(&f.modulesDir)
	app.Flag("device-plugin-config", "File of the SR-IOV network device plugin, such as /etc/pcidp/config.json, in which devices are offered to pods. Pools of others in it are left alone. Default: nothing is offered.").Envar("DEVICE_PLUGIN_CONFIG").StringVar(&f.plugin.File)
	app.Flag("device-plugin-prefix", "Prefix of resource names that have none; the plugin's own -resource-prefix.").Default(deviceplugin.DefaultPrefix).Envar("DEVICE_PLUGIN_PREFIX").StringVar(&f.plugin.Prefix)
	app.Flag("device-plugin-namespace", "Namespace of the device plugin's pods. The one on this node is restarted when the file has changed.").Default(offer.DefaultPluginNamespace).Envar("DEVICE_PLUGIN_NAMESPACE").StringVar(&f.plugin.Namespace)
	app.Flag("device-plugin-selector", "Labels of the device plugin's pods.").Default(offer.DefaultPluginSelector).Envar("DEVICE_PLUGIN_SELECTOR").StringVar(&f.plugin.Selector)
	app.Flag("pod-resources-socket", "Socket of the kubelet that tells which pod holds which device, such as "+podresources.Socket+". Default: the kubelet is not asked, and no pod is waited for.").Envar("POD_RESOURCES_SOCKET").StringVar(&f.podResources)
}

func run(f *flags) error {
	policy, err := f.policy()
	if err != nil {
		return err
	}
	if f.resync < 30*time.Second {
		return errors.Errorf("cannot use --resync %s: it is less than 30s", f.resync)
	}
	config, err := f.config()
	if err != nil {
		return errors.Wrap(err, "cannot find the API server")
	}
	h, err := host.Open(host.Options{
		ProcRoot: f.procRoot, SysRoot: f.sysRoot, ModulesDir: f.modulesDir, StateDir: f.stateDir, PodResources: f.podResources,
		Log: log.Log.WithName(agent.Name),
	})
	if err != nil {
		return err
	}
	defer h.Close() //nolint:errcheck // The process ends.

	registry := newRegistry()
	a, err := agent.New(config, agent.Options{
		NodeName:     f.nodeName,
		Namespace:    f.namespace,
		Identity:     f.identity,
		Host:         h,
		Policy:       policy,
		DevicePlugin: f.plugin,
		Resync:       f.resync,
		Metrics:      registry,
	})
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(signals.SetupSignalHandler())
	g.Go(func() error { return serve(ctx, f.metricsAddress, metricsHandler(registry)) })
	g.Go(func() error { return serve(ctx, f.healthAddress, healthHandler(a.Alive, a.Ready)) })
	g.Go(func() error { return a.Run(ctx) })
	return g.Wait()
}

func (f *flags) config() (*rest.Config, error) {
	if f.kubeconfig == "" {
		return rest.InClusterConfig()
	}
	return clientcmd.BuildConfigFromFlags("", f.kubeconfig)
}

func (f *flags) policy() (desired.Policy, error) {
	p := desired.Policy{
		Kinds:      list(f.kinds),
		Ignored:    list(f.ignored),
		Primary:    f.primary,
		DefaultMTU: f.defaultMTU,
		MTUs:       map[string]int{},

		LoadModules: f.loadModules,
	}
	if f.defaultMTU != 0 && (f.defaultMTU < bounds.MinMTU || f.defaultMTU > bounds.MaxMTU) {
		return p, errors.Errorf("cannot use --default-mtu %d: use 0, or %d to %d", f.defaultMTU, bounds.MinMTU, bounds.MaxMTU)
	}
	if f.pattern != "" {
		re, err := regexp.Compile(f.pattern)
		if err != nil {
			return p, errors.Wrapf(err, "cannot use --interface-pattern %q", f.pattern)
		}
		p.Pattern = re
	}
	for _, m := range list(f.mtus) {
		name, value, ok := strings.Cut(m, ":")
		if !ok || name == "" {
			return p, errors.Errorf("cannot use --interface-mtus: %q is not a name, a colon and an MTU", m)
		}
		mtu, err := strconv.Atoi(value)
		if err != nil || mtu < bounds.MinMTU || mtu > bounds.MaxMTU {
			return p, errors.Errorf("cannot use --interface-mtus: %q is not an MTU: use %d to %d", value, bounds.MinMTU, bounds.MaxMTU)
		}
		p.MTUs[name] = mtu
	}
	return p, nil
}

// list splits at commas, and drops spaces and what is empty.
func list(s string) []string {
	var out []string
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}
