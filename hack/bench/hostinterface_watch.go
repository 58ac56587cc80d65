// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
	xpv2 "github.com/crossplane/crossplane/apis/v2/core/v2"

	"github.com/nodeeni/provider-aws-eni/apis/networking/v1alpha1"
)

// A hostInterfaceWatch tracks the reason of the HostInterface's Ready condition.
type hostInterfaceWatch struct {
	stop func()

	mu     sync.Mutex
	reason xpv2.ConditionReason
	since  time.Time
}

func (s *stage) watchHostInterface(ctx context.Context) (*hostInterfaceWatch, error) {
	events, err := s.kube.Watch(ctx, &v1alpha1.HostInterfaceList{})
	if err != nil {
		return nil, errors.Wrap(err, "cannot watch HostInterfaces")
	}
	w := &hostInterfaceWatch{stop: events.Stop}
	go func() {
		for e := range events.ResultChan() {
			h, ok := e.Object.(*v1alpha1.HostInterface)
			if !ok {
				continue
			}
			c := h.GetCondition(xpv2.TypeReady)
			w.mu.Lock()
			if w.reason != c.Reason && c.Status != corev1.ConditionUnknown {
				w.reason, w.since = c.Reason, time.Now()
			}
			w.mu.Unlock()
		}
	}()
	return w, nil
}

func (w *hostInterfaceWatch) state() xpv2.ConditionReason {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.reason
}

func (w *hostInterfaceWatch) at() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.since
}
