// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

const (
	// maxName is Kubernetes' limit of a qualified name, without its prefix.
	maxName = 63

	// The plugin listens at socketDir/PREFIX_NAME.sock for each pool with a device. If
	// the path exceeds maxSocketPath, the length of sun_path of unix(7), the plugin exits
	// with all its pools. Kubelets without a plugin registry have a shorter directory.
	maxSocketPath = 107
	socketDir     = "/var/lib/kubelet/plugins_registry/"

	// maxResource is the length of a resource's prefix and name together, without the
	// slash.
	maxResource = maxSocketPath - len(socketDir) - len("_") - len(".sock")
)

// A Resource is an extended resource under which devices are offered.
type Resource struct {
	Prefix, Name string
}

// String returns prefix/name, as pods request it.
func (r Resource) String() string { return r.Prefix + "/" + r.Name }

// Compare compares resources by prefix and name.
func (r Resource) Compare(o Resource) int {
	return cmp.Or(cmp.Compare(r.Prefix, o.Prefix), cmp.Compare(r.Name, o.Name))
}

// ParseResource parses prefix/name, or a name with a default prefix. It rejects names
// that the plugin or the kubelet would reject, as either then rejects all other pools,
// too.
func ParseResource(s, defaultPrefix string) (Resource, error) {
	prefix, name, ok := strings.Cut(s, "/")
	if !ok {
		prefix, name = defaultPrefix, s
	}
	r := Resource{Prefix: prefix, Name: name}
	return r, errors.Wrapf(r.validate(), "cannot offer devices as %q", s)
}

func (r Resource) validate() error {
	if err := r.validateLength(); err != nil {
		return err
	}
	if err := validatePrefix(r.Prefix); err != nil {
		return err
	}
	return validateName(r.Name)
}

func (r Resource) validateLength() error {
	if n := len(r.Prefix) + len(r.Name); n > maxResource {
		return errors.Errorf("prefix and name have %d characters: use at most %d together, the limit of the device plugin's socket", n, maxResource)
	}
	return nil
}

func validatePrefix(p string) error {
	switch {
	case strings.HasSuffix(p, "kubernetes.io"): // As Kubernetes checks, without a dot before it.
		return errors.Errorf("prefix %q is reserved for Kubernetes: use your own domain, such as intel.com", p)
	case strings.HasPrefix(p, "requests."):
		return errors.Errorf("prefix %q denotes a quota: remove \"requests.\"", p)
	case len(validation.IsDNS1123Subdomain(p)) > 0:
		return errors.Errorf("prefix %q is not a DNS name: use lower case letters, digits, '-' and '.', such as intel.com", p)
	}
	return nil
}

func validateName(n string) error {
	fixed := strings.Trim(strings.Map(underscore("-"), n), "_-")
	switch {
	case n == "":
		return errors.New("it has no name: use prefix/name, such as intel.com/sriov_dpdk")
	case len(n) > maxName:
		return errors.Errorf("name has %d characters: use at most %d", len(n), maxName)
	case fixed == "":
		return errors.Errorf("name %q has no letter or digit: use letters, digits, '-' and '_', such as sriov_dpdk", n)
	case fixed != n:
		return errors.Errorf("name %q is not supported by the device plugin: use letters, digits, '-' and '_', with a letter or digit at both ends, such as %q", n, fixed)
	}
	return nil
}

// underscore replaces each character with an underscore that is neither a letter, a
// digit, nor in keep.
func underscore(keep string) func(rune) rune {
	return func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune(keep, r) {
			return r
		}
		return '_'
	}
}

// DefaultName returns the default resource name for an object with a Kubernetes name,
// such as a NodeENI: the name with underscores. If another object could have the same
// resource name, or the name is too long, it ends with a hash.
func DefaultName(of string) string {
	name := strings.Trim(strings.Map(underscore(""), of), "_")
	// Replacing hyphens is reversible, as Kubernetes names have no underscores.
	if strings.ReplaceAll(name, "_", "-") == of && len(name) <= maxName {
		return name
	}
	return withHash(name, of, maxName)
}

// FitName returns a default name that the plugin accepts with a prefix: if it is too
// long, it ends with a hash.
func FitName(name, prefix string) string {
	room := maxResource - len(prefix)
	if len(name) <= room || room < 2*hashDigits {
		return name
	}
	return withHash(name, name, room)
}

// hashDigits is the length of the hash of a default name.
const hashDigits = 8

// withHash truncates a name to a length that includes a hash of another text.
func withHash(name, of string, length int) string {
	sum := sha256.Sum256([]byte(of))
	name = strings.TrimRight(name[:min(len(name), length-hashDigits-1)], "_")
	return strings.TrimLeft(name+"_"+hex.EncodeToString(sum[:])[:hashDigits], "_")
}
