package deviceplugin

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// Limits of names, by Kubernetes: of a qualified name, and of a prefix that has
// "requests." put before it in a quota.
const (
	maxName   = 63
	maxPrefix = 253 - len("requests.")
)

// A Resource is the extended resource under which devices are offered.
type Resource struct {
	Prefix, Name string
}

// String is how pods ask for it: prefix/name.
func (r Resource) String() string { return r.Prefix + "/" + r.Name }

// Compare orders resources by prefix and name.
func (r Resource) Compare(o Resource) int {
	return cmp.Or(cmp.Compare(r.Prefix, o.Prefix), cmp.Compare(r.Name, o.Name))
}

// ParseResource reads prefix/name, or a name to which a prefix is given. What
// the plugin or the kubelet would refuse is refused here, as either refuses all
// other pools with it.
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
		return errors.Errorf("its prefix has %d characters: write at most %d, so that a quota can name it", len(p), maxPrefix)
	case strings.HasSuffix(p, "kubernetes.io"): // As Kubernetes asks, without a dot before it.
		return errors.Errorf("its prefix %q is reserved for Kubernetes: write a domain of your own, such as intel.com", p)
	case strings.HasPrefix(p, "requests."):
		return errors.Errorf("its prefix %q means a quota: write it without \"requests.\"", p)
	case len(validation.IsDNS1123Subdomain(p)) > 0:
		return errors.Errorf("its prefix %q is not a DNS name: write lower case letters, digits, '-' and '.', such as intel.com", p)
	}
	return nil
}

func validateName(n string) error {
	fixed := strings.Trim(strings.Map(underscore, n), "_")
	switch {
	case n == "":
		return errors.New("it has no name: write prefix/name, such as intel.com/sriov_dpdk")
	case len(n) > maxName:
		return errors.Errorf("its name has %d characters: write at most %d", len(n), maxName)
	case fixed == "":
		return errors.Errorf("its name %q has no letter and no digit: write letters, digits and '_', such as sriov_dpdk", n)
	case fixed != n:
		return errors.Errorf("its name %q is not one that the device plugin takes: write %q, of letters, digits and '_', with a letter or digit at both ends", n, fixed)
	}
	return nil
}

// underscore makes each character one that the plugin takes in a name.
func underscore(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' {
		return r
	}
	return '_'
}

// DefaultName returns the name of the resource of what has a name in Kubernetes,
// such as a NodeENI. It is its name with underscores; two names that would then
// be the same, or one that is too long, have a hash at the end.
func DefaultName(of string) string {
	const digits = 8
	name := strings.Trim(strings.Map(underscore, of), "_")
	// Of "a-b" nothing is lost, as no name in Kubernetes has an underscore.
	if strings.ReplaceAll(name, "_", "-") == of && len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(of))
	name = strings.TrimRight(name[:min(len(name), maxName-digits-1)], "_")
	return strings.TrimLeft(name+"_"+hex.EncodeToString(sum[:])[:digits], "_")
}
