{{/*
Changes a Deployment by the values of its part, and writes it. Arguments: root, object, values, args and env (those that other values
ask for).
*/}}
{{- define "orchestrator.deployment" -}}
{{- $root := .root -}}
{{- $values := .values -}}
{{- $deployment := .object -}}
{{- $spec := $deployment.spec -}}
{{- $_ := set $spec "replicas" (int $values.replicas) -}}
{{- $template := $spec.template -}}
{{- $_ := set $template.metadata "labels" (mergeOverwrite (dict) $values.podLabels $template.metadata.labels) -}}
{{- $_ := set $template.metadata "annotations" (mergeOverwrite (dict) $template.metadata.annotations $values.podAnnotations) -}}
{{- $pod := $template.spec -}}
{{- with $values.nodeSelector -}}{{- $_ := set $pod "nodeSelector" . -}}{{- end -}}
{{- with $values.tolerations -}}{{- $_ := set $pod "tolerations" . -}}{{- end -}}
{{- if kindIs "map" $values.affinity -}}{{- $_ := set $pod "affinity" $values.affinity -}}{{- end -}}
{{- if kindIs "slice" $values.topologySpreadConstraints -}}
{{- $constraints := list -}}
{{- range $values.topologySpreadConstraints -}}
{{- /* without a selector a constraint counts no pod */ -}}
{{- $constraints = append $constraints (mergeOverwrite (dict "labelSelector" (deepCopy $spec.selector)) .) -}}
{{- end -}}
{{- $_ := set $pod "topologySpreadConstraints" $constraints -}}
{{- end -}}
{{- with include "orchestrator.priorityClassName" (list $root $values) -}}{{- $_ := set $pod "priorityClassName" . -}}{{- end -}}
{{- $pullSecrets := list -}}
{{- range $root.Values.image.pullSecrets -}}{{- $pullSecrets = append $pullSecrets (dict "name" .) -}}{{- end -}}
{{- with $pullSecrets -}}{{- $_ := set $pod "imagePullSecrets" . -}}{{- end -}}
{{- $container := first $pod.containers -}}
{{- $_ := set $container "image" (include "orchestrator.image" $root) -}}
{{- range $container.env -}}
{{- if eq .name "OPERATOR_IMAGE" -}}{{- $_ := set . "value" (include "orchestrator.image" $root) -}}{{- end -}}
{{- end -}}
{{- with $root.Values.image.pullPolicy -}}{{- $_ := set $container "imagePullPolicy" . -}}{{- end -}}
{{- $_ := set $container "args" (concat $container.args (.args | default list) $values.args) -}}
{{- $_ := set $container "env" (concat $container.env (.env | default list) $values.env) -}}
{{- with $values.volumeMounts -}}{{- $_ := set $container "volumeMounts" (concat ($container.volumeMounts | default list) .) -}}{{- end -}}
{{- with $values.volumes -}}{{- $_ := set $pod "volumes" (concat ($pod.volumes | default list) .) -}}{{- end -}}
{{- with $values.resources.requests -}}{{- $_ := set $container.resources "requests" (mergeOverwrite $container.resources.requests .) -}}{{- end -}}
{{- with $values.resources.limits -}}{{- $_ := set $container.resources "limits" (mergeOverwrite $container.resources.limits .) -}}{{- end -}}
{{- include "orchestrator.object" (dict "root" $root "object" $deployment) -}}
{{- end -}}

{{/* Changes a PodDisruptionBudget by the values of its part, and writes it unless it is disabled. Arguments: root, object, values. */}}
{{- define "orchestrator.disruptionBudget" -}}
{{- if .values.disruptionBudget.enabled -}}
{{- $min := .values.disruptionBudget.minAvailable -}}
{{- $_ := set .object.spec "minAvailable" (ternary $min (int $min) (kindIs "string" $min)) -}}
{{- include "orchestrator.object" (dict "root" .root "object" .object) -}}
{{- end -}}
{{- end -}}
