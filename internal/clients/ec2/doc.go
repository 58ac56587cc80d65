// Package ec2 is the only place that makes EC2 clients. It knows how to sign,
// what EC2's error codes mean, how names and tags become ids inside one VPC and
// zone, which account and region a client reaches, and what an answer without a
// resource proves. It does not depend on Kubernetes objects beyond a
// ProviderConfig, and it decides nothing about what should exist: changes of an ENI
// need a permit of package eni.
package ec2
