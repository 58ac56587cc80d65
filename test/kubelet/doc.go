// Package kubelet runs a real kubelet with containerd, for tests of what the node
// agent learns from one and of what pods get from a device plugin.
//
//	k, err := kubelet.Start(ctx, folder, kubeconfig) // folder: what test/kubelet/ensure.sh printed
//	p, err := k.StartPlugin(ctx, file)               // what the SR-IOV plugin would offer
//	err = kube.Create(ctx, kubelet.Pod("holder", "intel.com/dpdk"))
//	socket := k.PodResources()
//
// It runs in mount and PID namespaces of its own, which end with it: the machine's
// kernel settings, its iptables and its /var/lib/kubelet are not touched. Pods use
// the machine's network. It needs root.
//
// It reads top to bottom: kubelet.go the kubelet's life, pod.go and image.go
// its pods and what is in them, plugin.go a stand-in for the SR-IOV network device plugin.
package kubelet
