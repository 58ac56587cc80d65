// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/duration"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// publicIPv4PerMonth is AWS's charge in US dollars for a public IPv4 address in 730 hours, at
// 0.005 dollars per hour (https://aws.amazon.com/vpc/pricing/). An ENI itself is free.
const publicIPv4PerMonth = 3.65

// A leak is a leaked ENI with the provider config that reaches it.
type leak struct {
	v1alpha1.LeakedNetworkInterface

	// Config is the kind, namespace and name of the provider config.
	Config string `json:"config"`
	// CostPerMonth is what AWS charges for the public address, in US dollars.
	CostPerMonth float64 `json:"costPerMonthUsd"`
}

// leaks returns the command leaks.
func (c *command) leaks() *cobra.Command {
	output, header := "", true
	cmd := &cobra.Command{
		Use:   "leaks",
		Short: "Lists ENIs of this cluster that belong to no object",
		Long: `Lists the ENIs that carry this cluster's tag and belong to no NetworkInterface, available or
attached, as of the last search of the provider's garbage collector. It searches every
--garbage-interval, and lists an ENI that two searches found. COST is
AWS's monthly charge for a public IPv4 address; an ENI itself is free. The provider deletes available
ENIs with --garbage-collection=Delete. To take an ENI over instead, create a NetworkInterface
that names it in the annotation crossplane.io/external-name.`,
		Example: `  kubectl eni leaks
  kubectl eni leaks --output=name | xargs -n1 aws ec2 delete-network-interface --network-interface-id`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			all, notes, err := c.readLeaks(cmd.Context())
			if err != nil {
				return err
			}
			for _, n := range notes {
				if _, err := fmt.Fprintln(c.ErrOut, n); err != nil {
					return err
				}
			}
			return c.printLeaks(all, output, header)
		},
	}
	cmd.Flags().StringVarP(&output, "output", "o", "", "Output format: json, yaml or name.")
	cmd.Flags().BoolFunc("no-headers", "Print no header.", func(string) error { header = false; return nil })
	return cmd
}

// readLeaks returns the leaked ENIs, and what the list lacks.
func (c *command) readLeaks(ctx context.Context) (all []leak, notes []string, err error) {
	api, err := c.client()
	if err != nil {
		return nil, nil, err
	}
	cluster, namespaced := &v1alpha1.ClusterProviderConfigList{}, &v1alpha1.ProviderConfigList{}
	for _, l := range []client.ObjectList{cluster, namespaced} {
		if err := api.List(ctx, l); err != nil {
			return nil, nil, errors.Wrap(err, "cannot list the provider configs")
		}
	}
	all = []leak{}
	add := func(config string, s *v1alpha1.ProviderConfigStatus) {
		for _, l := range s.LeakedNetworkInterfaces {
			x := leak{LeakedNetworkInterface: l, Config: config}
			if l.PublicIP != "" {
				x.CostPerMonth = publicIPv4PerMonth
			}
			all = append(all, x)
		}
		if more := int(ptr.Deref(s.LeakedNetworkInterfaceCount, 0)) - len(s.LeakedNetworkInterfaces); more > 0 {
			notes = append(notes, fmt.Sprintf("%s: %s not listed.", config, amount(more, "more leaked ENI is", "more leaked ENIs are")))
		}
	}
	for i := range cluster.Items {
		add("ClusterProviderConfig "+cluster.Items[i].GetName(), &cluster.Items[i].Status)
	}
	for i := range namespaced.Items {
		add("ProviderConfig "+namespaced.Items[i].GetNamespace()+"/"+namespaced.Items[i].GetName(), &namespaced.Items[i].Status)
	}
	slices.SortFunc(all, func(a, b leak) int { return cmp.Compare(a.NetworkInterfaceID, b.NetworkInterfaceID) })
	return all, notes, nil
}

func (c *command) printLeaks(all []leak, output string, header bool) error {
	switch output {
	case "":
	case "name":
		for _, l := range all {
			if _, err := fmt.Fprintln(c.Out, l.NetworkInterfaceID); err != nil {
				return err
			}
		}
		return nil
	default:
		return c.encode(output, all)
	}
	if len(all) == 0 {
		_, err := fmt.Fprintln(c.ErrOut, "No leaked ENIs found by the last searches of the provider. It lists an ENI when two searches have found it, which takes up to twice the provider's --garbage-interval (default: 10m).")
		return err
	}
	t := table{header: []string{"ENI", "STATE", "INSTANCE", "SUBNET", "REGION", "PUBLIC-IP", "COST", "AGE", "OBJECT", "CONFIG"}}
	for _, l := range all {
		age, cost := "unknown", "0"
		if l.CreatedAt != nil {
			age = duration.HumanDuration(time.Since(l.CreatedAt.Time))
		}
		if l.CostPerMonth > 0 {
			cost = fmt.Sprintf("$%.2f/month", l.CostPerMonth)
		}
		t.add(markNone, l.NetworkInterfaceID, l.State, cmp.Or(l.InstanceID, "-"), l.SubnetID, l.Region, cmp.Or(l.PublicIP, "-"), cost, age, cmp.Or(l.Object, "-"), l.Config)
	}
	return t.print(c.Out, header, false)
}
