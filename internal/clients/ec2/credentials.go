package ec2

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// renewInterval is how soon credentials that EC2 rejects are looked for once more: no
// sooner than an object comes back that was refused. Thousands that are refused
// do not ask STS thousands of times.
const renewInterval = 15 * time.Second

// renewableCredentials are credentials that are looked for anew, from their source on, once
// EC2 has rejected them. The SDK keeps those that were revoked or replaced before
// their time until it is up, and those of a file for good.
type renewableCredentials struct {
	load func(ctx context.Context) (aws.CredentialsProvider, error)

	mu       sync.Mutex
	loaded   aws.CredentialsProvider // nil: to be looked for
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

// reject tells that EC2 has rejected the credentials.
func (r *renewableCredentials) reject() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); now.Sub(r.rejected) >= renewInterval {
		r.loaded, r.rejected = nil, now
	}
}
