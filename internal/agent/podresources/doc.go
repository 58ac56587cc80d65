// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package podresources lists which pods hold which devices of device plugins, from the
// kubelet of the node. Only the kubelet knows: a device plugin is notified of an
// allocation, but not of its end.
//
// It does not depend on the API server and caches nothing. It uses version 1 of the
// kubelet's PodResources API, over a Unix socket of the node.
package podresources
