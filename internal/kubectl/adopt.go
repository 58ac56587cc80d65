// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package kubectl

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// eniID matches the id of an ENI.
var eniID = regexp.MustCompile(`^eni-[0-9a-f]{8,17}$`)

// An adoption selects what the command adopt prints.
type adoption struct {
	manage, attachment bool
	// namespace of the objects, or empty for the namespace of the leaked object or default.
	namespace, region, subnet string
}

// adopt returns the command adopt.
func (c *command) adopt() *cobra.Command {
	a := adoption{}
	cmd := &cobra.Command{
		Use:   "adopt ENI...",
		Short: "Prints manifests that take over existing ENIs",
		Long: `Prints a NetworkInterface for each ENI, and a NetworkInterfaceAttachment if the ENI is leaked and attached
or --attachment is set. They only observe: apply them, and compare status.atProvider with what you
expect. Print them again with --manage and apply them, to let the provider manage the ENIs; it
changes only tags then. The ENI needs the tag networking.k8s.aws/cluster first, unless this provider
created it. The namespace of a leaked ENI is that of its former object, to which its tag belongs.`,
		Example: `  kubectl eni adopt eni-0123456789abcdef0 | kubectl apply -f -
  kubectl eni adopt eni-0123456789abcdef0 --manage --subnet=subnet-0f59b4f14737be9ad | kubectl apply -f -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f := cmd.Flag("namespace"); f != nil {
				a.namespace = f.Value.String()
			}
			leaked, _, err := c.readLeaks(cmd.Context())
			if err != nil {
				return err
			}
			return a.print(c.Out, args, leaked)
		},
	}
	cmd.Flags().BoolVar(&a.manage, "manage", false, "Let the provider manage the ENI, and delete it with its object.")
	cmd.Flags().BoolVar(&a.attachment, "attachment", false, "Also print a NetworkInterfaceAttachment.")
	cmd.Flags().StringVar(&a.region, "region", "", "AWS region of the ENI. Default: of a leaked ENI its region, else the provider's.")
	cmd.Flags().StringVar(&a.subnet, "subnet", "", "Subnet of the ENI, with --manage. Default: of a leaked ENI its subnet.")
	return cmd
}

// print prints the manifests of ENIs.
func (a adoption) print(w io.Writer, ids []string, leaked []leak) error {
	known := map[string]v1alpha1.LeakedNetworkInterface{}
	for _, l := range leaked {
		known[l.NetworkInterfaceID] = l.LeakedNetworkInterface
	}
	var out []string
	for _, id := range ids {
		if !eniID.MatchString(id) {
			return errors.Errorf("%q is not the id of an ENI, such as eni-0123456789abcdef0", id)
		}
		objects, err := a.manifests(id, known[id])
		if err != nil {
			return err
		}
		out = append(out, objects...)
	}
	_, err := fmt.Fprint(w, strings.Join(out, "---\n"))
	return err
}

// manifests returns the manifests of an ENI, with what is known if it is leaked.
func (a adoption) manifests(id string, l v1alpha1.LeakedNetworkInterface) ([]string, error) {
	former, _, _ := strings.Cut(l.Object, "/")
	metadata := map[string]any{"name": id, "namespace": cmp.Or(a.namespace, former, "default"), "annotations": map[string]string{meta.AnnotationKeyExternalName: id}}
	parameters := map[string]any{}
	if region := cmp.Or(a.region, l.Region); region != "" {
		parameters["region"] = region
	}
	manifest := func(kind string, parameters map[string]any) (string, error) {
		spec := map[string]any{"managementPolicies": []string{"Observe"}, "forProvider": parameters}
		if a.manage {
			spec["managementPolicies"] = []string{"*"}
		}
		raw, err := yaml.Marshal(map[string]any{"apiVersion": ec2v1alpha1.SchemeGroupVersion.String(), "kind": kind, "metadata": metadata, "spec": spec})
		return string(raw), err
	}
	attached := maps.Clone(parameters)
	if a.manage {
		attached["networkInterfaceId"] = id
		if l.InstanceID != "" {
			attached["instanceId"] = l.InstanceID
		}
		subnet := cmp.Or(a.subnet, l.SubnetID)
		if subnet == "" {
			return nil, errors.Errorf("--manage needs the subnet of %s: set --subnet, as status.atProvider.subnetId of the observed NetworkInterface has it", id)
		}
		parameters["subnetId"] = subnet
	}
	eni, err := manifest(ec2v1alpha1.NetworkInterfaceKind, parameters)
	if err != nil {
		return nil, err
	}
	if !a.attachment && l.InstanceID == "" {
		return []string{eni}, nil
	}
	attachment, err := manifest(ec2v1alpha1.NetworkInterfaceAttachmentKind, attached)
	return []string{eni, attachment}, err
}
