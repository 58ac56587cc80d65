// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// maxToken bounds a token file. EKS's tokens have less than 2 KiB.
const maxToken = 64 << 10

// tokenDirectories returns the directories of token files that a config may name. Their
// tokens are intended for STS. The pod's token for the Kubernetes API must not be sent
// anywhere else.
func tokenDirectories() []string {
	return []string{"/var/run/secrets/eks.amazonaws.com/serviceaccount", "/var/run/secrets/provider-aws-eni/tokens"}
}

// A tokenFile is a file with a token. It is read below its directory: no
// symbolic link leads out of it, as os.Root ensures. The links of a projected
// volume stay inside.
type tokenFile struct{ dir, name string }

// configuredToken returns the token file that a config names.
func configuredToken(dirs []string, path string) (tokenFile, error) {
	clean := filepath.Clean(path)
	for _, dir := range dirs {
		if name, ok := strings.CutPrefix(clean, dir+"/"); ok && !isKubernetesToken(clean) {
			return tokenFile{dir: dir, name: name}, nil
		}
	}
	return tokenFile{}, errors.Errorf("%q is not below %s: mount the token there", path, strings.Join(dirs, " or "))
}

// environmentToken returns the token file that the pod's environment names.
func environmentToken(path string) (tokenFile, error) {
	clean := filepath.Clean(path)
	if !filepath.IsAbs(clean) {
		return tokenFile{}, errors.Errorf("%q is not an absolute path", path)
	}
	if isKubernetesToken(clean) {
		return tokenFile{}, errors.Errorf("%q is a token for the Kubernetes API: use a projected token with the audience sts.amazonaws.com", path)
	}
	return tokenFile{dir: filepath.Dir(clean), name: filepath.Base(clean)}, nil
}

// isKubernetesToken reports whether a path is below the mount of the pod's token
// for the Kubernetes API, /var/run/secrets/kubernetes.io/serviceaccount.
func isKubernetesToken(clean string) bool {
	return strings.Contains(clean+"/", "/secrets/kubernetes.io/")
}

// GetIdentityToken reads the token. Its errors are TokenErrors.
func (f tokenFile) GetIdentityToken() ([]byte, error) {
	token, err := f.read()
	if err != nil {
		return nil, &awserr.TokenError{Err: err}
	}
	return token, nil
}

func (f tokenFile) read() ([]byte, error) {
	path := filepath.Join(f.dir, f.name)
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot read token file %q", path)
	}
	defer root.Close() //nolint:errcheck // nothing was written
	// A named pipe must not block the call.
	file, err := root.OpenFile(f.name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot read token file %q", path)
	}
	defer file.Close() //nolint:errcheck // nothing was written
	if i, err := file.Stat(); err != nil || !i.Mode().IsRegular() {
		return nil, errors.Errorf("token file %q is not a regular file", path)
	}
	token, err := io.ReadAll(io.LimitReader(file, maxToken+1))
	switch {
	case err != nil:
		return nil, errors.Wrapf(err, "cannot read token file %q", path)
	case len(token) > maxToken:
		return nil, errors.Errorf("token file %q has more than %d KiB", path, maxToken>>10)
	case len(bytes.TrimSpace(token)) == 0:
		return nil, errors.Errorf("token file %q is empty", path)
	}
	return bytes.TrimSpace(token), nil
}
