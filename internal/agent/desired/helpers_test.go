// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package desired

import (
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

const mac1 = "02:00:00:00:00:01"

// hif returns a HostInterface.
func hif(name, mac string, index int32, change ...func(*v1alpha1.HostInterface)) *v1alpha1.HostInterface {
	hi := &v1alpha1.HostInterface{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec: v1alpha1.HostInterfaceSpec{
			NodeName: "node-a", NetworkInterfaceID: "eni-" + name, MACAddress: mac, DeviceIndex: index,
			SubnetCIDR: "10.0.1.0/24", SubnetIPv6CIDRs: []string{"2001:db8:1::/64"},
			Config: v1alpha1.HostConfig{Driver: v1alpha1.DriverKernel, Addressing: v1alpha1.AddressingNone},
		},
	}
	for _, c := range change {
		c(hi)
	}
	return hi
}

func addressing(m v1alpha1.AddressingMode, addresses ...string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.Addressing = m
		for _, a := range addresses {
			if strings.Contains(a, ":") {
				hi.Spec.IPv6Addresses = append(hi.Spec.IPv6Addresses, a)
			} else {
				hi.Spec.PrivateIPs = append(hi.Spec.PrivateIPs, a)
			}
		}
	}
}

func mtu(m int32) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.MTU = &m }
}

func altNames(names ...string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.AltNames = names }
}

func rename(name string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.InterfaceName = new(name) }
}

func userspace(driver v1alpha1.DPDKDriver) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.Driver, hi.Spec.Config.DPDK = v1alpha1.DriverDPDK, &v1alpha1.DPDKConfig{Driver: driver}
	}
}

func resource(name string) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) { hi.Spec.Config.ResourceName = new(v1alpha1.ResourceName(name)) }
}

func readiness(resource string, capacity, interfaces int32) func(*v1alpha1.HostInterface) {
	return func(hi *v1alpha1.HostInterface) {
		hi.Spec.Config.Readiness = &v1alpha1.HostReadiness{Resource: resource, Capacity: capacity, Interfaces: interfaces}
	}
}
