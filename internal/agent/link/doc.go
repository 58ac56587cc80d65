// Package link knows the links of a host: their names, addresses, routes and
// rules, and the kernel's news about them. It speaks netlink and nothing else.
//
// It refuses to know which link is an ENI and what an ENI should look like: it
// reports what is there and does the one change it is told.
//
// Of routes and rules it reports only those that carry Protocol, the mark of
// this agent, and the default routes. What it does not report, nobody above
// it can remove.
package link
