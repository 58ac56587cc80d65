package ec2

import (
	"context"
	"sync"
)

// locks are mutexes by name that can be waited for with a context, and that
// leave nothing behind when nobody holds or waits for them.
type locks struct {
	mu    sync.Mutex
	named map[string]*namedLock
}

type namedLock struct {
	held  chan struct{} // capacity one: full while held
	users int           // holders and waiters
}

func newLocks() *locks {
	return &locks{named: map[string]*namedLock{}}
}

func (l *locks) lock(ctx context.Context, name string) (func(), error) {
	l.mu.Lock()
	n, ok := l.named[name]
	if !ok {
		n = &namedLock{held: make(chan struct{}, 1)}
		l.named[name] = n
	}
	n.users++
	l.mu.Unlock()

	select {
	case n.held <- struct{}{}:
		return func() { <-n.held; l.leave(name, n) }, nil
	case <-ctx.Done():
		l.leave(name, n)
		return nil, ctx.Err()
	}
}

func (l *locks) leave(name string, n *namedLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.users--; n.users == 0 {
		delete(l.named, name)
	}
}
