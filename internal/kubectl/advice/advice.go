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

// related returns the kinds whose tables have the reasons that objects of a kind share, in the order in which
// they are searched.
func related(kind string) []string {
	const nodeENI, networkInterface, attachment = "NodeENI", "NetworkInterface", "NetworkInterfaceAttachment"
	switch kind {
	case networkInterface:
		return []string{networkInterface, attachment}
	case attachment:
		return []string{attachment, networkInterface}
	case nodeENI:
		return []string{nodeENI, attachment, networkInterface}
	default:
		return []string{kind, attachment, networkInterface}
	}
}

// Of returns the advice for a condition reason of an object of a kind, such as NodeENI. The tables of one kind
// also have reasons that objects of other kinds share, so the advice of a related kind, or else of any kind, is
// returned if the kind has none.
func Of(kind, reason string) (Advice, bool) {
	byKind := map[string]Advice{}
	found, ok := Advice{}, false
	for _, e := range entries() {
		if e.reason != reason {
			continue
		}
		if _, known := byKind[e.kind]; !known {
			byKind[e.kind] = e.Advice
		}
		if !ok {
			found, ok = e.Advice, true
		}
	}
	for _, k := range related(kind) {
		if a, known := byKind[k]; known {
			return a, true
		}
	}
	return found, ok
}
