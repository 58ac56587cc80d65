// SPDX-FileCopyrightText: 2026 The provider-aws-eni Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// object is a JSON object.
type object = map[string]any

// schema returns the JSON schema of the values. Unknown keys are errors, also below the
// values that Kubernetes defines.
func schema(root string, values []value) (string, error) {
	s := schemaBuilder{defs: object{}}
	special, err := s.special(root)
	if err != nil {
		return "", err
	}
	properties, err := s.properties(values, special)
	if err != nil {
		return "", err
	}
	for path := range special {
		return "", fmt.Errorf("values.yaml has no %s", path)
	}
	properties["global"] = object{"type": "object", "description": "Values that Helm passes to subcharts. Not used."}
	b := bytes.Buffer{}
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", " ")
	err = e.Encode(object{
		"$schema":              "http://json-schema.org/draft-07/schema#",
		"type":                 "object",
		"additionalProperties": false,
		"properties":           properties,
		"definitions":          s.defs,
	})
	return b.String(), err
}

type schemaBuilder struct {
	defs object // of types of Kubernetes, by name
}

// properties returns the schema of each value. It removes the schemas that it uses from
// special.
func (s schemaBuilder) properties(values []value, special map[string]object) (object, error) {
	out := object{}
	for _, v := range values {
		p := object{}
		if v.comment != "" {
			p["description"] = v.comment
		}
		if len(v.children) > 0 {
			children, err := s.properties(v.children, special)
			if err != nil {
				return nil, err
			}
			p["type"], p["additionalProperties"], p["properties"] = "object", false, children
		} else if x, ok := special[v.path]; ok {
			delete(special, v.path)
			if _, ref := x["$ref"]; ref {
				x = object{"allOf": []any{x}} // keywords beside $ref have no effect
			}
			maps.Copy(p, x)
		} else if err := inferred(v, p); err != nil {
			return nil, err
		}
		out[v.key] = p
	}
	return out, nil
}

// inferred adds the type of a value's default to its schema.
func inferred(v value, p object) error {
	switch {
	case v.node.Kind == yaml.MappingNode:
		p["type"], p["additionalProperties"] = "object", object{"type": "string"}
	case v.node.Kind == yaml.SequenceNode:
		p["type"], p["items"] = "array", object{"type": "string"}
	case v.node.Tag == "!!bool":
		p["type"] = "boolean"
	case v.node.Tag == "!!int" && v.key == "port":
		p["type"], p["minimum"], p["maximum"] = "integer", 1, 65535
	case v.node.Tag == "!!int":
		p["type"], p["minimum"] = "integer", 0
	case v.node.Tag == "!!str":
		p["type"] = "string"
	default:
		return fmt.Errorf("the type of %s does not follow from its default", v.path)
	}
	return nil
}

// special returns the schemas of values whose type does not follow from their default.
func (s schemaBuilder) special(root string) (map[string]object, error) {
	array := func(items object) object { return object{"type": "array", "items": items} }
	closed := func(properties object, required ...string) object {
		return object{"type": "object", "additionalProperties": false, "properties": properties, "required": required}
	}
	str := object{"type": "string"}
	digest := object{"type": "string", "pattern": "^(sha256:[0-9a-f]{64})?$"}
	relabelings := array(closed(object{
		"sourceLabels": array(str), "separator": str, "targetLabel": str, "regex": str,
		"modulus": object{"type": "integer"}, "replacement": str, "action": str,
	}, "action"))
	out := map[string]object{
		"mode":                        {"enum": []any{"standalone", "crossplane"}},
		"image.pullPolicy":            {"enum": []any{"", "Always", "IfNotPresent", "Never"}},
		"image.pullSecrets":           array(closed(object{"name": str}, "name")),
		"provider.image.digest":       digest,
		"provider.secrets.access":     {"enum": []any{"Cluster", "Namespaces", "None"}},
		"provider.metrics.readers":    array(closed(object{"namespace": str, "name": str}, "namespace", "name")),
		"provider.env":                array(s.of(corev1.EnvVar{})),
		"provider.livenessProbe":      s.of(corev1.Probe{}),
		"provider.readinessProbe":     s.of(corev1.Probe{}),
		"provider.resources":          s.of(corev1.ResourceRequirements{}),
		"provider.podSecurityContext": s.of(corev1.PodSecurityContext{}),
		"provider.securityContext":    s.of(corev1.SecurityContext{}),
		"provider.strategy":           s.of(appsv1.DeploymentStrategy{}),
		"provider.tolerations":        array(s.of(corev1.Toleration{})),
		"provider.affinity":           s.of(corev1.Affinity{}),
		"provider.extraContainers":    array(s.of(corev1.Container{})),
		"provider.extraVolumes":       array(s.of(corev1.Volume{})),
		"provider.extraVolumeMounts":  array(s.of(corev1.VolumeMount{})),
		"provider.networkPolicy.from": array(s.of(networkingv1.NetworkPolicyPeer{})),
		"agent.image.digest":          digest,
		"agent.env":                   array(s.of(corev1.EnvVar{})),
		"agent.livenessProbe":         s.of(corev1.Probe{}),
		"agent.readinessProbe":        s.of(corev1.Probe{}),
		"agent.updateStrategy":        s.of(appsv1.DaemonSetUpdateStrategy{}),
		"agent.tolerations":           array(s.of(corev1.Toleration{})),
		// Part of CEL expressions.
		"agent.dpdk.devicePlugin.label":                     {"type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9./_-]*[A-Za-z0-9])?$"},
		"agent.dpdk.devicePlugin.values":                    {"type": "array", "items": object{"type": "string", "pattern": "^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$"}, "minItems": 1},
		"provider.podDisruptionBudget.maxUnavailable":       s.of(intstr.IntOrString{}),
		"provider.topologySpreadConstraints":                array(s.of(corev1.TopologySpreadConstraint{})),
		"provider.terminationGracePeriodSeconds":            {"type": []any{"integer", "null"}, "minimum": 0},
		"provider.metrics.serviceMonitor.relabelings":       relabelings,
		"provider.metrics.serviceMonitor.metricRelabelings": relabelings,
		"agent.metrics.podMonitor.relabelings":              relabelings,
		"agent.metrics.podMonitor.metricRelabelings":        relabelings,
	}
	for _, profile := range []string{"agent.kernel.", "agent.dpdk."} {
		out[profile+"matchExpressions"] = array(s.of(corev1.NodeSelectorRequirement{}))
		out[profile+"resources"] = s.of(corev1.ResourceRequirements{})
		out[profile+"seLinuxOptions"] = s.of(corev1.SELinuxOptions{})
	}
	var err error
	if out["provider.flags"], err = flagsOf(root, "provider",
		// Set by other values, or by the chart.
		"namespace", "metrics-bind-address", "metrics-secure", "health-probe-bind-address"); err != nil {
		return nil, err
	}
	agentFlags, err := flagsOf(root, "agent",
		"node-name", "namespace", "identity", "kubeconfig", "metrics-bind-address", "health-probe-bind-address", "proc-root", "sys-root", "state-dir",
		"load-modules", "modules-dir", "device-plugin-config", "device-plugin-namespace", "device-plugin-selector", "pod-resources-socket", "cni-dir", "kubelet-device-plugins-dir")
	if err != nil {
		return nil, err
	}
	for _, path := range []string{"agent.flags", "agent.kernel.flags", "agent.dpdk.flags"} {
		s.defs["agentFlags"] = agentFlags
		out[path] = object{"$ref": "#/definitions/agentFlags"}
	}
	out["clusterProviderConfig.spec"], err = specOf(filepath.Join(root, "package", "crds", "networking.k8s.aws_clusterproviderconfigs.yaml"))
	return out, err
}

// flagsOf returns the schema of the flags of a program in cmd, without some.
func flagsOf(root, program string, without ...string) (object, error) {
	var source []byte
	for _, path := range []string{"cmd/" + program + "/main.go", "internal/logs/logs.go", "internal/tracing/otlp/otlp.go"} {
		text, err := os.ReadFile(filepath.Join(root, path))
		if err != nil {
			return nil, err
		}
		source = append(source, text...)
	}
	properties := object{}
	for _, m := range regexp.MustCompile(`app\.Flag\("([a-z0-9-]+)", (.*)`).FindAllStringSubmatch(string(source), -1) {
		name, rest := m[1], m[2]
		if slices.Contains(without, name) || strings.Contains(rest, ".Hidden()") {
			continue
		}
		if strings.Contains(rest, ".BoolVar(") || strings.Contains(rest, ".Bool()") {
			properties[name] = object{"type": "boolean"}
			continue
		}
		properties[name] = object{"type": []any{"string", "number", "array"}, "items": object{"type": "string"}}
	}
	if len(properties) == 0 {
		return nil, fmt.Errorf("%s has no flags", program)
	}
	return object{"type": "object", "additionalProperties": false, "properties": properties}, nil
}

// specOf returns the schema of the spec of a CRD, in which unknown fields are errors.
func specOf(path string) (object, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var crd struct {
		Spec struct {
			Versions []struct {
				Schema struct {
					OpenAPIV3Schema struct {
						Properties struct {
							Spec object `yaml:"spec"`
						} `yaml:"properties"`
					} `yaml:"openAPIV3Schema"`
				} `yaml:"schema"`
			} `yaml:"versions"`
		} `yaml:"spec"`
	}
	if err := yaml.Unmarshal(text, &crd); err != nil {
		return nil, fmt.Errorf("cannot parse %s: %w", path, err)
	}
	return strictObject(crd.Spec.Versions[0].Schema.OpenAPIV3Schema.Properties.Spec), nil
}

// strictObject returns a structural schema as JSON schema that rejects unknown fields.
func strictObject(x object) object {
	out := object{}
	for k, v := range x {
		properties, ok := v.(object)
		switch {
		case strings.HasPrefix(k, "x-kubernetes-"), k == "description", k == "default", k == "format", k == "nullable":
		case k == "properties" && ok:
			strictProperties := object{}
			for name, p := range properties {
				strictProperties[name] = strict(p)
			}
			out[k], out["additionalProperties"] = strictProperties, false
		default:
			out[k] = strict(v)
		}
	}
	return out
}

// strict is strictObject for a value of any type.
func strict(x any) any {
	switch x := x.(type) {
	case object:
		return strictObject(x)
	case []any:
		out := make([]any, len(x))
		for i, v := range x {
			out[i] = strict(v)
		}
		return out
	default:
		return x
	}
}

// of returns the schema of a type of Kubernetes, in which unknown fields are errors.
func (s schemaBuilder) of(x any) object { return s.typed(reflect.TypeOf(x)) }

func (s schemaBuilder) typed(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[intstr.IntOrString](), reflect.TypeFor[resource.Quantity]():
		return object{"type": []any{"string", "number"}}
	case reflect.TypeFor[metav1.Time]():
		return object{"type": "string"}
	case reflect.TypeFor[metav1.FieldsV1]():
		return object{"type": "object"}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return s.typed(t.Elem())
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return object{"type": "string"}
		}
		return object{"type": "array", "items": s.typed(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": s.typed(t.Elem())}
	case reflect.Struct:
		name := t.PkgPath()[strings.LastIndex(t.PkgPath(), "/")+1:] + "." + t.Name()
		if _, ok := s.defs[name]; !ok {
			properties := object{}
			s.defs[name] = object{"type": "object", "additionalProperties": false, "properties": properties}
			s.fields(t, properties)
		}
		return object{"$ref": "#/definitions/" + name}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	default:
		return object{"type": "integer"}
	}
}

// fields adds the schema of each field of a struct.
func (s schemaBuilder) fields(t reflect.Type, properties object) {
	for f := range t.Fields() {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if name == "" {
			s.fields(f.Type, properties)
			continue
		}
		properties[name] = s.typed(f.Type)
	}
}
