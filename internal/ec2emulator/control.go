// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package ec2emulator

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/crossplane/crossplane-runtime/v2/pkg/errors"
)

// controlFault is the wire format of a Fault, with the delay as text.
type controlFault struct {
	Fault

	Delay string `json:"delay,omitempty"`
}

// faultStatus is the wire format of an injected rule.
type faultStatus struct {
	controlFault

	ID    uint64 `json:"id"`
	Seen  int    `json:"seen"`
	Fired int    `json:"fired"`
}

type outageRequest struct {
	Outage Outage `json:"outage"`
}

// control serves /_emulator/, see the package documentation.
func (s *Server) control(w http.ResponseWriter, r *http.Request) {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+controlPath+"state", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.State()) })
	mux.HandleFunc("GET "+controlPath+"enis", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.ENIs()) })
	mux.HandleFunc("GET "+controlPath+"ledger", s.controlLedger)
	mux.HandleFunc("POST "+controlPath+"reset-ledger", func(w http.ResponseWriter, _ *http.Request) {
		s.ResetLedger()
		answer(w, struct{}{})
	})
	mux.HandleFunc("GET "+controlPath+"faults", func(w http.ResponseWriter, _ *http.Request) { answer(w, s.faults.list()) })
	mux.HandleFunc("POST "+controlPath+"faults", s.controlInject)
	mux.HandleFunc("DELETE "+controlPath+"faults", func(w http.ResponseWriter, _ *http.Request) {
		s.RemoveFaults()
		answer(w, struct{}{})
	})
	mux.HandleFunc("DELETE "+controlPath+"faults/{id}", func(w http.ResponseWriter, r *http.Request) {
		id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
		if err != nil {
			badRequest(w, errors.Wrapf(err, "cannot read fault identifier %q", r.PathValue("id")))
			return
		}
		s.faults.remove(id)
		answer(w, struct{}{})
	})
	mux.HandleFunc("POST "+controlPath+"outage", func(w http.ResponseWriter, r *http.Request) {
		o := outageRequest{}
		if err := read(r, &o); err != nil {
			badRequest(w, err)
			return
		}
		s.SetOutage(o.Outage)
		answer(w, o)
	})
	mux.HandleFunc("POST "+controlPath+"seed", func(w http.ResponseWriter, r *http.Request) {
		seed := Seed{}
		if err := read(r, &seed); err != nil {
			badRequest(w, err)
			return
		}
		if err := s.Seed(seed); err != nil {
			badRequest(w, err)
			return
		}
		answer(w, s.State())
	})
	mux.HandleFunc("POST "+controlPath+"instances/{id}/{state}", func(w http.ResponseWriter, r *http.Request) {
		if err := s.SetInstanceState(r.PathValue("id"), r.PathValue("state")); err != nil {
			badRequest(w, err)
			return
		}
		answer(w, struct{}{})
	})
	mux.ServeHTTP(w, r)
}

// controlLedger returns the calls after ?since= of the actions ?action=.
func (s *Server) controlLedger(w http.ResponseWriter, r *http.Request) {
	var since uint64
	if v := r.FormValue("since"); v != "" {
		n, err := strconv.ParseUint(v, 10, 64)
		if err != nil {
			badRequest(w, errors.Wrapf(err, "cannot read since %q", v))
			return
		}
		since = n
	}
	actions := r.Form["action"]
	answer(w, s.Since(Mark(since), func(c Call) bool { return len(actions) == 0 || slices.Contains(actions, c.Action) }))
}

func (s *Server) controlInject(w http.ResponseWriter, r *http.Request) {
	f := controlFault{}
	if err := read(r, &f); err != nil {
		badRequest(w, err)
		return
	}
	if f.Delay != "" {
		d, err := time.ParseDuration(f.Delay)
		if err != nil {
			badRequest(w, errors.Wrapf(err, "cannot read delay %q", f.Delay))
			return
		}
		f.Fault.Delay = d
	}
	answer(w, faultStatus{controlFault: f, ID: s.Inject(f.Fault).ID})
}

// list returns the injected rules, oldest first.
func (f *faults) list() []faultStatus {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := []faultStatus{}
	for _, r := range f.rules {
		v := faultStatus{controlFault: controlFault{Fault: r.Fault}, ID: r.id, Seen: r.seen, Fired: r.fired}
		if r.Delay > 0 {
			v.Delay = r.Delay.String()
		}
		out = append(out, v)
	}
	return out
}

// ParseSeed parses a Seed in JSON or YAML. Unknown fields are an error.
func ParseSeed(data []byte) (Seed, error) {
	seed := Seed{}
	err := yaml.UnmarshalStrict(data, &seed)
	return seed, errors.Wrap(err, "cannot read seed")
}

// read parses a request in JSON or YAML. Unknown fields are an error.
func read(r *http.Request, into any) error {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		return errors.Wrap(err, "cannot read request")
	}
	return errors.Wrap(yaml.UnmarshalStrict(data, into), "cannot read request")
}

func answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	// The client may have disconnected.
	_ = e.Encode(v) //nolint:errchkjson // see above
}

func badRequest(w http.ResponseWriter, err error) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	_ = json.NewEncoder(w).Encode(map[string]string{"error": err.Error()}) //nolint:errchkjson // the client may have disconnected
}
