// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package logs

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/alecthomas/kingpin/v2"
	"github.com/google/go-cmp/cmp"
	"k8s.io/klog/v2"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// TestSetUp logs through the command's logger and through client-go's.
func TestSetUp(t *testing.T) {
	t.Cleanup(klog.ClearLogger)
	cases := map[string]struct {
		reason string
		args   []string
		json   bool
		want   []string // messages
	}{
		"Default": {reason: "The log is JSON, of info and errors.", json: true, want: []string{"info", "error", "of client-go"}},
		"Debug":   {reason: "Each step is logged with --log-level=debug.", args: []string{"--log-level=debug"}, json: true, want: []string{"debug", "info", "error", "of client-go"}},
		"Short":   {reason: "--debug is the same.", args: []string{"-d"}, json: true, want: []string{"debug", "info", "error", "of client-go"}},
		"Error":   {reason: "Only errors are logged with --log-level=error.", args: []string{"--log-level=error"}, json: true, want: []string{"error", "of client-go"}},
		"Text":    {reason: "A terminal has a line of text for each.", args: []string{"--log-format=text"}, want: []string{"info", "error", "of client-go"}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			f, app := &Flags{}, kingpin.New("test", "")
			f.Register(app)
			if _, err := app.Parse(tc.args); err != nil {
				t.Fatal(err)
			}
			var b bytes.Buffer
			l := f.SetUp(&b)
			l.V(1).Info("debug")
			l.Info("info", "key", "value")
			l.Error(errors.New("boom"), "error")
			klog.ErrorS(errors.New("boom"), "of client-go")
			klog.Flush()
			var got []string
			for line := range strings.Lines(b.String()) {
				entry := struct{ Level, Msg, TS string }{}
				switch err := json.Unmarshal([]byte(line), &entry); {
				case tc.json && (err != nil || entry.Level == "" || entry.TS == ""):
					t.Errorf("\n%s\nThe line is no entry: %s", tc.reason, line)
				case tc.json:
					got = append(got, entry.Msg)
				case err == nil:
					t.Errorf("\n%s\nThe line is JSON: %s", tc.reason, line)
				}
			}
			if tc.json {
				if diff := cmp.Diff(tc.want, got); diff != "" {
					t.Errorf("\n%s\nmessages: -want, +got:\n%s", tc.reason, diff)
				}
				return
			}
			for _, m := range tc.want {
				if !strings.Contains(b.String(), "\t"+m) {
					t.Errorf("\n%s\nThe log has no %q:\n%s", tc.reason, m, b.String())
				}
			}
		})
	}
}
