// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"math"
	"net/netip"
)

// A pool is the address space of one CIDR block of a subnet: single addresses and delegated prefixes.
type pool struct {
	cidr netip.Prefix
	// blockBits is the length of a delegated prefix: 28 for IPv4, 80 for IPv6.
	blockBits int
	// last address of the block, which EC2 reserves, like the first four.
	last netip.Addr
	// used maps each single address to the network interface that has it.
	used map[netip.Addr]string
	// blocks maps each delegated prefix to its network interface.
	blocks map[netip.Prefix]string
	// singles counts the single addresses in each block-sized range, to find a free range without a scan.
	singles map[netip.Prefix]int
	// cursor is the start of the search for a free address: EC2 does not immediately reuse a released address.
	cursor netip.Addr
}

// reservedFirst is the number of addresses at the start of a subnet that EC2 reserves.
const reservedFirst = 4

func newPool(cidr netip.Prefix) *pool {
	p := &pool{
		cidr: cidr, blockBits: 28, last: lastAddr(cidr),
		used: map[netip.Addr]string{}, blocks: map[netip.Prefix]string{}, singles: map[netip.Prefix]int{},
	}
	if cidr.Addr().Is6() {
		p.blockBits = 80
	}
	p.cursor = p.first()
	return p
}

// A claim contains addresses and prefixes of one pool.
type claim struct {
	addrs  []netip.Addr
	blocks []netip.Prefix
}

// A demand contains the addresses and prefixes that a call requests, by value or by count.
type demand struct {
	addrs      []netip.Addr
	count      int
	blocks     []netip.Prefix
	blockCount int
}

func (p *pool) first() netip.Addr {
	a := p.cidr.Addr()
	for range reservedFirst {
		a = a.Next()
	}
	return a
}

func (p *pool) reserved(a netip.Addr) bool { return a.Less(p.first()) || a == p.last }

// blockOf returns the block-sized range that contains a.
func (p *pool) blockOf(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a, p.blockBits).Masked() }

// held reports whether a is assigned to a network interface, by itself or in a prefix.
func (p *pool) held(a netip.Addr) bool {
	_, single := p.used[a]
	_, block := p.blocks[p.blockOf(a)]
	return single || block
}

// free returns the number of free addresses: EC2's AvailableIpAddressCount.
func (p *pool) free() int {
	size := math.Pow(2, float64(p.cidr.Addr().BitLen()-p.cidr.Bits()))
	per := math.Pow(2, float64(p.cidr.Addr().BitLen()-p.blockBits))
	left := size - reservedFirst - 1 - float64(len(p.used)) - per*float64(len(p.blocks))
	return int(min(left, math.MaxInt32))
}

// plan finds free addresses for d, without taking them. Addresses by count follow addresses by value.
func (p *pool) plan(d demand) (claim, error) {
	c := claim{}
	taken := map[netip.Addr]bool{}
	for _, a := range d.addrs {
		if err := p.check(a); err != nil {
			return claim{}, err
		}
		if taken[a] {
			return claim{}, errInvalid("Duplicate address %s in the request", a)
		}
		taken[a] = true
		c.addrs = append(c.addrs, a)
	}
	if d.count > p.free()-len(d.addrs) {
		return claim{}, errNoFreeAddresses()
	}
	for a := p.cursor; d.count > 0; a = p.after(a) {
		if !p.held(a) && !taken[a] && !p.reserved(a) {
			taken[a] = true
			c.addrs = append(c.addrs, a)
			d.count--
		}
	}
	blocks, err := p.planBlocks(d, c.addrs)
	c.blocks = blocks
	return c, err
}

func (p *pool) planBlocks(d demand, addrs []netip.Addr) ([]netip.Prefix, error) {
	out := []netip.Prefix{}
	busy := map[netip.Prefix]bool{}
	for _, a := range addrs {
		busy[p.blockOf(a)] = true
	}
	for _, b := range d.blocks {
		if b.Bits() != p.blockBits || b.Masked() != b || !p.cidr.Contains(b.Addr()) {
			return nil, errInvalid("The prefix %s is not a /%d block of the subnet's address range", b, p.blockBits)
		}
		if busy[b] || !p.blockFree(b) {
			return nil, failf("InvalidIPAddress.InUse", "The prefix %s is already in use.", b)
		}
		busy[b] = true
		out = append(out, b)
	}
	if d.blockCount == 0 {
		return out, nil
	}
	if per := math.Pow(2, float64(p.cidr.Addr().BitLen()-p.blockBits)); float64(d.blockCount)*per > float64(p.free()) && p.cidr.Addr().Is4() {
		return nil, errInvalid("There aren't sufficient free Ipv4 addresses or prefixes")
	}
	// Addresses are assigned from the bottom, prefixes from the top, so that addresses fragment few ranges.
	for b := p.blockOf(p.last); d.blockCount > 0; b = p.blockOf(b.Addr().Prev()) {
		if !p.cidr.Contains(b.Addr()) || b.Bits() < p.cidr.Bits() {
			return nil, failf("InsufficientCidrBlocks", "The specified subnet does not have enough free cidr blocks to satisfy the request.")
		}
		if !busy[b] && p.blockFree(b) {
			busy[b] = true
			out = append(out, b)
			d.blockCount--
		}
	}
	return out, nil
}

func (p *pool) blockFree(b netip.Prefix) bool {
	_, held := p.blocks[b]
	return !held && p.singles[b] == 0 && b != p.blockOf(p.cidr.Addr()) && b != p.blockOf(p.last)
}

// check returns an error for an address that cannot be assigned.
func (p *pool) check(a netip.Addr) error {
	if !p.cidr.Contains(a) {
		return errInvalid("Address %s does not fall within the subnet's address range", a)
	}
	if p.reserved(a) {
		return errInvalid("Address %s is in subnet's reserved address range", a)
	}
	if p.held(a) {
		return failf("InvalidIPAddress.InUse", "The specified address is already in use. Address: %s", a)
	}
	return nil
}

// take assigns c to the network interface.
func (p *pool) take(c claim, owner string) {
	for _, a := range c.addrs {
		p.used[a] = owner
		p.singles[p.blockOf(a)]++
		p.cursor = p.after(a)
	}
	for _, b := range c.blocks {
		p.blocks[b] = owner
	}
}

// release unassigns c.
func (p *pool) release(c claim) {
	for _, a := range c.addrs {
		delete(p.used, a)
		p.singles[p.blockOf(a)]--
	}
	for _, b := range c.blocks {
		delete(p.blocks, b)
	}
}

// after returns the next address; after the last usable address, the first.
func (p *pool) after(a netip.Addr) netip.Addr {
	next := a.Next()
	if !next.IsValid() || !p.cidr.Contains(next) || next == p.last {
		return p.first()
	}
	return next
}

func lastAddr(p netip.Prefix) netip.Addr {
	raw := p.Addr().AsSlice()
	for bit := p.Bits(); bit < len(raw)*8; bit++ {
		raw[bit/8] |= 1 << (7 - bit%8)
	}
	a, _ := netip.AddrFromSlice(raw)
	return a
}

func errNoFreeAddresses() error {
	return failf("InsufficientFreeAddressesInSubnet", "The specified subnet does not have enough free addresses to satisfy the request.")
}
