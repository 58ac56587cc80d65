// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package multus

import (
	"encoding/json"
	"io/fs"
	"os"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// DefaultCNIConfigDir is the directory from which the container runtime reads the CNI
// configuration of pods.
const DefaultCNIConfigDir = "/etc/cni/net.d"

// A Primary is the CNI configuration with which the container runtime starts pods.
type Primary struct {
	// File is the name of the configuration's file: the first one in the directory that the
	// container runtime reads. Empty if there is none.
	File string
	// Multus is true if the configuration runs Multus. Pods that start with another one get
	// no further interfaces.
	Multus bool
}

// ReadPrimary returns the CNI configuration of the container runtime, from its directory.
func ReadPrimary(dir string) (Primary, error) {
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return Primary{}, nil
	}
	if err != nil {
		return Primary{}, errors.Wrap(err, "cannot open the directory of the CNI configuration")
	}
	defer root.Close()                         //nolint:errcheck // Nothing was written.
	entries, err := fs.ReadDir(root.FS(), ".") // sorted by name, as containerd and CRI-O read them
	if err != nil {
		return Primary{}, errors.Wrap(err, "cannot list the directory of the CNI configuration")
	}
	for _, e := range entries {
		if !isConfig(e) {
			continue
		}
		raw, err := read(root, e.Name())
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return Primary{}, errors.Wrapf(err, "cannot read the CNI configuration %q", e.Name())
		}
		return Primary{File: e.Name(), Multus: runsMultus(raw)}, nil
	}
	return Primary{}, nil
}

// runsMultus reports whether a CNI configuration, or a list of them, runs a plugin of Multus:
// multus, or multus-shim with the daemon.
func runsMultus(raw []byte) bool {
	c := struct {
		Type    string `json:"type"`
		Plugins []struct {
			Type string `json:"type"`
		} `json:"plugins"`
	}{}
	if json.Unmarshal(raw, &c) != nil {
		return false
	}
	for _, p := range c.Plugins {
		if strings.HasPrefix(p.Type, "multus") {
			return true
		}
	}
	return strings.HasPrefix(c.Type, "multus")
}
