package ec2

import (
	"slices"
	"sync"
	"time"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"k8s.io/utils/ptr"
)

// visibleWithin is how long EC2's describe actions may miss what has just been
// attached.
const visibleWithin = 10 * time.Second

// recent remembers what has just been attached, by instance.
type recent struct {
	mu         sync.Mutex
	byInstance map[string][]attached
}

type attached struct {
	eni ec2types.NetworkInterface
	at  time.Time
}

func newRecent() *recent { return &recent{byInstance: map[string][]attached{}} }

func (r *recent) add(instanceID string, n ec2types.NetworkInterface) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.byInstance[instanceID] = append(r.fresh(instanceID), attached{eni: n, at: time.Now()})
}

func (r *recent) of(instanceID string) []ec2types.NetworkInterface {
	r.mu.Lock()
	defer r.mu.Unlock()
	as := r.fresh(instanceID)
	if len(as) == 0 {
		delete(r.byInstance, instanceID)
		return nil
	}
	r.byInstance[instanceID] = as
	out := make([]ec2types.NetworkInterface, len(as))
	for i, a := range as {
		out[i] = a.eni
	}
	return out
}

func (r *recent) drop(instanceID, networkInterfaceID string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	as := slices.DeleteFunc(r.byInstance[instanceID], func(a attached) bool {
		return ptr.Deref(a.eni.NetworkInterfaceId, "") == networkInterfaceID
	})
	if len(as) == 0 {
		delete(r.byInstance, instanceID)
		return
	}
	r.byInstance[instanceID] = as
}

func (r *recent) fresh(instanceID string) []attached {
	var out []attached
	for _, a := range r.byInstance[instanceID] {
		if time.Since(a.at) < visibleWithin {
			out = append(out, a)
		}
	}
	return out
}
