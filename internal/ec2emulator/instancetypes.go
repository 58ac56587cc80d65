// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"slices"
	"strconv"
	"strings"
)

// An instanceType contains the network properties of an instance type.
type instanceType struct {
	name        string
	vcpus       int
	memoryMiB   int
	cards       []card
	ipv4        int
	ipv6        int
	performance string
	// efas is the maximum number of Elastic Fabric Adapters; 0 is no support.
	efas int
	// srd is support for ENA Express.
	srd bool
	// queues is the maximum ENA queue count of an interface; 0 is no support for flexible queues.
	queues int
	metal  bool
}

// A card is one network card.
type card struct{ interfaces int }

// interfaces returns the maximum number of network interfaces on all cards.
func (t instanceType) interfaces() int {
	n := 0
	for _, c := range t.cards {
		n += c.interfaces
	}
	return n
}

// addressesFit returns an error if an interface has too many addresses. A prefix counts as one address.
func (t instanceType) addressesFit(v4, v6 claim) error {
	if len(v4.addrs)+len(v4.blocks) > t.ipv4 {
		return failf("PrivateIpAddressLimitExceeded", "Number of private addresses will exceed limit.")
	}
	if len(v6.addrs)+len(v6.blocks) > t.ipv6 {
		return failf("PrivateIpAddressLimitExceeded", "Number of IPv6 addresses will exceed limit.")
	}
	return nil
}

// instanceTypes returns a selection of real types: small and large, with one and several cards, EFA, ENA Express
// and bare metal. The limits are EC2's.
func instanceTypes() map[string]instanceType {
	cards := func(perCard ...int) []card {
		out := make([]card, 0, len(perCard))
		for _, n := range perCard {
			out = append(out, card{interfaces: n})
		}
		return out
	}
	m := map[string]instanceType{}
	add := func(name string, vcpus, gib int, performance string, perCard []card, ips int, more func(*instanceType)) {
		t := instanceType{name: name, vcpus: vcpus, memoryMiB: gib * 1024, performance: performance, cards: perCard, ipv4: ips, ipv6: ips}
		if more != nil {
			more(&t)
		}
		m[name] = t
	}
	efa := func(n int) func(*instanceType) { return func(t *instanceType) { t.efas = n } }
	metal := func(t *instanceType) { t.metal = true }

	add("t3.micro", 2, 1, "Up to 5 Gigabit", cards(2), 2, nil)
	add("t3.small", 2, 2, "Up to 5 Gigabit", cards(3), 4, nil)
	add("t3.medium", 2, 4, "Up to 5 Gigabit", cards(3), 6, nil)
	add("t3.large", 2, 8, "Up to 5 Gigabit", cards(3), 12, nil)
	add("t3.xlarge", 4, 16, "Up to 5 Gigabit", cards(4), 15, nil)
	add("m5.large", 2, 8, "Up to 10 Gigabit", cards(3), 10, nil)
	add("m5.xlarge", 4, 16, "Up to 10 Gigabit", cards(4), 15, nil)
	add("m5.2xlarge", 8, 32, "Up to 10 Gigabit", cards(4), 15, nil)
	add("m5.4xlarge", 16, 64, "Up to 10 Gigabit", cards(8), 30, nil)
	add("m5.12xlarge", 48, 192, "12 Gigabit", cards(8), 30, nil)
	add("m5.24xlarge", 96, 384, "25 Gigabit", cards(15), 50, nil)
	add("m5.metal", 96, 384, "25 Gigabit", cards(15), 50, metal)
	add("m6i.large", 2, 8, "Up to 12.5 Gigabit", cards(3), 10, nil)
	add("m6i.4xlarge", 16, 64, "Up to 12.5 Gigabit", cards(8), 30, nil)
	add("m6i.32xlarge", 128, 512, "50 Gigabit", cards(15), 50, func(t *instanceType) { t.efas, t.srd = 1, true })
	add("m6i.metal", 128, 512, "50 Gigabit", cards(15), 50, func(t *instanceType) { t.efas, t.srd, t.metal = 1, true, true })
	add("c5.large", 2, 4, "Up to 10 Gigabit", cards(3), 10, nil)
	add("c5n.large", 2, 5, "Up to 25 Gigabit", cards(3), 10, nil)
	add("c5n.4xlarge", 16, 42, "Up to 25 Gigabit", cards(8), 30, nil)
	add("c5n.18xlarge", 72, 192, "100 Gigabit", cards(15), 50, efa(1))
	add("c5n.metal", 72, 192, "100 Gigabit", cards(15), 50, func(t *instanceType) { t.efas, t.metal = 1, true })
	add("c6in.large", 2, 4, "Up to 25 Gigabit", cards(3), 10, func(t *instanceType) { t.queues = 2 })
	add("c6in.16xlarge", 64, 128, "100 Gigabit", cards(15), 50, func(t *instanceType) { t.efas, t.srd, t.queues = 1, true, 32 })
	add("c6in.32xlarge", 128, 256, "200 Gigabit", cards(8, 8), 50, func(t *instanceType) { t.efas, t.srd, t.queues = 2, true, 32 })
	add("m7g.large", 2, 8, "Up to 12.5 Gigabit", cards(3), 10, nil)
	add("p4d.24xlarge", 96, 1152, "4x 100 Gigabit", cards(15, 15, 15, 15), 50, efa(4))
	return m
}

// maxTypesPage is EC2's limit for MaxResults of DescribeInstanceTypes.
const maxTypesPage = 100

// typesUnsupported returns the filters of DescribeInstanceTypes that the emulator does not support.
func typesUnsupported() []string {
	return strings.Fields("auto-recovery-supported burstable-performance-supported dedicated-hosts-supported " +
		"ebs-info.attachment-limit-type ebs-info.ebs-optimized-info.baseline-bandwidth-in-mbps ebs-info.ebs-optimized-info.baseline-iops " +
		"ebs-info.ebs-optimized-info.baseline-throughput-in-mbps ebs-info.ebs-optimized-info.maximum-bandwidth-in-mbps " +
		"ebs-info.ebs-optimized-info.maximum-iops ebs-info.ebs-optimized-info.maximum-throughput-in-mbps ebs-info.ebs-optimized-support " +
		"ebs-info.encryption-support ebs-info.maximum-ebs-attachments ebs-info.nvme-support free-tier-eligible hibernation-supported " +
		"instance-storage-info.disk.count instance-storage-info.disk.size-in-gb instance-storage-info.disk.type " +
		"instance-storage-info.encryption-support instance-storage-info.nvme-support instance-storage-info.total-size-in-gb " +
		"instance-storage-supported network-info.bandwidth-weightings nitro-enclaves-support nitro-tpm-info.supported-versions " +
		"nitro-tpm-support processor-info.supported-architecture processor-info.supported-features " +
		"processor-info.sustained-clock-speed-in-ghz reboot-migration-support supported-boot-mode supported-root-device-type " +
		"supported-usage-class supported-virtualization-type vcpu-info.default-cores vcpu-info.default-threads-per-core " +
		"vcpu-info.valid-cores vcpu-info.valid-threads-per-core")
}

// flexibleQueues returns "supported" for a type with flexible ENA queues.
func (t instanceType) flexibleQueues() string {
	if t.queues > 0 {
		return "supported"
	}
	return "unsupported"
}

func (c *call) describeInstanceTypes() ([]node, error) {
	types := instanceTypes()
	rows := make([]instanceType, 0, len(types))
	names := c.params.list("InstanceType")
	for _, n := range names {
		if _, ok := types[n]; !ok {
			return nil, errNoType(names, types)
		}
		rows = append(rows, types[n])
	}
	if len(names) == 0 {
		rows = sorted(types)
	}
	slices.SortFunc(rows, func(a, b instanceType) int {
		if a.name < b.name {
			return -1
		}
		return 1
	})
	rows = slices.CompactFunc(rows, func(a, b instanceType) bool { return a.name == b.name })
	q := query[instanceType]{
		fields: map[string]func(instanceType) []string{
			"instance-type":      one(func(t instanceType) string { return t.name }),
			"bare-metal":         yes(func(t instanceType) bool { return t.metal }),
			"current-generation": yes(func(instanceType) bool { return true }),
			"hypervisor": func(t instanceType) []string {
				if t.metal {
					return nil
				}
				return []string{"nitro"}
			},
			"memory-info.size-in-mib": one(func(t instanceType) string { return strconv.Itoa(t.memoryMiB) }),
			"network-info.efa-info.maximum-efa-interfaces": func(t instanceType) []string {
				if t.efas == 0 {
					return nil
				}
				return []string{strconv.Itoa(t.efas)}
			},
			"network-info.efa-supported":                   yes(func(t instanceType) bool { return t.efas > 0 }),
			"network-info.ena-support":                     constant[instanceType]("required"),
			"network-info.encryption-in-transit-supported": constant[instanceType]("false"),
			"network-info.flexible-ena-queues-support":     one(instanceType.flexibleQueues),
			"network-info.ipv4-addresses-per-interface":    one(func(t instanceType) string { return strconv.Itoa(t.ipv4) }),
			"network-info.ipv6-addresses-per-interface":    one(func(t instanceType) string { return strconv.Itoa(t.ipv6) }),
			"network-info.ipv6-supported":                  constant[instanceType]("true"),
			"network-info.maximum-network-cards":           one(func(t instanceType) string { return strconv.Itoa(len(t.cards)) }),
			"network-info.maximum-network-interfaces":      one(func(t instanceType) string { return strconv.Itoa(t.interfaces()) }),
			"network-info.network-performance":             one(func(t instanceType) string { return t.performance }),
			"vcpu-info.default-vcpus":                      one(func(t instanceType) string { return strconv.Itoa(t.vcpus) }),
		},
		unsupported: typesUnsupported(),
		id:          func(t instanceType) string { return t.name },
		largestPage: maxTypesPage,
	}
	page, next, err := q.run(c, rows)
	if err != nil {
		return nil, err
	}
	return []node{set("instanceTypeSet", page, instanceType.nodes), opt("nextToken", next)}, nil
}

// errNoType returns the error for unknown types, listed in the order of the request.
func errNoType(names []string, types map[string]instanceType) error {
	missing := []string{}
	for _, n := range names {
		if _, ok := types[n]; !ok && !slices.Contains(missing, n) {
			missing = append(missing, n)
		}
	}
	return failf("InvalidInstanceType", "The following supplied instance types do not exist: [%s]", strings.Join(missing, ", "))
}

func (t instanceType) nodes() []node {
	return []node{
		leaf("instanceType", t.name), leaf("currentGeneration", true), leaf("bareMetal", t.metal),
		when(!t.metal, leaf("hypervisor", "nitro")),
		el("vCpuInfo", leaf("defaultVCpus", t.vcpus)), el("memoryInfo", leaf("sizeInMiB", t.memoryMiB)),
		t.networkInfo(),
	}
}

func (t instanceType) networkInfo() node {
	index := -1
	return el("networkInfo",
		leaf("networkPerformance", t.performance), leaf("maximumNetworkInterfaces", t.interfaces()),
		leaf("maximumNetworkCards", len(t.cards)), leaf("defaultNetworkCardIndex", 0),
		set("networkCards", t.cards, func(c card) []node {
			index++
			return []node{
				leaf("networkCardIndex", index), leaf("networkPerformance", t.performance), leaf("maximumNetworkInterfaces", c.interfaces),
				when(t.queues > 0, leaf("maximumEnaQueueCount", t.queues*c.interfaces)),
				when(t.queues > 0, leaf("maximumEnaQueueCountPerInterface", t.queues)),
				when(t.queues > 0, leaf("defaultEnaQueueCountPerInterface", min(8, t.queues))),
			}
		}),
		leaf("ipv4AddressesPerInterface", t.ipv4), leaf("ipv6AddressesPerInterface", t.ipv6), leaf("ipv6Supported", true),
		leaf("enaSupport", "required"), leaf("efaSupported", t.efas > 0),
		when(t.efas > 0, el("efaInfo", leaf("maximumEfaInterfaces", t.efas))),
		leaf("enaSrdSupported", t.srd), leaf("encryptionInTransitSupported", false), leaf("flexibleEnaQueuesSupport", t.flexibleQueues()),
	)
}
