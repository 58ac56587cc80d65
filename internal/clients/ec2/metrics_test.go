// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/crossplane/crossplane-runtime/v2/pkg/logging"

	"github.com/nodeeni/provider-aws-eni/internal/clients/ec2/awserr"
)

// recordingLogger records log lines.
type recordingLogger struct {
	logging.Logger

	lines []string
}

func (w *recordingLogger) Info(msg string, keysAndValues ...any) {
	w.lines = append(w.lines, fmt.Sprint(append([]any{msg}, keysAndValues...)...))
}

// TestUnknownCodes counts responses with known and unknown codes.
func TestUnknownCodes(t *testing.T) {
	log := &recordingLogger{}
	m := NewMetrics(log)
	for range 3 {
		m.observeCall(ActionCreate, "SomethingNew")
		m.observeCall(ActionAttach, "SomethingNew")
		m.observeCall(ActionCreate, "UnauthorizedOperation")
		m.observeCall(ActionCreate, awserr.OK)
		m.observeCall(ActionCreate, codeNoAnswer)
	}
	const text = "EC2 returned an unknown error code, which is treated as transient"
	want := []string{text + "actionCreateNetworkInterfacecodeSomethingNew", text + "actionAttachNetworkInterfacecodeSomethingNew"}
	if diff := cmp.Diff(want, log.lines); diff != "" {
		t.Errorf("\nAn unknown code is logged once for each action.\n-want, +got:\n%s", diff)
	}

	r := prometheus.NewPedanticRegistry()
	r.MustRegister(m)
	all, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, f := range all {
		for _, s := range f.GetMetric() {
			k := f.GetName()
			for _, l := range s.GetLabel() {
				k += " " + l.GetValue()
			}
			got[k] = s.GetCounter().GetValue()
		}
	}
	calls := "provider_aws_eni_ec2_calls_total "
	strange := "provider_aws_eni_ec2_unclassified_errors_total "
	if diff := cmp.Diff(map[string]float64{
		calls + "CreateNetworkInterface Other": 3, calls + "AttachNetworkInterface Other": 3,
		calls + "CreateNetworkInterface UnauthorizedOperation": 3, calls + "CreateNetworkInterface OK": 3, calls + "CreateNetworkInterface NoAnswer": 3,
		strange + "CreateNetworkInterface": 3, strange + "AttachNetworkInterface": 3,
	}, got); diff != "" {
		t.Errorf("\nA code becomes a label only if it is in the table.\n-want, +got:\n%s", diff)
	}
	for i := range 2 * maxUnknownCodes {
		m.observeCall(ActionCreate, fmt.Sprint("Code", i))
	}
	if n := len(log.lines); n != maxUnknownCodes {
		t.Errorf("\nAn endpoint that returns ever new codes does not fill the log.\n%d lines, want %d", n, maxUnknownCodes)
	}
}
