// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"time"
)

// A Fate classifies an EC2 resource that is missing from a response.
type Fate string

const (
	// FateDoubtful means that EC2 did not return the resource, but its deletion is not confirmed.
	FateDoubtful Fate = "Doubtful"

	// FateUnwitnessed means that EC2 returned neither the resource nor any other resource of this
	// cluster. The response may be of another account, region or endpoint.
	FateUnwitnessed Fate = "Unwitnessed"

	// FateOutage means that many resources are missing at once, which is treated as a fault of
	// EC2's response, not as their deletion.
	FateOutage Fate = "Outage"

	// FateDeleted means that the resource no longer exists.
	FateDeleted Fate = "Deleted"

	// FatePresent means that a later response contains the resource.
	FatePresent Fate = "Present"
)

const (
	// DefaultAbsencePeriod is the minimum time between the two responses that confirm
	// the absence of a resource. EC2's describe actions are eventually consistent within
	// seconds; faults last longer.
	DefaultAbsencePeriod = time.Minute

	// OutageShare is the share of the known resources above which missing resources
	// are treated as an outage, if more than one is missing.
	OutageShare = 0.2
)

// A Sample is one response of EC2 to a describe call for the missing resource and
// other resources of this cluster that are known to exist.
type Sample struct {
	// Asked is the number of resources requested, including the missing resource, and
	// Returned the number of these in the response.
	Asked    int
	Returned int

	// Found is true if the response contains the missing resource.
	Found bool

	// Witnessed is true if EC2 returned a related resource, such as its subnet, at the
	// same time. It is considered only if no other resource of this cluster is known.
	Witnessed bool
}

// Outage reports whether too many resources are missing to be considered deleted.
func (s Sample) Outage() bool {
	missing := s.Asked - s.Returned
	return missing > 1 && float64(missing) > OutageShare*float64(s.Asked)
}

// DecideAbsence classifies an EC2 resource that is missing from a response. first and
// last are the times of the first and the last request whose response did not contain
// the resource; sample is called only if they are more than period apart.
func DecideAbsence(first, last time.Time, period time.Duration, sample func() (Sample, error)) (Fate, error) {
	if last.Sub(first) <= period {
		return FateDoubtful, nil
	}
	s, err := sample()
	if err != nil {
		return FateDoubtful, err
	}
	switch {
	case s.Found:
		return FatePresent, nil
	case s.Outage():
		return FateOutage, nil
	case s.Returned == 0 && (s.Asked > 1 || !s.Witnessed):
		return FateUnwitnessed, nil
	default:
		return FateDeleted, nil
	}
}
