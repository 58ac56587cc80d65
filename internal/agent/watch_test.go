package agent

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

func TestConcerns(t *testing.T) {
	r, _, _ := inMemory(t, hif("a", mac1, 1), hif("b", mac2, 2))
	r.reconcile("a", "b")
	cases := map[string]struct {
		reason string
		event  link.Event
		want   []string
	}{
		"All":          {reason: "After news were missed every link is looked at.", event: link.Event{Subject: link.SubjectAll}, want: []string{"a", "b"}},
		"Default":      {reason: "A default route can protect any link.", event: link.Event{Subject: link.SubjectDefault}, want: []string{"a", "b"}},
		"MAC":          {reason: "A link that appears concerns who waits for it.", event: link.Event{Subject: link.SubjectLink, LinkIndex: 9, MAC: mac2}, want: []string{"b"}},
		"Index":        {reason: "A link whose address is changed concerns who had it.", event: link.Event{Subject: link.SubjectLink, LinkIndex: 1, MAC: mac9}, want: []string{"a"}},
		"Address":      {reason: "An address concerns who has its link.", event: link.Event{Subject: link.SubjectAddress, LinkIndex: 1}, want: []string{"a"}},
		"Table":        {reason: "A rule concerns who has its table.", event: link.Event{Subject: link.SubjectTable, Table: 20002}, want: []string{"b"}},
		"OtherLink":    {reason: "Links of pods come and go without a look.", event: link.Event{Subject: link.SubjectLink, LinkIndex: 9, MAC: mac9}},
		"OtherAddress": {reason: "So do their addresses.", event: link.Event{Subject: link.SubjectAddress, LinkIndex: 9}},
		"OtherTable":   {reason: "So do their rules.", event: link.Event{Subject: link.SubjectTable, Table: 1}},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, r.memory.concerns(tc.event)); diff != "" {
				t.Errorf("%s\n-want, +got:\n%s", tc.reason, diff)
			}
		})
	}
}

// failing loses the kernel once.
type failing struct{ tries chan struct{} }

func (f failing) Watch(ctx context.Context, tell func(link.Event)) error {
	select {
	case f.tries <- struct{}{}:
		return errors.New("connection reset")
	default:
		tell(link.Event{Subject: link.SubjectAll})
		<-ctx.Done()
		return nil
	}
}

func TestListensAgain(t *testing.T) {
	m := newMemory()
	m.begin("a", Wanted{})
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer q.ShutDown()
	if err := kernelNews(failing{tries: make(chan struct{}, 1)}, m).Start(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	if got, _ := q.Get(); got != request("a") {
		t.Errorf("After the kernel was lost everything is looked at again: %v", got)
	}
}
