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

// A device that its userspace driver does not take is tried again, ever more
// seldom: each try takes the link from the kernel for a moment.
const (
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute
)

// A bindFailure is why a device was not handed over.
type bindFailure struct {
	problem *desired.Problem
	// request is what was asked.
	request bindRequest
	tries   int
	until   time.Time
}

// A bindRequest is what decides whether a device can be handed over.
type bindRequest struct {
	driver  string
	noIOMMU bool
}

func demandOf(w *desired.State) bindRequest {
	return bindRequest{driver: w.DPDKDriver, noIOMMU: w.AllowNoIOMMU}
}

// bindsDevice says whether a step is one on the way to a userspace driver. After
// such a step failed the device has to be given back.
func bindsDevice(s host.Step) bool {
	switch s.(type) {
	case host.WriteEntry, host.LoadModule, host.SetParameter, host.SetOverride, host.Unbind, host.Bind:
		return true
	default:
		return false
	}
}

// bindProblem says why a step failed, for a person to mend it.
func bindProblem(s host.Step, err error) *desired.Problem {
	_, loads := s.(host.LoadModule)
	switch {
	case errors.Is(err, pci.ErrNoModule), loads && errors.Is(err, fs.ErrNotExist):
		return desired.Problemf(v1alpha1.ReasonModuleNotFound, "%s: install the module for the kernel that this node runs, load it, or name another driver in dpdk.driver", err)
	case errors.Is(err, pci.ErrNoDriver):
		return desired.Problemf(v1alpha1.ReasonDriverNotLoaded, "%s: load its module on this node", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return desired.Problemf(v1alpha1.ReasonNotPermitted, "%s: the agent may not do that on this node; run it with the DPDK profile (docs/dpdk.md), and see that kernel lockdown is off", err)
	default:
		return desired.Problemf(v1alpha1.ReasonBindRefused, "%s: the device is left with its kernel driver, and tried again later; dmesg on the node may say more", err)
	}
}

// recordBindFailure notes that a device was not handed over, and returns the problem and
// for how long it stands.
func (m *tracker) recordBindFailure(name string, w desired.State, s host.Step, err error, now time.Time) (*desired.Problem, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	next := bindFailure{problem: bindProblem(s, err), request: demandOf(&w), tries: 1}
	if r.bindFailure != nil && r.bindFailure.request == next.request {
		next.tries = r.bindFailure.tries + 1
	}
	wait := min(lastRetry, firstRetry<<min(next.tries-1, 10))
	next.until = now.Add(wait)
	r.bindFailure = &next
	return next.problem, wait
}

// bindFailure returns why a device is not handed over at the moment, and for how
// long that stands.
func (m *tracker) bindFailure(name string, w desired.State, now time.Time) (*desired.Problem, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name).bindFailure
	if !w.NeedsUserspaceDriver() || r == nil || r.request != demandOf(&w) || !now.Before(r.until) {
		return nil, 0
	}
	return r.problem, r.until.Sub(now)
}
