package agent

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
)

func TestQuarrel(t *testing.T) {
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
		t.Errorf("A link that somebody changes all the time is put right now and then.\n-want, +got:\n%s", diff)
	}
	now = now.Add(time.Second)
	r.reconcile("a")
	if s, _ := links.Snapshot(); !s.Links[0].Up {
		t.Error("It is put right in the end.")
	}
}
