// Package hostinterface tells nodes what to do with the ENIs attached to them,
// and holds an attachment until its node has let go. It knows the API; it
// refuses to know links and drivers, and asks EC2 only whether an instance is
// still there.
package hostinterface
