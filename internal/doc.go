// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package internal documents the architecture of this provider: how a NodeENI becomes
// a configured interface.
//
//	NodeENI ──▶ NetworkInterface            ──▶ EC2: one ENI
//	        └─▶ NetworkInterfaceAttachment  ──▶ EC2: that ENI on one instance
//	                     │
//	                     └─▶ HostInterface  ──▶ the node's kernel: one configured link
//
// The spec and the status of each object have one writer each. Each arrow is one
// controller, which reconciles the object on its left with the objects or external
// resources on its right. Controllers communicate only through the API server.
//
//  1. controller/nodeeni expands a NodeENI. It lists the matching nodes, resolves the
//     subnets, computes the desired ENIs with package eni, and applies a
//     NetworkInterface and a NetworkInterfaceAttachment for each. Their name is a hash
//     of the NodeENI, the node and the subnet, so that there are no duplicates. It also
//     sets the readiness of nodes, and with podnetwork creates networks for pods.
//  2. controller/networkinterface creates the ENI and corrects drift. By its client
//     token and a tag with the object's UID, an interrupted create finds the ENI that
//     it created, or is retried, but never creates a second ENI.
//  3. controller/networkinterfaceattachment attaches the ENI to the node's instance, at
//     the lowest free device index. It never blocks on EC2: it requeues.
//  4. controller/hostinterface creates a HostInterface with the configuration that the
//     node's agent needs, and sets a finalizer on the attachment.
//  5. agent, on the node, finds the link by its MAC address, compares it with the
//     HostInterface, plans and executes the steps, and updates the status.
//
// Deletion runs in reverse order, whichever object is deleted first: the agent releases
// the link, the finalizer is removed from the attachment, the ENI is detached, and the
// ENI is deleted.
//
// controller/nodeeniplan predicts for a NodeENIPlan what controllers 1 to 3 would do after a
// change, with their code and an overlay in place of the API server.
//
// # Dependencies
//
//	eni            pure functions: no calls to EC2, the kernel or the API server
//	clients/ec2    EC2: calls, errors, resolution of names to ids
//	controller     the API server and clients/ec2
//	agent          the API server and the kernel
//	kubectl        the API server: the plugin kubectl eni, which only creates plans
//	ec2emulator    EC2 for tests and the demo; not linked into shipped programs
//
// Imports go from cmd to controller to clients/ec2 to eni, from cmd to agent to
// agent/plan, agent/host and below, and from both to eni to apis. The EC2 client
// changes an ENI only with a Permit of package eni, which decides whether an object may
// change an ENI. The provider does not link netlink, and the agent does not link the EC2
// client. The tests of this package enforce these rules and give the reasons.
//
// # Where to begin reading
//
// Three files contain the main decisions. The reasons in their tests are the
// specification:
//
//	eni/children.go                         which ENIs are desired
//	controller/networkinterface/external.go how one ENI is reconciled
//	agent/plan/plan.go                      the steps on a host, and their order
package internal
