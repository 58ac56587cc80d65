// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cni

// prefixAddresses is the number of addresses of a prefix that the VPC CNI assigns.
const prefixAddresses = 16

// hostPods is how many pods without an address of their own the usual formula of max-pods adds,
// for the VPC CNI and kube-proxy:
// https://github.com/awslabs/amazon-eks-ami/blob/main/nodeadm/internal/kubelet/eni-max-pods.txt
const hostPods = 2

// A NodeGroup is a number of nodes with the same instance type and the same number of ENIs.
type NodeGroup struct {
	InstanceType string
	// Limit is how many ENIs network card 0 supports, and Addresses how many IPv4 addresses
	// each of them has.
	Limit, Addresses int32
	// Ours is how many ENIs of the provider each node has, or is to have, on network card 0.
	Ours int32
	// Nodes is the number of nodes, and Example the name of one.
	Nodes   int32
	Example string
	// MaxPods is how many pods the kubelet of that node accepts; 0 if not known.
	MaxPods int32
	// Tainted is true if only pods that tolerate all taints start before the ENIs are attached:
	// each NodeENI of the nodes has a startup taint.
	Tainted bool
}

// Settings are settings with which the VPC CNI has addresses for all pods of a node, and leaves
// the places of the provider's ENIs free.
type Settings struct {
	// MaxENI is MAX_ENI of the VPC CNI, or 0 if it need not be set.
	MaxENI int32
	// MaxPods is the largest number of pods of the kubelet.
	MaxPods int32
	// ReservedENIs is RESERVED_ENIS of Karpenter, which computes max-pods of its nodes.
	ReservedENIs int32
}

// Settings returns the settings for a group of nodes. They are zero if the plugin uses only the
// primary ENI.
func (v *VPCCNI) Settings(g NodeGroup) Settings {
	if v.IPv6 || g.Limit == 0 || g.Addresses == 0 {
		return Settings{}
	}
	set := *v
	var s Settings
	if left := max(1, g.Limit-g.Ours); v.Attaches && (!g.Tainted || v.atStart(g)+g.Ours > g.Limit) {
		set.MaxENI = left
		if v.MaxENI > 0 {
			set.MaxENI = min(left, v.MaxENI)
		}
		s.MaxENI = set.MaxENI
	}
	usable := set.usable(g)
	s.MaxPods = set.pods(usable, g.Addresses)
	if g.MaxPods > 0 {
		s.MaxPods = min(s.MaxPods, g.MaxPods)
	}
	s.ReservedENIs = g.Limit - usable
	return s
}

// usable returns how many ENIs the plugin uses for pods when the provider's ENIs are attached.
// It subtracts ENIs that it does not manage from MAX_ENI, or from the instance type's limit. It
// always manages the primary ENI.
func (v *VPCCNI) usable(g NodeGroup) int32 {
	n := g.Limit
	if v.MaxENI > 0 {
		n = min(n, v.MaxENI)
	}
	n -= g.Ours
	if v.PodENI {
		n--
	}
	n = max(1, n)
	if v.CustomNetworking {
		n--
	}
	return n
}

// pods returns how many pods have addresses with a number of ENIs. The first address of an ENI is
// its own.
func (v *VPCCNI) pods(enis, addresses int32) int32 {
	n := enis * (addresses - 1)
	if v.Prefixes {
		n *= prefixAddresses
	}
	return n + hostPods
}

// demand returns how many ENIs the plugin attaches for a number of pods, the primary one included.
func (v *VPCCNI) demand(pods, addresses int32) int32 {
	per := max(1, addresses-1)
	if v.Prefixes {
		per *= prefixAddresses
	}
	need := (max(0, pods-hostPods) + v.WarmIPs + per - 1) / per
	if v.WarmENI {
		need++
	}
	if v.CustomNetworking {
		need++
	}
	if v.PodENI {
		need++
	}
	return max(1, need)
}

// atStart returns how many ENIs the plugin attaches to a node with a startup taint before the
// provider's ENIs are attached: pods of DaemonSets that tolerate all taints may have addresses.
func (v *VPCCNI) atStart(g NodeGroup) int32 {
	return min(g.Limit, v.demand(hostPods+1, g.Addresses))
}

// takesPlaces reports whether the plugin can attach so many ENIs before the provider's ENIs are
// attached that they have no place.
func (v *VPCCNI) takesPlaces(g NodeGroup) bool {
	if !v.Attaches || g.Limit <= g.Ours {
		return false
	}
	n := min(g.Limit, v.demand(g.MaxPods, g.Addresses))
	if g.Tainted {
		n = v.atStart(g)
	} else if g.MaxPods == 0 {
		return false
	}
	if v.MaxENI > 0 {
		n = min(n, v.MaxENI)
	}
	return n+g.Ours > g.Limit
}
