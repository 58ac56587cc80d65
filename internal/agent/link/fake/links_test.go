// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package fake

import (
	"context"
	"net/netip"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

func TestErrors(t *testing.T) {
	four, six := netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("2001:db8::5/128")
	everywhere := netip.MustParsePrefix("0.0.0.0/0")

	cases := map[string]struct {
		reason string
		do     func(l *Links, i int) error
		want   error
	}{
		"RenameUp": {
			reason: "A link that is up cannot be renamed.",
			do:     func(l *Links, i int) error { return l.SetName(i, "eth9") },
			want:   syscall.EBUSY,
		},
		"RenameToTaken": {
			reason: "A name that another link has as an alternative name is taken.",
			do: func(l *Links, i int) error {
				l.Add(link.Link{Name: "eth8", AltNames: []string{"eth9"}})
				_ = l.SetUp(i, false)
				return l.SetName(i, "eth9")
			},
			want: link.ErrExists,
		},
		"AlternativeNameOnly": {
			reason: "An alternative name is not the name.",
			do:     func(l *Links, i int) error { _ = l.AddAltName(i, "a"); _, err := l.Index("a"); return err },
			want:   link.ErrNoLink,
		},
		"AltNameTwice": {
			reason: "An existing alternative name cannot be added.",
			do:     func(l *Links, i int) error { _ = l.AddAltName(i, "a"); return l.AddAltName(i, "a") },
			want:   link.ErrExists,
		},
		"AltNameMissing": {
			reason: "A missing alternative name cannot be removed.",
			do:     func(l *Links, i int) error { return l.DelAltName(i, "a") },
			want:   link.ErrNotFound,
		},
		"MTUTooLarge": {
			reason: "A device has a maximum MTU.",
			do:     func(l *Links, i int) error { return l.SetMTU(i, 9217) },
			want:   syscall.EINVAL,
		},
		"IPv6BelowItsMTU": {
			reason: "A link with an MTU below 1280 does not support IPv6.",
			do: func(l *Links, i int) error {
				_ = l.SetMTU(i, 1279)
				return l.AddAddress(link.Address{LinkIndex: i, Prefix: six})
			},
			want: syscall.EINVAL,
		},
		"AddressTwice": {
			reason: "An existing address cannot be added.",
			do: func(l *Links, i int) error {
				_ = l.AddAddress(link.Address{LinkIndex: i, Prefix: four})
				return l.AddAddress(link.Address{LinkIndex: i, Prefix: four})
			},
			want: link.ErrExists,
		},
		"RouteDown": {
			reason: "A route needs a link that is up.",
			do: func(l *Links, i int) error {
				_ = l.SetUp(i, false)
				return l.AddRoute(link.Route{LinkIndex: i, Table: 1, Destination: everywhere})
			},
			want: syscall.ENETDOWN,
		},
		"GatewayElsewhere": {
			reason: "A gateway that no route reaches needs OnLink.",
			do: func(l *Links, i int) error {
				return l.AddRoute(link.Route{LinkIndex: i, Table: 1, Destination: everywhere, Gateway: netip.MustParseAddr("10.0.0.1")})
			},
			want: syscall.EINVAL,
		},
		"RuleMissing": {
			reason: "A missing rule cannot be removed.",
			do:     func(l *Links, _ int) error { return l.DelRule(link.Rule{From: four, Table: 1}) },
			want:   link.ErrNotFound,
		},
		"Unplugged": {
			reason: "A removed link cannot be changed.",
			do:     func(l *Links, i int) error { l.Remove(i); return l.SetUp(i, true) },
			want:   link.ErrNoLink,
		},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			l := New()
			i := l.Add(link.Link{Name: "eth1", MTU: 1500, Up: true})
			err := tc.do(l, i)
			if diff := cmp.Diff(tc.want, err, cmpopts.EquateErrors()); diff != "" {
				t.Errorf("\n%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDown(t *testing.T) {
	l := New()
	i := l.Add(link.Link{Name: "eth1", MTU: 1500, Up: true})
	four, six := netip.MustParsePrefix("10.0.0.5/32"), netip.MustParsePrefix("2001:db8::5/128")
	rule := link.Rule{From: four, Table: 1, Priority: 1}
	for _, err := range []error{
		l.AddAddress(link.Address{LinkIndex: i, Prefix: four}),
		l.AddAddress(link.Address{LinkIndex: i, Prefix: six}),
		l.AddRoute(link.Route{LinkIndex: i, Table: 1, Destination: four}),
		l.AddRule(rule),
		l.SetUp(i, false),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	got, _ := l.Snapshot()
	want := link.Snapshot{
		Links:     []link.Link{{Index: i, Name: "eth1", Kind: link.KindDevice, MTU: 1500}},
		Addresses: []link.Address{{LinkIndex: i, Prefix: four, Permanent: true}},
		Rules:     []link.Rule{rule},
	}
	opts := cmp.Options{cmpopts.EquateComparable(netip.Prefix{}, netip.Addr{}), cmpopts.EquateEmpty()}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("Setting a link down removes its routes and its IPv6 addresses.\n-want, +got:\n%s", diff)
	}
}

func TestWatch(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	l := New()
	events := make(chan link.Event, 10)
	done := make(chan error)
	go func() { done <- l.Watch(ctx, func(e link.Event) { events <- e }) }()

	if e := <-events; e.Subject != link.SubjectAll {
		t.Errorf("The first event is SubjectAll, not %q.", e.Subject)
	}
	i := l.Add(link.Link{Name: "eth1", MAC: "02:00:00:00:00:01"})
	want := link.Event{Subject: link.SubjectLink, LinkIndex: i, MAC: "02:00:00:00:00:01"}
	if diff := cmp.Diff(want, <-events); diff != "" {
		t.Errorf("An event is sent for an added link.\n-want, +got:\n%s", diff)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("A cancelled watch returns no error: %v", err)
	}
}
