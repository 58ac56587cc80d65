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

// Kubernetes' limits of a qualified name, and of a prefix, which a quota prepends
// "requests." to.
const (
	maxName   = 63
	maxPrefix = 253 - len("requests.")
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
	if err := validatePrefix(r.Prefix); err != nil {
		return err
	}
	return validateName(r.Name)
}

func validatePrefix(p string) error {
	switch {
	case len(p) > maxPrefix:
		return errors.Errorf("prefix has %d characters: use at most %d, so that a quota can name it", len(p), maxPrefix)
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
	fixed := strings.Trim(strings.Map(underscore, n), "_")
	switch {
	case n == "":
		return errors.New("it has no name: use prefix/name, such as intel.com/sriov_dpdk")
	case len(n) > maxName:
		return errors.Errorf("name has %d characters: use at most %d", len(n), maxName)
	case fixed == "":
		return errors.Errorf("name %q has no letter or digit: use letters, digits and '_', such as sriov_dpdk", n)
	case fixed != n:
		return errors.Errorf("name %q is not supported by the device plugin: use letters, digits and '_', with a letter or digit at both ends, such as %q", n, fixed)
	}
	return nil
}

// underscore replaces each character that the plugin does not accept in a name.
func underscore(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

// DefaultName returns the default resource name for an object with a Kubernetes name,
// such as a NodeENI: the name with underscores. If another object could have the same
// resource name, or the name is too long, it ends with a hash.
func DefaultName(of string) string {
	const digits = 8
	name := strings.Trim(strings.Map(underscore, of), "_")
	// Replacing hyphens is reversible, as Kubernetes names have no underscores.
	if strings.ReplaceAll(name, "_", "-") == of && len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(of))
	name = strings.TrimRight(name[:min(len(name), maxName-digits-1)], "_")
	return strings.TrimLeft(name+"_"+hex.EncodeToString(sum[:])[:digits], "_")
}
