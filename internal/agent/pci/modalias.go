// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Modalias identifies the type of a device. All numbers are hexadecimal, in lower
// case, without 0x.
type Modalias struct {
	Vendor, Product            string
	SubsystemVendor, Subsystem string
	// Class consists of class, subclass and programming interface: 020000.
	Class string
}

// ParseModalias parses pci:v0000VVVVd0000DDDDsv0000SSSSsd0000SSSSbcCCscCCiCC.
func ParseModalias(s string) (Modalias, error) {
	bad := errors.Errorf("cannot parse modalias %q: must be pci:v…d…sv…sd…bc…sc…i…", s)
	rest, ok := strings.CutPrefix(s, "pci:")
	if !ok {
		return Modalias{}, bad
	}
	var fields [7]string
	for i, f := range []struct {
		letters string
		digits  int
	}{{"v", 8}, {"d", 8}, {"sv", 8}, {"sd", 8}, {"bc", 2}, {"sc", 2}, {"i", 2}} {
		if rest, ok = strings.CutPrefix(rest, f.letters); !ok || len(rest) < f.digits {
			return Modalias{}, bad
		}
		if _, ok := hex(rest[:f.digits], f.digits, f.digits, 1<<32-1); !ok {
			return Modalias{}, bad
		}
		fields[i], rest = strings.ToLower(rest[:f.digits]), rest[f.digits:]
	}
	if rest != "" {
		return Modalias{}, bad
	}
	short := func(s string) string { return strings.TrimPrefix(s, "0000") }
	return Modalias{
		Vendor:          short(fields[0]),
		Product:         short(fields[1]),
		SubsystemVendor: short(fields[2]),
		Subsystem:       short(fields[3]),
		Class:           fields[4] + fields[5] + fields[6],
	}, nil
}

// ParseUevent parses the KEY=VALUE lines of a uevent file. It skips other lines. The
// last line of a key takes precedence.
func ParseUevent(text string) map[string]string {
	uevent := map[string]string{}
	for line := range strings.Lines(text) {
		key, value, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "=")
		if ok && key != "" {
			uevent[key] = value
		}
	}
	return uevent
}
