// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package chaos

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

const createAction = "CreateNetworkInterface"

// transientErrors are errors of any action that do not last.
var transientErrors = []string{
	"RequestLimitExceeded", "RequestLimitExceeded", "Throttling", "EC2ThrottledException", "InternalError", "InternalFailure",
	"Unavailable", "ServiceUnavailable", "RequestTimeout", "RequestExpired", "AuthFailure", "UnauthorizedOperation",
}

// errorsOf are the errors of one action, "code", or "code: message" if EC2 uses one
// code for several errors.
var errorsOf = map[string][]string{
	createAction: {
		"InsufficientFreeAddressesInSubnet", "IdempotentParameterMismatch", "NetworkInterfaceLimitExceeded", "ResourceLimitExceeded",
		"InvalidSubnetID.NotFound", "InvalidGroup.NotFound", "InvalidSecurityGroupID.NotFound", "SecurityGroupsPerInterfaceLimitExceeded",
		"TagLimitExceeded", "ConcurrentTagAccess",
	},
	"AttachNetworkInterface": {
		"AttachmentLimitExceeded", "IncorrectState", "IncorrectInstanceState", "InvalidInstanceID.NotFound", "InvalidNetworkInterfaceID.NotFound",
		"InvalidParameterValue: Instance already has an interface attached at device index '1'.", "InvalidNetworkInterface.InUse",
		"InvalidParameterValue: Instance is not 'running'.", "OperationNotPermitted", "UnsupportedOperation",
	},
	"DetachNetworkInterface": {"IncorrectState", "InvalidAttachmentID.NotFound", "OperationNotPermitted", "InvalidNetworkInterfaceID.NotFound"},
	"DeleteNetworkInterface": {
		"InvalidNetworkInterface.InUse", "InvalidParameterValue: Network interface is currently in use.", "InvalidNetworkInterfaceID.NotFound",
		"OperationNotPermitted", "DependencyViolation",
	},
	"ModifyNetworkInterfaceAttribute": {"InvalidNetworkInterfaceID.NotFound", "IncorrectState", "InvalidAttachmentID.NotFound"},
	"DescribeNetworkInterfaces":       {"InvalidNetworkInterfaceID.NotFound"},
	"DescribeInstances":               {"InvalidInstanceID.NotFound"},
	"DescribeSubnets":                 {"InvalidSubnetID.NotFound"},
	"DescribeSecurityGroups":          {"InvalidGroup.NotFound"},
	"DescribeInstanceTypes":           {},
	"CreateTags":                      {"ConcurrentTagAccess", "InvalidNetworkInterfaceID.NotFound"},
}

// mutatingActions are the actions whose responses are lost or delayed.
var mutatingActions = []string{createAction, createAction, "AttachNetworkInterface", "DetachNetworkInterface", "DeleteNetworkInterface", "ModifyNetworkInterfaceAttribute"}

// faults adds faults for the round's EC2 calls. Counts are low for errors after which
// the provider backs off, to keep the round short.
func (p *planner) faults() {
	switch p.IntN(12) {
	case 0, 1:
		return
	case 10:
		p.omit()
	case 11:
		p.omit()
		p.errorCode()
		if p.IntN(3) == 0 {
			p.omitFrom(true)
			p.m.unsettledRounds = 1 + p.IntN(2)
		}
	case 2, 3, 4, 5:
		for range 1 + p.IntN(4) {
			p.errorCode()
		}
	case 6, 7:
		for range 1 + p.IntN(3) {
			p.lostResponse()
		}
		if p.IntN(2) == 0 {
			p.errorCode()
		}
	case 8:
		p.storm()
	default:
		if p.IntN(2) == 0 {
			p.outage()
		} else {
			p.slow()
			p.errorCode()
		}
	}
}

// inject adds a fault. The returned function reports whether it affected a call.
func (p *planner) inject(f ec2emulator.Fault) (fired func() bool) {
	f.AccessKeyID = providerAccessKey // calls of other users are not affected
	var h ec2emulator.FaultHandle
	p.add(step{what: describe(f), do: func(_ context.Context, w *world) error {
		if !slices.Contains(strings.Split(*without, ","), f.Action+":"+f.Code) {
			h = w.EC2.Inject(f)
		}
		return nil
	}}, nil)
	return func() bool { return h != (ec2emulator.FaultHandle{}) && h.Fired() > 0 }
}

func describe(f ec2emulator.Fault) string {
	var s []string
	add := func(on bool, text string) {
		if on {
			s = append(s, text)
		}
	}
	add(f.Code != "", f.Code)
	add(f.LoseResponse, "lost response")
	add(f.Drop, "lost request")
	add(f.Delay > 0, "delay "+f.Delay.String())
	add(f.Nth > 0, fmt.Sprintf("only call %d", f.Nth))
	add(f.Count > 0, fmt.Sprintf("%d times", f.Count))
	add(f.Probability > 0, fmt.Sprintf("with probability %.1f", f.Probability))
	return "fault on " + f.Action + ": " + strings.Join(s, ", ")
}

func (p *planner) errorCode() {
	action := pick(p.Rand, sorted(errorsOf))
	if p.IntN(4) == 0 {
		action = "DescribeNetworkInterfaces" // most decisions depend on it
	}
	f := ec2emulator.Fault{Action: action, Count: 1 + p.IntN(2)}
	codes := errorsOf[action]
	if p.IntN(2) == 0 || len(codes) == 0 {
		codes = transientErrors
	}
	f.Code, f.Message, _ = strings.Cut(pick(p.Rand, codes), ": ")
	if p.IntN(3) == 0 {
		f.Nth, f.Count = 1+p.IntN(4), 0
	}
	p.inject(f)
}

func (p *planner) lostResponse() {
	f := ec2emulator.Fault{Action: pick(p.Rand, mutatingActions), Count: 1 + p.IntN(3)}
	if p.IntN(4) == 0 {
		f.Drop = true
	} else {
		f.LoseResponse = true
	}
	p.inject(f)
}

// storm throttles most EC2 calls for about a second.
func (p *planner) storm() {
	f := ec2emulator.Fault{Action: "*", Code: "RequestLimitExceeded", Probability: 0.5 + 0.4*p.Float64(), AccessKeyID: providerAccessKey}
	last := time.Second + time.Duration(p.IntN(500))*time.Millisecond
	p.add(step{what: describe(f) + ", for " + last.String(), do: func(_ context.Context, w *world) error {
		h := w.EC2.Inject(f)
		w.later(last, h.Remove)
		return nil
	}}, nil)
}

// slow delays calls, so that kills and changes happen while they are in progress.
func (p *planner) slow() {
	p.inject(ec2emulator.Fault{Action: pick(p.Rand, mutatingActions), Delay: time.Duration(50+p.IntN(250)) * time.Millisecond})
}

func (p *planner) outage() {
	o := pick(p.Rand, []ec2emulator.Outage{ec2emulator.OutageUnavailable, ec2emulator.OutageCut})
	last := time.Second + time.Duration(p.IntN(1000))*time.Millisecond
	p.add(step{what: "EC2 outage (" + string(o) + ") for " + last.String(), do: func(_ context.Context, w *world) error {
		w.EC2.SetOutage(o)
		w.later(last, func() { w.EC2.SetOutage(ec2emulator.OutageNone) })
		return nil
	}}, nil)
}
