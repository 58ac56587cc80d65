// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package node tests pods that use ENIs through Multus, on real kubelets, with the Helm chart
// as it ships, over a data plane that drops what EC2 drops.
//
// Everything runs in network namespaces, whose names begin with enode and the id of the test's
// process:
//
//	┌ control ─────────────────────────────────────────────────────────┐
//	│ this test, the EC2 emulator, etcd, kube-controller-manager,      │
//	│ kube-scheduler, kube-apiserver at 10.96.0.1:443 (no kube-proxy)  │
//	│ bridge nodes: 192.0.2.1                                          │
//	└──────┬───────────────────────────────────────────────┬───────────┘
//	┌ node1│───────────────────────────────┐  ┌ node2 ─────│──────────┐
//	│ ens5 192.0.2.11                      │  │ ens5 192.0.2.12       │
//	│ kubelet, containerd                  │  │ …                     │
//	│ pods: Multus, provider, agent (chart)│  │                       │
//	│ ┌ pod ─────────────────────────────┐ │  │ ┌ pod ──────────────┐ │
//	│ │ eth0 10.244.1.0/24 (ptp)         │ │  │ │ eth0 10.244.2.0/24│ │
//	│ │ net1 an address of the ENI       │ │  │ │ net1              │ │
//	│ └──┬───────────────────────────────┘ │  │ └──┬────────────────┘ │
//	│    │ macvlan                         │  │    │                  │
//	│  ens6: an ENI, named uplink-0        │  │  ens6                 │
//	└────┬─────────────────────────────────┘  └────┬──────────────────┘
//	┌ vpc┴─────────────────────────────────────────┴──────────────────┐
//	│ package test/vpc: addresses that EC2 assigned, and no others    │
//	└─────────────────────────────────────────────────────────────────┘
//
// A node has also a mount namespace and a PID namespace, see package test/kubelet. Its files
// below /etc/cni, /var/lib/cni, /var/lib/kubelet and the files of containerd survive a reboot, the
// network namespace and /run do not.
//
// Two things differ from EKS. Pods use macvlan where EC2 requires ipvlan, which this kernel may
// not have: with macvlan each pod has its own MAC address. The agent accepts veth links, because
// a network namespace has no PCI devices.
//
// main_test.go creates the namespaces and builds the programs; cluster_test.go and
// control_test.go start the cluster, which all tests share; node_test.go contains the life of
// a node, release_test.go Multus and the Helm chart, workload_test.go what happens to pods,
// pods_test.go their interfaces and pings. probe is the program in the pods. servers contains the modules of Multus and
// the CNI plugins, which ensure.sh builds.
package node
