// Package chaos puts the provider under everything that goes wrong at once, for
// as many rounds as one likes, and compares what is left with what must be.
//
// A world is a real kube-apiserver with etcd, the EC2 emulator, agents that
// answer, and the provider as a program of its own that can be killed. A round
// changes what is wanted, spoils calls to EC2, kills the provider, now and then
// takes the API server or etcd away; then everything is put right again and the
// world must settle. Rounds go on in the same world.
//
// What must be is said by a model that knows only nodes, NodeENIs and objects
// written by hand. It shares no code with the provider: two ways to the same
// answer are the point.
//
//	go test ./cluster/chaos -run TestChaos -count=1 -timeout 40m -args -rounds 500
//
// Without -rounds or -seed it takes a few rounds of always the same seed.
//
// What a round does follows from its seed and number alone. A failure prints
// both, and the steps: -args -seed S -first N -rounds 1 repeats round N in a
// world made as the rounds before leave it; -steps prints the steps of rounds
// that go well, too, and -without leaves out faults whose effect is known.
//
// The provider is built with its waits shortened (see quickened), because the
// emulator is as much quicker than EC2. Nothing else about it is changed, and
// -provider tests a program as it is.
//
// TestMutations is the test of this test: it breaks the provider in ways that
// only crashes and lost answers show, and the same rounds must notice:
//
//	go test ./cluster/chaos -run TestMutations -count=1 -timeout 30m -v -args -mutations
package chaos
