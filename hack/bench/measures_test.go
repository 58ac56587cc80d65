// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

func TestParseStatus(t *testing.T) {
	got, err := parseStatus("Name:\tprovider\nVmPeak:\t 2000 kB\nVmHWM:\t   300 kB\nVmRSS:\t   200 kB\nRssAnon:\t   100 kB\nThreads:\t9\n")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(memory{resident: 200 << 10, anonymous: 100 << 10, peak: 300 << 10}, got, cmp.AllowUnexported(memory{})); diff != "" {
		t.Errorf("parseStatus(...): -want, +got:\n%s", diff)
	}
	if _, err := parseStatus("Name:\tzombie\n"); err == nil {
		t.Error("\nA process without memory has exited.\nparseStatus(...): no error")
	}
}

func TestParseStat(t *testing.T) {
	got, err := parseStat("42 (a) name) (b) S 1 42 42 0 -1 4194560 900 0 0 0 150 50 7 7 20 0 9 0 1 2 3\n")
	if err != nil {
		t.Fatal(err)
	}
	if want := 2 * time.Second; got != want {
		t.Errorf("\nUser and system time are summed, whatever the program's name.\nparseStat(...): %s, want %s", got, want)
	}
	if _, err := parseStat("42 (a) S 1"); err == nil {
		t.Error("\nA truncated line is an error.\nparseStat(...): no error")
	}
}

func TestPercentile(t *testing.T) {
	var ds []time.Duration
	for i := range 100 {
		ds = append(ds, time.Duration(100-i)*time.Millisecond)
	}
	for share, want := range map[float64]int64{0.5: 50, 0.99: 99, 1: 100, 0: 1} {
		if got := percentile(ds, share).Milliseconds(); got != want {
			t.Errorf("percentile(1…100 ms, %g): %d ms, want %d ms", share, got, want)
		}
	}
	if got := percentile(nil, 0.99); got != 0 {
		t.Errorf("percentile of nothing: %s, want 0", got)
	}
}

func TestCompleted(t *testing.T) {
	start := time.Unix(0, 0)
	at := func(seconds ...int) (out []time.Time) {
		for _, s := range seconds {
			out = append(out, start.Add(time.Duration(s)*time.Second))
		}
		return out
	}
	got := completed(map[string][]time.Time{"a": at(1, 2), "b": at(1, 8), "c": at(3, 4), "d": at(5, 6), "e": at(1)}, start, 2)
	if diff := cmp.Diff([]time.Duration{2 * time.Second, 4 * time.Second, 6 * time.Second, 8 * time.Second}, got); diff != "" {
		t.Errorf("\nA node is complete when it has its last ENI.\ncompleted(...): -want, +got:\n%s", diff)
	}
	for percent, want := range map[int]float64{0: 0, 24: 0, 25: 25, 75: 75, 100: 100} {
		if share := shareComplete(got, percent); share != want {
			t.Errorf("shareComplete(..., %d): %g %%, want %g %%", percent, share, want)
		}
	}
	if share := shareComplete(nil, 50); share != 0 {
		t.Errorf("\nWithout nodes, none is complete: %g %%", share)
	}
}

func TestOverride(t *testing.T) {
	cases := map[string]struct {
		reason string
		args   []string
		with   []string
		want   []string
	}{
		"Added":    {reason: "A new flag is added.", args: []string{"--a=1"}, with: []string{"--b=2"}, want: []string{"--a=1", "--b=2"}},
		"Replaced": {reason: "An existing flag is replaced.", args: []string{"--a=1", "--ab=1"}, with: []string{"--a=2"}, want: []string{"--ab=1", "--a=2"}},
		"Boolean":  {reason: "A flag without a value is replaced, too.", args: []string{"--no-l"}, with: []string{"--no-l"}, want: []string{"--no-l"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, override(tc.args, tc.with...)); diff != "" {
				t.Errorf("\n%s\noverride(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestCalls(t *testing.T) {
	c := calls{}
	for _, x := range []ec2emulator.Call{
		{Action: "DescribeSubnets"},
		{Action: actionCreate, Mutating: true},
		{Action: actionCreate, Mutating: true, Throttled: true, Code: "RequestLimitExceeded"},
		{Action: actionCreate, Mutating: true, Code: "InvalidSubnetID.NotFound"},
		{Action: actionCreate, Mutating: true, Lost: true},
	} {
		c.add(&x)
	}
	want := calls{"DescribeSubnets": {Total: 1}, actionCreate: {Total: 4, Throttled: 1, Failed: 2, Mutating: true}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("\nA throttled call is not counted as failed.\n-want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(count{Total: 4, Throttled: 1, Failed: 2}, c.sum(true)); diff != "" {
		t.Errorf("\nA describe call is not mutating.\nsum(true): -want, +got:\n%s", diff)
	}
	if diff := cmp.Diff(calls{actionCreate: {Total: 3, Throttled: 1, Failed: 2, Mutating: true}}, c.since(calls{"DescribeSubnets": {Total: 1}, actionCreate: {Total: 1, Mutating: true}})); diff != "" {
		t.Errorf("\nA phase contains only its own calls.\nsince(...): -want, +got:\n%s", diff)
	}
}
