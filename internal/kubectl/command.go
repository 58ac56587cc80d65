// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"
	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/genericiooptions"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/bundle"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/explain"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
	"github.com/nodeeni/provider-aws-eni/internal/version"
)

const (
	// watchPeriod is how often --watch reads the objects.
	watchPeriod = 2 * time.Second

	// wide is the output format with a line for each ENI.
	wide = "wide"
)

// A command has what all commands use.
type command struct {
	genericiooptions.IOStreams

	// client returns a client of the API server.
	client func() (client.Client, error)
	// pods returns functions that read from pods, and a line with the version of the API server.
	pods func() (bundle.Pods, string, error)
	// every is watchPeriod. Only tests shorten it.
	every  time.Duration
	output string
	header bool
}

// NewCommand returns the command kubectl-eni.
func NewCommand(streams genericiooptions.IOStreams) *cobra.Command {
	flags := genericclioptions.NewConfigFlags(true)
	c := &command{
		IOStreams: streams, every: watchPeriod, client: func() (client.Client, error) { return connect(flags) },
		pods: func() (bundle.Pods, string, error) {
			config, err := flags.ToRESTConfig()
			if err != nil {
				return bundle.Pods{}, "", errors.Wrap(err, "cannot load the configuration of the API server")
			}
			return podsOf(config)
		},
	}
	root := c.root()
	flags.AddFlags(root.PersistentFlags())
	return root
}

// connect returns a client for the flags of kubectl.
func connect(flags *genericclioptions.ConfigFlags) (client.Client, error) {
	config, err := flags.ToRESTConfig()
	if err != nil {
		return nil, errors.Wrap(err, "cannot load the configuration of the API server")
	}
	s, err := newScheme()
	if err != nil {
		return nil, err
	}
	c, err := client.New(config, client.Options{Scheme: s})
	return c, errors.Wrap(err, "cannot connect to the API server")
}

// newScheme returns the kinds that the commands read.
func newScheme() (*runtime.Scheme, error) {
	s := runtime.NewScheme()
	return s, errors.Join(corev1.AddToScheme(s), appsv1.AddToScheme(s), coordinationv1.AddToScheme(s), apis.AddToScheme(s))
}

func (c *command) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "kubectl-eni",
		Short:         "Shows the network interfaces of provider-aws-eni",
		Long:          "Shows the Elastic Network Interfaces that provider-aws-eni manages. The commands need no credentials of AWS. Except for migrate, and for plan, which creates a NodeENIPlan and deletes it, they only read from the API server.",
		Version:       version.Version,
		SilenceUsage:  true,
		SilenceErrors: true,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl eni"},
	}
	root.SetIn(c.In)
	root.SetOut(c.Out)
	root.SetErr(c.ErrOut)
	root.AddCommand(c.adopt(), c.status(), c.explain(), c.plan(), c.tree(), c.collect(), c.leaks(), c.migrate(), c.topology())
	return root
}

// status returns the command status.
func (c *command) status() *cobra.Command {
	watch := false
	cmd := &cobra.Command{
		Use:   "status [NODEENI...]",
		Short: "Shows the nodes of NodeENIs, with their network interfaces and what is missing",
		Long: `Shows a line for each node that a NodeENI selects, or that has a network interface of it: how many
of the interfaces are ready, their ENIs with the device index (eni-…@INDEX) or the state, and the
first problem. A line without a node is for retained ENIs. Each network interface without a NodeENI has
a line of its own, with its state in EC2. With --output=wide it shows a line for each network interface,
and the object with the condition.

An agent or a provider that has not renewed its Lease is a problem of the network interfaces that wait
for it.`,
		Example: `  kubectl eni status
  kubectl eni status firewall --output=wide
  kubectl eni status --watch`,
		RunE: func(cmd *cobra.Command, args []string) error {
			if watch {
				return c.watch(cmd.Context(), args)
			}
			all, err := c.read(cmd.Context(), args)
			if err != nil {
				return err
			}
			return c.print(all)
		},
	}
	cmd.Flags().BoolVarP(&watch, "watch", "w", false, "After the first output, print lines that change.")
	cmd.Flags().StringVarP(&c.output, "output", "o", "", "Output format: wide, json, yaml or name.")
	c.header = true
	cmd.Flags().BoolFunc("no-headers", "Print no header.", func(string) error { c.header = false; return nil })
	return cmd
}

// explain returns the command explain.
func (c *command) explain() *cobra.Command {
	output := ""
	cmd := &cobra.Command{
		Use:   "explain node/NAME | neni/NAME | eni/ID | eni/NAME | enia/NAME | hif/NAME | KIND NAME",
		Short: "Explains network interfaces step by step, from the selector to the host, and what to do",
		Long: `Follows each network interface from the selector of its NodeENI to the link on the host. Each step
shows its evidence: fields and conditions of objects. The first step that is not done ends in what
to do. ✓ is done, … waits, ✗ failed, · was not reached, and ! is further evidence. While a network interface
is being released, the steps are the steps of the release.

A network interface without a NodeENI, such as one of a Composition, is explained from its
NetworkInterface. It is named by the id of the ENI, or by one of its objects in any namespace.

For a node it also shows how many ENIs the instance supports, settings of the VPC CNI, the kubelet
and Karpenter with which pods have addresses, and conflicts with other CNI plugins.`,
		Example: `  kubectl eni explain node/ip-10-0-128-10.ec2.internal
  kubectl eni explain neni/firewall
  kubectl eni explain eni/eni-0123456789abcdef0
  kubectl eni explain enia/firewall-outside
  kubectl eni explain nodeeni firewall`,
		RunE: func(cmd *cobra.Command, args []string) error {
			subject, err := subjectOf(args)
			if err != nil {
				return err
			}
			f, api, err := c.connectFleet(cmd.Context())
			if err != nil {
				return err
			}
			if err := f.ReadConfigs(cmd.Context(), api); err != nil {
				return err
			}
			all, err := explain.Of(f, subject)
			if err != nil {
				return err
			}
			if output == "" {
				_, err := fmt.Fprint(c.Out, explain.Text(all))
				return err
			}
			return c.encode(output, all)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "Output format: json or yaml. Default: text.")
	return cmd
}

// fleet reads the objects.
func (c *command) fleet(ctx context.Context) (*fleet.Fleet, error) {
	f, _, err := c.connectFleet(ctx)
	return f, err
}

// connectFleet reads the objects, and returns the client that has read them.
func (c *command) connectFleet(ctx context.Context) (*fleet.Fleet, client.Client, error) {
	api, err := c.client()
	if err != nil {
		return nil, nil, err
	}
	f, err := fleet.Read(ctx, api)
	if err != nil {
		return nil, nil, err
	}
	return f, api, f.ReadLeases(ctx, api, time.Now())
}

// subjectOf returns the subject of explain: an argument KIND/NAME, or KIND and NAME as two arguments, as kubectl
// get accepts them.
func subjectOf(args []string) (string, error) {
	const examples = "\n\n  kubectl eni explain node/ip-10-0-128-10.ec2.internal\n  kubectl eni explain neni/firewall\n  kubectl eni explain eni/eni-0123456789abcdef0"
	switch {
	case len(args) == 0:
		return "", errors.New("nothing to explain: name one of " + explain.Subjects + ", for example:" + examples)
	case len(args) == 1:
		return args[0], nil
	case len(args) == 2 && !strings.Contains(args[0], "/"):
		return args[0] + "/" + args[1], nil
	default:
		return "", errors.Errorf("cannot explain %d subjects: use one of %s", len(args), explain.Subjects)
	}
}

// encode prints a value as JSON or YAML.
func (c *command) encode(format string, value any) error {
	switch format {
	case "json":
		e := json.NewEncoder(c.Out)
		e.SetIndent("", "  ")
		return e.Encode(value)
	case "yaml":
		raw, err := yaml.Marshal(value)
		if err == nil {
			_, err = c.Out.Write(raw)
		}
		return err
	default:
		return errors.Errorf("unknown output format %q: use json or yaml", format)
	}
}

// read reads the state of NodeENIs.
func (c *command) read(ctx context.Context, names []string) ([]nodeStatus, error) {
	f, err := c.fleet(ctx)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		if f.NodeENI(name) == nil {
			return nil, errors.Errorf("NodeENI %q does not exist: see kubectl get nodeeni", name)
		}
	}
	return statusOf(f, names...), nil
}

// print prints the state in the output format.
func (c *command) print(all []nodeStatus) error {
	switch c.output {
	case "", wide:
		if len(all) == 0 {
			_, err := fmt.Fprintln(c.ErrOut, "No NodeENIs found")
			return err
		}
		t := statusTable(all, c.output == wide)
		return t.print(c.Out, c.header, c.colours())
	case "name":
		for _, s := range all {
			for _, e := range s.ENIs {
				if _, err := fmt.Fprintln(c.Out, "networkinterface.ec2.networking.k8s.aws/"+e.Name); err != nil {
					return err
				}
			}
		}
		return nil
	case "json", "yaml":
		return c.encode(c.output, all)
	default:
		return errors.Errorf("unknown output format %q: use wide, json, yaml or name", c.output)
	}
}

// watch prints the state, and then each line that changes, until the context is done.
func (c *command) watch(ctx context.Context, names []string) error {
	if c.output != "" && c.output != wide {
		return errors.Errorf("--watch prints a table: use it without --output, or with --output=wide")
	}
	tick := time.NewTicker(c.every)
	defer tick.Stop()
	printed := map[string]bool{}
	for first := true; ; first = false {
		all, err := c.read(ctx, names)
		if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
			return nil // the user has interrupted the command
		}
		if err != nil {
			return err
		}
		t := statusTable(all, c.output == wide)
		changed := table{header: t.header}
		now := map[string]bool{}
		for _, l := range t.lines {
			now[l.String()] = true
			if !printed[l.String()] {
				changed.lines = append(changed.lines, l)
			}
		}
		printed = now
		if err := changed.print(c.Out, first && c.header, c.colours()); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
	}
}

// colours reports whether the output is a terminal with colours.
func (c *command) colours() bool {
	f, ok := c.Out.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}
