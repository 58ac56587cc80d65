// Command mutants checks that the tests notice slips in the code paths of safety.
//
// Each line of the *.jsonl files in this directory is a mutant: a small change of
// one source file that would harm a user, and the tests that must fail with it.
// The command applies the mutants one at a time and runs their tests. The working
// tree is never changed: the mutated file is in a temporary directory, and the go
// command reads it in place of the original one (flag -overlay).
//
//	go run ./test/mutants                      every mutant
//	go run ./test/mutants -only hostinterface  those of files whose path contains hostinterface
//	go run ./test/mutants -for 6m -seed 7      as many as fit into 6 minutes, in a random order
//	go run ./test/mutants -list                print the mutants, run nothing
//
// A line of a *.jsonl file is a JSON object:
//
//	file  the source file, relative to the root of the module
//	from  source text that occurs exactly once in the file; part of a line is enough
//	to    the text that replaces it
//	why   what would go wrong for a user
//	test  packages, and flags of go test such as -run, separated by blanks
//
// The exit code is 1 if a mutant survives, does not compile or is stale, or if
// tests fail without a mutant.
package main
