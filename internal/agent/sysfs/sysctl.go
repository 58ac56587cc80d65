package sysfs

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// DefaultLink stands for the values that a new link gets, in place of a link's
// name.
const DefaultLink = "default"

// A Sysctl names a setting of one link: /proc/sys/net/FAMILY/conf/LINK/NAME.
type Sysctl struct {
	// Family is ipv4 or ipv6.
	Family string
	Link   string
	Name   string
}

// String is how sysctl(8) spells it: with the dots of a link name as slashes.
func (s Sysctl) String() string {
	return "net." + s.Family + ".conf." + strings.ReplaceAll(s.Link, ".", "/") + "." + s.Name
}

// Sysctls are the settings of links, below a root that is a /proc.
type Sysctls struct {
	fs *FS
	in func(func() error) error

	family, link, name *regexp.Regexp
}

// NewSysctls returns the settings below a root. What in calls sees the network
// namespace meant: /proc/sys/net shows that of the reading thread.
func NewSysctls(proc *FS, in func(func() error) error) *Sysctls {
	return &Sysctls{
		fs:     proc,
		in:     in,
		family: regexp.MustCompile(`^ipv[46]$`),
		link:   regexp.MustCompile(`^[^/\s\x00]{1,15}$`),
		name:   regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`),
	}
}

// path checks each part before it becomes one of a path. "all" is refused as
// link: it would change every link of the host.
func (s *Sysctls) path(c Sysctl) (string, error) {
	switch {
	case !s.family.MatchString(c.Family), !s.name.MatchString(c.Name), !s.link.MatchString(c.Link),
		c.Link == ".", c.Link == "..", c.Link == "all":
		return "", errors.Errorf("cannot use %q: not a setting of a link", c)
	}
	return path.Join("sys/net", c.Family, "conf", c.Link, c.Name), nil
}

// Get returns a setting, and false if the kernel does not offer it, as it does
// not for IPv6 on a link whose MTU is below 1280.
func (s *Sysctls) Get(c Sysctl) (string, bool, error) {
	p, err := s.path(c)
	if err != nil {
		return "", false, err
	}
	var value string
	err = s.in(func() error {
		value, err = s.fs.Read(p)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return value, err == nil, err
}

// Set writes a setting of one link; not the one that new links get. It writes
// nothing if check fails, which is asked when no other link can be meant any more:
// the kernel takes the files of a link away when it is renamed, and those who have
// one open then write to nothing (ENOENT).
func (s *Sysctls) Set(c Sysctl, value string, check func() error) error {
	p, err := s.path(c)
	if err != nil {
		return err
	}
	if c.Link == DefaultLink {
		return errors.Errorf("cannot set %q: it is not a setting of one link", c)
	}
	return s.in(func() error { return s.fs.writeIf(p, value, check) })
}
