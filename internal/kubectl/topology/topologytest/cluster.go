// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package topologytest has clusters for tests of pictures: objects of NodeENIs, in memory.
package topologytest

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	"github.com/crossplane/crossplane-runtime/v2/pkg/meta"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/kubectl/fleet"
)

// namespace is the namespace of the managed resources.
const namespace = "provider-aws-eni-system"

// A Cluster is the objects that a map is made from.
type Cluster struct {
	NodeENIs    []v1alpha1.NodeENI
	Nodes       []corev1.Node
	Interfaces  []ec2v1alpha1.NetworkInterface
	Attachments []ec2v1alpha1.NetworkInterfaceAttachment
	Hosts       []v1alpha1.HostInterface
}

// Fleet reads the cluster.
func (c *Cluster) Fleet(ctx context.Context) (*fleet.Fleet, error) {
	return fleet.Read(ctx, reader{cluster: c})
}

// A reader lists the objects of a cluster. Selectors have no effect.
type reader struct {
	client.Reader

	cluster *Cluster
}

// List implements client.Reader.
func (r reader) List(_ context.Context, list client.ObjectList, _ ...client.ListOption) error {
	switch l := list.(type) {
	case *v1alpha1.NodeENIList:
		l.Items = r.cluster.NodeENIs
	case *corev1.NodeList:
		l.Items = r.cluster.Nodes
	case *ec2v1alpha1.NetworkInterfaceList:
		l.Items = r.cluster.Interfaces
	case *ec2v1alpha1.NetworkInterfaceAttachmentList:
		l.Items = r.cluster.Attachments
	case *v1alpha1.HostInterfaceList:
		l.Items = r.cluster.Hosts
	default:
		return errors.Errorf("cannot list %T", list)
	}
	return nil
}

// NodeENI adds a NodeENI that selects the nodes with the label role of its name.
func (c *Cluster) NodeENI(name string, conditions ...xpv2.Condition) {
	n := v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: name}, Spec: v1alpha1.NodeENISpec{NodeSelector: map[string]string{"role/" + name: "yes"}}}
	n.Status.ObservedGeneration = 1
	n.SetConditions(conditions...)
	c.NodeENIs = append(c.NodeENIs, n)
}

// Node adds a node that NodeENIs select. Without a zone it has no label of a zone.
func (c *Cluster) Node(name, zone string, nodeENIs ...string) {
	n := corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelInstanceTypeStable: "m5.xlarge"}}}
	n.Spec.ProviderID = "aws:///" + zone + "/" + instance(len(c.Nodes))
	if zone != "" {
		n.Labels[corev1.LabelTopologyZone] = zone
	}
	for _, e := range nodeENIs {
		n.Labels["role/"+e] = "yes"
	}
	c.Nodes = append(c.Nodes, n)
}

// instance returns the id of the instance of a node.
func instance(n int) string { return fmt.Sprintf("i-0%016x", n+0xabc) }

// An ENI is the objects of an ENI, which a change can modify. An object without a name is not added.
type ENI struct {
	Interface  ec2v1alpha1.NetworkInterface
	Attachment ec2v1alpha1.NetworkInterfaceAttachment
	Host       v1alpha1.HostInterface
}

// ENI adds an ENI that is ready, after changes.
func (c *Cluster) ENI(nodeENI, node string, index int32, change ...func(e *ENI)) {
	e := newENI(nodeENI, node, index, len(c.Interfaces))
	if i := slices.IndexFunc(c.Nodes, func(n corev1.Node) bool { return n.Name == node }); i >= 0 {
		e.Attachment.Status.AtProvider.InstanceID = instance(i)
	}
	for _, f := range change {
		f(e)
	}
	if e.Interface.Name != "" {
		c.Interfaces = append(c.Interfaces, e.Interface)
	}
	if e.Attachment.Name != "" {
		c.Attachments = append(c.Attachments, e.Attachment)
	}
	if e.Host.Name != "" {
		c.Hosts = append(c.Hosts, e.Host)
	}
}

// newENI returns the objects of an ENI that is ready. The number makes its ids.
func newENI(nodeENI, node string, index int32, number int) *ENI {
	name, id := fmt.Sprintf("%s-%010x", nodeENI, number), fmt.Sprintf("eni-0%016x", number)
	address := fmt.Sprintf("10.%d.%d.%d", index, number/250, number%250+4)
	object := metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1alpha1.LabelNodeENI: nodeENI, v1alpha1.LabelNode: node}}
	e := &ENI{
		Interface:  ec2v1alpha1.NetworkInterface{ObjectMeta: *object.DeepCopy()},
		Attachment: ec2v1alpha1.NetworkInterfaceAttachment{ObjectMeta: *object.DeepCopy()},
		Host:       v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: v1alpha1.HostInterfaceName(namespace, name), Labels: object.Labels, Generation: 1}},
	}
	meta.SetExternalName(&e.Interface, id)
	ni := &e.Interface.Status.AtProvider
	ni.ID, ni.SubnetID, ni.PrivateIP, ni.PrivateIPs = id, fmt.Sprintf("subnet-0%016x", index), address, []string{address}
	ni.MACAddress = fmt.Sprintf("02:00:00:00:%02x:%02x", number/256%256, number%256)
	e.Interface.SetConditions(xpv2.ReconcileSuccess(), xpv2.Available())

	e.Attachment.Spec.ForProvider.NodeName = &node
	at := &e.Attachment.Status.AtProvider
	at.Status, at.DeviceIndex, at.AttachmentID = "attached", &index, fmt.Sprintf("eni-attach-0%016x", number)
	e.Attachment.SetConditions(xpv2.ReconcileSuccess(), xpv2.Available())

	e.Host.Spec.NodeName, e.Host.Spec.AttachmentRef = node, v1alpha1.AttachmentReference{Namespace: namespace, Name: name}
	e.Host.Status.ObservedGeneration, e.Host.Status.InterfaceName = 1, fmt.Sprintf("ens%d", index+5)
	e.Host.SetConditions(v1alpha1.Ready(v1alpha1.ReasonConfigured, ""))
	return e
}

// Situations returns a cluster with each state of an ENI.
func Situations() *Cluster {
	c := &Cluster{}
	c.NodeENI("data", v1alpha1.NodesNotUsable(v1alpha1.ReasonNoSubnetInZone, "no configured subnet is in the zone of: ip-10-0-192-12.ec2.internal"))
	c.NodeENI("firewall-inside-production-east")
	c.NodeENI("idle", v1alpha1.Ready(v1alpha1.ReasonNoMatchingNodes, "no node matches"))
	c.Node("ip-10-0-128-10.ec2.internal", "us-east-1a", "data", "firewall-inside-production-east")
	c.Node("ip-10-0-128-11.ec2.internal", "us-east-1a", "data", "firewall-inside-production-east")
	c.Node("ip-10-0-160-200.us-west-2.compute.internal", "us-east-1b", "data")
	c.Node("ip-10-0-192-12.ec2.internal", "us-east-1c", "data")
	c.Node("node-without-zone", "", "data")
	c.Node("not-selected", "us-east-1d")

	c.ENI("data", "ip-10-0-128-10.ec2.internal", 1)
	c.ENI("data", "ip-10-0-128-10.ec2.internal", 2)
	c.ENI("firewall-inside-production-east", "ip-10-0-128-10.ec2.internal", 1, OnCard(1))
	c.ENI("data", "ip-10-0-128-11.ec2.internal", 1)
	c.ENI("firewall-inside-production-east", "ip-10-0-128-11.ec2.internal", 3, Released)
	c.ENI("data", "ip-10-0-160-200.us-west-2.compute.internal", 1, WithoutAgent)
	c.ENI("data", "ip-10-0-160-200.us-west-2.compute.internal", 2, Rejected)
	c.ENI("data", "ip-10-0-160-200.us-west-2.compute.internal", 3, NotCreated)
	c.ENI("data", "node-without-zone", 1)
	c.ENI("data", "deleted-node", 1)
	c.ENI("data", "old-node", 1, Kept)
	return c
}

// OnCard moves an ENI to a network card.
func OnCard(card int32) func(e *ENI) {
	return func(e *ENI) { e.Attachment.Status.AtProvider.NetworkCardIndex = &card }
}

// Released makes an ENI wait for pods before it is detached.
func Released(e *ENI) {
	e.Attachment.DeletionTimestamp = new(metav1.Unix(1900000000, 0))
	e.Host.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForPods, "the link is in use by pod default/web"))
}

// WithoutAgent makes an ENI wait for the agent on its node.
func WithoutAgent(e *ENI) {
	e.Host.Status = v1alpha1.HostInterfaceStatus{}
	e.Attachment.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonWaitingForHost, "waiting for the host"))
}

// Rejected makes EC2 reject a call for an ENI.
func Rejected(e *ENI) {
	e.Interface.SetConditions(xpv2.ReconcileError(errors.New("UnauthorizedOperation: add ec2:CreateTags to the policy")))
}

// NotCreated makes an ENI fail at a limit before it exists.
func NotCreated(e *ENI) {
	meta.SetExternalName(&e.Interface, "")
	e.Interface.Status.AtProvider = ec2v1alpha1.NetworkInterfaceObservation{}
	e.Interface.Spec.ForProvider.SubnetID = new(ec2v1alpha1.SubnetID("subnet-00000000000000003"))
	e.Interface.SetConditions(v1alpha1.NotReady(v1alpha1.ReasonInstanceENILimit, "instance i-1 supports 3 network interfaces and has 3"))
	e.Attachment.Status.AtProvider = ec2v1alpha1.NetworkInterfaceAttachmentObservation{}
	e.Host = v1alpha1.HostInterface{}
}

// Kept makes an ENI a retained ENI.
func Kept(e *ENI) {
	e.Interface.Annotations[v1alpha1.AnnotationRetainedSince] = "2030-01-02T03:04:05Z"
	e.Interface.Status.AtProvider.AvailabilityZone = "us-east-1a"
	e.Attachment, e.Host = ec2v1alpha1.NetworkInterfaceAttachment{}, v1alpha1.HostInterface{}
}

// Large returns a cluster with a number of nodes in three zones, and of ENIs on each node.
func Large(nodes, enis int) *Cluster {
	c := &Cluster{}
	c.NodeENI("data")
	for i := range nodes {
		name := fmt.Sprintf("ip-10-%d-%d-%d.ec2.internal", i/62500, i/250%250, i%250)
		c.Node(name, "us-east-1"+string(rune('a'+i%3)), "data")
		for j := range enis {
			change := []func(*ENI){}
			if i%9 == 5 && j == 0 {
				change = append(change, WithoutAgent)
			}
			if i%13 == 7 && j == 0 {
				change = append(change, Rejected)
			}
			c.ENI("data", name, int32(j+1), change...)
		}
	}
	return c
}
