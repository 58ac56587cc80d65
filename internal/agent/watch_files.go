// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package agent

import (
	"context"

	"github.com/fsnotify/fsnotify"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// A fileWatch handles the events of files.
type fileWatch struct {
	// what is watched, for messages.
	what string
	// begin adds directories to a new watch, and handles events before it.
	begin func(w *fsnotify.Watcher) error
	// handle handles an event. After an error the watch begins again.
	handle func(w *fsnotify.Watcher, e fsnotify.Event) error
}

// run watches files until the context is done.
func (f fileWatch) run(ctx context.Context) {
	wait.UntilWithContext(ctx, func(ctx context.Context) {
		if err := f.watch(ctx); err != nil {
			log.FromContext(ctx).Error(err, "cannot watch "+f.what+", retrying")
		}
	}, resubscribePeriod)
}

func (f fileWatch) watch(ctx context.Context) error {
	w, err := fsnotify.NewWatcher()
	if err != nil {
		return errors.Wrap(err, "cannot create a watch")
	}
	defer w.Close() //nolint:errcheck // nothing is left to be done
	if err := f.begin(w); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case err := <-w.Errors:
			return errors.Wrap(err, "cannot read events")
		case e := <-w.Events:
			if err := f.handle(w, e); err != nil {
				return err
			}
		}
	}
}
