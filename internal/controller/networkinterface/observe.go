// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import (
	"maps"
	"slices"
	"strings"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/reconciler/managed"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/eniview"
)

// observation returns the observed state of an ENI. subnet may be nil.
func observation(n *ec2types.NetworkInterface, subnet *ec2.Subnet) v1alpha1.NetworkInterfaceObservation {
	o := v1alpha1.NetworkInterfaceObservation{
		ID:               ptr.Deref(n.NetworkInterfaceId, ""),
		Status:           string(n.Status),
		InterfaceType:    string(n.InterfaceType),
		MACAddress:       strings.ToLower(ptr.Deref(n.MacAddress, "")),
		Description:      ptr.Deref(n.Description, ""),
		PrivateIP:        ptr.Deref(n.PrivateIpAddress, ""),
		PrivateIPs:       eniview.PrivateIPs(n),
		IPv4Prefixes:     eniview.IPv4Prefixes(n),
		IPv6Addresses:    eniview.IPv6Addresses(n),
		IPv6Prefixes:     eniview.IPv6Prefixes(n),
		PrivateDNSName:   ptr.Deref(n.PrivateDnsName, ""),
		SubnetID:         ptr.Deref(n.SubnetId, ""),
		VPCID:            ptr.Deref(n.VpcId, ""),
		AvailabilityZone: ptr.Deref(n.AvailabilityZone, ""),
		SecurityGroups:   eniview.SecurityGroupIDs(n),
		SourceDestCheck:  n.SourceDestCheck,
		OwnerID:          ptr.Deref(n.OwnerId, ""),
		RequesterManaged: ptr.Deref(n.RequesterManaged, false),
		OutpostARN:       ptr.Deref(n.OutpostArn, ""),
		Attachment:       attachment(n.Attachment),
	}
	o.ARN = arn(&o)
	o.ElasticIP = elasticIP(n)
	if n.Association != nil {
		o.PublicIP = ptr.Deref(n.Association.PublicIp, "")
	}
	if subnet != nil {
		o.SubnetCIDR = subnet.CIDR
		o.SubnetIPv6CIDRs = subnet.IPv6CIDRs
	}
	return o
}

func attachment(a *ec2types.NetworkInterfaceAttachment) *v1alpha1.NetworkInterfaceAttachmentState {
	if a == nil {
		return nil
	}
	s := &v1alpha1.NetworkInterfaceAttachmentState{
		AttachmentID: ptr.Deref(a.AttachmentId, ""), InstanceID: ptr.Deref(a.InstanceId, ""), InstanceOwnerID: ptr.Deref(a.InstanceOwnerId, ""),
		DeviceIndex: a.DeviceIndex, NetworkCardIndex: a.NetworkCardIndex, Status: string(a.Status), DeleteOnTermination: a.DeleteOnTermination,
	}
	if a.AttachTime != nil {
		s.AttachTime = &metav1.Time{Time: a.AttachTime.UTC().Truncate(time.Second)} // the API server's precision
	}
	return s
}

// arn returns the ARN of the ENI in the partition and region of its zone. The name of a
// Local Zone extends the region's: us-west-2-lax-1a.
func arn(o *v1alpha1.NetworkInterfaceObservation) string {
	if o.OwnerID == "" || o.AvailabilityZone == "" {
		return ""
	}
	region := o.AvailabilityZone
	if i := strings.IndexAny(region, "0123456789"); i >= 0 {
		region = region[:i+1]
	}
	partition := "aws"
	switch {
	case strings.HasPrefix(region, "cn-"):
		partition = "aws-cn"
	case strings.HasPrefix(region, "us-gov-"):
		partition = "aws-us-gov"
	}
	return "arn:" + partition + ":ec2:" + region + ":" + o.OwnerID + ":network-interface/" + o.ID
}

// readiness is available once EC2 has finished making the ENI, whether it is
// attached or not: attaching is another object's.
func readiness(n *ec2types.NetworkInterface) xpv2.Condition {
	if n.Status == statusPending || n.Status == "" {
		return xpv2.Creating()
	}
	return xpv2.Available()
}

// lateInitialize writes EC2's choice of the subnet to the spec if the spec has none.
func lateInitialize(mg *v1alpha1.NetworkInterface, n *ec2types.NetworkInterface) bool {
	if mg.Spec.ForProvider.SubnetID != nil || n.SubnetId == nil || *n.SubnetId == "" {
		return false
	}
	mg.Spec.ForProvider.SubnetID = new(v1alpha1.SubnetID(*n.SubnetId))
	return true
}

// managedTagKeys returns the keys of the ENI's tags that this provider manages: the desired
// tags, and earlier managed tags that the ENI still has.
func managedTagKeys(want, have map[string]string, before []string) []string {
	keys := map[string]bool{}
	for k := range want {
		keys[k] = true // if missing, it is about to be set
	}
	for _, k := range before {
		if _, ok := have[k]; ok {
			keys[k] = true
		}
	}
	return slices.Sorted(maps.Keys(keys))
}

// connectionDetails returns the connection details of the ENI, for use outside Kubernetes.
func connectionDetails(mg *v1alpha1.NetworkInterface) managed.ConnectionDetails {
	o := mg.Status.AtProvider
	d := managed.ConnectionDetails{
		"networkInterfaceId": []byte(o.ID),
		"macAddress":         []byte(o.MACAddress),
		"privateIp":          []byte(o.PrivateIP),
		"subnetCidr":         []byte(o.SubnetCIDR),
		"gateway":            []byte(gateway(o.SubnetCIDR)),
	}
	for k, v := range d {
		if len(v) == 0 {
			delete(d, k)
		}
	}
	return d
}

// statusPending is the status of an ENI that EC2 is creating. The SDK has no constant for
// it: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_NetworkInterface.html
const statusPending ec2types.NetworkInterfaceStatus = "pending"
