// Package nodeeni expands a NodeENI into one NetworkInterface and one
// NetworkInterfaceAttachment for each matching node and subnet. What should be
// is decided in package eni; this package gathers what that needs, and carries
// it out.
package nodeeni
