// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command provider runs the controllers of provider-aws-eni.
package main

import (
	"context"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"

	"github.com/alecthomas/kingpin/v2"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	"github.com/nodeeni/provider-aws-eni/internal/changelogs"
	"github.com/nodeeni/provider-aws-eni/internal/controller"
	"github.com/nodeeni/provider-aws-eni/internal/controller/garbage"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
	"github.com/nodeeni/provider-aws-eni/internal/logs"
	"github.com/nodeeni/provider-aws-eni/internal/tracing/otlp"
	"github.com/nodeeni/provider-aws-eni/internal/version"
)

// gcPercent is the default of GOGC. Most of the provider's memory is caches of objects
// and ENIs, which change little, so the heap may grow by 20% between collections
// instead of Go's 100%.
const gcPercent = 20

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	s := controller.DefaultSettings()
	app := kingpin.New(filepath.Base(os.Args[0]), "Runs the controllers of provider-aws-eni, which manage AWS Elastic Network Interfaces (ENIs) for Kubernetes. Each flag can also be set by the environment variable in its description.")
	app.Version(version.Version)

	var endpointNamespaces, hostNamespaces, reservedENIs, tracingEndpoint string
	var logFlags logs.Flags
	logFlags.Register(app)
	app.Flag("namespace", "Namespace of the provider, in which it creates the objects of NodeENIs.").Default(s.Namespace).Envar("POD_NAMESPACE").StringVar(&s.Namespace)
	app.Flag("cluster-name", "Name of this cluster in the tags of its ENIs. Default: the UID of the namespace kube-system.").Envar("CLUSTER_NAME").StringVar(&s.Cluster)
	app.Flag("providerconfig-endpoint-namespaces", "Comma-separated list of namespaces whose ProviderConfigs may set spec.endpoint and spec.assumeRoleChain, which decide where credentials are sent.").Envar("PROVIDERCONFIG_ENDPOINT_NAMESPACES").StringVar(&endpointNamespaces)
	app.Flag("providerconfig-host-namespaces", "Comma-separated list of namespaces whose attachments may address nodes (spec.forProvider.nodeName, spec.host) with a ProviderConfig. For a ClusterProviderConfig, its spec.hostNamespaces applies instead.").Envar("PROVIDERCONFIG_HOST_NAMESPACES").StringVar(&hostNamespaces)
	app.Flag("region", "AWS region of NodeENIs, and of objects that set none. Default: the region of the AWS configuration, of the nodes, or of the provider's own instance.").Envar("AWS_REGION").StringVar(&s.Region)
	app.Flag("sync", "Resync interval: how often every object is reconciled from the cache.").Short('s').Default(s.SyncInterval.String()).Envar("SYNC_INTERVAL").DurationVar(&s.SyncInterval)
	app.Flag("poll", "Poll interval: how often an object is compared with EC2, to correct drift.").Default(s.PollInterval.String()).Envar("RECONCILE_PERIOD").DurationVar(&s.PollInterval)
	app.Flag("poll-jitter", "Maximum random deviation from the poll interval, in both directions.").Default(s.PollJitter.String()).Envar("POLL_JITTER").DurationVar(&s.PollJitter)
	app.Flag("poll-state-metric", "How often the metrics of objects' states are computed.").Default(s.PollStateMetricInterval.String()).Envar("POLL_STATE_METRIC").DurationVar(&s.PollStateMetricInterval)
	app.Flag("max-reconcile-rate", "Maximum number of concurrent reconciles per kind, provider config and region.").Default("10").Envar("MAX_CONCURRENT_RECONCILES").IntVar(&s.MaxReconcileRate)
	app.Flag("max-concurrent-cleanups", "Maximum number of ENIs of one NodeENI that are deleted concurrently.").Default("3").Envar("MAX_CONCURRENT_ENI_CLEANUP").IntVar(&s.MaxConcurrentCleanups)
	app.Flag("ec2-share", "Share of EC2's documented request rates that the provider may use: above 0 and at most 1, or more if AWS has raised the account's limits. The VPC CNI and other clients in the account need the rest.").Default("0.5").Envar("EC2_SHARE").Float64Var(&s.EC2Share)
	app.Flag("ec2-adaptive-rate", "Exceed --ec2-share while calls wait and EC2 throttles none, and use the rate that EC2 grants: for an account whose limits AWS has raised, and whose rate no other client needs.").Envar("EC2_ADAPTIVE_RATE").BoolVar(&s.EC2Adaptive)
	app.Flag("snapshot-age", "Maximum age of cached EC2 state when an ENI in steady state is compared with its object.").Default(s.SnapshotAge.String()).Envar("SNAPSHOT_AGE").DurationVar(&s.SnapshotAge)
	app.Flag("kube-api-qps", "Maximum requests per second to the API server; the burst is twice as high.").Default("200").Envar("KUBE_API_QPS").Float64Var(&s.KubeQPS)
	app.Flag("default-device-index", "Device index of NodeENIs that set none.").Default("1").Envar("DEFAULT_DEVICE_INDEX").Int32Var(&s.DefaultDeviceIndex)
	app.Flag("default-delete-on-termination", "Whether EC2 deletes ENIs with their instance, for NodeENIs that do not set deleteOnTermination.").Default("true").Envar("DEFAULT_DELETE_ON_TERMINATION").BoolVar(&s.DefaultDeleteOnTermination)
	app.Flag("reserved-enis", "ENIs of each node, in addition to the primary ENI, for which the provider keeps places, because the VPC CNI or other software attaches them: COUNT for all nodes, or a list of SELECTOR:COUNT separated by semicolons, with label selectors or instance types, of which the first selector that matches a node applies. Example: m5.large:1; role=firewall:0; 2.").Default("0").Envar("RESERVED_ENIS").StringVar(&reservedENIs)
	app.Flag("node-grace-period", "How long the ENIs of a deleted Node are kept while its instance is running.").Default(s.NodeGracePeriod.String()).Envar("NODE_GRACE_PERIOD").DurationVar(&s.NodeGracePeriod)
	app.Flag("detach-retry", "Retry interval of a detach while EC2 returns the ENI as attached. A retry is never forced.").Default(s.DetachRetryPeriod.String()).Envar("DETACHMENT_TIMEOUT").DurationVar(&s.DetachRetryPeriod)
	app.Flag("agent-silence", "How long after the last renewal of the agent's Lease ENIs are detached from a NotReady node without a release by its agent.").Default(s.AgentSilence.String()).Envar("AGENT_SILENCE").DurationVar(&s.AgentSilence)
	garbageMode := app.Flag("garbage-collection", "Garbage collection of leaked ENIs, which have this cluster's ownership tag but no object: Off, Report (an event on the provider config and a metric), or Delete, which only reports in the first hour after a start.").Default(string(s.GarbageCollection)).Envar("GARBAGE_COLLECTION").Enum(string(garbage.ModeOff), string(garbage.ModeReport), string(garbage.ModeDelete))
	app.Flag("garbage-interval", "Interval of the garbage collection of leaked ENIs.").Default(s.GarbageInterval.String()).Envar("GARBAGE_INTERVAL").DurationVar(&s.GarbageInterval)
	app.Flag("absence-period", "Minimum time between the two responses of EC2 that confirm a resource's deletion. For tests.").Hidden().Default("0s").DurationVar(&s.AbsencePeriod)
	app.Flag("timings", "Timings for an emulator of EC2, as a JSON object. For tests.").Hidden().SetValue(&s.Timings)
	app.Flag("leader-election", "Use leader election, so that only one of several replicas reconciles at a time.").Short('l').Default("true").Envar("LEADER_ELECTION").BoolVar(&s.LeaderElection)
	app.Flag("enable-management-policies", "Respect spec.managementPolicies.").Default("true").Envar("ENABLE_MANAGEMENT_POLICIES").BoolVar(&s.ManagementPolicies)
	enableChangeLogs := app.Flag("enable-changelogs", "Send an entry for each change in EC2 to the change log sidecar (alpha).").Default("false").Envar("ENABLE_CHANGE_LOGS").Bool()
	socket := app.Flag("changelogs-socket-path", "Socket of the change log sidecar.").Default("/var/run/changelogs/changelogs.sock").Envar("CHANGELOGS_SOCKET_PATH").String()
	app.Flag("metrics-bind-address", "Address of the metrics endpoint; 0 disables it.").Default(s.MetricsBindAddress).Envar("METRICS_BIND_ADDRESS").StringVar(&s.MetricsBindAddress)
	app.Flag("metrics-secure", "Serve metrics over TLS, to clients that the API server authenticates and authorizes to get /metrics. --no-metrics-secure serves metrics over HTTP without authentication.").Default("true").Envar("METRICS_SECURE").BoolVar(&s.MetricsSecure)
	app.Flag("health-probe-bind-address", "Address of the health probes; 0 disables them.").Default(s.HealthBindAddress).Envar("HEALTH_PROBE_BIND_ADDRESS").StringVar(&s.HealthBindAddress)
	app.Flag("pprof-bind-address", "Address of the pprof endpoint, on loopback; empty disables it.").Default("").Envar("PPROF_BIND_ADDRESS").StringVar(&s.PprofBindAddress)
	app.Flag("pprof-any-address", "Accept a --pprof-bind-address that is not on loopback.").Default("false").Envar("PPROF_ANY_ADDRESS").BoolVar(&s.PprofAnyAddress)
	otlp.RegisterFlag(app, &tracingEndpoint)
	kingpin.MustParse(app.Parse(os.Args[1:]))
	s.EndpointNamespaces, s.HostNamespaces = split(endpointNamespaces), split(hostNamespaces)
	s.GarbageCollection = garbage.Mode(*garbageMode)
	var err error
	if s.ReservedENIs, err = eni.ParseReserves(reservedENIs); err != nil {
		app.Fatalf("--reserved-enis: %s", err)
	}

	zl := logFlags.SetUp(os.Stderr)
	s.Log = logging.NewLogrLogger(zl.WithName("provider-aws-eni"))

	ctx := ctrl.SetupSignalHandler()
	closeChangeLogs := func() {}
	if *enableChangeLogs {
		l, err := changelogs.Dial(ctx, *socket, "provider-aws-eni:"+version.Version, s.Log)
		if err != nil {
			logs.Fatal(zl, err, "cannot send change logs")
		}
		closeChangeLogs, s.ChangeLogger = l.Close, l
	}
	tracer, closeTraces, err := otlp.Start(ctx, tracingEndpoint, "provider-aws-eni", zl)
	if err != nil {
		logs.Fatal(zl, err, "cannot export traces")
	}
	s.Tracer = tracer
	if err := run(ctx, s); err != nil {
		logs.Fatal(zl, err, "provider-aws-eni stopped") // exit at once: the Lease may be lost
	}
	closeChangeLogs()
	closeTraces()
}

// split returns the items of a comma-separated list.
func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func run(ctx context.Context, s controller.Settings) error {
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return errors.Wrap(err, "cannot load the kubeconfig")
	}
	// The API server warns about the name of Crossplane's finalizer on every write;
	// log the warning once.
	cfg.WarningHandlerWithContext = log.NewKubeAPIWarningLogger(log.KubeAPIWarningLoggerOptions{Deduplicate: true})
	mgr, err := controller.NewManager(ctx, cfg, s)
	if err != nil {
		if ctx.Err() != nil {
			return nil //nolint:nilerr // the requests of the start were canceled by a signal
		}
		return err
	}
	return errors.Wrap(mgr.Start(ctx), "cannot run the manager")
}
