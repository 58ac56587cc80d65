// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"path/filepath"

	"github.com/fsnotify/fsnotify"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/multus"
)

// watchAllocations enqueues the HostInterfaces of a network whose addresses host-local
// allocates or releases, until the context is done. dir is host-local's directory of
// networks; without it there is nothing to watch.
//
// The parent directory is watched until dir exists, then dir and the directory of each
// network.
func watchAllocations(ctx context.Context, dir string, q queue, m *tracker) {
	if dir == "" {
		return
	}
	add := func(w *fsnotify.Watcher) {
		_ = w.Add(dir) // it may not exist yet
		for _, network := range multus.Networks(dir) {
			_ = w.Add(filepath.Join(dir, network)) // it may have been removed
		}
	}
	fileWatch{
		what: "the addresses of pods",
		begin: func(w *fsnotify.Watcher) error {
			if err := w.Add(filepath.Dir(dir)); err != nil {
				return errors.Wrap(err, "cannot watch the parent directory")
			}
			add(w)
			enqueue(q, m.names()...)
			return nil
		},
		handle: func(w *fsnotify.Watcher, e fsnotify.Event) error {
			switch parent := filepath.Dir(e.Name); {
			case e.Name == dir, parent == dir && e.Has(fsnotify.Create):
				add(w)
				enqueue(q, m.ofNetwork(filepath.Base(e.Name))...)
			case filepath.Dir(parent) == dir && (e.Has(fsnotify.Create) || e.Has(fsnotify.Remove)):
				enqueue(q, m.ofNetwork(filepath.Base(parent))...)
			}
			return nil
		},
	}.run(ctx)
}
