{{/*
Helpers that every template uses. The objects come from `files`, as maps; templates change them and pass them to
`orchestrator.object`, which is the only place that writes YAML.
*/}}

{{/* The objects of a file of `files`, as `{"items": [...]}` in JSON: (include "orchestrator.base" (list $ "manager") | fromJson).items */}}
{{- define "orchestrator.base" -}}
{{- $root := index . 0 -}}
{{- $root.Files.Get (printf "files/%s.yaml" (index . 1)) | fromYaml | toJson -}}
{{- end -}}

{{/* Kinds without a namespace. */}}
{{- define "orchestrator.isClusterScoped" -}}
{{- if has . (list "Namespace" "CustomResourceDefinition" "ClusterRole" "ClusterRoleBinding" "PriorityClass" "FlowSchema"
  "PriorityLevelConfiguration" "MutatingWebhookConfiguration" "ValidatingWebhookConfiguration" "ValidatingAdmissionPolicy"
  "ValidatingAdmissionPolicyBinding") -}}true{{- end -}}
{{- end -}}

{{/*
One object as a YAML document, with the chart's labels, in the namespace of the release unless `keepNamespace` is set.
Nothing if `install` leaves out objects of its scope. Arguments: root, object, keepNamespace.
*/}}
{{- define "orchestrator.object" -}}
{{- $root := .root -}}
{{- $object := .object -}}
{{- $isCluster := include "orchestrator.isClusterScoped" $object.kind -}}
{{- $install := $root.Values.install -}}
{{- if or (eq $install "all") (eq $install (ternary "cluster" "namespaced" (ne $isCluster ""))) -}}
{{- $metadata := $object.metadata -}}
{{- if and (not $isCluster) (not .keepNamespace) -}}{{- $_ := set $metadata "namespace" $root.Release.Namespace -}}{{- end -}}
{{- range $object.subjects -}}
{{- if and (eq .kind "ServiceAccount") (has .name (list "orchestrator-manager" "orchestrator-server")) -}}{{- $_ := set . "namespace" $root.Release.Namespace -}}{{- end -}}
{{- end -}}
{{- $own := dict "app.kubernetes.io/managed-by" $root.Release.Service "app.kubernetes.io/instance" $root.Release.Name
  "helm.sh/chart" (printf "%s-%s" $root.Chart.Name ($root.Chart.Version | replace "+" "_")) -}}
{{- $_ := set $metadata "labels" (mergeOverwrite (dict "app.kubernetes.io/name" "agent-orchestrator") $root.Values.commonLabels ($metadata.labels | default dict) $own) -}}
{{- $annotations := mergeOverwrite (dict) $root.Values.commonAnnotations ($metadata.annotations | default dict) -}}
{{- if $annotations -}}{{- $_ := set $metadata "annotations" $annotations -}}{{- end }}
---
{{ toYaml $object }}
{{ end -}}
{{- end -}}

{{/* All objects of a file, unchanged. Arguments: root, file. */}}
{{- define "orchestrator.objects" -}}
{{- $root := index . 0 -}}
{{- range (include "orchestrator.base" . | fromJson).items -}}
{{- include "orchestrator.object" (dict "root" $root "object" .) -}}
{{- end -}}
{{- end -}}

{{/* The image's name. */}}
{{- define "orchestrator.image" -}}
{{- with .Values.image -}}
{{- if .digest -}}{{ .repository }}@{{ .digest }}{{- else -}}{{ .repository }}:{{ .tag | default $.Chart.AppVersion }}{{- end -}}
{{- end -}}
{{- end -}}

{{/* The namespaces that are managed, as `{"items": [...]}` in JSON; empty for all. */}}
{{- define "orchestrator.watched" -}}
{{- $all := .Values.watchNamespaces -}}
{{- if $all -}}
{{- range .Values.tenants -}}{{- $all = append $all (printf "%s-workspace" .name) -}}{{- end -}}
{{- end -}}
{{- dict "items" (uniq $all) | toJson -}}
{{- end -}}

{{/* The name of the PriorityClass of pods; empty if they have none. Arguments: root, values. */}}
{{- define "orchestrator.priorityClassName" -}}
{{- $root := index . 0 -}}
{{- with $root.Values.priorityClass -}}
{{- (index $ 1).priorityClassName | default (ternary .name "" .create) -}}
{{- end -}}
{{- end -}}
