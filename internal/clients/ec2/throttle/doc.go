// Package throttle decides when a call to EC2 may be made: one token bucket for
// each action in each account and region, with a queue in which the urgent go
// first, and a breaker for a region that answers nothing but failures. It knows
// no HTTP and no AWS; the transport of the EC2 client asks it before each
// attempt and tells it how the attempt went.
package throttle
