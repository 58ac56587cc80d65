// Package awserr holds the one table of AWS's error codes, and what is derived from
// it: predicates, the class that decides when a call is repeated, the reason and the
// advice of a condition. No other package of this module spells an error code of EC2's
// answers.
//
// Codes are compared without regard to case: EC2 spells the code of one problem in
// different ways, InvalidNetworkInterfaceID and InvalidNetworkInterfaceId among them. A
// message is read only where EC2 uses one code for different problems.
//
// Sources of the codes:
// https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
package awserr
