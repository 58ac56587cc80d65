// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"
	"path/filepath"

	"github.com/fsnotify/fsnotify"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"

	"github.com/nodeeni/provider-aws-eni/internal/agent/extendedresource"
)

// watchKubelet enqueues all HostInterfaces when the kubelet starts, so that their extended
// resources are registered again, until the context is done. The kubelet removes the sockets
// of device plugins, and then creates its own. Without a directory there is nothing to watch.
func watchKubelet(ctx context.Context, p *extendedresource.Publisher, q queue, m *tracker) {
	if p.Dir() == "" {
		return
	}
	retry := func() {
		p.Retry()
		enqueue(q, m.names()...)
	}
	fileWatch{
		what: "the kubelet's directory of device plugins",
		begin: func(w *fsnotify.Watcher) error {
			if err := w.Add(p.Dir()); err != nil {
				return errors.Wrap(err, "cannot watch the directory")
			}
			retry()
			return nil
		},
		handle: func(_ *fsnotify.Watcher, e fsnotify.Event) error {
			switch {
			case e.Has(fsnotify.Remove) && e.Name == p.Dir():
				return errors.New("the directory was removed")
			case e.Has(fsnotify.Create) && filepath.Base(e.Name) == extendedresource.KubeletSocket:
				retry()
			case e.Has(fsnotify.Remove) && extendedresource.IsSocket(filepath.Base(e.Name)):
				enqueue(q, m.names()...)
			}
			return nil
		},
	}.run(ctx)
}
