// Package eni decides: which ENIs the nodes should have, at which device index,
// under which names and tags. It knows the rules of the domain and nothing
// else: no cloud, no kernel, no API server. Everything comes in as values and
// goes out as values.
package eni
