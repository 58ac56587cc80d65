// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"

	"github.com/fsnotify/fsnotify"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// watchPrimary enqueues all HostInterfaces when the CNI configuration of pods changes, as when
// Multus starts or ends, until the context is done. Without a directory there is nothing to
// watch.
func watchPrimary(ctx context.Context, dir string, q queue, m *tracker) {
	if dir == "" {
		return
	}
	fileWatch{
		what: "the CNI configuration of pods",
		begin: func(w *fsnotify.Watcher) error {
			if err := w.Add(dir); err != nil {
				return errors.Wrap(err, "cannot watch the directory")
			}
			enqueue(q, m.names()...)
			return nil
		},
		handle: func(_ *fsnotify.Watcher, e fsnotify.Event) error {
			if e.Has(fsnotify.Remove) && e.Name == dir {
				return errors.New("the directory was removed")
			}
			if e.Op != fsnotify.Chmod {
				enqueue(q, m.names()...)
			}
			return nil
		},
	}.run(ctx)
}
