{{- define "kubenas.labels" -}}
app.kubernetes.io/name: kubenas
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- /* Selector of trial pods. */}}
{{- define "kubenas.trials" -}}
app.kubernetes.io/name: kubenas
app.kubernetes.io/component: trial
{{- end }}

{{- /* Selector of step pods. */}}
{{- define "kubenas.steps" -}}
app.kubernetes.io/name: kubenas
app.kubernetes.io/component: step
{{- end }}

{{- /* Container security context of the level `restricted`. */}}
{{- define "kubenas.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}

{{- /* Pod security context of the level `restricted`. */}}
{{- define "kubenas.podSecurity" -}}
runAsNonRoot: true
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- /* Service accounts of the steps, as subjects of a binding. */}}
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

{{- /* Images of this release, as in kubenas/images.py. */}}
{{- define "kubenas.controller" -}}
{{ include "kubenas.registry" . }}kubenas/controller:{{ .Chart.AppVersion }}
{{- end }}

{{- define "kubenas.trainer" -}}
{{ include "kubenas.registry" . }}kubenas/trainer:{{ .Chart.AppVersion }}
{{- end }}

{{- define "kubenas.registry" -}}
{{- with .Values.images.registry }}{{ trimSuffix "/" . }}/{{ end }}
{{- end }}

{{- define "kubenas.priorityPrefix" -}}
{{ .Values.priorityClasses.prefix | default .Release.Namespace }}
{{- end }}

{{- /* Runner defaults: objects of this chart, overridden by the values of `runner`. */}}
{{- define "kubenas.runner" -}}
{{- $pod := dict "service_account" .Values.trial.serviceAccount }}
{{- with .Values.images }}
{{- if .registry }}{{ $_ := set $pod "image" (include "kubenas.trainer" $) }}{{ end }}
{{- with .pullSecrets }}{{ $_ := set $pod "image_pull_secrets" . }}{{ end }}
{{- end }}
{{- with .Values.kueue.localQueue }}{{ $_ := set $pod "kueue_queue" . }}{{ end }}
{{- if .Values.priorityClasses.create }}
{{- $_ := set $pod "priority_class" (printf "%s-trial" (include "kubenas.priorityPrefix" .)) }}
{{- end }}
{{- mergeOverwrite (dict "pod" $pod) (deepCopy .Values.runner) | toJson }}
{{- end }}

{{- /* Subjects and objects of Kubeflow's permissions; empty if disabled. */}}
{{- define "kubenas.kubeflow" -}}
{{- $kubeflow := dict }}
{{- with .Values.kubeflow }}
{{- if .enabled }}
{{- $kubeflow = dict "account" $.Values.controller.serviceAccount "config_map" .launcherConfigMap "secret" .launcherSecret }}
{{- end }}
{{- end }}
{{- $kubeflow | toJson }}
{{- end }}

{{- /* Allowed service accounts of trials, never an account of a step. */}}
{{- define "kubenas.trialAccounts" -}}
{{- $default := (include "kubenas.runner" . | fromJson).pod.service_account }}
{{- $accounts := prepend .Values.policy.serviceAccounts $default | uniq }}
{{- range $account := concat $accounts .Values.policy.servingAccounts }}
{{- if has $account (prepend $.Values.controller.alsoFor $.Values.controller.serviceAccount) }}
{{- fail (printf "policy.serviceAccounts, policy.servingAccounts, trial.serviceAccount, runner.pod.service_account: %s has the rights of a step; name another account" $account) }}
{{- end }}
{{- end }}
{{- $accounts | toJson }}
{{- end }}

{{- /* Allowed Secrets of trials. */}}
{{- define "kubenas.trialSecrets" -}}
{{- prepend .Values.policy.secrets "kubenas-store" | uniq | toJson }}
{{- end }}

{{- /* The format read by kubenas/scheduling/policy.py. */}}
{{- define "kubenas.policy" -}}
{{- $policy := dict "locked" .Values.policy.locked "local_user_code" .Values.policy.localUserCode }}
{{- $_ := set $policy "volumes" .Values.policy.volumes }}
{{- $_ := set $policy "secrets" (include "kubenas.trialSecrets" . | fromJsonArray) }}
{{- $_ := set $policy "service_accounts" (include "kubenas.trialAccounts" . | fromJsonArray) }}
{{- $_ := set $policy "serving_accounts" .Values.policy.servingAccounts }}
{{- $_ := set $policy "annotations" .Values.policy.annotations }}
{{- $_ := set $policy "registries" .Values.policy.registries }}
{{- $policy | toJson }}
{{- end }}
