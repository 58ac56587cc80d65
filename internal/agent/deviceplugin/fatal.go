// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package deviceplugin

import (
	"encoding/json"
	"fmt"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// fatal returns the foreign pools for which the device plugin exits: a name that is not
// a string, a name with an invalid character, and a duplicate resource.
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
			out = append(out, Fatal{Pool: place, Err: errors.New("the pool is not a JSON object: remove it")})
			continue
		case !parseString(p.ResourceName, &name) || !parseString(p.ResourcePrefix, &prefix):
			out = append(out, Fatal{Pool: place, Err: errors.New("resourceName or resourcePrefix is not a string: quote it")})
			continue
		}
		r := o.resource(x.raw)
		switch {
		case validateName(name) != nil:
			out = append(out, Fatal{Pool: r.String(), Err: validateName(name)})
		case seen[r]:
			out = append(out, Fatal{Pool: r.String(), Err: errors.New("another pool has the same resource: rename one of them")})
		}
		seen[r] = true
	}
	return out
}

// parseString parses an optional JSON string. It reports false if raw is not a string.
func parseString(raw json.RawMessage, into *string) bool {
	return len(raw) == 0 || json.Unmarshal(raw, into) == nil
}
