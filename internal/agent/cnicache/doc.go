// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package cnicache names the pod of a network namespace, from the results of CNI plugins
// that the container runtime and Multus cache on the node: /var/lib/cni/results and
// /var/lib/cni/multus/results.
//
// A result has the pod's name and the names of the interfaces, on the host and in the pod.
// The kernel knows in which namespace these interfaces are. So the agent needs no
// permission to read pods from the API server, and enters no namespace. Without the
// directory, or for a pod whose plugins report too little, the pod is not known.
//
//	cache.go  reads the results
//	match.go  matches the results with the links of a node
package cnicache
