package agent

import (
	"io/fs"
	"syscall"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/pci"
)

// A device that its userspace driver does not take is tried again, ever more
// seldom: each try takes the link from the kernel for a moment.
const (
	firstRetry = 10 * time.Second
	lastRetry  = 5 * time.Minute
)

// A refusal is why a device was not handed over.
type refusal struct {
	problem *Problem
	// of is what was asked.
	of    demand
	tries int
	until time.Time
}

// A demand is what decides whether a device can be handed over.
type demand struct {
	driver  string
	noIOMMU bool
}

func (w *Wanted) demand() demand {
	return demand{driver: w.DPDKDriver, noIOMMU: w.AllowNoIOMMU}
}

// handsOverBy says whether a step is one on the way to a userspace driver. After
// such a step failed the device has to be given back.
func handsOverBy(s Step) bool {
	switch s.(type) {
	case WriteEntry, LoadModule, SetParameter, SetOverride, Unbind, Bind:
		return true
	default:
		return false
	}
}

// refusedBy says why a step failed, for a person to mend it.
func refusedBy(s Step, err error) *Problem {
	_, loads := s.(LoadModule)
	switch {
	case errors.Is(err, pci.ErrNoModule), loads && errors.Is(err, fs.ErrNotExist):
		return problem(v1alpha1.ReasonModuleNotFound, "%s: install the module for the kernel that this node runs, load it, or name another driver in dpdk.driver", err)
	case errors.Is(err, pci.ErrNoDriver):
		return problem(v1alpha1.ReasonDriverNotLoaded, "%s: load its module on this node", err)
	case errors.Is(err, syscall.EROFS), errors.Is(err, syscall.EACCES), errors.Is(err, syscall.EPERM):
		return problem(v1alpha1.ReasonNotPermitted, "%s: the agent may not do that on this node; run it with the DPDK profile (docs/dpdk.md), and see that kernel lockdown is off", err)
	default:
		return problem(v1alpha1.ReasonBindRefused, "%s: the device is left with its kernel driver, and tried again later; dmesg on the node may say more", err)
	}
}

// refuse notes that a device was not handed over, and returns the problem and
// for how long it stands.
func (m *memory) refuse(name string, w Wanted, s Step, err error, now time.Time) (*Problem, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name)
	next := refusal{problem: refusedBy(s, err), of: w.demand(), tries: 1}
	if r.refusal != nil && r.refusal.of == next.of {
		next.tries = r.refusal.tries + 1
	}
	wait := min(lastRetry, firstRetry<<min(next.tries-1, 10))
	next.until = now.Add(wait)
	r.refusal = &next
	return next.problem, wait
}

// refused returns why a device is not handed over at the moment, and for how
// long that stands.
func (m *memory) refused(name string, w Wanted, now time.Time) (*Problem, time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := m.get(name).refusal
	if !w.handsOver() || r == nil || r.of != w.demand() || !now.Before(r.until) {
		return nil, 0
	}
	return r.problem, r.until.Sub(now)
}
