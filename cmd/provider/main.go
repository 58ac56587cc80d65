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
	"github.com/nodeeni/provider-aws-eni/internal/logs"
	"github.com/nodeeni/provider-aws-eni/internal/version"
)

// gcPercent is Go's GOGC unless that is given. Most of the provider's memory is
// what it keeps of objects and ENIs, and changes little: a fifth of that for
// what is thrown away is enough. Go's own default would be as much again.
const gcPercent = 20

func main() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	s := controller.DefaultSettings()
	app := kingpin.New(filepath.Base(os.Args[0]), "Owns AWS Elastic Network Interfaces for Kubernetes: the controllers of provider-aws-eni. Each flag can be given as the environment variable named behind it.")
	app.Version(version.Version)

	var endpointNamespaces, hostNamespaces string
	var logFlags logs.Flags
	logFlags.Register(app)
	app.Flag("namespace", "Namespace of the provider, in which the objects of NodeENIs are made.").Default(s.Namespace).Envar("POD_NAMESPACE").StringVar(&s.Namespace)
	app.Flag("cluster-name", "Name of this cluster in the tags of its ENIs. Default: the UID of the namespace kube-system.").Envar("CLUSTER_NAME").StringVar(&s.Cluster)
	app.Flag("providerconfig-endpoint-namespaces", "Namespaces, separated by commas, whose ProviderConfigs may set spec.endpoint and spec.assumeRoleChain, which send credentials elsewhere.").Envar("PROVIDERCONFIG_ENDPOINT_NAMESPACES").StringVar(&endpointNamespaces)
	app.Flag("providerconfig-host-namespaces", "Namespaces, separated by commas, whose attachments may address nodes (spec.forProvider.nodeName, spec.host) with a ProviderConfig. With a ClusterProviderConfig its spec.hostNamespaces decides.").Envar("PROVIDERCONFIG_HOST_NAMESPACES").StringVar(&hostNamespaces)
	app.Flag("region", "AWS region of objects that name none, and of NodeENIs. Default: that of the AWS configuration, of the nodes, or of the instance that the provider runs on.").Envar("AWS_REGION").StringVar(&s.Region)
	app.Flag("sync", "How often every object is looked at again, even if nothing about it has changed.").Short('s').Default(s.SyncInterval.String()).Envar("SYNC_INTERVAL").DurationVar(&s.SyncInterval)
	app.Flag("poll", "How often an object is compared with EC2 when nothing happens.").Default(s.PollInterval.String()).Envar("RECONCILE_PERIOD").DurationVar(&s.PollInterval)
	app.Flag("poll-jitter", "By how much the poll interval varies, both ways.").Default(s.PollJitter.String()).Envar("POLL_JITTER").DurationVar(&s.PollJitter)
	app.Flag("poll-state-metric", "How often the metrics of objects' states are computed.").Default(s.PollStateMetricInterval.String()).Envar("POLL_STATE_METRIC").DurationVar(&s.PollStateMetricInterval)
	app.Flag("max-reconcile-rate", "How many objects of a kind are worked on at once.").Default("10").Envar("MAX_CONCURRENT_RECONCILES").IntVar(&s.MaxReconcileRate)
	app.Flag("max-concurrent-cleanups", "How many ENIs of one NodeENI are told to go at once.").Default("3").Envar("MAX_CONCURRENT_ENI_CLEANUP").IntVar(&s.MaxConcurrentCleanups)
	app.Flag("ec2-share", "Share of EC2's published request rates that the provider may use, above 0 and at most 1, or more where AWS has raised the account's. The VPC CNI and others of the account need some.").Default("0.5").Envar("EC2_SHARE").Float64Var(&s.EC2Share)
	app.Flag("snapshot-age", "How old what EC2 said of an ENI at rest may be when the ENI is compared with its object.").Default(s.SnapshotAge.String()).Envar("SNAPSHOT_AGE").DurationVar(&s.SnapshotAge)
	app.Flag("kube-api-qps", "Requests per second to the API server; twice as many at once.").Default("200").Envar("KUBE_API_QPS").Float64Var(&s.KubeQPS)
	app.Flag("default-device-index", "Device index of NodeENIs that name none.").Default("1").Envar("DEFAULT_DEVICE_INDEX").Int32Var(&s.DefaultDeviceIndex)
	app.Flag("default-delete-on-termination", "Whether EC2 deletes ENIs with their instance, for NodeENIs that do not say.").Default("true").Envar("DEFAULT_DELETE_ON_TERMINATION").BoolVar(&s.DefaultDeleteOnTermination)
	app.Flag("node-grace-period", "How long the ENIs of a deleted Node are kept while its instance runs.").Default(s.NodeGracePeriod.String()).Envar("NODE_GRACE_PERIOD").DurationVar(&s.NodeGracePeriod)
	app.Flag("detach-retry", "How long after asking for a detach it is asked for again, if EC2 still shows the ENI attached. A detach is never forced by this.").Default(s.DetachRetryPeriod.String()).Envar("DETACHMENT_TIMEOUT").DurationVar(&s.DetachRetryPeriod)
	app.Flag("agent-silence", "How long the agent of a node that is not ready may be silent before ENIs are detached without its word.").Default(s.AgentSilence.String()).Envar("AGENT_SILENCE").DurationVar(&s.AgentSilence)
	garbageMode := app.Flag("garbage-collection", "What to do about ENIs that carry this cluster's mark and belong to no object: Off, Report (an event on the provider config and a metric), or Delete, which only reports in the first hour after a start.").Default(string(s.GarbageCollection)).Envar("GARBAGE_COLLECTION").Enum(string(garbage.ModeOff), string(garbage.ModeReport), string(garbage.ModeDelete))
	app.Flag("garbage-interval", "How often such ENIs are looked for.").Default(s.GarbageInterval.String()).Envar("GARBAGE_INTERVAL").DurationVar(&s.GarbageInterval)
	app.Flag("absence-period", "Least time between the two answers of EC2 that prove a resource's deletion. For tests.").Hidden().Default("0s").DurationVar(&s.AbsencePeriod)
	app.Flag("leader-election", "Let one of several replicas work at a time.").Short('l').Default("true").Envar("LEADER_ELECTION").BoolVar(&s.LeaderElection)
	app.Flag("enable-management-policies", "Honour spec.managementPolicies.").Default("true").Envar("ENABLE_MANAGEMENT_POLICIES").BoolVar(&s.ManagementPolicies)
	enableChangeLogs := app.Flag("enable-changelogs", "Send an entry for each change in EC2 to the change log sidecar (alpha).").Default("false").Envar("ENABLE_CHANGE_LOGS").Bool()
	socket := app.Flag("changelogs-socket-path", "Socket of the change log sidecar.").Default("/var/run/changelogs/changelogs.sock").Envar("CHANGELOGS_SOCKET_PATH").String()
	app.Flag("metrics-bind-address", "Address of the metrics endpoint; 0 turns it off.").Default(s.MetricsBindAddress).Envar("METRICS_BIND_ADDRESS").StringVar(&s.MetricsBindAddress)
	app.Flag("metrics-secure", "Serve metrics over TLS, to clients that the API server authenticates and that may get /metrics. --no-metrics-secure serves them over HTTP to everyone.").Default("true").Envar("METRICS_SECURE").BoolVar(&s.MetricsSecure)
	app.Flag("health-probe-bind-address", "Address of the health probes; 0 turns them off.").Default(s.HealthBindAddress).Envar("HEALTH_PROBE_BIND_ADDRESS").StringVar(&s.HealthBindAddress)
	app.Flag("pprof-bind-address", "Address of Go's profiler, on loopback; empty turns it off.").Default("").Envar("PPROF_BIND_ADDRESS").StringVar(&s.PprofBindAddress)
	app.Flag("pprof-any-address", "Accept a --pprof-bind-address that is not on loopback.").Default("false").Envar("PPROF_ANY_ADDRESS").BoolVar(&s.PprofAnyAddress)
	kingpin.MustParse(app.Parse(os.Args[1:]))
	s.EndpointNamespaces, s.HostNamespaces = split(endpointNamespaces), split(hostNamespaces)
	s.GarbageCollection = garbage.Mode(*garbageMode)

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
	if err := run(ctx, s); err != nil {
		logs.Fatal(zl, err, "provider-aws-eni ends") // at once: the lease may be lost
	}
	closeChangeLogs()
}

// split returns the items of a list that commas separate.
func split(list string) []string {
	return strings.FieldsFunc(list, func(r rune) bool { return r == ',' || r == ' ' })
}

func run(ctx context.Context, s controller.Settings) error {
	cfg, err := ctrl.GetConfig()
	if err != nil {
		return errors.Wrap(err, "cannot find the API server")
	}
	// The API server warns of Crossplane's finalizer at each write of each
	// object: once is enough.
	cfg.WarningHandlerWithContext = log.NewKubeAPIWarningLogger(log.KubeAPIWarningLoggerOptions{Deduplicate: true})
	mgr, err := controller.NewManager(ctx, cfg, s)
	if err != nil {
		return err
	}
	return errors.Wrap(mgr.Start(ctx), "cannot run")
}
