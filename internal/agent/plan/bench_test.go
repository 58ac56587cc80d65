// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"fmt"
	"testing"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
	"github.com/nodeeni/provider-aws-eni/internal/agent/desired"
	"github.com/nodeeni/provider-aws-eni/internal/agent/host"
	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// crowded adds the links of many pods.
func crowded(links int) func(*host.Observed) {
	return func(o *host.Observed) {
		for i := range links {
			o.Links = append(o.Links, link.Link{Index: 100 + i, Name: fmt.Sprintf("eni%08x", i), Kind: "veth", MAC: fmt.Sprintf("0a:00:00:00:%02x:%02x", i>>8, i&0xff), MTU: 9001, Up: true})
		}
	}
}

// BenchmarkMake plans for a new link and for a configured link, on a host without pods
// and with many.
func BenchmarkMake(b *testing.B) {
	w := desiredState(mode(v1alpha1.AddressingPolicyRouted))
	p := desired.Policy{Kinds: []string{link.KindDevice}}
	for _, links := range []int{0, 250} {
		for name, o := range map[string]host.Observed{"new": observed(crowded(links)), "settled": observed(settled, crowded(links))} {
			b.Run(fmt.Sprintf("links=%d/%s", links, name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					Make(w, p, o)
				}
			})
		}
	}
}
