// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"encoding/json"
	"io/fs"
	"net/netip"
	"os"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Allocations returns the addresses that host-local has allocated in a network, from its
// directory of networks, such as /var/lib/cni/networks. host-local has a file for each
// address, with the address as its name.
func Allocations(dir, network string) ([]netip.Addr, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrap(err, "cannot open the directory of host-local")
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	entries, err := fs.ReadDir(root.FS(), network)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, errors.Wrapf(err, "cannot list the addresses of network %q", network)
	}
	var out []netip.Addr
	for _, e := range entries {
		if a, err := netip.ParseAddr(e.Name()); err == nil {
			out = append(out, a)
		}
	}
	return out, nil
}

// Networks returns the networks of which host-local has allocated addresses, from its
// directory of networks. It returns none if the directory cannot be read.
func Networks(dir string) []string {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	entries, err := fs.ReadDir(root.FS(), ".")
	if err != nil {
		return nil
	}
	var out []string
	for _, e := range entries {
		if e.IsDir() {
			out = append(out, e.Name())
		}
	}
	return out
}

// Offers reports whether a file offers addresses of a prefix to pods.
func Offers(content []byte, p netip.Prefix) bool {
	l := configList{}
	if json.Unmarshal(content, &l) != nil {
		return false
	}
	for _, c := range l.Plugins {
		if c.IPAM == nil {
			continue
		}
		for _, set := range c.IPAM.Ranges {
			for _, r := range set {
				first, err := netip.ParseAddr(r.Start)
				if err == nil && p.Contains(first) {
					return true
				}
			}
		}
	}
	return false
}
