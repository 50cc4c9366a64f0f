{{/* The operator's settings as variables; docs/reference/settings.md has them all. */}}
{{- define "mck.environment" -}}
{{- $watched := include "mck.watched" . -}}
- name: POD_NAME
  valueFrom:
    fieldRef:
      fieldPath: metadata.name
- name: MCK_NAMESPACE
  valueFrom:
    fieldRef:
      fieldPath: metadata.namespace
{{- if ne $watched "*" }}
- name: WATCH_NAMESPACE
  value: {{ $watched | quote }}
{{- end }}
{{- $election := .Values.leaderElection -}}
{{- $metrics := ternary (printf ":%v" .Values.metrics.port) "0" .Values.metrics.enabled -}}
{{- range $pair := list
  (list "OPERATOR_NAME" (include "mck.fullname" .))
  (list "LOG_LEVEL" (include "mck.log.level" .))
  (list "LOG_TYPE" .Values.log.format)
  (list "MCK_WORKERS" .Values.workers)
  (list "MCK_LEADER_ELECT" $election.enabled)
  (list "MCK_LEASE_DURATION" (printf "%vs" $election.leaseSeconds))
  (list "MCK_RENEW_DEADLINE" (printf "%vs" $election.renewSeconds))
  (list "MCK_RETRY_PERIOD" (printf "%vs" $election.retrySeconds))
  (list "MCK_PROBE_INTERVAL" .Values.members.probeInterval)
  (list "MCK_DARK_AFTER" .Values.members.darkAfter)
  (list "MCK_METRICS_ADDR" $metrics)
  (list "MCK_HEALTH_ADDR" (printf ":%v" .Values.probes.port))
  (list "MCK_ALLOW_CROSS_NAMESPACE" .Values.allowCrossNamespace)
}}
- name: {{ index $pair 0 }}
  value: {{ index $pair 1 | toString | quote }}
{{- end }}
{{- with .Values.tracing }}
{{- if .endpoint }}
- name: MCK_OTLP_ENDPOINT
  value: {{ .endpoint | quote }}
- name: MCK_TRACE_RATIO
  value: {{ .ratio | toString | quote }}
{{- with .headersSecret }}
- name: OTEL_EXPORTER_OTLP_HEADERS
  valueFrom:
    secretKeyRef:
      name: {{ . }}
      key: headers
{{- end }}
{{- end }}
{{- with .jaegerUi }}
- name: MCK_JAEGER_UI
  value: {{ . | quote }}
{{- end }}
{{- end }}
{{- end -}}
