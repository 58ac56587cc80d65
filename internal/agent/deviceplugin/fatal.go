package deviceplugin

import (
	"encoding/json"
	"fmt"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// fatal returns the pools of others for which the device plugin exits: a name that is no
// text, a name with other characters than it takes, and a resource that comes twice.
// https://github.com/k8snetworkplumbingwg/sriov-network-device-plugin/blob/master/cmd/sriovdp/manager.go
func (o Owner) fatal(items []item) []Fatal {
	var out []Fatal
	seen := map[Resource]bool{}
	for i, x := range items {
		if o.owns(x.raw) {
			continue
		}
		var p struct {
			ResourcePrefix json.RawMessage `json:"resourcePrefix"`
			ResourceName   json.RawMessage `json:"resourceName"`
		}
		var prefix, name string
		place := fmt.Sprintf("pool %d of the file", i+1)
		switch {
		case json.Unmarshal(x.raw, &p) != nil:
			out = append(out, Fatal{Pool: place, Err: errors.New("it is no object: remove it, or write one")})
			continue
		case !text(p.ResourceName, &name) || !text(p.ResourcePrefix, &prefix):
			out = append(out, Fatal{Pool: place, Err: errors.New("its resourceName or resourcePrefix is no text: write it in quotes")})
			continue
		}
		r := o.resource(x.raw)
		switch {
		case validateName(name) != nil:
			out = append(out, Fatal{Pool: r.String(), Err: validateName(name)})
		case seen[r]:
			out = append(out, Fatal{Pool: r.String(), Err: errors.New("another pool has the same resource: give one of them another name")})
		}
		seen[r] = true
	}
	return out
}

// text reads a text, which may be missing, and reports whether it is one.
func text(raw json.RawMessage, into *string) bool {
	return len(raw) == 0 || json.Unmarshal(raw, into) == nil
}
