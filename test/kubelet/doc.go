// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package kubelet runs a real kubelet with containerd, for tests of the node agent's
// use of the PodResources API and of pods with devices.
//
//	k, err := kubelet.Start(ctx, kubelet.Options{    // dir: the output of test/kubelet/ensure.sh
//		Programs: dir, Kubeconfig: kubeconfig,
//	})
//	p, err := k.StartPlugin(ctx, file)               // simulates the SR-IOV plugin
//	err = kube.Create(ctx, kubelet.Pod("holder", "intel.com/dpdk"))
//	socket := k.PodResources()
//
// It runs in its own mount and PID namespaces, which are deleted with it: the machine's
// kernel settings, iptables and /var/lib/kubelet are not changed. Pods use the host
// network, unless the node has a CNI configuration. Several kubelets run beside each other
// in network namespaces of their own. A kubelet that was powered off boots with the files
// of its node, and a kubelet that restarts finds its pods running. It requires root.
//
// kubelet.go contains the life cycle of the kubelet, pod.go and image.go its pods and
// images, plugin.go a simulation of the SR-IOV network device plugin.
package kubelet
