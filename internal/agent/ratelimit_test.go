// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestRateLimit(t *testing.T) {
	r, links, i := inMemory(t, hif("a", mac1, 1))
	now := time.Unix(1000, 0)
	r.now = func() time.Time { return now }
	var got reconcile.Result
	for range correctionsAtOnce + 1 {
		_ = links.SetUp(i, false)
		got, _ = r.Reconcile(t.Context(), request("a"))
	}
	want := reconcile.Result{RequeueAfter: time.Second / correctionsPerSecond}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("Corrections of a link that is changed continuously are rate-limited.\n-want, +got:\n%s", diff)
	}
	now = now.Add(time.Second)
	r.reconcile("a")
	if s, _ := links.Snapshot(); !s.Links[0].Up {
		t.Error("The link is corrected when the rate limit allows it.")
	}
}
