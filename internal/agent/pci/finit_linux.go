// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package pci

import (
	"os"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// finit loads the module in an open file.
func finit(f *os.File, compressed bool) error {
	flags := 0
	if compressed {
		flags = unix.MODULE_INIT_COMPRESSED_FILE
	}
	return unix.FinitModule(int(f.Fd()), "", flags)
}

// Release returns the release of the running kernel, as uname -r does.
func Release() (string, error) {
	var u unix.Utsname
	if err := unix.Uname(&u); err != nil {
		return "", errors.Wrap(err, "cannot read the release of the kernel")
	}
	return unix.ByteSliceToString(u.Release[:]), nil
}

// finitHint explains an error of finit_module(2) whose errno text is misleading.
func finitHint(err error, compressed bool) string {
	switch {
	case compressed && (errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.EINVAL)):
		return " (it cannot decompress the module: CONFIG_MODULE_DECOMPRESS is not set, or set for another format)"
	case errors.Is(err, syscall.EPERM):
		return " (the agent lacks CAP_SYS_MODULE, the kernel is locked down, or kernel.modules_disabled is set)"
	case errors.Is(err, syscall.EKEYREJECTED), errors.Is(err, syscall.ENOKEY), errors.Is(err, syscall.EBADMSG):
		return " (the module is not signed by a key that the kernel trusts)"
	case errors.Is(err, syscall.ENOEXEC):
		return " (the module was built for another kernel)"
	case errors.Is(err, syscall.ENOENT):
		return " (the module uses a symbol that the kernel does not have)"
	}
	return ""
}
