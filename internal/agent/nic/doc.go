// Package nic returns the driver, bus address and speed of a link's device, as reported
// by the ethtool ioctl. It does not interpret them.
package nic
