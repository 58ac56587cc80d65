package networkinterface

import "net/netip"

// gateway returns the address of the VPC router in a subnet, which is the
// network's own plus one, or "" if the range is not one:
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
func gateway(cidr string) string {
	p, err := netip.ParsePrefix(cidr)
	if err != nil {
		return ""
	}
	return p.Masked().Addr().Next().String()
}
