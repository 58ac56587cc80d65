// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package extendedresource advertises whether the interfaces of a node are ready, as an
// extended resource of the node. The scheduler places pods that request the resource only on
// nodes whose interfaces are ready.
//
//	publisher.go     the interfaces of each resource, and whether it is allocatable
//	registration.go  the registration of a resource with the kubelet, and its retries
//	server.go        the device plugin API of one resource
//	socket.go        the sockets in the kubelet's directory
//
// The units of a resource are devices of the kubelet's device plugin API v1beta1 that stand
// for nothing: a container that gets one gets no file and no environment variable. They are
// healthy, and so allocatable, only while each interface of the resource is ready. Pods that
// have a unit keep it when the interfaces are not ready any more.
//
// # State
//
// Only interfaces that this process has observed count: after a boot of the node, an earlier
// status proves nothing. Until then, and while no agent runs, no unit is allocatable.
//
// # The kubelet
//
// At its start the kubelet removes every socket in its directory, and then creates the socket
// to register at. It keeps a connection to each registered plugin. A server whose socket was
// removed listens again, and a server without a connection registers again. The kubelet keeps
// the resource of a plugin that it lost as not allocatable, and after five minutes sets its
// capacity to zero.
//
// When a connection ends, the kubelet drops the registration of the resource that it has at
// that time, which can be a later one: the end of the earlier connection can follow it. So a
// registration is verified by its connection.
package extendedresource
