// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Maximum device and function number: five bits and three bits.
const (
	maxDevice   = 0x1f
	maxFunction = 0x7
)

// An Address identifies a PCI function of a host. It is comparable, and usable as a map
// key.
type Address struct {
	// Domain is 0 on most hosts. Devices behind a VMD controller have domains from
	// 0x10000, which have more than four digits.
	Domain                uint32
	Bus, Device, Function uint8
}

// ParseAddress parses domain:bus:device.function, in hexadecimal digits of either case.
// The domain has four to eight digits, bus and device have two, the function has one. A
// missing domain is 0.
func ParseAddress(s string) (Address, error) {
	rest := s
	domain := "0000"
	if strings.Count(s, ":") > 1 {
		domain, rest, _ = strings.Cut(s, ":")
	}
	bus, rest, _ := strings.Cut(rest, ":")
	device, function, _ := strings.Cut(rest, ".")

	d, okDomain := hex(domain, 4, 8, 1<<32-1)
	b, okBus := hex(bus, 2, 2, 1<<8-1)
	v, okDevice := hex(device, 2, 2, maxDevice)
	f, okFunction := hex(function, 1, 1, maxFunction)
	if !okDomain || !okBus || !okDevice || !okFunction {
		return Address{}, errors.Errorf("cannot parse PCI address %q: must be domain:bus:device.function, such as 0000:00:06.0", s)
	}
	return Address{Domain: uint32(d), Bus: uint8(b), Device: uint8(v), Function: uint8(f)}, nil //nolint:gosec // hex has checked the ranges.
}

// hex parses a hexadecimal number of minDigits to maxDigits digits, without sign or
// prefix.
func hex(s string, minDigits, maxDigits int, largest uint64) (uint64, bool) {
	if len(s) < minDigits || len(s) > maxDigits {
		return 0, false
	}
	// With base 16, ParseUint accepts neither a sign, a prefix nor underscores.
	n, err := strconv.ParseUint(s, 16, 64)
	return n, err == nil && n <= largest
}

// String formats the address as sysfs does: in lower case, with its domain.
func (a Address) String() string {
	return fmt.Sprintf("%04x:%02x:%02x.%x", a.Domain, a.Bus, a.Device, a.Function)
}

// MarshalText implements encoding.TextMarshaler.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (a *Address) UnmarshalText(text []byte) error {
	parsed, err := ParseAddress(string(text))
	if err != nil {
		return err
	}
	*a = parsed
	return nil
}

// Compare orders addresses as sysfs lists them.
func (a Address) Compare(b Address) int {
	return cmp.Or(
		cmp.Compare(a.Domain, b.Domain),
		cmp.Compare(a.Bus, b.Bus),
		cmp.Compare(a.Device, b.Device),
		cmp.Compare(a.Function, b.Function),
	)
}
