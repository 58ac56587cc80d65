// Package networkinterface keeps one ENI in EC2 like one NetworkInterface
// object. It knows the API and EC2; it refuses to know nodes and hosts.
package networkinterface
