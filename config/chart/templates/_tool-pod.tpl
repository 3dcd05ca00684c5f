{{/* The spec of a pod that runs one command of the image to its end, as JSON. Arguments: root, account, name, args. */}}
{{- define "orchestrator.toolPod" -}}
{{- $root := .root -}}
{{- $namespace := dict "name" "KUBERNETES_NAMESPACE" "value" $root.Release.Namespace -}}
{{- $container := dict "name" .name "image" (include "orchestrator.image" $root) "args" .args "env" (list $namespace)
  "resources" (dict "requests" (dict "cpu" "50m" "memory" "128Mi") "limits" (dict "cpu" "500m" "memory" "256Mi"))
  "securityContext" (dict "allowPrivilegeEscalation" false "readOnlyRootFilesystem" true "capabilities" (dict "drop" (list "ALL"))) -}}
{{- with $root.Values.image.pullPolicy -}}{{- $_ := set $container "imagePullPolicy" . -}}{{- end -}}
{{- $pod := dict "serviceAccountName" .account "restartPolicy" "Never" "enableServiceLinks" false "containers" (list $container)
  "securityContext" (dict "runAsNonRoot" true "runAsUser" 65532 "runAsGroup" 65532 "seccompProfile" (dict "type" "RuntimeDefault")) -}}
{{- $pullSecrets := list -}}
{{- range $root.Values.image.pullSecrets -}}{{- $pullSecrets = append $pullSecrets (dict "name" .) -}}{{- end -}}
{{- with $pullSecrets -}}{{- $_ := set $pod "imagePullSecrets" . -}}{{- end -}}
{{- with $root.Values.manager.nodeSelector -}}{{- $_ := set $pod "nodeSelector" . -}}{{- end -}}
{{- with $root.Values.manager.tolerations -}}{{- $_ := set $pod "tolerations" . -}}{{- end -}}
{{- toJson $pod -}}
{{- end -}}
