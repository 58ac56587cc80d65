// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fleet

import (
	"cmp"
	"context"
	"slices"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A Fleet is the NodeENIs of a cluster with their nodes and network interfaces, and the network
// interfaces without a NodeENI.
type Fleet struct {
	// NodeENIs, sorted by name.
	NodeENIs []v1alpha1.NodeENI
	// Nodes of the cluster, sorted by name.
	Nodes []corev1.Node
	// Configs are the ClusterProviderConfigs, after ReadConfigs.
	Configs []v1alpha1.ClusterProviderConfig
	// ProviderFailure is why the provider does not respond, or empty, after ReadLeases.
	ProviderFailure string

	children map[string][]Child
}

// Read reads the fleet from an API server.
func Read(ctx context.Context, c client.Reader) (*Fleet, error) {
	f := &Fleet{children: map[string][]Child{}}
	neniList, nodes := &v1alpha1.NodeENIList{}, &corev1.NodeList{}
	interfaces, attachments, hosts := &ec2v1alpha1.NetworkInterfaceList{}, &ec2v1alpha1.NetworkInterfaceAttachmentList{}, &v1alpha1.HostInterfaceList{}
	for _, l := range []struct {
		list client.ObjectList
		what string
	}{
		{neniList, "NodeENIs"},
		{nodes, "Nodes"},
		{interfaces, "NetworkInterfaces"},
		{attachments, "NetworkInterfaceAttachments"},
		{hosts, "HostInterfaces"},
	} {
		if err := c.List(ctx, l.list); err != nil {
			return nil, errors.Wrap(err, "cannot list "+l.what)
		}
	}
	f.NodeENIs, f.Nodes = neniList.Items, nodes.Items
	slices.SortFunc(f.NodeENIs, func(a, b v1alpha1.NodeENI) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(f.Nodes, func(a, b corev1.Node) int { return cmp.Compare(a.Name, b.Name) })
	for _, c := range join(interfaces.Items, attachments.Items, hosts.Items) {
		f.children[c.NodeENI] = append(f.children[c.NodeENI], *c)
	}
	for _, all := range f.children {
		slices.SortFunc(all, func(a, b Child) int {
			return cmp.Or(cmp.Compare(a.Node, b.Node), cmp.Compare(a.DeviceIndex(), b.DeviceIndex()), cmp.Compare(a.Name, b.Name))
		})
	}
	for i := range f.NodeENIs {
		f.report(&f.NodeENIs[i])
	}
	return f, nil
}

// ReadConfigs reads the ClusterProviderConfigs. There are none without the permission to list them.
func (f *Fleet) ReadConfigs(ctx context.Context, c client.Reader) error {
	l := &v1alpha1.ClusterProviderConfigList{}
	if err := c.List(ctx, l); err != nil && !kerrors.IsForbidden(err) {
		return errors.Wrap(err, "cannot list ClusterProviderConfigs")
	}
	f.Configs = l.Items
	return nil
}

// Children returns the network interfaces of a NodeENI, sorted by node and device index.
func (f *Fleet) Children(nodeENI string) []Child { return f.children[nodeENI] }

// Standalone returns the network interfaces without a NodeENI, such as the ENIs of a Composition.
func (f *Fleet) Standalone() []Child { return f.children[""] }

// Has reports whether a network interface is on a node, which may be deleted.
func (f *Fleet) Has(node string) bool {
	found := false
	f.each(func(c *Child) { found = found || c.Node == node })
	return found
}

// Managing returns the network interface whose object manages an ENI, or nil. An object that only observes does
// not manage it.
func (f *Fleet) Managing(eniID string) *Child {
	var out *Child
	f.each(func(c *Child) {
		if c.Interface != nil && c.ENI() == eniID && !slices.Equal(c.Interface.Spec.ManagementPolicies, xpv2.ManagementPolicies{xpv2.ManagementActionObserve}) {
			out = c
		}
	})
	return out
}

// Observed returns the children with a NetworkInterface by the ids of their ENIs.
func (f *Fleet) Observed() map[string]*Child {
	out := map[string]*Child{}
	f.each(func(c *Child) {
		if c.Interface != nil && c.Interface.Status.AtProvider.ID != "" {
			out[c.Interface.Status.AtProvider.ID] = c
		}
	})
	return out
}

// NodeENI returns a NodeENI by name, or nil.
func (f *Fleet) NodeENI(name string) *v1alpha1.NodeENI {
	for i := range f.NodeENIs {
		if f.NodeENIs[i].Name == name {
			return &f.NodeENIs[i]
		}
	}
	return nil
}

// Node returns a node by name, or nil.
func (f *Fleet) Node(name string) *corev1.Node {
	i, ok := slices.BinarySearchFunc(f.Nodes, name, func(n corev1.Node, name string) int { return cmp.Compare(n.Name, name) })
	if !ok {
		return nil
	}
	return &f.Nodes[i]
}

// Selected returns the names of the nodes that a NodeENI selects, sorted.
func (f *Fleet) Selected(n *v1alpha1.NodeENI) []string {
	var out []string
	for i := range f.Nodes {
		if o := &f.Nodes[i]; o.DeletionTimestamp == nil && eni.Selects(&n.Spec, o.Labels) {
			out = append(out, o.Name)
		}
	}
	return out
}
