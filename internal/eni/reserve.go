// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package eni

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A Reserve is a number of ENIs of each node that a label selector selects. The provider keeps
// places for them on network card 0: other software, such as the VPC CNI, attaches them.
type Reserve struct {
	Nodes labels.Selector
	Count int32
}

// Reserves are the reserves of different nodes. The first reserve that selects a node applies.
type Reserves []Reserve

// instanceTypeName matches the name of an instance type, such as m5.xlarge or u-6tb1.56xlarge.
var instanceTypeName = regexp.MustCompile(`^[a-z0-9-]+\.[a-z0-9-]+$`)

// ParseReserves parses reserves separated by semicolons. Each is SELECTOR:COUNT, with a label
// selector or the name of an instance type, or only COUNT for all nodes:
//
//	m5.large:1; role in (firewall, router): 0; 2
func ParseReserves(text string) (Reserves, error) {
	var out Reserves
	for item := range strings.SplitSeq(text, ";") {
		item = strings.TrimSpace(item)
		if item == "" {
			continue
		}
		r, err := parseReserve(item)
		if err != nil {
			return nil, errors.Wrapf(err, "cannot parse %q: use COUNT for all nodes, or SELECTOR:COUNT with a label selector or an instance type, such as m5.large:1", item)
		}
		out = append(out, r)
	}
	return out, nil
}

func parseReserve(item string) (Reserve, error) {
	selector, count := "", item
	if i := strings.LastIndex(item, ":"); i >= 0 {
		selector, count = strings.TrimSpace(item[:i]), item[i+1:]
		if selector == "" {
			return Reserve{}, errors.New("the selector is empty")
		}
	}
	n, err := strconv.ParseInt(strings.TrimSpace(count), 10, 32)
	if err != nil || n < 0 {
		return Reserve{}, errors.Errorf("%q is not a number of ENIs", strings.TrimSpace(count))
	}
	if instanceTypeName.MatchString(selector) {
		selector = corev1.LabelInstanceTypeStable + "=" + selector
	}
	nodes, err := labels.Parse(selector)
	return Reserve{Nodes: nodes, Count: int32(n)}, err
}

// String returns the reserves as ParseReserves parses them.
func (r Reserves) String() string {
	items := make([]string, 0, len(r))
	for _, x := range r {
		item := strconv.Itoa(int(x.Count))
		if !x.Nodes.Empty() {
			item = fmt.Sprintf("%s:%d", x.Nodes, x.Count)
		}
		items = append(items, item)
	}
	return strings.Join(items, ";")
}

// For returns how many ENIs are reserved on a node with some labels.
func (r Reserves) For(node map[string]string) int32 {
	for _, x := range r {
		if x.Nodes.Matches(labels.Set(node)) {
			return x.Count
		}
	}
	return 0
}
