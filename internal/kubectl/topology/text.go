// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

import (
	"strings"
	"unicode"
)

// clean replaces characters that are not valid in XML, or that are not visible or reorder text,
// and makes a single line of a text.
func clean(s string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\uFFFE', r == '\uFFFF':
			return unicode.ReplacementChar
		default:
			return r
		}
	}, strings.ToValidUTF8(s, string(unicode.ReplacementChar))))
}

// columns returns how many columns of a monospaced font a character takes. Characters after the
// Indic scripts can be as wide as two.
func columns(r rune) int {
	switch {
	case unicode.Is(unicode.Mn, r):
		return 0
	case r >= 0x1100 && (r < 0x2000 || r > 0x27BF):
		return 2
	default:
		return 1
	}
}

// width returns how many columns of a monospaced font a text takes.
func width(s string) int {
	n := 0
	for _, r := range s {
		n += columns(r)
	}
	return n
}

// fit shortens a text to a number of columns, with … in it. Two thirds are from the start: names
// of nodes differ there.
func fit(s string, limit int) string {
	if width(s) <= limit {
		return s
	}
	r := []rune(s)
	head := take(r, limit*2/3, false)
	tail := take(r, limit-1-limit*2/3, true)
	return string(r[:head]) + "…" + string(r[len(r)-tail:])
}

// cut shortens a text to a number of columns, with … at its end.
func cut(s string, limit int) string {
	if width(s) <= limit {
		return s
	}
	r := []rune(s)
	return string(r[:take(r, limit-1, false)]) + "…"
}

// take returns how many characters at the start, or at the end, fit into a number of columns.
func take(r []rune, limit int, end bool) int {
	n, used := 0, 0
	for n < len(r) {
		c := r[n]
		if end {
			c = r[len(r)-1-n]
		}
		if used += columns(c); used > limit {
			break
		}
		n++
	}
	return n
}
