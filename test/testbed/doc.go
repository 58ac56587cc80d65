// Package testbed runs the parts that this provider meets, for tests and the
// demo: a real kube-apiserver with its etcd, the EC2 emulator with a small VPC,
// and network namespaces as nodes. It decides nothing and asserts nothing.
package testbed
