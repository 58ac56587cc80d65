// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package cni verifies that the CNI plugins of a cluster cooperate with ENIs that they do not
// manage: the VPC CNI, Cilium, Multus and the SR-IOV network device plugin. It reads their
// DaemonSets and settings, and computes how many pods the VPC CNI has addresses for on a node
// with such ENIs.
//
// The facts about the VPC CNI are of its README and of pkg/ipamd/ipamd.go, at v1.23:
// https://github.com/aws/amazon-vpc-cni-k8s.
package cni
