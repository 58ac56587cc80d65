// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package managedresource

// A workerGate counts the workers of a controller that each account and region occupies, so that a slow
// one does not occupy all of them. A controller has twice as many workers as one account and region may
// occupy. A quarter of all workers is kept for accounts and regions that occupy none.
type workerGate struct {
	most, total int

	running map[string]int
	busy    int
}

// newWorkerGate returns the gate of a controller in which one account and region may occupy a number of
// workers.
func newWorkerGate(most int) *workerGate {
	most = max(1, most)
	return &workerGate{most: most, total: 2 * most, running: map[string]int{}}
}

// admits reports whether an account and region may occupy another worker.
func (g *workerGate) admits(account string) bool {
	n := g.running[account]
	return n == 0 || n < g.most && g.total-g.busy > g.most/2
}

func (g *workerGate) enter(account string) {
	g.running[account]++
	g.busy++
}

func (g *workerGate) leave(account string) {
	g.busy--
	if g.running[account]--; g.running[account] == 0 {
		delete(g.running, account)
	}
}
