// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package nic_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/nodeeni/provider-aws-eni/internal/agent/agenttest"
	"github.com/nodeeni/provider-aws-eni/internal/agent/nic"
)

func TestMain(m *testing.M) { os.Exit(agenttest.Main(m)) }

func TestEthtool(t *testing.T) {
	h := agenttest.NewHost(t)
	h.PlugIn("eth1", "02:00:00:00:00:01")
	var e *nic.Ethtool
	h.Do(h.Namespace().Do(func() error {
		var err error
		e, err = nic.Open()
		return err
	}))
	defer func() { _ = e.Close() }()

	got, err := e.Info("eth1")
	h.Do(err)
	if diff := cmp.Diff(nic.Info{Driver: "veth", Version: "1.0", SpeedMbps: 10000}, got); diff != "" {
		t.Errorf("A link without hardware has a driver and no bus address.\n-want, +got:\n%s", diff)
	}
	if _, err := e.Info("eth9"); err == nil {
		t.Error("A missing link is an error.")
	}
}
