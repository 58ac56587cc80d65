// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package sysfs

import (
	"io/fs"
	"path"
	"regexp"
	"strings"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// DefaultLink is the link name of the values that new links inherit.
const DefaultLink = "default"

// A Sysctl is a setting of one link: /proc/sys/net/FAMILY/conf/LINK/NAME.
type Sysctl struct {
	// Family is ipv4 or ipv6.
	Family string
	Link   string
	Name   string
}

// String formats the setting as sysctl(8) does: dots in the link name become slashes.
func (s Sysctl) String() string {
	return "net." + s.Family + ".conf." + strings.ReplaceAll(s.Link, ".", "/") + "." + s.Name
}

// Sysctls reads and writes settings of links below a root that is a /proc.
type Sysctls struct {
	fs          *FS
	inNamespace func(func() error) error

	family, link, name *regexp.Regexp
}

// NewSysctls returns the settings below a root. inNamespace calls a function in the
// network namespace of the links: /proc/sys/net shows the namespace of the calling
// thread.
func NewSysctls(proc *FS, inNamespace func(func() error) error) *Sysctls {
	return &Sysctls{
		fs:          proc,
		inNamespace: inNamespace,
		family:      regexp.MustCompile(`^ipv[46]$`),
		link:        regexp.MustCompile(`^[^/\s\x00]{1,15}$`),
		name:        regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`),
	}
}

// path validates each part before it is used in a path. It rejects the link "all",
// which would change every link of the host.
func (s *Sysctls) path(c Sysctl) (string, error) {
	switch {
	case !s.family.MatchString(c.Family), !s.name.MatchString(c.Name), !s.link.MatchString(c.Link),
		c.Link == ".", c.Link == "..", c.Link == "all":
		return "", errors.Errorf("invalid setting of a link %q", c)
	}
	return path.Join("sys/net", c.Family, "conf", c.Link, c.Name), nil
}

// Get returns a setting. It reports false if the kernel does not have it, for example
// an IPv6 setting of a link with an MTU below 1280.
func (s *Sysctls) Get(c Sysctl) (string, bool, error) {
	p, err := s.path(c)
	if err != nil {
		return "", false, err
	}
	var value string
	err = s.inNamespace(func() error {
		value, err = s.fs.Read(p)
		return err
	})
	if errors.Is(err, fs.ErrNotExist) {
		return "", false, nil
	}
	return value, err == nil, err
}

// Set writes a setting of one link. It rejects DefaultLink. It calls check after
// opening the file, and writes nothing if check fails: the kernel replaces the files of
// a link when the link is renamed, and a write to an old file fails with ENOENT.
func (s *Sysctls) Set(c Sysctl, value string, check func() error) error {
	p, err := s.path(c)
	if err != nil {
		return err
	}
	if c.Link == DefaultLink {
		return errors.Errorf("cannot set %q: not a setting of one link", c)
	}
	return s.inNamespace(func() error { return s.fs.writeIf(p, value, check) })
}
