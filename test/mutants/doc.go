// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Command mutants is mutation testing of the safety checks: it verifies that the
// tests fail if a check is broken.
//
// Each line of the *.jsonl files in this directory is a mutant: a small change of
// one source file that would harm a user, and the tests that must fail with it.
// The command applies one mutant at a time and runs its tests. It does not change
// the working tree: the mutated file is in a temporary directory, and go test
// -overlay replaces the original with it.
//
//	go run ./test/mutants                      all mutants
//	go run ./test/mutants -only hostinterface  mutants of files whose path contains hostinterface
//	go run ./test/mutants -for 6m -seed 7      as many as fit into 6 minutes, in random order
//	go run ./test/mutants -list                print the mutants without running them
//
// A line of a *.jsonl file is a JSON object:
//
//	file  the source file, relative to the root of the module
//	from  source text that occurs exactly once in the file; part of a line is enough
//	to    the text that replaces it
//	why   the consequence for a user
//	test  packages, and flags of go test such as -run, separated by blanks
//
// The exit code is 1 if a mutant survives, does not compile or is stale, or if
// tests fail without a mutant.
package main
