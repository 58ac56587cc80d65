// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// Backoff of binding a userspace driver. Each attempt removes the link for a moment.
const (
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute
)

// A bindFailure is a failed attempt to bind a userspace driver.
type bindFailure struct {
	problem *desired.Problem
	// request is the configuration that failed.
	request bindRequest
	tries   int
	until   time.Time
}

// A bindRequest is the configuration that decides whether a device can be bound.
type bindRequest struct {
	driver  string
	noIOMMU bool
}

func bindRequestOf(w *desired.State) bindRequest {
	return bindRequest{driver: w.DPDKDriver, noIOMMU: w.AllowNoIOMMU}
}

// bindsDevice reports whether a step is part of binding a userspace driver. After such a
// step fails, the kernel driver has to be bound again.
func bindsDevice(s host.Step) bool {
	switch s.(type) {
	case host.WriteEntry, host.LoadModule, host.SetParameter, host.SetOverride, host.Unbind, host.Bind:
		return true
	default:
		return false
	}
}

// bindProblem returns why a step failed, and how to fix it.
func bindProblem(s host.Step, err error) *desired.Problem {
	_, loads := s.(host.LoadModule)
	switch {
	case errors.Is(err, pci.ErrNoModule), loads && errors.Is(err, fs.ErrNotExist):
		return desired.Problemf(v1alpha1.ReasonModuleNotFound, "%s: install the module for the node's kernel, load it, or set another driver in dpdk.driver", err)
	case errors.Is(err, pci.ErrNoDriver):
		return desired.Problemf(v1alpha1.ReasonDriverNotLoaded, "%s: load its module on this node", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return desired.Problemf(v1alpha1.ReasonNotPermitted, "%s: the agent lacks a permission on this node; run it with the DPDK profile (docs/dpdk.md), and check that kernel lockdown is off", err)
	default:
		return desired.Problemf(v1alpha1.ReasonBindRefused, "%s: the device keeps its kernel driver and is retried later; see dmesg on the node", err)
	}
}

// recordBindFailure records a failed step, and returns the problem and the delay until the
// next attempt.
func (m *tracker) recordBindFailure(name string, w desired.State, s host.Step, err error, now time.Time) (*desired.Problem, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	next := bindFailure{problem: bindProblem(s, err), request: bindRequestOf(&w), tries: 1}
	if r.bindFailure != nil && r.bindFailure.request == next.request {
		next.tries = r.bindFailure.tries + 1
	}
	wait := min(lastRetry, firstRetry<<min(next.tries-1, 10))
	next.until = now.Add(wait)
	r.bindFailure = &next
	return next.problem, wait
}

// bindFailure returns the problem of the last attempt and the remaining delay, or nil if
// the device may be bound.
func (m *tracker) bindFailure(name string, w desired.State, now time.Time) (*desired.Problem, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name).bindFailure
	if !w.NeedsUserspaceDriver() || r == nil || r.request != bindRequestOf(&w) || !now.Before(r.until) {
		return nil, 0
	}
	return r.problem, r.until.Sub(now)
}
