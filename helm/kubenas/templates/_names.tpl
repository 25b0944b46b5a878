{{- define "kubenas.labels" -}}
app.kubernetes.io/name: kubenas
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* Selects the pods of trials. */}}
{{- define "kubenas.trials" -}}
app.kubernetes.io/name: kubenas
app.kubernetes.io/component: trial
{{- end }}

{{- /* Selects the pods of the pipeline's search steps. */}}
{{- define "kubenas.searches" -}}
app.kubernetes.io/name: kubenas
app.kubernetes.io/component: search
{{- end }}

{{- /* What `restricted` asks of a container. */}}
{{- define "kubenas.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* What `restricted` asks of a pod. */}}
{{- define "kubenas.podSecurity" -}}
runAsNonRoot: true
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* The accounts of the steps, as a binding's subjects. */}}
{{- define "kubenas.controllers" -}}
{{- range $index, $account := prepend .Values.controller.alsoFor .Values.controller.serviceAccount }}
{{- if $index }}{{ "\n" }}{{ end -}}
- kind: ServiceAccount
  name: {{ $account }}
  namespace: {{ $.Release.Namespace }}
{{- end }}
{{- end }}

{{- define "kubenas.named" -}}
{{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}

{{- define "kubenas.priorityPrefix" -}}
{{ .Values.priorityClasses.prefix | default .Release.Namespace }}
{{- end }}

{{- /* What this chart makes becomes the default; what the values say of `runner` comes first. */}}
{{- define "kubenas.runner" -}}
{{- $pod := dict "service_account" .Values.trial.serviceAccount }}
{{- with .Values.kueue.localQueue }}{{ $_ := set $pod "kueue_queue" . }}{{ end }}
{{- if .Values.priorityClasses.create }}
{{- $_ := set $pod "priority_class" (printf "%s-trial" (include "kubenas.priorityPrefix" .)) }}
{{- end }}
{{- mergeOverwrite (dict "pod" $pod) (deepCopy .Values.runner) | toJson }}
{{- end }}
