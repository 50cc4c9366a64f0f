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
{{- $lease := int .Values.leaderElection.leaseSeconds -}}
{{- $renew := int .Values.leaderElection.renewSeconds -}}
{{- $retry := int .Values.leaderElection.retrySeconds -}}
{{- if not (and (gt $lease $renew) (gt (mul 10 $renew) (mul 12 $retry))) -}}
{{- fail "leaderElection: leaseSeconds must be above renewSeconds, and that above 1.2 times retrySeconds" -}}
{{- end -}}
{{- $metrics := ternary (printf ":%d" (int .Values.metrics.port)) "0" .Values.metrics.enabled -}}
{{- range $pair := list
  (list "OPERATOR_NAME" (include "mck.fullname" .))
  (list "LOG_LEVEL" (include "mck.log.level" .))
  (list "LOG_TYPE" .Values.log.format)
  (list "MCK_WORKERS" .Values.workers)
  (list "MCK_STREAMED_LISTS" .Values.streamedLists)
  (list "MCK_LEADER_ELECT" .Values.leaderElection.enabled)
  (list "MCK_LEASE_DURATION" (printf "%ds" $lease))
  (list "MCK_RENEW_DEADLINE" (printf "%ds" $renew))
  (list "MCK_RETRY_PERIOD" (printf "%ds" $retry))
  (list "MCK_PROBE_INTERVAL" .Values.members.probeInterval)
  (list "MCK_DARK_AFTER" .Values.members.darkAfter)
  (list "MCK_MEMBER_SECRETS" .Values.members.secrets)
  (list "MCK_ALLOW_LOCAL_SERVERS" .Values.members.allowLocalServers)
  (list "MCK_METRICS_ADDR" $metrics)
  (list "MCK_HEALTH_ADDR" (printf ":%d" (int .Values.probes.port)))
  (list "MCK_ALLOW_CROSS_NAMESPACE" .Values.allowCrossNamespace)
  (list "MCK_SEED_PROBE" .Values.seedProbe)
  (list "MCK_REFUSE_OWN_NAMESPACE" .Values.refuseOwnNamespace)
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
