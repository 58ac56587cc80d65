// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"

	"golang.org/x/crypto/x509roots/fallback/bundle"
)

// rootCertificates returns Mozilla's root certificates as PEM. The module in go.mod pins
// their version, so the machine that builds does not matter. A root that Mozilla
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
