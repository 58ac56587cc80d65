// Package ec2 is the only place that makes EC2 clients. It knows how to sign,
// what EC2's error codes mean, and how names and tags become ids inside one VPC
// and zone. It refuses to know Kubernetes objects beyond a ProviderConfig, and
// it decides nothing about what should exist.
package ec2
