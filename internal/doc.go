// Package internal is the map of this provider: how a NodeENI becomes a
// configured interface.
//
//	NodeENI ──▶ NetworkInterface            ──▶ EC2: one ENI
//	        └─▶ NetworkInterfaceAttachment  ──▶ EC2: that ENI on one instance
//	                     │
//	                     └─▶ HostInterface  ──▶ the node's kernel: one link, prepared
//
// Each object has one writer of its spec and one of its status, and each arrow
// is one controller, which looks at the object on its left and at the world on
// its right, and makes the world more like the object. None calls another: they
// meet in the API server.
//
//  1. controller/nodeeni expands a NodeENI. It gathers the nodes that match and
//     the subnets that are named, has package eni decide which ENIs should be,
//     and applies a NetworkInterface and a NetworkInterfaceAttachment for each.
//     Their name is a hash of the NodeENI, the node and the subnet, so that
//     there can be no second one.
//  2. controller/networkinterface makes the ENI. Its client token and a tag with
//     the object's UID make an interrupted create find what it made, or repeat
//     it, never double it. From then on it corrects what drifts.
//  3. controller/networkinterfaceattachment attaches the ENI to the node's
//     instance, at the lowest free device index that is allowed, and never
//     waits for EC2: it looks again.
//  4. controller/hostinterface projects the attachment to a HostInterface, with
//     all that the node must know, and holds a finalizer on the attachment.
//  5. agent, on the node, finds the link by its MAC address, compares it with
//     what the HostInterface asks for, plans the steps, takes them, and reports.
//
// Things go away in the other order, whoever deletes what first: the agent lets
// go of the link, the hold on the attachment is dropped, the ENI is detached,
// and then it is deleted.
//
// # What knows what
//
//	eni            the rules of the domain: no cloud, no kernel, no API server
//	clients/ec2    EC2: its calls, its errors, how names become ids
//	controller     the API server on one side, clients/ec2 on the other
//	agent          the API server on one side, the kernel on the other
//	ec2emulator    EC2 for tests and the demo; no program that ships links it
//
// The arrows of import are cmd to controller to clients/ec2 to eni, cmd to agent to
// agent/plan, agent/host and below, and both to eni to apis. The client of EC2
// changes no ENI without a permit of package eni, whose gate decides whether an
// object may change an ENI. The provider
// links no netlink and the agent no EC2 client. The tests of this package hold
// these rules, and say why.
//
// # Where to begin reading
//
// Three files hold the decisions, each beside its test, whose reasons read
// alone are the specification:
//
//	eni/children.go                         which ENIs should be
//	controller/networkinterface/external.go how one ENI is kept as it should be
//	agent/plan/plan.go                      the steps that a host needs, and their order
package internal
