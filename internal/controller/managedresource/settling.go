package managedresource

import (
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/types"

	"github.com/crossplane/crossplane-runtime/v2/pkg/resource"
)

// settleFor is for how long EC2's answers may not contain an update that it has
// accepted. Its API is eventually consistent:
// https://docs.aws.amazon.com/ec2/latest/devguide/eventual-consistency.html
const settleFor = 2 * time.Second

// updates remembers which objects were updated a moment ago, so that an answer of EC2
// that does not contain an update yet does not cause the same one again.
type updates struct {
	now func() time.Time

	mu       sync.Mutex
	byObject map[types.UID]update
}

type update struct {
	generation int64
	at         time.Time
}

func newUpdates() *updates { return &updates{now: time.Now, byObject: map[types.UID]update{}} }

// note records that EC2 accepted the update of an object.
func (u *updates) note(mg resource.Managed) {
	u.mu.Lock()
	defer u.mu.Unlock()
	now := u.now()
	for id, last := range u.byObject {
		if now.Sub(last.at) >= settleFor {
			delete(u.byObject, id)
		}
	}
	u.byObject[mg.GetUID()] = update{generation: mg.GetGeneration(), at: now}
}

// settles returns for how long EC2's answers may not contain the last update of an
// object, which was to its present generation; 0 if they must.
func (u *updates) settles(mg resource.Managed) time.Duration {
	u.mu.Lock()
	defer u.mu.Unlock()
	last, ok := u.byObject[mg.GetUID()]
	if !ok || last.generation != mg.GetGeneration() {
		return 0
	}
	return max(0, settleFor-u.now().Sub(last.at))
}
