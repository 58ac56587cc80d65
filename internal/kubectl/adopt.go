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
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// eniID matches the id of an ENI.
var eniID = regexp.MustCompile(`^eni-[0-9a-f]{8,17}$`)

// An adoption selects what the command adopt prints.
type adoption struct {
	manage, attachment bool
	// namespace of the objects, or empty for the namespace of the leaked object or default.
	namespace, region, subnet string
	// node and instance are what the ENI is attached to. At most one is set.
	node, instance string
}

// A knownENI is what is known about an ENI to adopt.
type knownENI struct {
	region, subnet, instance string
	// node is in the spec of an attachment, or empty.
	node string
	// namespace of the former object of a leaked ENI, or empty.
	namespace string
	// leaked is true if the ENI is leaked and attached.
	leaked bool
}

// adopt returns the command adopt.
func (c *command) adopt() *cobra.Command {
	a := adoption{}
	cmd := &cobra.Command{
		Use:   "adopt ENI...",
		Short: "Prints manifests that take over existing ENIs",
		Long: `Prints a NetworkInterface for each ENI, and a NetworkInterfaceAttachment if the ENI is leaked and attached
or --attachment, --node or --instance is set. They only observe: apply them, and compare
status.atProvider with what you expect. Print them again with --manage and apply them: the provider then
manages the ENIs. It changes only their tags, and deletes an ENI with its object. The ENI needs the tag
networking.k8s.aws/cluster first, unless this provider created it. The namespace of a leaked ENI is that of
its former object, to which its tag belongs.`,
		Example: `  kubectl eni adopt eni-0123456789abcdef0 | kubectl apply -f -
  kubectl eni adopt eni-0123456789abcdef0 --manage --subnet=subnet-0f59b4f14737be9ad | kubectl apply -f -`,
		Args: cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if f := cmd.Flag("namespace"); f != nil {
				a.namespace = f.Value.String()
			}
			if a.node != "" && a.instance != "" {
				return errors.New("use one of --node and --instance")
			}
			leaked, _, err := c.readLeaks(cmd.Context())
			if err != nil {
				return err
			}
			f, err := c.fleet(cmd.Context())
			if err != nil && !kerrors.IsForbidden(err) {
				return err
			}
			if err := c.warnManaged(f, args); err != nil {
				return err
			}
			return a.print(c.Out, args, knownENIs(leaked, f))
		},
	}
	cmd.Flags().BoolVar(&a.manage, "manage", false, "Let the provider manage the ENI, and delete it with its object.")
	cmd.Flags().BoolVar(&a.attachment, "attachment", false, "Also print a NetworkInterfaceAttachment.")
	cmd.Flags().StringVar(&a.node, "node", "", "Node to which the ENI is attached. Prints a NetworkInterfaceAttachment.")
	cmd.Flags().StringVar(&a.instance, "instance", "", "Instance to which the ENI is attached. Prints a NetworkInterfaceAttachment. Default: of a leaked or observed ENI its instance.")
	cmd.Flags().StringVar(&a.region, "region", "", "AWS region of the ENI. Default: of a leaked ENI its region, else the provider's.")
	cmd.Flags().StringVar(&a.subnet, "subnet", "", "Subnet of the ENI, with --manage. Default: of a leaked or observed ENI its subnet.")
	return cmd
}

// warnManaged warns of ENIs that an object of the cluster manages already. f is nil without the permission to
// list the objects.
func (c *command) warnManaged(f *fleet.Fleet, ids []string) error {
	if f == nil {
		return nil
	}
	for _, id := range ids {
		o := f.Managing(id)
		if o == nil {
			continue
		}
		of := ""
		if o.NodeENI != "" {
			of = " of NodeENI " + o.NodeENI
		}
		if _, err := fmt.Fprintf(c.ErrOut, "Warning: networkinterface/%s in namespace %s%s already manages %s. Only one object can manage an ENI.\n", o.Name, o.Namespace, of, id); err != nil {
			return err
		}
	}
	return nil
}

// knownENIs returns what leaked ENIs and the objects of the cluster have, by the id of the ENI. f is nil without
// the permission to list the objects.
func knownENIs(leaked []leak, f *fleet.Fleet) map[string]knownENI {
	out := map[string]knownENI{}
	if f != nil {
		for id, c := range f.Observed() {
			at := c.Interface.Status.AtProvider
			k := knownENI{subnet: at.SubnetID}
			if at.Attachment != nil {
				k.instance = at.Attachment.InstanceID
			}
			if c.Attachment != nil {
				k.node = ptr.Deref(c.Attachment.Spec.ForProvider.NodeName, "")
			}
			out[id] = k
		}
	}
	for _, l := range leaked {
		former, _, _ := strings.Cut(l.Object, "/")
		out[l.NetworkInterfaceID] = knownENI{region: l.Region, subnet: l.SubnetID, instance: l.InstanceID, namespace: former, leaked: l.InstanceID != ""}
	}
	return out
}

// print prints the manifests of ENIs.
func (a adoption) print(w io.Writer, ids []string, known map[string]knownENI) error {
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

// manifests returns the manifests of an ENI, with what is known about it.
func (a adoption) manifests(id string, k knownENI) ([]string, error) {
	parameters := map[string]any{}
	if region := cmp.Or(a.region, k.region); region != "" {
		parameters["region"] = region
	}
	attached := maps.Clone(parameters)
	if subnet := cmp.Or(a.subnet, k.subnet); a.manage && subnet == "" {
		return nil, errors.Errorf("--manage needs the subnet of %s: set --subnet, as status.atProvider.subnetId of the observed NetworkInterface has it", id)
	} else if a.manage {
		parameters["subnetId"] = subnet
	}
	eni, err := a.manifest(id, k, ec2v1alpha1.NetworkInterfaceKind, parameters)
	if err != nil || !a.attachment && !k.leaked && a.node+a.instance == "" {
		return []string{eni}, err
	}
	if err := a.place(id, k, attached); err != nil {
		return nil, err
	}
	attachment, err := a.manifest(id, k, ec2v1alpha1.NetworkInterfaceAttachmentKind, attached)
	return []string{eni, attachment}, err
}

// place sets the ENI and what it is attached to in the parameters of an attachment. An attachment that only
// observes needs neither.
func (a adoption) place(id string, k knownENI, parameters map[string]any) error {
	if a.manage {
		parameters["networkInterfaceId"] = id
	}
	switch {
	case a.node != "":
		parameters["nodeName"] = a.node
	case a.instance != "":
		parameters["instanceId"] = a.instance
	case !a.manage:
	case k.node != "": // it cannot be changed
		parameters["nodeName"] = k.node
	case k.instance != "":
		parameters["instanceId"] = k.instance
	default:
		return errors.Errorf("--manage needs the instance to which %s is attached: set --instance, or --node for a node of this cluster", id)
	}
	return nil
}

// manifest returns the manifest of an object.
func (a adoption) manifest(id string, k knownENI, kind string, parameters map[string]any) (string, error) {
	policy := "Observe"
	if a.manage {
		policy = "*"
	}
	raw, err := yaml.Marshal(map[string]any{
		"apiVersion": ec2v1alpha1.SchemeGroupVersion.String(), "kind": kind,
		"metadata": map[string]any{"name": id, "namespace": cmp.Or(a.namespace, k.namespace, "default"), "annotations": map[string]string{meta.AnnotationKeyExternalName: id}},
		"spec":     map[string]any{"managementPolicies": []string{policy}, "forProvider": parameters},
	})
	return string(raw), err
}
