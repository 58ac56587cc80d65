// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package cnicache

import (
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path"
	"sync"
	"time"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/link"
)

// DefaultDir is the default directory of CNI's library, which container runtimes use.
const DefaultDir = "/var/lib/cni"

// Limits of what is read: a node has at most a few hundred pods with a few interfaces each,
// and a result has some kilobytes.
const (
	maxFiles = 4096
	maxBytes = 1 << 20
)

// A Pod is the pod of a network namespace. The zero value is an unknown pod.
type Pod struct {
	Namespace, Name string
	// UID is empty if the container runtime does not pass it to CNI plugins.
	UID string
}

// A Result is the cached result of one CNI plugin for one pod.
type Result struct {
	Pod Pod
	// Host are the names of interfaces on the host.
	Host []string
	// Inside are the names and MAC addresses of interfaces in the pod.
	Inside []Interface
}

// An Interface is an interface in a pod.
type Interface struct{ Name, MAC string }

// A Cache reads cached results. A file that has not changed is not read again.
type Cache struct {
	dir string

	mu   sync.Mutex
	read map[string]entry
}

type entry struct {
	modified time.Time
	size     int64
	result   Result
}

// New returns the results below a directory, which need not exist.
func New(dir string) *Cache { return &Cache{dir: dir} }

// Pods returns the pods of network namespaces by the ids of the scan. It has no error:
// without the results, the pods are not known.
func (c *Cache) Pods(s link.Scan) map[int]Pod {
	if c == nil {
		return nil
	}
	results, err := c.Results()
	if err != nil {
		return nil
	}
	return match(s, results)
}

// UID returns the UID of a pod, or an empty string if it is not known. Events without it
// are not listed with the pod.
func (c *Cache) UID(namespace, name string) string {
	if c == nil {
		return ""
	}
	results, err := c.Results()
	if err != nil {
		return ""
	}
	for _, r := range results {
		if r.Pod.Namespace == namespace && r.Pod.Name == name && r.Pod.UID != "" {
			return r.Pod.UID
		}
	}
	return ""
}

// Results returns the cached results of pods.
func (c *Cache) Results() ([]Result, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	root, err := os.OpenRoot(c.dir)
	if err != nil {
		return nil, errors.Wrapf(err, "cannot open %q", c.dir)
	}
	defer root.Close() //nolint:errcheck // Nothing was written.
	is := map[string]entry{}
	var out []Result
	for _, dir := range []string{"results", "multus/results"} {
		files, err := fs.ReadDir(root.FS(), dir)
		if err != nil {
			continue // Not every node has each.
		}
		for _, f := range files {
			name := path.Join(dir, f.Name())
			info, err := f.Info()
			if err != nil || !info.Mode().IsRegular() || info.Size() > maxBytes || len(is) == maxFiles {
				continue
			}
			e := entry{modified: info.ModTime(), size: info.Size()}
			if was, ok := c.read[name]; ok && was.modified.Equal(e.modified) && was.size == e.size {
				e = was
			} else if e.result, err = read(root, name); err != nil {
				continue // It was deleted meanwhile, or is of another program.
			}
			is[name] = e
			if e.result.Pod.Name != "" {
				out = append(out, e.result)
			}
		}
	}
	c.read = is
	return out, nil
}

func read(root *os.Root, name string) (Result, error) {
	f, err := root.Open(name)
	if err != nil {
		return Result{}, err
	}
	defer f.Close() //nolint:errcheck // Nothing was written.
	b, err := io.ReadAll(io.LimitReader(f, maxBytes))
	if err != nil {
		return Result{}, err
	}
	return parse(b)
}

// parse returns the result in a file of CNI's library.
func parse(b []byte) (Result, error) {
	file := struct {
		Kind   string      `json:"kind"`
		Args   [][2]string `json:"cniArgs"`
		Result struct {
			Interfaces []struct {
				Name    string `json:"name"`
				MAC     string `json:"mac"`
				Sandbox string `json:"sandbox"`
			} `json:"interfaces"`
		} `json:"result"`
	}{}
	if err := json.Unmarshal(b, &file); err != nil {
		return Result{}, err
	}
	if file.Kind != "cniCacheV1" {
		return Result{}, errors.Errorf("unknown kind %q", file.Kind)
	}
	out := Result{}
	for _, a := range file.Args {
		switch a[0] {
		case "K8S_POD_NAMESPACE":
			out.Pod.Namespace = a[1]
		case "K8S_POD_NAME":
			out.Pod.Name = a[1]
		case "K8S_POD_UID":
			out.Pod.UID = a[1]
		}
	}
	for _, i := range file.Result.Interfaces {
		if i.Sandbox == "" {
			out.Host = append(out.Host, i.Name)
		} else {
			out.Inside = append(out.Inside, Interface{Name: i.Name, MAC: i.MAC})
		}
	}
	return out, nil
}
