// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package networkinterface

import "net/netip"

// gateway returns the address of the VPC router in a subnet, the network address plus one,
// or "" if the CIDR is invalid:
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func gateway(cidr string) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return ""
	}
	return p.Masked().Addr().Next().String()
}
