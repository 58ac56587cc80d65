// Package networkinterface reconciles NetworkInterface objects with ENIs in EC2. It does
// not depend on nodes or hosts.
package networkinterface
