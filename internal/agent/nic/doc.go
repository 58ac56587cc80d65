// Package nic knows which driver and which bus address a link's device has. It
// asks ethtool's ioctl and refuses to know what either means.
package nic
