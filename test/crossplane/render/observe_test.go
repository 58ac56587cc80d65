// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package render

import (
	"fmt"
	"slices"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	ec2v1alpha1 "github.com/nodeeni/provider-aws-eni/apis/ec2/v1alpha1"
	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// observe returns composed resources as the API server has them once the provider has
// created, attached and configured the ENIs. The n-th ENI has the address 10.0.n.10,
// unless its spec has another one.
func observe(t *testing.T, composed map[string]*unstructured.Unstructured) map[string]observed {
	t.Helper()
	names := make([]string, 0, len(composed))
	for name := range composed {
		names = append(names, name)
	}
	slices.Sort(names)
	out, n := map[string]observed{}, map[string]int{}
	for _, name := range names {
		u := composed[name].DeepCopy()
		u.SetUID("00000000-0000-0000-0000-000000000000")
		n[u.GetKind()]++
		var connection map[string][]byte
		switch u.GetKind() {
		case "NetworkInterface":
			connection = observeInterface(t, u, n[u.GetKind()])
		case "NetworkInterfaceAttachment":
			connection = observeAttachment(t, u, n[u.GetKind()])
		case "NodeENI":
			observeNodeENI(t, u)
		}
		out[name] = observed{object: u, connection: connection}
	}
	return out
}

func observeInterface(t *testing.T, u *unstructured.Unstructured, n int) map[string][]byte {
	t.Helper()
	mg := &ec2v1alpha1.NetworkInterface{}
	into(t, u.Object, mg)
	p, o := mg.Spec.ForProvider, &mg.Status.AtProvider
	o.ID = fmt.Sprintf("eni-%017d", n)
	o.MACAddress = fmt.Sprintf("0a:00:00:00:00:%02x", n)
	o.PrivateIP = fmt.Sprintf("10.0.%d.10", n)
	if p.PrivateIP != nil {
		o.PrivateIP = string(*p.PrivateIP)
	}
	o.SubnetCIDR = fmt.Sprintf("10.0.%d.0/24", n)
	for _, a := range p.IPv6Addresses {
		o.IPv6Addresses = append(o.IPv6Addresses, string(a))
	}
	if p.IPv6AddressCount != nil {
		for i := range *p.IPv6AddressCount {
			o.IPv6Addresses = append(o.IPv6Addresses, fmt.Sprintf("2600:1f13::%d:%d", n, i+1))
		}
	}
	mg.SetConditions(xpv2.Available(), xpv2.ReconcileSuccess())
	from(t, mg, u)
	if mg.Spec.WriteConnectionSecretToReference == nil {
		return nil
	}
	return map[string][]byte{
		"networkInterfaceId": []byte(o.ID), "macAddress": []byte(o.MACAddress), "privateIp": []byte(o.PrivateIP),
		"subnetCidr": []byte(o.SubnetCIDR), "gateway": fmt.Appendf(nil, "10.0.%d.1", n),
	}
}

func observeAttachment(t *testing.T, u *unstructured.Unstructured, n int) map[string][]byte {
	t.Helper()
	mg := &ec2v1alpha1.NetworkInterfaceAttachment{}
	into(t, u.Object, mg)
	p, o := mg.Spec.ForProvider, &mg.Status.AtProvider
	o.AttachmentID = fmt.Sprintf("eni-attach-%017d", n)
	o.NetworkInterfaceID = fmt.Sprintf("eni-%017d", n)
	o.InstanceID = "i-0123456789abcdef0"
	index := int32(2)
	if p.DeviceIndex != nil {
		index = *p.DeviceIndex
	}
	o.DeviceIndex = &index
	mg.SetConditions(xpv2.Available(), xpv2.ReconcileSuccess())
	from(t, mg, u)
	if mg.Spec.WriteConnectionSecretToReference == nil {
		return nil
	}
	return map[string][]byte{
		"attachmentId": []byte(o.AttachmentID), "networkInterfaceId": []byte(o.NetworkInterfaceID),
		"instanceId": []byte(o.InstanceID), "deviceIndex": fmt.Appendf(nil, "%d", index),
	}
}

func observeNodeENI(t *testing.T, u *unstructured.Unstructured) {
	t.Helper()
	n := &networkingv1alpha1.NodeENI{}
	into(t, u.Object, n)
	n.Status.Nodes, n.Status.Desired, n.Status.Attached, n.Status.Ready = 3, 3, 3, 3
	n.SetConditions(networkingv1alpha1.Ready(networkingv1alpha1.ReasonAllReady, ""), xpv2.ReconcileSuccess())
	from(t, n, u)
}

func into(t *testing.T, object map[string]any, to any) {
	t.Helper()
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object, to); err != nil {
		t.Fatal(err)
	}
}

func from(t *testing.T, object any, to *unstructured.Unstructured) {
	t.Helper()
	o, err := runtime.DefaultUnstructuredConverter.ToUnstructured(object)
	if err != nil {
		t.Fatal(err)
	}
	to.Object = o
}
