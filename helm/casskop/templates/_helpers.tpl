{{/* names */}}
{{- define "mck.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "mck.fullname" -}}
{{- $name := include "mck.name" . -}}
{{- $both := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- default $both .Values.fullnameOverride | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{- define "mck.namespace" -}}
{{- default .Release.Namespace .Values.namespaceOverride -}}
{{- end -}}

{{/* for objects that belong to no namespace, or stand in somebody else's: two releases of one name shall not meet */}}
{{- define "mck.clusterName" -}}
{{- printf "%s-%s" (include "mck.namespace" .) (include "mck.fullname" .) -}}
{{- end -}}

{{- define "mck.serviceAccount" -}}
{{- default (ternary (include "mck.fullname" .) "default" .Values.serviceAccount.create) .Values.serviceAccount.name -}}
{{- end -}}

{{- define "mck.image" -}}
{{- with .Values.image -}}
{{- .repository -}}
{{- if .digest }}@{{ .digest }}{{ else }}:{{ .tag | default $.Chart.AppVersion }}{{ end -}}
{{- end -}}
{{- end -}}

{{/* labels */}}
{{- define "mck.selector" -}}
app.kubernetes.io/name: {{ include "mck.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mck.labels" -}}
{{ include "mck.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 }}
{{- with .Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{/* metadata of an object: (list $ NAME NAMESPACE), with an empty namespace for objects that belong to none */}}
{{- define "mck.metadata" -}}
{{- $root := index . 0 -}}
name: {{ index . 1 }}
{{- with index . 2 }}
namespace: {{ . }}
{{- end }}
labels:
  {{- include "mck.labels" $root | nindent 2 }}
{{- with $root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{/* namespaces that are watched, separated by commas; "*" alone is all of them */}}
{{- define "mck.watched" -}}
{{- if has "*" .Values.watchNamespaces -}}
{{- if gt (len .Values.watchNamespaces) 1 -}}
{{- fail "watchNamespaces: \"*\" means all namespaces and stands alone; name no others beside it" -}}
{{- end -}}
*
{{- else -}}
{{- join "," (default (list (include "mck.namespace" .)) .Values.watchNamespaces | uniq) -}}
{{- end -}}
{{- end -}}
