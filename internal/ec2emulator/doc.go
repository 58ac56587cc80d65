// Package ec2emulator is EC2 over HTTP, in memory: state, protocol, faults and a ledger.
//
// It knows what EC2 knows about network interfaces and what they need: VPCs, subnets and their addresses, security
// groups, instances and their types, tags, attachments that take time, limits, error codes, request rates. It speaks
// the Query protocol, so an SDK, the AWS CLI or any other client drives it unchanged, and the part of STS that finds
// out who one is and assumes roles.
//
// Its tests drive it with the AWS SDK for Go. TestCLI (cli_walks_test.go) and TestJavaScript (testdata/javascript) drive
// it with the AWS CLI and the AWS SDK for JavaScript, which read its answers by other means. They need these clients and
// some minutes: make e2e runs them, and fails without the clients.
//
// It refuses to know Kubernetes, this product, or the hosts behind the instances. A test that wants a link to appear
// when an attachment does registers a hook (Server.OnAttachment). It verifies no signatures, has no policies and no
// prices, and carries no packets.
//
// It is strict. What EC2 refuses is refused, with EC2's code, its HTTP status, and its words where they are known:
// an unknown parameter, a filter that does not exist, a page size with identifiers, an address that is taken. A
// request without a signature, or signed for another Region, is refused too.
//
// # Use
//
//	s := ec2emulator.New(ec2emulator.Options{})
//	defer s.Close()
//	url, err := s.Start(ctx, "")
//
// A new Server is empty. Seed, or the Add methods, put things into it under identifiers of the caller's choice; EC2's
// own actions do it under identifiers of EC2's form. State, ENIs and the ledger (Calls, Since, Count) tell what became
// of it; ENIs includes the deleted ones, which makes leaks and duplicates easy to find.
//
// # Time
//
// Transitions are planned on Options.Clock, and carried out when the cloud is next looked at or when their time has
// come, whichever is first. With a fake clock, step it and call Server.Drain.
//
// # Faults
//
// A Fault spoils calls by rule: the n-th, the first few, a share of them, or those about one resource. It answers an
// error, delays the call, cuts the connection before the call takes effect (Drop), or after (LoseResponse): the case
// that only a ClientToken survives. SetOutage takes down the whole endpoint.
//
// # Accounts and Regions
//
// A Server is one account and Region. A Router serves several of them at one address, and passes each request to the
// one that its signature names.
//
// # Control surface
//
// Programs that are not in this process steer the Server over HTTP, in JSON, without a signature. Requests may also be
// in YAML. A request that cannot be read is answered 400 and {"error": "..."}.
//
//	GET    /_emulator/state                    everything that exists, as State
//	GET    /_emulator/enis                     every network interface that ever was, as []NetworkInterface
//	GET    /_emulator/ledger                   every call, as []Call; ?since=<sequence> and ?action=<name> narrow it
//	POST   /_emulator/reset-ledger             forgets the calls so far
//	GET    /_emulator/faults                   the rules in force
//	POST   /_emulator/faults                   injects a Fault, delay written as "250ms"; answers it with its id
//	DELETE /_emulator/faults                   removes every rule
//	DELETE /_emulator/faults/{id}              removes one
//	POST   /_emulator/outage                   {"outage": ""}, "Unavailable" or "Cut"; the control surface stays up
//	POST   /_emulator/seed                     adds a Seed; answers the State
//	POST   /_emulator/instances/{id}/{state}   puts an instance into a state at once
package ec2emulator
