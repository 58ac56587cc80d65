// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"golang.org/x/sync/singleflight"
	"k8s.io/utils/ptr"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	networkingv1alpha1 "github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
	"github.com/nodeeni/provider-aws-eni/internal/timings"
)

const (
	// identityTimeout bounds one GetCallerIdentity. VPCs without a route to STS are
	// common, and a reconcile must not wait long for it.
	identityTimeout = 5 * time.Second

	// maxIdentities bounds the cache: role sessions have a new access key every
	// hour.
	maxIdentities = 1000

	// accountDigits is the length of an account's number.
	accountDigits = 12
)

// A Place is where an AWS resource exists.
type Place struct {
	// AccountID is empty if it is not known.
	AccountID string
	Region    string
}

// String returns the place for messages.
func (p Place) String() string {
	if p.AccountID == "" {
		return "region " + p.Region
	}
	return "account " + p.AccountID + ", region " + p.Region
}

// An identifier returns the account of credentials.
type identifier func(ctx context.Context) (string, error)

// caller identifies the account of a Client's credentials.
type caller struct {
	identify identifier
	// account returns a value that is the same for all access keys of an account.
	account func(ctx context.Context) (string, error)
	// principal returns the IAM role or user of the credentials.
	principal func(ctx context.Context) (string, error)

	mu         sync.Mutex
	observed   string // account that owned an ENI of this cluster,
	observedBy string // and the access keys with which it was described
}

// proven returns the account that the owner of observed ENIs proves. The account stays
// proven for the same credentials after the last ENI of the cluster is deleted.
func (c *caller) proven(ctx context.Context, owner string) string {
	by := ""
	if c.account != nil {
		var err error
		if by, err = c.account(ctx); err != nil {
			return owner
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case owner == c.observed && len(by) == accountDigits && len(c.observedBy) == accountDigits && by != c.observedBy:
		return "" // the recorded account was observed with keys of another account
	case owner != "":
		c.observed, c.observedBy = owner, by
	}
	if by != c.observedBy {
		return ""
	}
	return c.observed
}

// Place returns the account and region of the client. STS returns the account of the
// credentials. If STS does not answer, the owner of an ENI of this cluster that EC2 returned
// for these credentials is the account. If neither is known, the account is empty and the
// error is the reason.
func (c *Client) Place(ctx context.Context) (Place, error) {
	p := Place{Region: c.Region}
	var err error
	if c.caller.identify != nil {
		p.AccountID, err = c.caller.identify(ctx)
	}
	if p.AccountID == "" {
		p.AccountID = c.caller.proven(ctx, c.enis.accountOf())
	}
	if p.AccountID != "" {
		return p, nil
	}
	return p, err
}

// WithAbsenceCheck sets the claims and the minimum period by which Clients decide whether a
// resource that EC2 does not return is deleted. A period of 0 is eni.DefaultAbsencePeriod.
func WithAbsenceCheck(claims Claims, period time.Duration) ClientsOption {
	return func(c *Clients) { c.absenceOptions = []ClientOption{WithClaims(claims), WithAbsencePeriod(period)} }
}

// withIdentity sets how a Client determines the account of its credentials.
func (c *Clients) withIdentity(cfg aws.Config, spec *networkingv1alpha1.ProviderConfigSpec) ClientOption {
	api := stsClient(cfg, spec)
	call := callerAccount(api)
	return func(cl *Client) {
		cl.caller.principal = callerPrincipal(api)
		cl.caller.identify = func(ctx context.Context) (string, error) {
			return c.identities.of(ctx, endpoint(spec, "sts"), cfg.Credentials, call)
		}
		cl.caller.account = func(ctx context.Context) (string, error) {
			creds, err := cfg.Credentials.Retrieve(ctx)
			return accountOf(creds.AccessKeyID), err
		}
	}
}

// identityCache caches which account an access key belongs to. AWS never moves a
// key to another account, so a result is valid as long as the key is used:
// one call per set of credentials.
type identityCache struct {
	timings timings.Timings
	flight  singleflight.Group

	mu    sync.Mutex
	known map[identityKey]identity
}

// identityKey names credentials at an endpoint: another endpoint may be another
// AWS, whose result must not be used for the real one.
type identityKey struct{ endpoint, accessKeyID string }

type identity struct {
	accountID string

	err   error
	after time.Duration // how long err is cached
	until time.Time
}

func newIdentityCache(t timings.Timings) *identityCache {
	return &identityCache{timings: t, known: map[identityKey]identity{}}
}

// of returns the account of credentials, from the cache or by call.
func (i *identityCache) of(ctx context.Context, endpoint string, credentials aws.CredentialsProvider, call func(ctx context.Context) (string, error)) (string, error) {
	creds, err := credentials.Retrieve(ctx)
	if err != nil {
		return "", err
	}
	k := identityKey{endpoint: endpoint, accessKeyID: creds.AccessKeyID}
	if known, ok := i.cached(k); ok {
		return known.accountID, known.err
	}
	answer := i.flight.DoChan(endpoint+"\x00"+creds.AccessKeyID, func() (any, error) {
		if known, ok := i.cached(k); ok {
			return known.accountID, known.err
		}
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), identityTimeout)
		defer cancel()
		id, err := call(ctx)
		i.remember(k, id, err)
		return id, err
	})
	select {
	case <-ctx.Done():
		return "", ctx.Err()
	case r := <-answer:
		id, _ := r.Val.(string)
		return id, r.Err
	}
}

func (i *identityCache) cached(k identityKey) (identity, bool) {
	i.mu.Lock()
	defer i.mu.Unlock()
	known, ok := i.known[k]
	return known, ok && (known.err == nil || time.Now().Before(known.until))
}

func (i *identityCache) remember(k identityKey, accountID string, err error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	next := identity{accountID: accountID, err: err}
	if err != nil {
		next.after = min(max(i.timings.IdentityRetry, 2*i.known[k].after), i.timings.IdentityRetryMax)
		next.until = time.Now().Add(next.after)
	}
	if len(i.known) >= maxIdentities {
		clear(i.known)
	}
	i.known[k] = next
}

// Principal returns the IAM role or user of the client's credentials, such as "role eni", by a
// call to STS. The name of the role's session is left out: it differs after each start.
func (c *Client) Principal(ctx context.Context) (string, error) {
	if c.caller.principal == nil {
		return "", errors.New("the client has no credentials")
	}
	return c.caller.principal(ctx)
}

// callerIdentity calls GetCallerIdentity, which needs no IAM permission.
func callerIdentity(ctx context.Context, api *sts.Client) (*sts.GetCallerIdentityOutput, error) {
	out, err := api.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}, func(o *sts.Options) {
		o.RetryMaxAttempts = 1
	})
	return out, errors.Wrap(awserr.Clean(err), "cannot get the caller identity from STS")
}

func callerAccount(api *sts.Client) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		out, err := callerIdentity(ctx, api)
		if err != nil {
			return "", err
		}
		if ptr.Deref(out.Account, "") == "" {
			return "", errors.New("cannot get the caller identity from STS: the response has no account")
		}
		return *out.Account, nil
	}
}

func callerPrincipal(api *sts.Client) func(ctx context.Context) (string, error) {
	return func(ctx context.Context) (string, error) {
		ctx, cancel := context.WithTimeout(ctx, identityTimeout)
		defer cancel()
		out, err := callerIdentity(ctx, api)
		if err != nil {
			return "", err
		}
		return principalOf(ptr.Deref(out.Arn, "")), nil
	}
}

// principalOf returns the role or user of an ARN, such as
// arn:aws:sts::123456789012:assumed-role/eni/session and arn:aws:iam::123456789012:user/eni.
func principalOf(text string) string {
	a, err := arn.Parse(text)
	if err != nil {
		return text
	}
	kind, name, _ := strings.Cut(a.Resource, "/")
	if kind == "assumed-role" {
		kind = "role"
		name, _, _ = strings.Cut(name, "/")
	}
	return strings.TrimSpace(kind + " " + name)
}
