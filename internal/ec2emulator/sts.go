// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"
)

// An identity is the caller of a call.
type identity struct {
	accessKeyID string
	account     string
	arn         string
	userID      string
}

// sessions are the issued temporary credentials.
type sessions struct {
	mu   sync.Mutex
	rng  *rand.Rand
	byID map[string]session
}

type session struct {
	identity

	secret  string
	token   string
	expires time.Time
}

func newSessions(seed uint64) *sessions {
	return &sessions{rng: rand.New(rand.NewPCG(seed, seed+1)), byID: map[string]session{}} //nolint:gosec // Emulated.
}

// identify reads the caller from a Signature Version 4, in the header or the query string. The signature itself is not
// verified, because the emulator has no secret keys; the scope and temporary credentials are.
func (s *Server) identify(r *http.Request, a action) (identity, error) {
	if r.FormValue("Action") == "AssumeRoleWithWebIdentity" {
		return identity{}, nil
	}
	credential := r.FormValue("X-Amz-Credential")
	for part := range strings.SplitSeq(strings.TrimPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 "), ",") {
		if v, ok := strings.CutPrefix(strings.TrimSpace(part), "Credential="); ok {
			credential = v
		}
	}
	scope := strings.Split(credential, "/")
	if len(scope) != 5 {
		if a.sts {
			return identity{}, statusf(http.StatusForbidden, "MissingAuthenticationToken", "Request is missing Authentication Token")
		}
		return identity{}, errAuth("AWS was not able to validate the provided access credentials")
	}
	id := identity{
		accessKeyID: scope[0], account: s.opts.AccountID, userID: "AIDAEMULATEDUSER",
		arn: "arn:aws:iam::" + s.opts.AccountID + ":user/emulated",
	}
	if region := scope[2]; !a.sts && region != s.opts.Region {
		return id, errAuth("Credential should be scoped to a valid region, not '%s'.", region)
	}
	token := r.Header.Get("X-Amz-Security-Token")
	if token == "" {
		token = r.FormValue("X-Amz-Security-Token")
	}
	return s.sessions.resolve(id, token, s.clock.Now(), a.sts)
}

// resolve returns the identity of known temporary credentials. Other credentials are the account's own.
func (ss *sessions) resolve(id identity, token string, now time.Time, sts bool) (identity, error) {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	known, ok := ss.byID[id.accessKeyID]
	switch {
	case !ok:
		return id, nil
	case known.token != token && sts:
		return id, statusf(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
	case known.token != token:
		return id, errAuth("AWS was not able to validate the provided access credentials")
	case !now.Before(known.expires) && sts:
		return id, statusf(http.StatusForbidden, "ExpiredToken", "The security token included in the request is expired")
	case !now.Before(known.expires):
		return id, failf("RequestExpired", "Request has expired.")
	default:
		return known.identity, nil
	}
}

func (c *call) getCallerIdentity() ([]node, error) {
	return []node{leaf("Arn", c.who.arn), leaf("UserId", c.who.userID), leaf("Account", c.who.account)}, nil
}

func (c *call) assumeRole() ([]node, error) {
	return c.startSession()
}

func (c *call) assumeRoleWithWebIdentity() ([]node, error) {
	if c.params.str("WebIdentityToken") == "" {
		return nil, failf("ValidationError", "Value null at 'webIdentityToken' failed to satisfy constraint: Member must not be null")
	}
	nodes, err := c.startSession()
	if err != nil {
		return nil, err
	}
	return append(nodes, leaf("SubjectFromWebIdentityToken", "system:serviceaccount:emulated"), leaf("Audience", "sts.amazonaws.com")), nil
}

// startSession issues temporary credentials for any well-formed role: the emulator has no trust policies.
func (c *call) startSession() ([]node, error) {
	role, name := c.params.str("RoleArn"), c.params.str("RoleSessionName")
	part := strings.Split(role, ":")
	if len(part) != 6 || part[0] != "arn" || part[2] != "iam" || !strings.HasPrefix(part[5], "role/") {
		return nil, failf("ValidationError", "%s is invalid", role)
	}
	if len(name) < 2 {
		return nil, failf("ValidationError", "Value '%s' at 'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2", name)
	}
	seconds, err := c.params.integerIn("DurationSeconds", 3600, 900, 43200)
	if err != nil {
		return nil, failf("ValidationError", "The requested DurationSeconds must be between 900 and 43200")
	}
	roleName := part[5][strings.LastIndex(part[5], "/")+1:]
	s := c.sessions.start(identity{
		account: part[4],
		arn:     fmt.Sprintf("arn:%s:sts::%s:assumed-role/%s/%s", part[1], part[4], roleName, name),
		userID:  "AROAEMULATEDROLE:" + name,
	}, c.now.Add(time.Duration(seconds)*time.Second))
	return []node{
		el("AssumedRoleUser", leaf("Arn", s.arn), leaf("AssumedRoleId", s.userID)),
		el("Credentials", leaf("AccessKeyId", s.accessKeyID), leaf("SecretAccessKey", s.secret),
			leaf("SessionToken", s.token), leaf("Expiration", s.expires)),
	}, nil
}

func (ss *sessions) start(id identity, expires time.Time) session {
	ss.mu.Lock()
	defer ss.mu.Unlock()
	id.accessKeyID = fmt.Sprintf("ASIA%016X", ss.rng.Uint64())
	s := session{
		identity: id, expires: expires,
		secret: fmt.Sprintf("%016x%016x%08x", ss.rng.Uint64(), ss.rng.Uint64(), ss.rng.Uint32()),
		token:  fmt.Sprintf("emulated-session-%016x", ss.rng.Uint64()),
	}
	ss.byID[id.accessKeyID] = s
	return s
}

func errAuth(format string, args ...any) error {
	return statusf(http.StatusUnauthorized, "AuthFailure", format, args...)
}
