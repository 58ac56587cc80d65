// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

// Package browser contains tests of the page of kubectl eni map in Chromium, which CHROMIUM names:
//
//	cd test/browser && CHROMIUM=$(./ensure.sh) go test -v ./...
//
// The page is a file. The tests need no network and no cluster.
package browser
