// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/google/uuid"
)

// quotasTarget is the prefix of the header X-Amz-Target of a request to Service Quotas, whose protocol is JSON 1.1.
const quotasTarget = "ServiceQuotasV20190624."

// A quotaValue is a quota in a response.
type quotaValue struct {
	ServiceCode, ServiceName, QuotaCode, QuotaName string

	QuotaArn                string
	Value                   float64
	Unit                    string
	Adjustable, GlobalQuota bool
}

// quota returns a quota of Amazon VPC by its code, and whether it is known.
func (s *Server) quota(code string) (quotaValue, bool) {
	q := quotaValue{ServiceCode: "vpc", ServiceName: "Amazon Virtual Private Cloud (Amazon VPC)", QuotaCode: code, Unit: "None", Adjustable: true}
	switch code {
	case "L-DF5E4CA3":
		q.QuotaName, q.Value = "Network interfaces per Region", float64(s.opts.NetworkInterfacesPerRegion)
	case "L-2AFB9258":
		q.QuotaName, q.Value = "Security groups per network interface", float64(s.opts.SecurityGroupsPerInterface)
	default:
		return q, false
	}
	q.QuotaArn = "arn:aws:servicequotas:" + s.opts.Region + ":" + s.opts.AccountID + ":vpc/" + code
	return q, true
}

// serveQuotas serves Service Quotas. It records calls in the ledger, and injects faults.
func (s *Server) serveQuotas(w http.ResponseWriter, r *http.Request, began time.Time) {
	c := &call{cloud: s.cloud, sessions: s.sessions, began: began, entry: Call{UserAgent: r.UserAgent(), Action: strings.TrimPrefix(r.Header.Get("X-Amz-Target"), quotasTarget)}}
	var result any
	who, err := s.identify(r, action{})
	c.entry.AccessKeyID = who.accessKeyID
	if err == nil {
		v := s.faults.evaluate(c.entry.Action, c.entry.AccessKeyID, params{})
		c.entry.Fault = v.rule
		if v.drop || !s.wait(v.delay) {
			s.cut(c)
		}
		if err = v.err; err == nil {
			result, err = s.getQuota(c, r.Body)
		}
	}
	s.record(c, err)
	s.writeQuota(w, c, result, err)
}

func (s *Server) getQuota(c *call, body io.Reader) (any, error) {
	in := map[string]string{} // of GetServiceQuota and GetAWSDefaultServiceQuota
	if err := json.NewDecoder(body).Decode(&in); err != nil {
		return nil, failf("SerializationException", "%s", err)
	}
	c.entry.Parameters = in
	if c.entry.Action != "GetServiceQuota" && c.entry.Action != "GetAWSDefaultServiceQuota" {
		return nil, failf("UnknownOperationException", "")
	}
	q, ok := s.quota(in["QuotaCode"])
	if in["ServiceCode"] != "vpc" || !ok {
		return nil, failf("NoSuchResourceException", "The request failed because the specified quota does not exist.")
	}
	return map[string]quotaValue{"Quota": q}, nil
}

func (s *Server) writeQuota(w http.ResponseWriter, c *call, result any, err error) {
	w.Header().Set("Content-Type", "application/x-amz-json-1.1")
	w.Header().Set("X-Amzn-Requestid", uuid.NewString())
	status := http.StatusOK
	if e := asAPIError(err); e != nil {
		status, result = e.status, map[string]string{"__type": e.code, "Message": e.message}
	}
	body, err := json.Marshal(result)
	if err != nil {
		status = http.StatusInternalServerError
	}
	time.Sleep(s.opts.Latency - time.Since(c.began)) //nolint:forbidigo // this is the latency that a real endpoint has
	w.WriteHeader(status)
	// The client may have disconnected; the result is in the ledger.
	_, _ = w.Write(body)
}
