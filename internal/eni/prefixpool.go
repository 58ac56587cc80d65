// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

// PoolSize returns the number of prefixes that EC2 should assign to the ENI of a pool:
// assigned of them now, of which idle can be unassigned, where the node needs desired. Idle
// prefixes are never used again, so they do not count as what the node needs; they are
// unassigned before the pool would exceed its largest size.
func PoolSize(smallest, largest, desired, assigned, idle int) int {
	desired = min(max(desired, smallest), largest)
	switch active := assigned - idle; {
	case active >= desired:
		return desired
	case desired+idle <= largest:
		return desired + idle
	default:
		return active
	}
}
