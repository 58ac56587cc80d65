// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/nodeeni/provider-aws-eni/test/testbed"
)

// An edit replaces text of a source file in a build.
type edit struct{ file, old, new string }

// absencePeriod is the shortened eni.DefaultAbsencePeriod, leaseDuration the shortened
// duration of the Lease for leader election.
const (
	absencePeriod = 3 * time.Second
	leaseDuration = 3 * time.Second
)

// shortenedTimings returns edits that shorten the provider's timings in proportion to
// the emulator, which attaches 20 times as fast as EC2 and returns new resources after
// 150 ms rather than a minute. Without them a round would mostly wait: the provider
// retries some of the injected errors only after an hour.
func shortenedTimings() []edit {
	const (
		resources = "internal/controller/managedresource/"
		clients   = "internal/clients/ec2/"
		backoff   = resources + "backoff.go"
	)
	return []edit{
		{resources + "unanswered.go", "const VisibleWithin = time.Minute\n", "const VisibleWithin = 6 * time.Second\n"},
		{resources + "options.go", "\ttransitPoll = time.Second\n", "\ttransitPoll = 250 * time.Millisecond\n"},
		{resources + "options.go", "\tinstancePoll = 5 * time.Second\n", "\tinstancePoll = time.Second\n"},
		{resources + "options.go", "\tlastRetry  = time.Minute\n", "\tlastRetry  = 4 * time.Second\n"},
		{resources + "requeue.go", "const finalizerPoll = 5 * time.Second\n", "const finalizerPoll = 2 * time.Second\n"},
		{backoff, "func backoffFor(c awserr.Class) (first, last time.Duration) {\n", "func backoffFor(c awserr.Class) (first, last time.Duration) {\n\tif c != \"\" {\n\t\treturn time.Second, 4 * time.Second\n\t}\n"},
		{backoff, "const outageSpread = 30 * time.Second\n", "const outageSpread = 2 * time.Second\n"},
		{clients + "expiringset.go", "const subnetFullTTL = 5 * time.Minute\n", "const subnetFullTTL = 2 * time.Second\n"},
		{clients + "instances.go", "\tinstanceBusyAge = 5 * time.Second\n", "\tinstanceBusyAge = time.Second\n"},
		{clients + "throttle/breaker.go", "\toutageAfter    = 5 * time.Second\n", "\toutageAfter    = time.Second\n"},
		{clients + "throttle/breaker.go", "\tprobeEvery = 5 * time.Second\n", "\tprobeEvery = time.Second\n"},

		// The absence period and the polls of missing resources. The emulator's
		// VisibilityDelay is a twentieth of the period.
		{"internal/eni/absence.go", "\tDefaultAbsencePeriod = time.Minute\n", "\tDefaultAbsencePeriod = 3 * time.Second\n"},
		{clients + "absence.go", "\toutageTTL = 30 * time.Second\n", "\toutageTTL = time.Second\n"},
		{"internal/controller/claims.go", "const claimsTTL = 5 * time.Second\n", "const claimsTTL = 500 * time.Millisecond\n"},
		{"internal/controller/nodeeni/nodes.go", "const unknownGrace = 5 * time.Minute\n", "const unknownGrace = 6 * time.Second\n"},
		{"internal/controller/nodeeni/nodes.go", "const missingPoll = time.Minute\n", "const missingPoll = 2 * time.Second\n"},
		{"internal/controller/networkinterface/find.go", "const restoredAfter = 2 * time.Minute\n", "const restoredAfter = 12 * time.Second\n"},
		{"internal/controller/networkinterfaceattachment/find.go", "const usuallyVisibleWithin = 10 * time.Second\n", "const usuallyVisibleWithin = 2 * time.Second\n"},

		// Polls for a corrected provider config, a released host or a corrected owner.
		{resources + "place.go", "\tplacePoll    = 15 * time.Second\n\tplacePollMax = 2 * time.Minute\n", "\tplacePoll    = time.Second\n\tplacePollMax = time.Second\n"},
		{"internal/controller/nodeeni/reconciler.go", "\tplacePoll = 15 * time.Second\n", "\tplacePoll = time.Second\n"},
		{"internal/controller/nodeeni/reconciler.go", "\tunresolvedPoll = 30 * time.Second\n", "\tunresolvedPoll = 2 * time.Second\n"},
		{clients + "identity.go", "\tidentityRetry    = 2 * time.Second\n\tidentityRetryMax = 5 * time.Minute\n", "\tidentityRetry    = time.Second\n\tidentityRetryMax = 4 * time.Second\n"},
		{"internal/controller/hostinterface/reconciler.go", "const releasePoll = 5 * time.Second\n", "const releasePoll = time.Second\n"},
		{"internal/controller/hostinterface/reconciler.go", "const refusedPoll = time.Minute\n", "const refusedPoll = 2 * time.Second\n"},

		// Leader election.
		{
			"internal/controller/manager.go", "ptr.To(60 * time.Second),\n\t\tRenewDeadline:                 ptr.To(50 * time.Second),\n",
			"ptr.To(leaseDuration),\n\t\tRenewDeadline:                 ptr.To(2 * time.Second),\n\t\tRetryPeriod:                   ptr.To(500 * time.Millisecond),\n",
		},
		{"internal/controller/manager.go", "// maxShare is", "const leaseDuration = " + strconv.Itoa(int(leaseDuration.Seconds())) + " * time.Second\n\n// maxShare is"},
	}
}

// staleEdits returns a message for each edit whose text does not occur exactly once.
func staleEdits(edits []edit) []string {
	var out []string
	for _, e := range edits {
		source, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), e.file))
		if err != nil {
			out = append(out, err.Error())
			continue
		}
		if n := strings.Count(string(source), e.old); n != 1 {
			out = append(out, fmt.Sprintf("%s contains this text %d times, want once: correct the edit in test/chaos\n%s", e.file, n, e.old))
		}
	}
	return out
}

// overlay writes an overlay file for go build -overlay.
func overlay(t *testing.T, edits []edit) string {
	t.Helper()
	if p := staleEdits(edits); len(p) > 0 {
		t.Fatal(strings.Join(p, "\n"))
	}
	dir := t.TempDir()
	text := map[string]string{}
	for _, e := range edits {
		if _, ok := text[e.file]; !ok {
			source, err := os.ReadFile(filepath.Join(testbed.RepositoryRoot(), e.file))
			if err != nil {
				t.Fatal(err)
			}
			text[e.file] = string(source)
		}
		text[e.file] = strings.Replace(text[e.file], e.old, e.new, 1)
	}
	replace := map[string]string{}
	for file, source := range text {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		if err := os.WriteFile(path, []byte(source), 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(testbed.RepositoryRoot(), file)] = path
	}
	raw, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "overlay.json")
	if err := os.WriteFile(path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
