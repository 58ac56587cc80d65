// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"golang.org/x/crypto/x509roots/fallback/bundle"

	"github.com/google/go-containerregistry/pkg/authn"
)

// rootCertificates returns Mozilla's root certificates as PEM. Their version is that of
// the module, so that it does not depend on the machine that builds. A root that Mozilla
// constrains, for example to certificates issued before a date, is left out: the file
// format cannot express the constraint.
func rootCertificates() ([]byte, error) {
	var out bytes.Buffer
	for r := range bundle.Roots() {
		if r.Constraint != nil {
			continue
		}
		cert, err := x509.ParseCertificate(r.Certificate)
		if err != nil {
			return nil, err
		}
		out.WriteString("# " + cert.Subject.CommonName + "\n")
		if err := pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: r.Certificate}); err != nil {
			return nil, err
		}
	}
	if out.Len() == 0 {
		return nil, errors.New("the module has no root certificate")
	}
	return out.Bytes(), nil
}

// keychain returns the credentials of registries, from the files that docker login and
// podman login write.
func keychain() authn.Keychain { return authn.DefaultKeychain }
