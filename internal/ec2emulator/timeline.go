// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"container/heap"
	"time"
)

// A timeline contains scheduled transitions, sorted by time and then by the order of scheduling.
type timeline struct {
	items   moments
	planned uint64
}

type moment struct {
	at  time.Time
	seq uint64
	do  func()
}

// plan schedules do for the first settle at or after the instant.
func (t *timeline) plan(at time.Time, do func()) {
	t.planned++
	heap.Push(&t.items, moment{at: at, seq: t.planned, do: do})
}

// settle executes due transitions.
func (t *timeline) settle(now time.Time) {
	for len(t.items) > 0 && !t.items[0].at.After(now) {
		m, _ := heap.Pop(&t.items).(moment)
		m.do()
	}
}

// next returns the earliest scheduled instant.
func (t *timeline) next() (time.Time, bool) {
	if len(t.items) == 0 {
		return time.Time{}, false
	}
	return t.items[0].at, true
}

type moments []moment

// Len implements heap.Interface.
func (m *moments) Len() int { return len(*m) }

// Less orders moments by time, then by sequence.
func (m *moments) Less(i, j int) bool {
	if (*m)[i].at.Equal((*m)[j].at) {
		return (*m)[i].seq < (*m)[j].seq
	}
	return (*m)[i].at.Before((*m)[j].at)
}

// Swap implements heap.Interface.
func (m *moments) Swap(i, j int) { (*m)[i], (*m)[j] = (*m)[j], (*m)[i] }

// Push implements heap.Interface.
func (m *moments) Push(x any) {
	v, _ := x.(moment)
	*m = append(*m, v)
}

// Pop implements heap.Interface.
func (m *moments) Pop() any {
	old := *m
	last := old[len(old)-1]
	*m = old[:len(old)-1]
	return last
}
