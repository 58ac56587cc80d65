package nodeeni

import (
	"sync"

	"k8s.io/apimachinery/pkg/types"

	"github.com/nodeeni/provider-aws-eni/internal/eni"
)

// A verdict says that one version of an object was found to be what a NodeENI
// wanted of it. To find that out, field by field, for thousands of children at
// each change of one of them would keep a processor busy.
type verdict struct {
	nodeENI    types.UID
	generation int64
	child      eni.Child
	kind       string
	version    string
}

// verdicts remembers them.
type verdicts struct {
	mu   sync.Mutex
	good map[verdictKey]verdict
}

type verdictKey struct {
	nodeENI types.UID
	name    string
	kind    string
}

func newVerdicts() *verdicts { return &verdicts{good: map[verdictKey]verdict{}} }

func (v verdict) key() verdictKey {
	return verdictKey{nodeENI: v.nodeENI, name: v.child.Name, kind: v.kind}
}

func (s *verdicts) is(v verdict) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.good[v.key()] == v
}

func (s *verdicts) set(v verdict) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.good[v.key()] = v
}

// keep forgets what is known of children of a NodeENI that are not wanted any
// more.
func (s *verdicts) keep(nodeENI types.UID, children []eni.Child) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.good) <= 2*len(children) {
		return
	}
	wanted := make(map[string]bool, len(children))
	for _, c := range children {
		wanted[c.Name] = true
	}
	for k := range s.good {
		if k.nodeENI == nodeENI && !wanted[k.name] {
			delete(s.good, k)
		}
	}
}
