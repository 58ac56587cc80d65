// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package managedresource holds the parts that the controllers of NetworkInterfaces and
// NetworkInterfaceAttachments share: options of the queue and of polling, the backoff
// after rejected EC2 calls, and conditions.
//
// Crossplane's reconciler stands between the reconcile loop and the external client, and
// passes on neither a requeue delay nor a condition. Both are kept in a scope in the
// context of the reconcile, with what decides whether the status is written:
//
//	WithRequeueFloor        creates the scope, and a throttle.Turn for EC2's request rate
//	└─ managed.Reconciler
//	   ├─ WithBackoff
//	   │  ├─ external client   RequeueAfter(ctx, d)           delay ↑
//	   │  └─ backoffClient     RequeueAfter(ctx, d)           delay ↑
//	   │                       overrideConditions(ctx, …)     conditions ↓
//	   │                       watchTransient(ctx, …)         whether the object was Ready ↓
//	   └─ statuswriter         PrepareStatus(ctx, obj)        applies them to the status update
//	WithRequeueFloor        returns RequeueAfter: the longest delay of the scope and the Turn
package managedresource
