// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command agent configures the network interfaces of its node according to the node's
// HostInterfaces. It parses flags, opens the host, and serves metrics and health
// probes; package internal/agent documents the rest.
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
	"github.com/nodeeni/provider-aws-eni/internal/agent/cnicache"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/deviceplugin"
	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
	"github.com/nodeeni/provider-aws-eni/internal/agent/offer"
	"github.com/nodeeni/provider-aws-eni/internal/agent/podresources"
	"github.com/nodeeni/provider-aws-eni/internal/agent/prefixpool"
	"github.com/nodeeni/provider-aws-eni/internal/logs"
	"github.com/nodeeni/provider-aws-eni/internal/tracing/otlp"
	"github.com/nodeeni/provider-aws-eni/internal/version"
)

// flags are the command-line flags.
type flags struct {
	nodeName, namespace, identity, kubeconfig string
	logs                                      logs.Flags
	resync                                    time.Duration

	pattern, ignored, primary, mtus, kinds string
	defaultMTU                             int

	metricsAddress, healthAddress string
	procRoot, sysRoot             string

	stateDir, modulesDir, podResources, devicePlugins, multusDir, cniConfigDir, cniDir string
	loadModules                                                                        bool
	plugin                                                                             offer.DevicePlugin
	prefixGuard                                                                        time.Duration

	tracingEndpoint string
}

// gcPercent is the default of GOGC. The agent runs on every node and is mostly idle:
// its collections are short and rare.
const gcPercent = 10

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	f := &flags{}
	app := kingpin.New(filepath.Base(os.Args[0]), "Configures the network interfaces of a node according to its HostInterfaces: names, MTU, addresses, routes and rules, or a userspace driver. Requires the capability NET_ADMIN in the host's network namespace, a writable /sys for userspace drivers, and no AWS credentials.")
	app.Version(version.Version)
	f.register(app)
	app.Command("run", "Run the agent until it is terminated.").Default()
	inspect := app.Command(inspectCommand, "Print what the agent observes on the node, and what it would do for each HostInterface and why. Changes nothing, and can be used beside the running agent: kubectl exec POD -- /agent inspect.")
	command := kingpin.MustParse(app.Parse(arguments(os.Args[1:])))

	l := f.logs.SetUp(os.Stderr)
	do, what := run, "cannot run the agent"
	if command == inspect.FullCommand() {
		do, what = inspectNode, "cannot inspect the node"
	}
	if err := do(f); err != nil {
		logs.Fatal(l, err, what)
	}
}

func (f *flags) register(app *kingpin.Application) {
	app.Flag("node-name", "Name of the node that the agent runs on. The agent reconciles only the HostInterfaces of this node.").Required().Envar("NODE_NAME").StringVar(&f.nodeName)
	app.Flag("namespace", "Namespace of the agent's Lease, which the agent renews as a heartbeat.").Default("provider-aws-eni-system").Envar("POD_NAMESPACE").StringVar(&f.namespace)
	app.Flag("identity", "Holder identity of the agent's Lease, such as the name of the pod. Default: the name of the node.").Envar("POD_NAME").StringVar(&f.identity)
	app.Flag("kubeconfig", "Path of a kubeconfig file. Default: the in-cluster configuration.").Envar("KUBECONFIG").StringVar(&f.kubeconfig)
	f.logs.Register(app)
	otlp.RegisterFlag(app, &f.tracingEndpoint)
	app.Flag("resync", "Interval at which each link is reconciled without an event, at least 30s. The kernel sends an event for every change except of a sysctl.").Default(agent.DefaultResync.String()).Envar("RESYNC").DurationVar(&f.resync)

	app.Flag("interface-pattern", "Regular expression. A link is managed only if one of its names matches. Links are identified by the MAC address of an ENI; this is an additional safeguard. Default: any name.").Envar("ENI_PATTERN").StringVar(&f.pattern)
	app.Flag("ignore-interfaces", "Comma-separated names of links that are never changed.").Default("tunl0,gre0,gretap0,erspan0,ip_vti0,ip6_vti0,sit0,ip6tnl0,ip6gre0").Envar("IGNORE_INTERFACES").StringVar(&f.ignored)
	app.Flag("primary-interface", "Name of a link that is never changed. The link of the default route is never changed in any case.").Envar("PRIMARY_INTERFACE").StringVar(&f.primary)
	app.Flag("default-mtu", "MTU of links whose HostInterface does not set one. 0 keeps the driver's default.").Default("0").Envar("DEFAULT_MTU").IntVar(&f.defaultMTU)
	app.Flag("interface-mtus", "MTUs of links by name, such as eth1:9000,eth2:1500. Takes precedence over --default-mtu; the MTU of a HostInterface takes precedence over both.").Envar("INTERFACE_MTUS").StringVar(&f.mtus)
	app.Flag("link-kinds", "Comma-separated kinds of links that can be managed, as shown by ip -details link. \"device\" is a link without a kind, such as every ENI; \"veth\" is for test environments.").Default("device").Envar("LINK_KINDS").StringVar(&f.kinds)

	app.Flag("metrics-bind-address", "Address of the metrics endpoint. 0 disables it. The agent uses the host network, where NetworkPolicies do not apply: on any other address than loopback, metrics are available without authentication to every client that can reach the node.").Default("127.0.0.1:8080").Envar("METRICS_BIND_ADDRESS").StringVar(&f.metricsAddress)
	app.Flag("health-probe-bind-address", "Address of /healthz and /readyz. 0 disables them. The kubelet's probes need host: 127.0.0.1.").Default("127.0.0.1:8081").Envar("HEALTH_PROBE_BIND_ADDRESS").StringVar(&f.healthAddress)
	app.Flag("proc-root", "Mount point of a proc file system with a writable sys/net. In an unprivileged container /proc/sys is read-only.").Default("/proc").Envar("PROC_ROOT").StringVar(&f.procRoot)
	app.Flag("sys-root", "Mount point of sysfs. It must be writable for userspace drivers.").Default("/sys").Envar("SYS_ROOT").StringVar(&f.sysRoot)
	f.registerDevices(app)
}

// registerDevices registers the flags of userspace drivers and of the device plugin.
func (f *flags) registerDevices(app *kingpin.Application) {
	app.Flag("state-dir", "Directory, on a persistent file system, for the journal of the PCI devices of ENIs.").Default(host.DefaultStateDir).Envar("STATE_DIR").StringVar(&f.stateDir)
	app.Flag("load-modules", "Load the kernel modules of configured userspace drivers. Requires the capability SYS_MODULE. If disabled, the modules must be loaded on the node.").Envar("LOAD_MODULES").BoolVar(&f.loadModules)
	app.Flag("modules-dir", "Mount point of the host's /lib/modules, for --load-modules.").Default("/lib/modules").Envar("MODULES_DIR").StringVar(&f.modulesDir)
	app.Flag("device-plugin-config", "Configuration file of the SR-IOV network device plugin, such as /etc/pcidp/config.json, to add devices to. Foreign pools in it are preserved. Default: no devices are offered to pods.").Envar("DEVICE_PLUGIN_CONFIG").StringVar(&f.plugin.File)
	app.Flag("device-plugin-prefix", "Prefix of resource names without one: the plugin's -resource-prefix.").Default(deviceplugin.DefaultPrefix).Envar("DEVICE_PLUGIN_PREFIX").StringVar(&f.plugin.Prefix)
	app.Flag("device-plugin-namespace", "Namespace of the device plugin's pods. The agent restarts the pod on its node after a change of the file.").Default(offer.DefaultPluginNamespace).Envar("DEVICE_PLUGIN_NAMESPACE").StringVar(&f.plugin.Namespace)
	app.Flag("device-plugin-selector", "Label selector of the device plugin's pods.").Default(offer.DefaultPluginSelector).Envar("DEVICE_PLUGIN_SELECTOR").StringVar(&f.plugin.Selector)
	app.Flag("multus-dir", "Directory from which Multus reads the networks of NetworkAttachmentDefinitions without spec.config, such as "+multus.DefaultDir+". Default: the agent configures no networks for pods.").Envar("MULTUS_DIR").StringVar(&f.multusDir)
	app.Flag("cni-config-dir", "Directory from which the container runtime reads the CNI configuration of pods, such as "+multus.DefaultCNIConfigDir+". A link with a network for pods is not Ready while the first configuration in it does not run Multus. Default: not checked.").Envar("CNI_CONFIG_DIR").StringVar(&f.cniConfigDir)
	app.Flag("prefix-guard", "Time between the withdrawal of an unused prefix from pods and its return. Tests shorten it.").Hidden().Default(prefixpool.DefaultGuard.String()).Envar("PREFIX_GUARD").DurationVar(&f.prefixGuard)
	app.Flag("pod-resources-socket", "Socket of the kubelet's PodResources API, such as "+podresources.Socket+". Default: the agent does not know which pods a device is allocated to, and does not wait for them.").Envar("POD_RESOURCES_SOCKET").StringVar(&f.podResources)
	app.Flag("kubelet-device-plugins-dir", "Directory in which the kubelet and device plugins create sockets, such as "+extendedresource.DefaultDir+", to advertise the extended resources of NodeENIs with readiness.resource. Default: no resource is advertised.").Envar("KUBELET_DEVICE_PLUGINS_DIR").StringVar(&f.devicePlugins)
	app.Flag("cni-dir", "Directory in which the container runtime and Multus cache the results of CNI plugins, such as "+cnicache.DefaultDir+", to name the pods that use an interface. Default: the pods are not named.").Envar("CNI_DIR").StringVar(&f.cniDir)
}

func run(f *flags) error {
	policy, err := f.policy()
	if err != nil {
		return err
	}
	if f.resync < 30*time.Second {
		return errors.Errorf("invalid --resync %s: must be at least 30s", f.resync)
	}
	config, err := f.config()
	if err != nil {
		return errors.Wrap(err, "cannot load the configuration of the API server")
	}
	h, err := f.openHost()
	if err != nil {
		return err
	}
	defer h.Close() //nolint:errcheck // The process exits.

	ctx := signals.SetupSignalHandler()
	tracer, closeTraces, err := otlp.Start(ctx, f.tracingEndpoint, agent.Name, log.Log)
	if err != nil {
		return err
	}
	defer closeTraces()
	registry := newRegistry()
	a, err := agent.New(config, agent.Options{
		NodeName:         f.nodeName,
		Namespace:        f.namespace,
		Identity:         f.identity,
		Host:             h,
		Policy:           policy,
		DevicePlugin:     f.plugin,
		DevicePluginsDir: f.devicePlugins,
		PrefixGuard:      f.prefixGuard,
		Resync:           f.resync,
		Metrics:          registry,
		Tracer:           tracer,
	})
	if err != nil {
		return err
	}
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error { return serve(ctx, f.metricsAddress, metricsHandler(registry)) })
	g.Go(func() error { return serve(ctx, f.healthAddress, healthHandler(a.Alive, a.Ready)) })
	g.Go(func() error { return a.Run(ctx) })
	return g.Wait()
}

// inspectNode prints the state of the node.
func inspectNode(f *flags) error {
	policy, err := f.policy()
	if err != nil {
		return err
	}
	policy.OfferDevices = f.plugin.File != ""
	config, err := f.config()
	if err != nil {
		return errors.Wrap(err, "cannot load the configuration of the API server")
	}
	h, err := f.openHost()
	if err != nil {
		return err
	}
	defer h.Close() //nolint:errcheck // The process exits.
	return agent.Inspect(signals.SetupSignalHandler(), config, agent.Options{NodeName: f.nodeName, Host: h, Policy: policy, DevicePlugin: f.plugin}, os.Stdout)
}

func (f *flags) openHost() (*host.Host, error) {
	return host.Open(host.Options{
		ProcRoot: f.procRoot, SysRoot: f.sysRoot, ModulesDir: f.modulesDir, StateDir: f.stateDir, PodResources: f.podResources, MultusDir: f.multusDir, CNIConfigDir: f.cniConfigDir, CNIDir: f.cniDir,
		Log: log.Log.WithName(agent.Name),
	})
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
		return p, errors.Errorf("invalid --default-mtu %d: must be 0, or %d to %d", f.defaultMTU, bounds.MinMTU, bounds.MaxMTU)
	}
	if f.pattern != "" {
		re, err := regexp.Compile(f.pattern)
		if err != nil {
			return p, errors.Wrapf(err, "invalid --interface-pattern %q", f.pattern)
		}
		p.Pattern = re
	}
	for _, m := range list(f.mtus) {
		name, value, ok := strings.Cut(m, ":")
		if !ok || name == "" {
			return p, errors.Errorf("invalid --interface-mtus: %q must be NAME:MTU", m)
		}
		mtu, err := strconv.Atoi(value)
		if err != nil || mtu < bounds.MinMTU || mtu > bounds.MaxMTU {
			return p, errors.Errorf("invalid --interface-mtus: MTU %q must be %d to %d", value, bounds.MinMTU, bounds.MaxMTU)
		}
		p.MTUs[name] = mtu
	}
	return p, nil
}

// list splits a comma-separated list. It drops spaces and empty elements.
func list(s string) []string {
	var out []string
	for v := range strings.SplitSeq(s, ",") {
		if v = strings.TrimSpace(v); v != "" {
			out = append(out, v)
		}
	}
	return out
}
