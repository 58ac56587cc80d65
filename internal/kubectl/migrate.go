// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/migrate"
)

// migrate returns the command migrate.
func (c *command) migrate() *cobra.Command {
	var dryRun, rollback bool
	m := &migrate.Migration{}
	cmd := &cobra.Command{
		Use:   "migrate [NODEENI...]",
		Short: "Moves NodeENIs from aws-multi-eni-controller to provider-aws-eni, and back",
		Long: `Moves NodeENIs of aws-multi-eni-controller to provider-aws-eni. Install provider-aws-eni first: it
changes nothing for NodeENIs that have the finalizer of aws-multi-eni-controller. The command then

  1. plans what would happen to each NodeENI, and stops if an ENI would not be adopted as it is;
  2. stops the Deployment and the DaemonSet of aws-multi-eni-controller;
  3. saves each NodeENI in a ConfigMap, removes the finalizer, and waits until the provider has
     adopted each ENI with the attachment that it had.

Nothing is detached, and no link or driver changes. The command can be interrupted and repeated at
any step. --rollback moves the NodeENIs back, and starts aws-multi-eni-controller again, as long as
it is installed.`,
		Example: `  kubectl eni migrate --dry-run
  kubectl eni migrate
  kubectl eni migrate --rollback`,
		RunE: func(cmd *cobra.Command, args []string) error {
			api, err := c.client()
			if err != nil {
				return err
			}
			m.Client, m.NodeENIs = api, args
			m.Printf = func(format string, args ...any) { _, _ = fmt.Fprintf(c.Out, format, args...) }
			m.Plan = func(ctx context.Context, spec v1alpha1.NodeENIPlanSpec) (*v1alpha1.NodeENIPlanStatus, error) {
				ctx, cancel := context.WithTimeout(ctx, m.Timeout)
				defer cancel()
				p, err := compute(ctx, api, spec, m.Timeout)
				if err != nil {
					return nil, err
				}
				return &p.Status, nil
			}
			switch {
			case dryRun && rollback:
				return errors.New("use one of --dry-run and --rollback")
			case rollback:
				return m.Rollback(cmd.Context())
			case dryRun:
				return c.dryRun(cmd.Context(), m)
			default:
				return m.Run(cmd.Context())
			}
		},
	}
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "Only show what would happen. Exits with an error if a NodeENI cannot be moved.")
	cmd.Flags().BoolVar(&rollback, "rollback", false, "Move NodeENIs back to aws-multi-eni-controller.")
	cmd.Flags().BoolVar(&m.AllowNoIOMMU, "allow-no-iommu", false, "Set host.dpdk.allowNoIOMMU of NodeENIs with devices for userspace drivers on nodes without an IOMMU, which aws-multi-eni-controller allows without a setting.")
	cmd.Flags().StringVar(&m.Namespace, "controller-namespace", "", "Namespace of aws-multi-eni-controller. Default: it is searched in all namespaces.")
	cmd.Flags().DurationVar(&m.Timeout, "timeout", 5*time.Minute, "Time to wait for each step.")
	return cmd
}

// dryRun prints what a migration would do.
func (c *command) dryRun(ctx context.Context, m *migrate.Migration) error {
	reports, err := m.Preflight(ctx)
	if err != nil {
		return err
	}
	if len(reports) == 0 {
		_, err := fmt.Fprintln(c.Out, "No NodeENI is managed by aws-multi-eni-controller")
		return err
	}
	blocked := 0
	for _, r := range reports {
		state := "can be moved"
		if len(r.Blockers) > 0 {
			state = "cannot be moved"
			blocked++
		}
		if _, err := fmt.Fprintf(c.Out, "NodeENI %s %s: %d ENIs are adopted as they are\n", r.NodeENI, state, r.Adopted); err != nil {
			return err
		}
		for _, part := range []struct {
			mark  string
			lines []string
		}{{"✗", r.Blockers}, {"~ changed in place:", r.Changes}, {"-", r.Notes}} {
			for _, l := range part.lines {
				if _, err := fmt.Fprintf(c.Out, "  %s %s\n", part.mark, l); err != nil {
					return err
				}
			}
		}
	}
	if blocked > 0 {
		return errors.Errorf("%d of %d NodeENIs cannot be moved", blocked, len(reports))
	}
	return nil
}
