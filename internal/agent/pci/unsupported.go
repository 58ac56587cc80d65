//go:build !linux

package pci

import (
	"os"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

func finit(_ *os.File, _ bool) error {
	return errors.New("this is not Linux")
}

// Release returns an error: kernel modules require Linux.
func Release() (string, error) {
	return "", errors.New("cannot read the release of the kernel: this is not Linux")
}

func finitHint(_ error, _ bool) string { return "" }
