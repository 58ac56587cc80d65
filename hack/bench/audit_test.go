// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// event is a line of the API server's audit log.
func event(user, agent, verb, resource, subresource, code string) string {
	return `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","stage":"ResponseComplete","verb":"` + verb +
		`","user":{"username":"` + user + `"},"userAgent":"` + agent + `","objectRef":{"resource":"` + resource + `","subresource":"` + subresource +
		`","name":"x"},"responseStatus":{"code":` + code + `}}`
}

const providerUser = "system:serviceaccount:provider-aws-eni-system:provider-aws-eni"

func TestParseAudit(t *testing.T) {
	type want struct {
		write write
		ok    bool
	}
	cases := map[string]struct {
		reason string
		line   string
		want   want
	}{
		"Provider": {
			reason: "The provider is identified by its service account, and a subresource is counted separately.",
			line:   event(providerUser, "provider/v1", "update", "networkinterfaces", "status", "200"),
			want:   want{write: write{Who: whoProvider, Verb: "update", Resource: "networkinterfaces/status"}, ok: true},
		},
		"Rejected": {
			reason: "A conflict changes nothing, but counts.",
			line:   event(providerUser, "provider/v1", "patch", "networkinterfaceattachments", "", "409"),
			want:   want{write: write{Who: whoProvider, Verb: "patch", Resource: "networkinterfaceattachments", Rejected: true}, ok: true},
		},
		"RealAgent": {
			reason: "A real agent is identified by its service account.",
			line:   event("system:serviceaccount:provider-aws-eni-system:provider-aws-eni-agent", "agent", "patch", "hostinterfaces", "status", "200"),
			want:   want{write: write{Who: whoAgents, Verb: "patch", Resource: "hostinterfaces/status"}, ok: true},
		},
		"FakeAgent": {
			reason: "A simulated agent is identified by its user agent.",
			line:   event("admin", userAgentAgents, "update", "hostinterfaces", "status", "200"),
			want:   want{write: write{Who: whoAgents, Verb: "update", Resource: "hostinterfaces/status"}, ok: true},
		},
		"Bench": {
			reason: "Writes of the bench itself are counted separately.",
			line:   event("admin", "bench", "create", "nodes", "", "201"),
			want:   want{write: write{Who: whoBench, Verb: "create", Resource: "nodes"}, ok: true},
		},
		"APIServer": {
			reason: "The API server renews its own Lease.",
			line:   event("system:apiserver", "kube-apiserver", "update", "leases", "", "200"),
			want:   want{write: write{Who: whoOthers, Verb: "update", Resource: "leases"}, ok: true},
		},
		"Read": {
			reason: "A read is not a write.",
			line:   event(providerUser, "provider/v1", "list", "nodes", "", "200"),
		},
		"OtherStage": {
			reason: "A request counts once, at its response.",
			line:   strings.Replace(event(providerUser, "x", "update", "nodes", "", "200"), "ResponseComplete", "RequestReceived", 1),
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			w, ok, err := parseAudit([]byte(tc.line))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, want{write: w, ok: ok}, cmp.AllowUnexported(want{})); diff != "" {
				t.Errorf("\n%s\nparseAudit(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestAuditLog(t *testing.T) {
	now := time.Unix(1000, 0)
	a := newAuditLog()
	a.now = func() time.Time { return now }
	text := event(providerUser, "x", "create", "events", "", "201") + "\n" +
		event("admin", "bench", "create", "nodes", "", "201") + "\n\nnot an event\n" +
		event(providerUser, "x", "create", "events", "", "201") + "\n"
	// Writes may end within a line.
	for len(text) > 0 {
		n := min(7, len(text))
		if _, err := a.Write([]byte(text[:n])); err != nil {
			t.Fatal(err)
		}
		text = text[n:]
	}
	before := a.snapshot()
	want := writes{{Who: whoProvider, Verb: "create", Resource: "events"}: 2, {Who: whoBench, Verb: "create", Resource: "nodes"}: 1}
	if diff := cmp.Diff(want, before); diff != "" {
		t.Errorf("\nLines in several writes are counted once.\nsnapshot(): -want, +got:\n%s", diff)
	}
	if got := a.unreadable(); got != 1 {
		t.Errorf("\nInvalid lines are counted separately.\nunreadable(): %d, want 1", got)
	}
	if got := a.lastBy(whoProvider); !got.Equal(now) {
		t.Errorf("\nThe time of the last write is recorded.\nlastBy(provider): %s, want %s", got, now)
	}
	_, _ = a.Write([]byte(event(providerUser, "x", "delete", "nodes", "", "200") + "\n"))
	if diff := cmp.Diff(writes{{Who: whoProvider, Verb: "delete", Resource: "nodes"}: 1}, a.snapshot().since(before)); diff != "" {
		t.Errorf("\nA phase contains only its own writes.\nsince(): -want, +got:\n%s", diff)
	}
	if got := before.by(whoProvider, whoBench); got != 3 {
		t.Errorf("\nWrites of several writers are summed.\nby(): %d, want 3", got)
	}
}
