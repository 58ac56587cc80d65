{{/* Name in labels. */}}
{{- define "provider-aws-eni.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* Prefix of the names of all objects. Suffixes have up to 23 characters. */}}
{{- define "provider-aws-eni.fullname" -}}
{{- $name := default .Chart.Name .Values.nameOverride }}
{{- if .Values.fullnameOverride }}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" }}
{{- else if contains $name .Release.Name }}
{{- .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else }}
{{- printf "%s-%s" .Release.Name $name | trunc 40 | trimSuffix "-" }}
{{- end }}
{{- end }}

{{/* Labels that select the pods of a component: (list . "agent"). */}}
{{- define "provider-aws-eni.selectorLabels" -}}
{{- $root := index . 0 }}{{ $component := index . 1 -}}
app.kubernetes.io/name: {{ include "provider-aws-eni.name" $root }}{{ with $component }}-{{ . }}{{ end }}
{{- if eq $root.Release.Service "Helm" }}
app.kubernetes.io/instance: {{ $root.Release.Name }}
{{- end }}
{{- end }}

{{/* Labels of an object of a component. */}}
{{- define "provider-aws-eni.labels" -}}
{{- $root := index . 0 -}}
{{ include "provider-aws-eni.selectorLabels" . }}
app.kubernetes.io/part-of: {{ $root.Chart.Name }}
{{- if eq $root.Release.Service "Helm" }}
app.kubernetes.io/version: {{ $root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end }}
{{- with $root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Image of a component: (list . .Values.provider.image). */}}
{{- define "provider-aws-eni.image" -}}
{{- $root := index . 0 }}{{ $image := index . 1 }}
{{- with $root.Values.image.registry }}{{ trimSuffix "/" . }}/{{ end }}{{ $image.repository }}
{{- if $image.digest }}@{{ $image.digest }}{{ else }}:{{ default $root.Chart.AppVersion $root.Values.image.tag }}{{ end }}
{{- end }}

{{/* Pull policy and secrets. */}}
{{- define "provider-aws-eni.imagePullPolicy" -}}
{{- with .Values.image.pullPolicy }}
imagePullPolicy: {{ . }}
{{- end }}
{{- end }}
{{- define "provider-aws-eni.imagePullSecrets" -}}
{{- with .Values.image.pullSecrets }}
imagePullSecrets:
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Arguments of a list of maps of flags, as YAML list. Later maps override earlier maps. */}}
{{- define "provider-aws-eni.flags" -}}
{{- $flags := dict }}
{{- range . }}
{{- range $flag, $value := . }}
{{- $_ := set $flags $flag $value }}
{{- end }}
{{- end }}
{{- range $flag, $value := $flags }}
{{- if kindIs "bool" $value }}
- --{{ if not $value }}no-{{ end }}{{ $flag }}
{{- else if kindIs "slice" $value }}
- {{ printf "--%s=%s" $flag (join "," $value) | quote }}
{{- else if kindIs "float64" $value }}
- {{ printf "--%s=%s" $flag (toJson $value) }}
{{- else if not (kindIs "invalid" $value) }}
- {{ printf "--%s=%v" $flag $value | quote }}
{{- end }}
{{- end }}
{{- end }}

{{/* Name of a service account: (list .Values.provider.serviceAccount "default name"). */}}
{{- define "provider-aws-eni.serviceAccount" -}}
{{- $account := index . 0 }}
{{- if $account.name }}{{ $account.name }}{{ else if $account.create }}{{ index . 1 }}{{ else }}default{{ end }}
{{- end }}
{{- define "provider-aws-eni.provider.serviceAccount" -}}
{{- include "provider-aws-eni.serviceAccount" (list .Values.provider.serviceAccount (include "provider-aws-eni.fullname" .)) }}
{{- end }}
{{- define "provider-aws-eni.agent.serviceAccount" -}}
{{- include "provider-aws-eni.serviceAccount" (list .Values.agent.kernel.serviceAccount (printf "%s-agent" (include "provider-aws-eni.fullname" .))) }}
{{- end }}
{{- define "provider-aws-eni.agent-dpdk.serviceAccount" -}}
{{- include "provider-aws-eni.serviceAccount" (list .Values.agent.dpdk.serviceAccount (printf "%s-agent-dpdk" (include "provider-aws-eni.fullname" .))) }}
{{- end }}

{{/* Environment, ports and probes of an agent's container, for both profiles. */}}
{{- define "provider-aws-eni.agent.container" -}}
env:
- name: NODE_NAME
  valueFrom:
    fieldRef:
      fieldPath: spec.nodeName
- name: POD_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
{{- with .Values.agent.env }}
{{ toYaml . }}
{{- end }}
ports:
- name: metrics
  containerPort: {{ .Values.agent.metrics.port }}
  hostPort: {{ .Values.agent.metrics.port }}
- name: health
  containerPort: {{ .Values.agent.health.port }}
  hostPort: {{ .Values.agent.health.port }}
livenessProbe:
  httpGet:
    host: 127.0.0.1
    path: /healthz
    port: health
  {{- with .Values.agent.livenessProbe }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
readinessProbe:
  httpGet:
    host: 127.0.0.1
    path: /readyz
    port: health
  {{- with .Values.agent.readinessProbe }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* Match condition of the admission policies: the client is an agent. The argument is the check of its permissions. */}}
{{- define "provider-aws-eni.isAgent" -}}
request.userInfo.username.startsWith('system:serviceaccount:')
&& (!request.userInfo.username.startsWith('system:serviceaccount:kube-system:')
|| request.userInfo.?extra[?'authentication.kubernetes.io/node-name'].orValue([]).size() > 0)
{{- if . }}
&& authorizer.group('networking.k8s.aws').resource('hostinterfaces').subresource('status').check('patch').allowed()
{{- end }}
&& !authorizer.group('networking.k8s.aws').resource('hostinterfaces').check('manage-all-nodes').allowed()
{{- end }}

{{/* The state of the ClusterProviderConfig: "Render", "NoCRD" or "Foreign". */}}
{{- define "provider-aws-eni.clusterProviderConfig" -}}
{{- if ne .Release.Service "Helm" -}}
Render
{{- else if not (.Capabilities.APIVersions.Has "networking.k8s.aws/v1alpha1/ClusterProviderConfig") -}}
NoCRD
{{- else }}
{{- $found := lookup "networking.k8s.aws/v1alpha1" "ClusterProviderConfig" "" .Values.clusterProviderConfig.name }}
{{- $annotations := dig "metadata" "annotations" dict $found }}
{{- $ours := and (eq (get $annotations "meta.helm.sh/release-name") .Release.Name) (eq (get $annotations "meta.helm.sh/release-namespace") .Release.Namespace) }}
{{- if or (not $found) $ours -}}
Render
{{- else -}}
Foreign
{{- end }}
{{- end }}
{{- end }}

{{/* Optional fields of an endpoint of a ServiceMonitor or PodMonitor. */}}
{{- define "provider-aws-eni.scrape" -}}
{{- with .interval }}
interval: {{ . }}
{{- end }}
{{- with .scrapeTimeout }}
scrapeTimeout: {{ . }}
{{- end }}
{{- with .relabelings }}
relabelings:
{{ toYaml . }}
{{- end }}
{{- with .metricRelabelings }}
metricRelabelings:
{{ toYaml . }}
{{- end }}
{{- end }}
