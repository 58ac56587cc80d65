// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package throttle limits the rate of calls to EC2. It has one token bucket for each
// action in each account and region, with a priority queue of waiters, and a circuit
// breaker for each region. It depends neither on HTTP nor on the AWS SDK: the transport of
// the EC2 client takes a token before each attempt and reports the result after it.
package throttle
