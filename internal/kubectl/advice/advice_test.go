// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package advice_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/nodeeni/provider-aws-eni/internal/kubectl/advice"
)

// TestReasons verifies that each reason that the provider or the agent sets has advice.
func TestReasons(t *testing.T) {
	raw, err := os.ReadFile("../../../apis/networking/v1alpha1/conditions.go")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`ConditionReason = "([A-Za-z0-9]+)"`).FindAllStringSubmatch(string(raw), -1)
	if len(found) < 50 {
		t.Fatalf("%d reasons found: the test reads the wrong file", len(found))
	}
	for _, m := range found {
		if a, ok := advice.Of("", m[1]); !ok || a.Meaning == "" || a.Action == "" {
			t.Errorf("Reason %s has no row in a table of docs/troubleshooting.md about an object: %+v", m[1], a)
		}
	}
}

func TestOf(t *testing.T) {
	host, _ := advice.Of("HostInterface", "NotAllocatable")
	other, _ := advice.Of("NodeENI", "NotAllocatable")
	if host != other || host.Action == "" {
		t.Errorf("A reason of another kind is found, too: %+v, %+v", host, other)
	}
	if _, ok := advice.Of("NodeENI", "Unheard"); ok {
		t.Error("An unknown reason has no advice.")
	}
}

// TestRelated verifies that the advice of a related kind precedes the advice of others.
func TestRelated(t *testing.T) {
	cases := map[string]struct{ reason, kind, condition, same, other string }{
		"Own":           {reason: "A kind with a row has its own advice.", kind: "NodeENI", condition: "Deleting", same: "NodeENI", other: "NetworkInterface"},
		"Interface":     {reason: "A NetworkInterface has the reasons of its attachment.", kind: "NetworkInterface", condition: "MissingInEC2", same: "NetworkInterfaceAttachment", other: "NodeENI"},
		"HostInterface": {reason: "A HostInterface has no reasons of NodeENIs.", kind: "HostInterface", condition: "ManyMissingInEC2", same: "NetworkInterfaceAttachment", other: "NodeENI"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got, ok := advice.Of(tc.kind, tc.condition)
			same, _ := advice.Of(tc.same, tc.condition)
			other, _ := advice.Of(tc.other, tc.condition)
			if !ok || got != same || got == other {
				t.Errorf("\n%s\ngot %+v, want %+v", tc.reason, got, same)
			}
		})
	}
}
