// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// renewInterval is the minimum interval between two reloads of rejected credentials: however
// many objects fail, STS is called once.
const renewInterval = 15 * time.Second

// renewableCredentials reload credentials from their source after EC2 has rejected them. The
// SDK caches revoked or replaced credentials until they expire, and credentials of a file
// forever.
type renewableCredentials struct {
	load func(ctx context.Context) (aws.CredentialsProvider, error)

	mu       sync.Mutex
	loaded   aws.CredentialsProvider // nil: load at the next use
	rejected time.Time
}

// Retrieve returns the credentials.
func (r *renewableCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	p, err := r.provider(ctx)
	if err != nil {
		return aws.Credentials{}, err
	}
	return p.Retrieve(ctx)
}

func (r *renewableCredentials) provider(ctx context.Context) (aws.CredentialsProvider, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.loaded == nil {
		found, err := r.load(ctx)
		if err != nil {
			return nil, err
		}
		r.loaded = found
	}
	return r.loaded, nil
}

// reject records that EC2 has rejected the credentials.
func (r *renewableCredentials) reject() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.rejected) >= renewInterval {
		r.loaded, r.rejected = nil, now
	}
}
