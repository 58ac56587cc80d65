// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"strconv"
	"strings"
)

func (c *cloud) instanceFields() map[string]func(*instance) []string {
	// EC2 filters instances by their interfaces: any of an instance's interfaces may match.
	viaENI := func(f func(*eni) []string) func(*instance) []string {
		return func(i *instance) []string {
			var out []string
			for _, e := range i.attached() {
				out = append(out, f(e)...)
			}
			return out
		}
	}
	viaPrimary := func(f func(*eni) []string) func(*instance) []string {
		return func(i *instance) []string {
			p := i.primary()
			if p == nil {
				return nil
			}
			return f(p)
		}
	}
	fields := map[string]func(*instance) []string{
		"availability-zone":    one(func(i *instance) string { return i.subnet.zone }),
		"availability-zone-id": one(func(i *instance) string { return c.zoneID(i.subnet.zone) }),
		"client-token":         one(func(i *instance) string { return i.token }),
		"image-id":             one(func(i *instance) string { return i.image }),
		"instance-id":          one(func(i *instance) string { return i.id }),
		"instance-state-code":  one(func(i *instance) string { return strconv.Itoa(stateCode(i.state)) }),
		"instance-state-name":  one(func(i *instance) string { return i.state }),
		"instance-type":        one(func(i *instance) string { return i.spec.name }),
		"owner-id":             one(func(*instance) string { return c.opts.AccountID }),
		"private-dns-name":     one(func(i *instance) string { return c.privateDNS(i.address()) }),
		"private-ip-address":   one(func(i *instance) string { return addrText(i.address()) }),
		"reservation-id":       one(func(i *instance) string { return i.reservation }),
		"subnet-id":            one(func(i *instance) string { return i.subnet.id }),
		"vpc-id":               one(func(i *instance) string { return i.subnet.vpc.id }),
		"instance.group-id":    viaPrimary(func(p *eni) []string { return p.groups }),
		"instance.group-name":  viaPrimary(func(p *eni) []string { return c.groupNames(p.groups) }),
		"source-dest-check":    viaPrimary(yes(func(p *eni) bool { return !p.noCheck })),
		"ipv6-address":         viaPrimary(func(p *eni) []string { return strs(p.v6.addrs[:min(1, len(p.v6.addrs))]) }),
		"architecture":         constant[*instance]("x86_64"),
		"dns-name":             none[*instance],
		"ena-support":          constant[*instance]("true"),
		"hypervisor":           constant[*instance]("xen"),
		"ip-address":           none[*instance],
		"launch-index":         one(func(i *instance) string { return strconv.Itoa(i.index) }),
		"launch-time":          one(func(i *instance) string { return i.launched.UTC().Format(timeFormat) }),
		"tenancy":              constant[*instance]("default"),
		"virtualization-type":  constant[*instance]("hvm"),
	}
	for name, f := range c.eniFields() {
		fields["network-interface."+name] = viaENI(f)
	}
	for name, f := range c.eniFieldsOfInstances() {
		fields["network-interface."+name] = viaENI(f)
	}
	return fields
}

// eniFieldsOfInstances returns the filters on network interfaces that DescribeInstances has, and
// DescribeNetworkInterfaces does not have.
func (c *cloud) eniFieldsOfInstances() map[string]func(*eni) []string {
	all := c.associationFields()
	return map[string]func(*eni) []string{
		"addresses.association.allocation-id":     all["addresses.association.allocation-id"],
		"addresses.association.association-id":    all["addresses.association.association-id"],
		"addresses.association.carrier-ip":        none[*eni],
		"addresses.association.customer-owned-ip": none[*eni],
		"addresses.association.ip-owner-id":       all["addresses.association.ip-owner-id"],
		"addresses.association.public-dns-name":   all["addresses.association.public-dns-name"],
		"addresses.private-dns-name": func(e *eni) []string {
			out := []string{}
			for _, a := range e.v4.addrs {
				out = append(out, c.privateDNS(a))
			}
			return out
		},
		"association.carrier-ip":        none[*eni],
		"association.customer-owned-ip": none[*eni],
		"deny-all-igw-traffic":          constant[*eni]("false"),
		"ipv4-prefixes.ipv4-prefix":     func(e *eni) []string { return strs(e.v4.blocks) },
		"ipv6-address":                  func(e *eni) []string { return strs(e.v6.addrs[:min(1, len(e.v6.addrs))]) },
		"ipv6-addresses.is-primary-ipv6": func(e *eni) []string {
			out := []string{}
			for i := range e.v6.addrs {
				out = append(out, strconv.FormatBool(e.primaryV6 && i == 0))
			}
			return out
		},
		"ipv6-native":               constant[*eni]("false"),
		"ipv6-prefixes.ipv6-prefix": func(e *eni) []string { return strs(e.v6.blocks) },
		"outpost-arn":               none[*eni],
		"public-dns-name":           none[*eni],
		"tag-key":                   func(e *eni) []string { return e.tags.keys(c.now) },
		"tag-value": func(e *eni) []string {
			out := []string{}
			for _, k := range e.tags.keys(c.now) {
				v, _ := e.tags.get(k, c.now)
				out = append(out, v)
			}
			return out
		},
	}
}

// instancesUnsupported returns the filters of DescribeInstances that the emulator does not support.
func instancesUnsupported() []string {
	return strings.Fields("affinity block-device-mapping.attach-time block-device-mapping.delete-on-termination " +
		"block-device-mapping.device-name block-device-mapping.status block-device-mapping.volume-id boot-mode capacity-reservation-id " +
		"capacity-reservation-specification.capacity-reservation-preference " +
		"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-id " +
		"capacity-reservation-specification.capacity-reservation-target.capacity-reservation-resource-group-arn " +
		"current-instance-boot-mode ebs-optimized enclave-options.enabled hibernation-options.configured host-id " +
		"iam-instance-profile.arn iam-instance-profile.id iam-instance-profile.name instance-lifecycle kernel-id key-name " +
		"maintenance-options.auto-recovery metadata-options.http-endpoint metadata-options.http-protocol-ipv4 " +
		"metadata-options.http-protocol-ipv6 metadata-options.http-put-response-hop-limit metadata-options.http-tokens " +
		"metadata-options.instance-metadata-tags metadata-options.state monitoring-state network-performance-options.bandwidth-weighting " +
		"operator.managed operator.principal outpost-arn placement-group-name placement-partition-number platform platform-details " +
		"private-dns-name-options.enable-resource-name-dns-a-record private-dns-name-options.enable-resource-name-dns-aaaa-record " +
		"private-dns-name-options.hostname-type product-code product-code.type ramdisk-id reason requester-id root-device-name " +
		"root-device-type spot-instance-request-id state-reason-code state-reason-message tpm-support usage-operation " +
		"usage-operation-update-time")
}
