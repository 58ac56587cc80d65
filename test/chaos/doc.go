// Package chaos runs the provider under many faults at once, for as many rounds as
// requested, and compares the result with what must exist.
//
// A world is a real kube-apiserver with etcd, EC2 emulators, agents that answer, and
// the provider as a process that can be killed. A round changes the desired state,
// injects faults into EC2 calls, kills the provider, and sometimes stops the API
// server or etcd. Then all faults end and the world must settle. Rounds continue in
// the same world.
//
// What must exist is decided by a model that knows only nodes, NodeENIs and
// manually written objects. It shares no code with the provider: two ways to the
// same answer are the point.
//
//	go test ./test/chaos -run TestChaos -count=1 -timeout 60m -v -args -rounds 500
//
// Without -rounds or -seed a few rounds of a fixed seed are run.
//
// What a round does follows from its seed and number alone. A failure prints both,
// and the steps: -args -seed S -first N -rounds 1 repeats round N in a world built
// as the rounds before leave it; -steps prints the steps of rounds that pass, too,
// and -without leaves out faults whose effect is known.
//
// # Faults and actors
//
//   - Errors, lost answers, delays, throttling and outages of EC2 (faults).
//   - Answers of EC2 that succeed and leave out resources that exist, for a moment,
//     to the end of a round, or over several rounds (omissions). An omission that
//     lasts longer than the absence period leaves out more than what is taken for
//     deletions: less than that is taken for deletions by design.
//   - Another account, another region, a rotated, rejected or missing key, while the
//     provider runs or over a restart (places). An ENI could be created in the wrong
//     place, which has the same subnets.
//   - Other owners: tenants who name ENIs and attachments that are not theirs,
//     another cluster with objects of the same names, the VPC CNI on the same
//     instances (owners).
//   - Two replicas with leader election. The leader is killed, or stopped for longer
//     than its Lease and continued (modes).
//   - The default poll interval, at which everything must follow from events and
//     from what the provider has itself scheduled (modes).
//   - etcd restored from a backup (backup). Instances cannot be restored: kubelets
//     register their nodes again, and Nodes of terminated instances are deleted.
//   - Clocks: every node's clock, by which its agent renews its Lease, is off by
//     minutes and jumps, and so do the times of detach requests in objects (agents).
//     The provider's own clock is not changed: a static Go program reads it without
//     a library that could be replaced, and a time namespace changes only clocks
//     that count from the start of the machine.
//   - A selector that matches no node for a while, nodes that are replaced, objects
//     and ENIs that are deleted outside the controller (changes).
//
// Some conditions request a decision of an administrator: to confirm that an ENI was
// deleted, or that a change may release most nodes. A person makes it after the
// faults have ended, as the message says, if EC2 agrees (person).
//
// # What is checked
//
// The emulator's ledger is judged while and after the world settles. No mutating
// call may name an ENI or attachment that the provider has not made, be made for a
// tenant, or be made in the wrong account or region. Nothing of the provider is
// detached or deleted unless the round requested it, and nothing before its host has
// released it. No ENI is left over, or exists twice.
//
// The provider is built with its waits shortened (see quickened), because the
// emulator is faster than EC2 by as much; eni.DefaultAbsencePeriod is among them.
// Nothing else about it is changed, and -provider tests a given program.
//
// TestMutations is the test of this test: it breaks the provider in ways that only
// crashes, lost answers and wrong answers show, and the same rounds must notice:
//
//	go test ./test/chaos -run TestMutations -count=1 -timeout 45m -v -args -mutations
package chaos
