// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package topology

import "testing"

func TestText(t *testing.T) {
	cases := map[string]struct {
		reason    string
		got, want string
	}{
		"Fits":     {reason: "A text that fits is not changed.", got: fit("subnet-0123456789abcdef0", 24), want: "subnet-0123456789abcdef0"},
		"Middle":   {reason: "A name is shortened in it, and keeps its start and end.", got: fit("ip-10-0-160-200.us-west-2.compute.internal", 29), want: "ip-10-0-160-200.us-….internal"},
		"Wide":     {reason: "A wide character takes two columns.", got: fit("\u540d\u540d\u540d\u540d\u540d", 7), want: "\u540d\u540d…\u540d"},
		"End":      {reason: "A message keeps its start.", got: cut("NoSubnetInZone: no subnet", 18), want: "NoSubnetInZone: n…"},
		"Short":    {reason: "A message that fits is not changed.", got: cut("no ENI yet", 18), want: "no ENI yet"},
		"Line":     {reason: "A text is a single line.", got: clean(" a\n\tb\u2028c "), want: "a  b c"},
		"Control":  {reason: "Characters that are not valid in XML are replaced.", got: clean("a\x00\x1bb\ufffe"), want: "a\ufffd\ufffdb\ufffd"},
		"Bidi":     {reason: "Characters that reorder text are replaced.", got: clean("a\u202eb"), want: "a\ufffdb"},
		"Encoding": {reason: "Bytes that are not UTF-8 are replaced.", got: clean("a\xff\xfeb"), want: "a\ufffdb"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			if tc.got != tc.want {
				t.Errorf("\n%s\ngot %q, want %q", tc.reason, tc.got, tc.want)
			}
			if n := width(tc.got); n > 29 {
				t.Errorf("\n%s\n%q takes %d columns", tc.reason, tc.got, n)
			}
		})
	}
}

// TestNoteFits verifies that many NodeENIs without nodes need one line.
func TestNoteFits(t *testing.T) {
	m := &Map{}
	for range 100 {
		m.Idle = append(m.Idle, "firewall-inside-production-east")
	}
	d := m.draw(false)
	if n := float64(width(d.Note)) * smallWidth; n > float64(d.Width-2*margin) || d.Note == d.NoteText {
		t.Errorf("the line takes %.0f of %d pixels: %s", n, d.Width, d.Note)
	}
}
