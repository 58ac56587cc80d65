// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package objectmetrics

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis"
	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

var now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// collector returns a Collector of a cluster with objects.
func collector(t *testing.T, objects ...client.Object) *Collector {
	t.Helper()
	s := runtime.NewScheme()
	if err := apis.AddToScheme(s); err != nil {
		t.Fatal(err)
	}
	return New(fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).Build(), func() time.Time { return now })
}

func ni(name string, change func(n *ec2v1alpha1.NetworkInterface)) *ec2v1alpha1.NetworkInterface {
	n := &ec2v1alpha1.NetworkInterface{ObjectMeta: metav1.ObjectMeta{Namespace: "system", Name: name}}
	change(n)
	return n
}

func TestCollect(t *testing.T) {
	c := collector(t,
		ni("ready", func(n *ec2v1alpha1.NetworkInterface) { n.SetConditions(xpv2.ReconcileSuccess(), xpv2.Available()) }),
		ni("full", func(n *ec2v1alpha1.NetworkInterface) {
			n.SetConditions(xpv2.ReconcileError(errors.New("boom")), v1alpha1.NotReady(v1alpha1.ReasonSubnetFull, ""))
		}),
		ni("deleted", func(n *ec2v1alpha1.NetworkInterface) {
			n.SetDeletionTimestamp(&metav1.Time{Time: now.Add(-time.Hour)})
			n.SetFinalizers([]string{"x"})
			n.SetConditions(xpv2.Deleting())
		}),
		&v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: "without agent"}},
		&v1alpha1.NodeENI{ObjectMeta: metav1.ObjectMeta{Name: "data"}},
		&v1alpha1.ClusterProviderConfig{ObjectMeta: metav1.ObjectMeta{Name: "default"}, Status: v1alpha1.ProviderConfigStatus{
			Quotas:  []v1alpha1.Quota{{Name: v1alpha1.QuotaNetworkInterfacesPerRegion, Limit: 5000, Used: new(int32(4100))}, {Name: v1alpha1.QuotaSecurityGroupsPerNetworkInterface, Limit: 5}},
			Subnets: []v1alpha1.SubnetCapacity{{SubnetID: "subnet-1", Addresses: 251, FreeAddresses: 12}},
		}},
		&v1alpha1.ProviderConfig{ObjectMeta: metav1.ObjectMeta{Namespace: "team-a", Name: "own"}, Status: v1alpha1.ProviderConfigStatus{
			Subnets: []v1alpha1.SubnetCapacity{{SubnetID: "subnet-1", Addresses: 251, FreeAddresses: 12}},
		}},
	)
	const want = `
# HELP provider_aws_eni_objects Objects by kind.
# TYPE provider_aws_eni_objects gauge
provider_aws_eni_objects{kind="HostInterface"} 1
provider_aws_eni_objects{kind="NetworkInterface"} 3
provider_aws_eni_objects{kind="NetworkInterfaceAttachment"} 0
provider_aws_eni_objects{kind="NodeENI"} 1
# HELP provider_aws_eni_objects_not_ready Objects that are not Ready and not being deleted, by kind and reason. The reason is Unobserved if nothing has observed the object, such as the agent of a node.
# TYPE provider_aws_eni_objects_not_ready gauge
provider_aws_eni_objects_not_ready{kind="HostInterface",reason="Unobserved"} 1
provider_aws_eni_objects_not_ready{kind="NetworkInterface",reason="SubnetFull"} 1
provider_aws_eni_objects_not_ready{kind="NodeENI",reason="Unobserved"} 1
# HELP provider_aws_eni_objects_not_synced Objects whose last reconcile failed, by kind and reason.
# TYPE provider_aws_eni_objects_not_synced gauge
provider_aws_eni_objects_not_synced{kind="NetworkInterface",reason="ReconcileError"} 1
# HELP provider_aws_eni_oldest_deletion_seconds Time since the deletion of the object of a kind that is being deleted the longest; 0 if none is.
# TYPE provider_aws_eni_oldest_deletion_seconds gauge
provider_aws_eni_oldest_deletion_seconds{kind="HostInterface"} 0
provider_aws_eni_oldest_deletion_seconds{kind="NetworkInterface"} 3600
provider_aws_eni_oldest_deletion_seconds{kind="NetworkInterfaceAttachment"} 0
provider_aws_eni_oldest_deletion_seconds{kind="NodeENI"} 0
# HELP provider_aws_eni_quota Quota of the AWS account in the provider's region, by provider config and name.
# TYPE provider_aws_eni_quota gauge
provider_aws_eni_quota{config="ClusterProviderConfig/default",quota="NetworkInterfacesPerRegion"} 5000
provider_aws_eni_quota{config="ClusterProviderConfig/default",quota="SecurityGroupsPerNetworkInterface"} 5
# HELP provider_aws_eni_quota_used How much of a quota all programs of the account use, by provider config and name.
# TYPE provider_aws_eni_quota_used gauge
provider_aws_eni_quota_used{config="ClusterProviderConfig/default",quota="NetworkInterfacesPerRegion"} 4100
# HELP provider_aws_eni_subnet_addresses IPv4 addresses of a subnet that EC2 assigns, by provider config and subnet.
# TYPE provider_aws_eni_subnet_addresses gauge
provider_aws_eni_subnet_addresses{config="ClusterProviderConfig/default",subnet="subnet-1"} 251
provider_aws_eni_subnet_addresses{config="ProviderConfig/team-a/own",subnet="subnet-1"} 251
# HELP provider_aws_eni_subnet_free_addresses Free IPv4 addresses of a subnet, by provider config and subnet.
# TYPE provider_aws_eni_subnet_free_addresses gauge
provider_aws_eni_subnet_free_addresses{config="ClusterProviderConfig/default",subnet="subnet-1"} 12
provider_aws_eni_subnet_free_addresses{config="ProviderConfig/team-a/own",subnet="subnet-1"} 12
`
	if err := testutil.CollectAndCompare(c, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// TestReasonsAreBounded writes many reasons, as an agent of another program could.
func TestReasonsAreBounded(t *testing.T) {
	var objects []client.Object
	for i := range 2 * maxReasons {
		h := &v1alpha1.HostInterface{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint(i)}}
		h.SetConditions(v1alpha1.NotReady(xpv2.ConditionReason(fmt.Sprint("Reason", i)), ""))
		objects = append(objects, h)
	}
	if n := testutil.CollectAndCount(collector(t, objects...), "provider_aws_eni_objects_not_ready"); n != maxReasons+1 {
		t.Errorf("%d series, want %d reasons and Other", n, maxReasons)
	}
}
