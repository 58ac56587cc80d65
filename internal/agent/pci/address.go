package pci

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Largest device and function of an address: five bits and three.
const (
	maxDevice   = 0x1f
	maxFunction = 0x7
)

// An Address is where a function is on the PCI buses of a host. It can be
// compared, and be the key of a map.
type Address struct {
	// Domain is 0 on most hosts. It has more than four digits behind a VMD
	// controller, whose domains begin at 0x10000.
	Domain                uint32
	Bus, Device, Function uint8
}

// ParseAddress reads domain:bus:device.function, in hexadecimal digits of
// either case. The domain may be left out and is then 0; otherwise it has four
// to eight digits, a bus and a device two, a function one.
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
		return Address{}, errors.Errorf("cannot parse PCI address %q: want domain:bus:device.function, such as 0000:00:06.0", s)
	}
	return Address{Domain: uint32(d), Bus: uint8(b), Device: uint8(v), Function: uint8(f)}, nil //nolint:gosec // hex has checked the ranges.
}

// hex reads a number of so many hexadecimal digits, without sign or prefix.
func hex(s string, minDigits, maxDigits int, largest uint64) (uint64, bool) {
	if len(s) < minDigits || len(s) > maxDigits {
		return 0, false
	}
	// ParseUint takes a number with a base of 16 without sign, prefix and
	// underscore, which is what is wanted.
	n, err := strconv.ParseUint(s, 16, 64)
	return n, err == nil && n <= largest
}

// String spells the address as sysfs does: in lower case, with its domain.
func (a Address) String() string {
	return fmt.Sprintf("%04x:%02x:%02x.%x", a.Domain, a.Bus, a.Device, a.Function)
}

// MarshalText spells the address as String does, for files and logs.
func (a Address) MarshalText() ([]byte, error) { return []byte(a.String()), nil }

// UnmarshalText reads what ParseAddress reads.
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
