// Package podresources asks the kubelet of this node which pods hold which
// devices of device plugins. The kubelet alone knows: the plugin is told when a
// device is given out, and never when it comes back.
//
// It refuses to know pods otherwise, needs no right in the API server, and keeps
// nothing between two questions. It speaks the API PodResources of the kubelet,
// version 1, over a socket of the node.
package podresources
