// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package testbed

import (
	"context"
	"fmt"
	"maps"
	"time"

	corev1 "k8s.io/api/core/v1"
	kerrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// Names of the test world.
const (
	Region    = "us-east-1"
	Namespace = "provider-aws-eni-system"
	ZoneA     = Region + "a"
	ZoneB     = Region + "b"

	// SubnetNodesA and SubnetNodesB hold the nodes' primary ENIs.
	SubnetNodesA = "subnet-nodes-a"
	SubnetNodesB = "subnet-nodes-b"

	// Group is the security group that most manifests reference.
	Group = "sg-05da196f3314d4af8"
)

// Seed returns the VPC that the documentation's manifests reference: their subnets
// and security groups, by id and by name, in zone a, and a few in zone b.
func Seed() ec2emulator.Seed {
	subnet := func(id string, third int, zone, name string) ec2emulator.Subnet {
		s := ec2emulator.Subnet{ID: id, CIDR: fmt.Sprintf("10.0.%d.0/24", third), IPv6CIDR: fmt.Sprintf("2600:1f13:abc:10%02x::/64", third), AvailabilityZone: zone}
		if name != "" {
			s.Tags = map[string]string{"Name": name}
		}
		return s
	}
	return ec2emulator.Seed{
		VPCs: []ec2emulator.VPC{{ID: "vpc-1", CIDR: "10.0.0.0/16", IPv6CIDR: "2600:1f13:abc:1000::/56"}},
		Subnets: []ec2emulator.Subnet{
			{ID: SubnetNodesA, CIDR: "10.0.128.0/20", AvailabilityZone: ZoneA, Tags: map[string]string{"Name": "nodes-a"}},
			{ID: SubnetNodesB, CIDR: "10.0.144.0/20", AvailabilityZone: ZoneB, Tags: map[string]string{"Name": "nodes-b"}},
			subnet("subnet-0f59b4f14737be9ad", 1, ZoneA, "data-a"),
			subnet("subnet-abcdef1234567890", 2, ZoneA, "data-a-2"),
			subnet("subnet-0b000000000000001", 3, ZoneB, "data-b"),
			subnet("subnet-0a000000000000001", 4, ZoneA, "my-subnet-name"),
			subnet("subnet-0a000000000000002", 5, ZoneA, "multus-test-subnet-1"),
			subnet("subnet-0a000000000000003", 6, ZoneA, "multus-test-subnet-2"),
			subnet("subnet-tenant-a", 7, ZoneA, "tenant-a"),
			subnet("subnet-tenant-b", 8, ZoneA, "tenant-b"),
			subnet("subnet-0a000000000000004", 9, ZoneA, "ambiguous"),
			subnet("subnet-0a000000000000005", 10, ZoneA, "ambiguous"),
		},
		SecurityGroups: []ec2emulator.SecurityGroup{
			{ID: Group, Name: "multus"},
			{ID: "sg-0a000000000000001", Name: "multus-test-sg"},
			{ID: "sg-tenant-a", Name: "tenant-a"},
			{ID: "sg-tenant-b", Name: "tenant-b"},
			{ID: "sg-0a000000000000002", Name: "other", Tags: map[string]string{"role": "firewall"}},
		},
	}
}

// A World is an EC2 emulator and an API server that is configured to use it.
type World struct {
	EC2    *ec2emulator.Server
	EC2URL string
	Kube   client.Client
}

// NewWorld starts an emulator with Seed at an unused port of the loopback address, and
// creates the provider's namespace, credentials and default provider config.
func NewWorld(ctx context.Context, kube client.Client, o ec2emulator.Options) (*World, error) {
	return NewWorldAt(ctx, kube, o, "")
}

// NewWorldAt is NewWorld with the address of the emulator.
func NewWorldAt(ctx context.Context, kube client.Client, o ec2emulator.Options, address string) (*World, error) {
	s := ec2emulator.New(o)
	url, err := s.Start(ctx, address)
	if err != nil {
		s.Close()
		return nil, errors.Wrap(err, "cannot start the EC2 emulator")
	}
	w := &World{EC2: s, EC2URL: url, Kube: kube}
	if err := s.Seed(Seed()); err != nil {
		s.Close()
		return nil, err
	}
	for _, o := range []client.Object{
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: Namespace}},
		&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: "aws-credentials"},
			StringData: map[string]string{"credentials": "[default]\naws_access_key_id = AKIAIOSFODNN7EXAMPLE\naws_secret_access_key = emulated\n"},
		},
		&v1alpha1.ClusterProviderConfig{
			ObjectMeta: metav1.ObjectMeta{Name: "default"},
			Spec: v1alpha1.ClusterProviderConfigSpec{
				ProviderConfigSpec: v1alpha1.ProviderConfigSpec{
					Credentials: v1alpha1.ProviderCredentials{
						Source:    v1alpha1.CredentialsSourceSecret,
						SecretRef: &xpv2.SecretKeySelector{SecretReference: xpv2.SecretReference{Namespace: Namespace, Name: "aws-credentials"}, Key: "credentials"},
					},
					Endpoint: &v1alpha1.EndpointConfig{URL: v1alpha1.EndpointURL{Type: "Static", Static: url}, Services: []string{"ec2", "sts", "servicequotas"}},
				},
				// Tests configure hosts from any namespace.
				HostNamespaces: &v1alpha1.NamespaceSelector{Selector: &metav1.LabelSelector{}},
			},
		},
	} {
		if err := kube.Create(ctx, o); err != nil && !kerrors.IsAlreadyExists(err) {
			s.Close()
			return nil, errors.Wrapf(err, "cannot create %s", o.GetName())
		}
	}
	return w, nil
}

// Close stops the emulator.
func (w *World) Close() { w.EC2.Close() }

// AddNode creates an instance and its Node. The default instance type is m5.xlarge.
func (w *World) AddNode(ctx context.Context, name, subnet, instanceType string, labels map[string]string) (*corev1.Node, error) {
	if instanceType == "" {
		instanceType = "m5.xlarge"
	}
	i, err := w.EC2.AddInstance(ec2emulator.Instance{SubnetID: subnet, Type: instanceType})
	if err != nil {
		return nil, err
	}
	n := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelTopologyZone: i.AvailabilityZone, corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelInstanceTypeStable: instanceType,
		}},
		Spec: corev1.NodeSpec{ProviderID: "aws:///" + i.AvailabilityZone + "/" + i.ID},
	}
	maps.Copy(n.Labels, labels)
	if err := w.Kube.Create(ctx, n); err != nil {
		return nil, errors.Wrapf(err, "cannot create node %q", name)
	}
	return n, w.SetNodeReady(ctx, name, corev1.ConditionTrue)
}

// SetNodeReady sets the Ready condition of a Node, as the kubelet does.
func (w *World) SetNodeReady(ctx context.Context, name string, s corev1.ConditionStatus) error {
	n := &corev1.Node{}
	if err := w.Kube.Get(ctx, client.ObjectKey{Name: name}, n); err != nil {
		return err
	}
	now := metav1.NewTime(time.Now())
	n.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: s, LastHeartbeatTime: now, LastTransitionTime: now, Reason: "Testbed"}}
	return w.Kube.Status().Update(ctx, n)
}
