{{- /* The operator's image; a digest is taken instead of a tag. */ -}}
{{- define "nephos.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}
{{ .registry }}/operator@{{ .digest }}
{{- else -}}
{{ .registry }}/operator:{{ .tag | default $.Chart.AppVersion }}
{{- end -}}
{{- end -}}
{{- end -}}

{{- /* What the operator's pods are chosen by: the same in every version of the chart. */ -}}
{{- define "nephos.identity" -}}
app.kubernetes.io/name: nephos
app.kubernetes.io/component: operator
{{- end -}}

{{- /* Labels of the pods: nothing that changes with the chart alone, since that would replace them. */ -}}
{{- define "nephos.podLabels" -}}
{{- merge (include "nephos.identity" . | fromYaml) .Values.extraLabels | toYaml -}}
{{- end -}}

{{- /* Labels of every object. */ -}}
{{- define "nephos.labels" -}}
{{- $own := dict
  "app.kubernetes.io/part-of" "nephos"
  "app.kubernetes.io/instance" .Release.Name
  "app.kubernetes.io/version" .Chart.AppVersion
  "app.kubernetes.io/managed-by" .Release.Service
  "helm.sh/chart" (printf "%s-%s" .Chart.Name .Chart.Version) -}}
{{- merge $own (include "nephos.identity" . | fromYaml) .Values.extraLabels | toYaml -}}
{{- end -}}

{{- define "nephos.apiServerPorts" -}}
{{- range .Values.networkPolicy.apiServerPorts }}
- port: {{ . }}
  protocol: TCP
{{- end }}
{{- end -}}
