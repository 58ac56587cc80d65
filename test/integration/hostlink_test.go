// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package integration

import (
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"github.com/nodeeni/provider-aws-eni/internal/ec2emulator"
)

// ipJSON parses the output of ip in a namespace.
func ipJSON[T any](ns string, args ...string) ([]T, error) {
	out, err := exec.Command("ip", append([]string{"-json", "-n", ns}, args...)...).Output()
	if err != nil {
		return nil, fmt.Errorf("ip -n %s %s: %w", ns, strings.Join(args, " "), err)
	}
	var all []T
	return all, json.Unmarshal(out, &all)
}

type ipLink struct {
	Name     string   `json:"ifname"`
	MAC      string   `json:"address"`
	MTU      int      `json:"mtu"`
	Flags    []string `json:"flags"`
	AltNames []string `json:"altnames"`
}

type ipAddresses struct {
	Addresses []struct {
		Scope  string `json:"scope"`
		Local  string `json:"local"`
		Length int    `json:"prefixlen"`
	} `json:"addr_info"` //nolint:tagliatelle // the name that ip gives it
}

type ipRule struct {
	Source   string `json:"src"`
	Length   int    `json:"srclen"` // none for a single address
	Table    string `json:"table"`
	Priority int    `json:"priority"`
}

type ipRoute struct {
	Destination string `json:"dst"`
	Gateway     string `json:"gateway"`
	Link        string `json:"dev"`
}

// viewLink returns the state of the link of an ENI on a host: names, MTU, addresses, rules,
// routes and sysctls. It finds the link by MAC address, and replaces each address by its
// index among the addresses of the ENI.
func viewLink(ns, nodeENI string, n ec2emulator.NetworkInterface) (map[string]string, error) {
	links, err := ipJSON[ipLink](ns, "link", "show")
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(links, func(l ipLink) bool { return l.MAC == n.MACAddress })
	if i < 0 {
		return map[string]string{"link": "none"}, nil
	}
	l := links[i]
	symbolic := symbols(nodeENI, n)
	out := map[string]string{
		"link": l.Name, "mtu": fmt.Sprint(l.MTU), "up": fmt.Sprint(slices.Contains(l.Flags, "UP")),
		"names": sortedBy(symbolic, l.AltNames),
	}
	on, err := ipJSON[ipAddresses](ns, "address", "show", "dev", l.Name)
	if err != nil {
		return nil, err
	}
	var addresses []string
	for _, x := range on {
		for _, a := range x.Addresses {
			if a.Scope != "link" {
				addresses = append(addresses, fmt.Sprintf("%s/%d", a.Local, a.Length))
			}
		}
	}
	out["addresses"] = sortedBy(symbolic, addresses)
	if err := viewRouting(ns, l.Name, symbolic, out); err != nil {
		return nil, err
	}
	out["sysctls"], err = viewSysctls(ns, l.Name)
	return out, err
}

// viewRouting adds the source rules of an ENI, and the routes of its link in the tables of
// the rules.
func viewRouting(ns, link string, symbolic *strings.Replacer, out map[string]string) error {
	var rules, routes []string
	for family, bits := range map[string]int{"-4": 32, "-6": 128} {
		all, err := ipJSON[ipRule](ns, family, "rule", "show")
		if err != nil {
			return err
		}
		tables := map[string]bool{}
		for _, r := range all {
			source := fmt.Sprintf("%s/%d", r.Source, cmp.Or(r.Length, bits))
			if named := symbolic.Replace(source); named != source {
				rules = append(rules, fmt.Sprintf("%s>%s@%d", named, r.Table, r.Priority))
				tables[r.Table] = true
			}
		}
		for t := range tables {
			all, err := ipJSON[ipRoute](ns, family, "route", "show", "table", t)
			if err != nil {
				return err
			}
			for _, r := range all {
				if r.Link != link {
					return fmt.Errorf("table %s has a route of link %s, want only routes of %s", t, r.Link, link)
				}
				routes = append(routes, strings.TrimSpace(r.Destination+" "+r.Gateway))
			}
		}
	}
	slices.Sort(rules)
	slices.Sort(routes)
	out["rules"], out["routes"] = strings.Join(rules, " "), strings.Join(slices.Compact(routes), ", ")
	return nil
}

// viewSysctls returns the sysctls that the agent may change.
func viewSysctls(ns, link string) (string, error) {
	var values []string
	err := inNamespace(ns, func() error {
		for _, name := range []string{"ipv4/conf/%s/rp_filter", "ipv4/conf/%s/arp_ignore", "ipv4/conf/%s/arp_announce", "ipv6/conf/%s/accept_ra"} {
			raw, err := os.ReadFile("/proc/sys/net/" + fmt.Sprintf(name, link))
			if err != nil {
				return err
			}
			values = append(values, strings.TrimSpace(string(raw)))
		}
		return nil
	})
	return strings.Join(values, " "), err
}

// symbols returns a replacer of the addresses, prefixes and id of an ENI by symbols, such as
// IPv4.0 for its primary address.
func symbols(nodeENI string, n ec2emulator.NetworkInterface) *strings.Replacer {
	var pairs []string
	add := func(label string, values []string, length string) {
		for i, v := range values {
			pairs = append(pairs, v+length, fmt.Sprintf("%s.%d", label, i))
		}
	}
	add("IPv4", n.PrivateIPAddresses, "/32")
	add("IPv6", n.IPv6Addresses, "/128")
	add("prefix4", n.IPv4Prefixes, "")
	add("prefix6", n.IPv6Prefixes, "")
	return strings.NewReplacer(append(pairs, n.ID, "ENI", nodeENI+"-", "NodeENI-")...)
}

// sortedBy returns values by their symbols, sorted.
func sortedBy(symbolic *strings.Replacer, values []string) string {
	var out []string
	for _, v := range values {
		out = append(out, symbolic.Replace(v))
	}
	slices.Sort(out)
	return strings.Join(out, " ")
}
