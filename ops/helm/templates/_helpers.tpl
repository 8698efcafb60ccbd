{{- define "workflows.name" -}}
{{- .Release.Name | trunc 53 | trimSuffix "-" -}}
{{- end -}}

{{- define "workflows.selector" -}}
app.kubernetes.io/name: workflows
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "workflows.labels" -}}
{{ include "workflows.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end -}}
