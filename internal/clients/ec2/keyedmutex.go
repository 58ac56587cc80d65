// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"context"
	"sync"
)

// keyedMutex is a set of mutexes by name. Waiting ends with a context, and an unused mutex
// takes no memory.
type keyedMutex struct {
	mu    sync.Mutex
	named map[string]*namedLock
}

type namedLock struct {
	held  chan struct{} // capacity 1: full while held
	users int           // holders and waiters
}

func newKeyedMutex() *keyedMutex {
	return &keyedMutex{named: map[string]*namedLock{}}
}

func (l *keyedMutex) lock(ctx context.Context, name string) (func(), error) {
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
		return func() { <-n.held; l.unref(name, n) }, nil
	case <-ctx.Done():
		l.unref(name, n)
		return nil, ctx.Err()
	}
}

func (l *keyedMutex) unref(name string, n *namedLock) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n.users--; n.users == 0 {
		delete(l.named, name)
	}
}
