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

// canonicalIP returns the canonical form of an address, as EC2 returns it, so that two
// spellings are not drift.
func canonicalIP(s string) string {
	a, err := netip.ParseAddr(s)
	if err != nil {
		return s
	}
	return a.String()
}

func canonicalPrefixes[T ~string](ps []T) []string {
	var out []string
	for _, p := range ps {
		x, err := netip.ParsePrefix(string(p))
		if err != nil {
			out = append(out, string(p))
			continue
		}
		out = append(out, x.Masked().String())
	}
	return out
}
