// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package awserr holds the table of EC2's error codes. Predicates, the class that decides
// when a call is retried, and the reason and advice of a condition derive from it. No other
// package of this module contains an error code of EC2.
//
// Codes are compared case-insensitively: EC2 returns both InvalidNetworkInterfaceID and
// InvalidNetworkInterfaceId. A message is matched only where EC2 uses one code for
// different problems.
//
// Sources of the codes:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
package awserr
