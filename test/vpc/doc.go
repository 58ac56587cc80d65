// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package vpc forwards packets between the ENIs of the EC2 emulator, and drops what EC2 drops.
//
// The VPC is a network namespace. Each attached ENI is a pair of veth links: the near end
// appears in the network namespace of the instance with the ENI's MAC address, the far end is
// in the namespace of the VPC.
//
//	┌ instance ───────┐        ┌ VPC ─────────────────────────────────────┐
//	│ ens7  (the MAC) ├────────┤ v1  the subnet's router: 10.0.1.1        │
//	└─────────────────┘        │     and fe80:ec2::1                      │
//	┌ instance ───────┐        │ routes: each address and prefix of an    │
//	│ ens7            ├────────┤ v2      ENI, to its far end; others drop │
//	└─────────────────┘        └──────────────────────────────────────────┘
//
// A packet arrives at an ENI if EC2 has assigned its destination to the ENI. A packet leaves
// an ENI if EC2 has assigned its source to the ENI, or if the ENI's source/destination check
// is disabled. ARP requests and neighbor solicitations are answered for addresses of other
// ENIs and of the router, never for an address that no ENI has. There is no broadcast and no
// multicast. A packet has at most 9001 bytes. A DHCP server offers each ENI its primary
// address.
//
// Four things differ from EC2. The router answers pings. Frames may have any MAC address, so
// that macvlan works, for kernels without ipvlan; EC2 requires the MAC address of the ENI.
// Security groups and route tables have no effect.
//
// vpc.go contains the namespace, link.go the links, routes.go keeps routes and source checks
// in step with the emulator, neighbors.go answers neighbor solicitations, dhcp.go is the DHCP
// server.
package vpc
