package ec2

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/throttle"
)

// Answers notes how the attempts of the calls went that were made with one
// context. The SDK makes several for one call and tells of the last alone.
type Answers struct{ lost atomic.Bool }

type answersKey struct{}

// WithAnswers returns a context whose calls are noted.
func WithAnswers(ctx context.Context) (context.Context, *Answers) {
	a := &Answers{}
	return context.WithValue(ctx, answersKey{}, a), a
}

// Lost says that there was an attempt to change something to which no answer came,
// or only that EC2 failed. It may have been carried out, or may yet be.
func (a *Answers) Lost() bool { return a.lost.Load() }

// noteAnswer notes how an attempt went that was sent.
func noteAnswer(ctx context.Context, action string, resp *http.Response, code string) {
	a, ok := ctx.Value(answersKey{}).(*Answers)
	if !ok || throttle.ReadOnly(action) || isThrottleCode(code) {
		return
	}
	if code == codeNoAnswer || resp != nil && resp.StatusCode >= http.StatusInternalServerError {
		a.lost.Store(true)
	}
}
