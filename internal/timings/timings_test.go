// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package timings

import (
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestSet(t *testing.T) {
	short := Default()
	short.VisibleWithin = 6 * time.Second
	cases := map[string]struct {
		reason string
		args   string
		want   Timings
	}{
		"None":   {reason: "Without a value the defaults remain.", args: "{}", want: Default()},
		"One":    {reason: "The other timings keep their defaults.", args: `{"VisibleWithin": 6000000000}`, want: short},
		"String": {reason: "Set reads what String returns.", args: short.String(), want: short},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			got := Default()
			if err := got.Set(tc.args); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("\n%s\nSet(...): -want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

func TestDefault(t *testing.T) {
	v := reflect.ValueOf(Default())
	for i := range v.NumField() {
		if v.Field(i).Int() <= 0 {
			t.Errorf("\nEach timing has a default.\nDefault(): %s is not positive", v.Type().Field(i).Name)
		}
	}
}
