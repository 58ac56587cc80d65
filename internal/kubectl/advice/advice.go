// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package advice has the meaning of each condition reason, and what to do. It is generated from
// the tables of docs/troubleshooting.md, so that both state the same.
package advice

// Advice is the meaning of a condition reason, and what to do.
type Advice struct{ Meaning, Action string }

// An entry is a row of a table about the conditions of a kind.
type entry struct {
	Advice

	kind, reason string
}

// Of returns the advice for a condition reason of an object of a kind, such as NodeENI. The
// tables of one kind also have reasons that objects of other kinds share, so a reason of
// another kind is returned if the kind has none.
func Of(kind, reason string) (Advice, bool) {
	found, ok := Advice{}, false
	for _, e := range entries() {
		switch {
		case e.reason != reason:
		case e.kind == kind:
			return e.Advice, true
		case !ok:
			found, ok = e.Advice, true
		}
	}
	return found, ok
}
