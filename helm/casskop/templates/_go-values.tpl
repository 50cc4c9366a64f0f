{{/* Values that the Go operator's chart calls by other names: each counts as long as it is given, and NOTES tells of it. */}}

{{- define "mck.rbac.create" -}}
{{- ternary "yes" "" (ternary .Values.rbacEnable .Values.rbac.create (hasKey .Values "rbacEnable")) -}}
{{- end -}}

{{- define "mck.crds.install" -}}
{{- ternary "yes" "" (ternary .Values.createCustomResource .Values.crds.install (hasKey .Values "createCustomResource")) -}}
{{- end -}}

{{- define "mck.metrics.service" -}}
{{- $asked := or .Values.metrics.service.enabled .Values.metrics.serviceMonitor.enabled .Values.metricService -}}
{{- if and .Values.metrics.enabled $asked }}yes{{ end -}}
{{- end -}}

{{- define "mck.log.level" -}}
{{- if .Values.logLevel -}}
{{- .Values.logLevel | lower -}}
{{- else -}}
{{- ternary "debug" .Values.log.level (dig "enabled" false (.Values.debug | default dict)) -}}
{{- end -}}
{{- end -}}

{{- define "mck.pullSecrets" -}}
{{- $old := .Values.image.imagePullSecrets | default dict -}}
{{- with ternary (list (dict "name" $old.name)) .Values.imagePullSecrets (dig "enabled" false $old) -}}
{{- toYaml . -}}
{{- end -}}
{{- end -}}

{{/* a probe's times: (list $ NAME) */}}
{{- define "mck.probe" -}}
{{- $values := (index . 0).Values -}}
{{- $old := index $values (printf "%sProbe" (index . 1)) | default dict -}}
{{- merge (dict) ($old.timeouts | default dict) (index $values.probes (index . 1)) | toYaml -}}
{{- end -}}

{{- define "mck.deprecated" -}}
{{- range $old, $instead := dict
  "rbacEnable" "use rbac.create"
  "rbacCreateClusterRole" "not needed: nothing is asked of nodes"
  "createCustomResource" "use crds.install"
  "metricService" "use metrics.service.enabled"
  "logLevel" "use log.level"
  "debug" "use log.level: debug"
  "command" "not needed: the image knows its own"
  "readinessProbe" "use probes.readiness"
  "livenessProbe" "use probes.liveness"
-}}
{{- if hasKey $.Values $old }}
  {{ $old }}: {{ $instead }}
{{- end -}}
{{- end -}}
{{- if .Values.image.imagePullSecrets }}
  image.imagePullSecrets: use imagePullSecrets
{{- end -}}
{{- end -}}
