package controller

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	batchv1ac "k8s.io/client-go/applyconfigurations/batch/v1"
	corev1ac "k8s.io/client-go/applyconfigurations/core/v1"
	metav1ac "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/yaml"

	v1 "agent-orchestrator/reference/api/v1"
)

const (
	agentContainer = "claude-agent"
	ownerUIDLabel  = "orchestrator.io/owner-uid"
	runLabel       = "orchestrator.io/run"
	managedByLabel = "app.kubernetes.io/managed-by"
	managedBy      = "agent-orchestrator"
)

// OwnerUIDLabel is on the pods of all runs.
const OwnerUIDLabel = ownerUIDLabel

// LabelsOf a run and of everything made for it.
func LabelsOf(run *v1.TaskRun) map[string]string {
	id := strconv.Itoa(int(run.Spec.TaskID))
	return map[string]string{
		"orchestrator.io/task-id":  id,
		"task-id":                  id,
		"orchestrator.io/service":  run.Spec.ServiceName,
		"service":                  run.Spec.ServiceName,
		"orchestrator.io/agent":    run.Spec.AgentName,
		"orchestrator.io/priority": run.Spec.Priority,
		"priority":                 run.Spec.Priority,
	}
}

func marksOf(run *v1.TaskRun, number int32) map[string]string {
	marks := LabelsOf(run)
	marks[managedByLabel] = managedBy
	marks[ownerUIDLabel] = string(run.UID)
	marks[runLabel] = strconv.Itoa(int(number))
	return marks
}

func jobName(run *v1.TaskRun, number int32) string {
	return fmt.Sprintf("%s-task-%d-run-%d", run.Spec.ServiceName, run.Spec.TaskID, number)
}

func filesName(run *v1.TaskRun, number int32) string {
	return jobName(run, number) + "-files"
}

func ownerReference(run *v1.TaskRun) *metav1ac.OwnerReferenceApplyConfiguration {
	return metav1ac.OwnerReference().
		WithAPIVersion(v1.GroupVersion.String()).WithKind("TaskRun").
		WithName(run.Name).WithUID(run.UID).
		WithController(true).WithBlockOwnerDeletion(true)
}

func workspaceClaim(run *v1.TaskRun) *corev1ac.PersistentVolumeClaimApplyConfiguration {
	return corev1ac.PersistentVolumeClaim(run.WorkspaceName(), run.Namespace).
		WithLabels(map[string]string{managedByLabel: managedBy, "orchestrator.io/service": run.Spec.ServiceName}).
		WithSpec(corev1ac.PersistentVolumeClaimSpec().
			WithAccessModes(corev1.ReadWriteOnce).
			WithResources(corev1ac.VolumeResourceRequirements().
				WithRequests(corev1.ResourceList{corev1.ResourceStorage: resource.MustParse("10Gi")})))
}

func files(run *v1.TaskRun, number int32) (map[string]string, error) {
	data := map[string]string{}
	var imports strings.Builder
	for _, file := range run.Spec.MarkdownFiles {
		data[file.Filename] = file.Content
		fmt.Fprintf(&imports, "- %s: @.task/%d/run-%d/%s\n", file.FileType, run.Spec.TaskID, number, file.Filename)
	}
	if _, given := data["CLAUDE.md"]; !given {
		data["CLAUDE.md"] = fmt.Sprintf("# %s - Task Context\n\n%s", run.Spec.ServiceName, imports.String())
	}
	metadata, err := yaml.Marshal(map[string]any{
		"task_id":         run.Spec.TaskID,
		"attempt_number":  number,
		"context_version": run.Spec.ContextVersion,
		"service":         run.Spec.ServiceName,
		"agent":           run.Spec.AgentName,
		"model":           run.Spec.Model,
		"priority":        run.Spec.Priority,
		"task_run":        run.Name,
		"namespace":       run.Namespace,
		"status":          "in_progress",
	})
	data["metadata.yaml"] = string(metadata)
	return data, err
}

func filesConfigMap(run *v1.TaskRun, number int32) (*corev1ac.ConfigMapApplyConfiguration, error) {
	data, err := files(run, number)
	if err != nil {
		return nil, err
	}
	// encoding/json sorts the keys of a map
	text, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	digest := sha256.Sum256(text)
	return corev1ac.ConfigMap(filesName(run, number), run.Namespace).
		WithLabels(marksOf(run, number)).
		WithAnnotations(map[string]string{"orchestrator.io/content-digest": hex.EncodeToString(digest[:])}).
		WithOwnerReferences(ownerReference(run)).
		WithImmutable(true).
		WithData(data), nil
}

func job(run *v1.TaskRun, number int32) *batchv1ac.JobApplyConfiguration {
	marks := marksOf(run, number)
	return batchv1ac.Job(jobName(run, number), run.Namespace).
		WithLabels(marks).
		WithAnnotations(map[string]string{
			"orchestrator.io/cause":           "Initial",
			"orchestrator.io/retry-attempt":   strconv.Itoa(int(run.Spec.RetryAttempt)),
			"orchestrator.io/context-version": strconv.Itoa(int(run.Spec.ContextVersion)),
		}).
		WithOwnerReferences(ownerReference(run)).
		WithSpec(batchv1ac.JobSpec().
			WithParallelism(1).
			WithCompletions(1).
			WithBackoffLimit(0).
			WithActiveDeadlineSeconds(*run.Spec.ActiveDeadlineSeconds).
			WithPodReplacementPolicy("Failed").
			WithPodFailurePolicy(batchv1ac.PodFailurePolicy().WithRules(batchv1ac.PodFailurePolicyRule().
				WithAction("Ignore").
				WithOnPodConditions(batchv1ac.PodFailurePolicyOnPodConditionsPattern().
					WithType(corev1.DisruptionTarget).WithStatus(corev1.ConditionTrue)))).
			WithTemplate(corev1ac.PodTemplateSpec().
				WithLabels(marks).
				WithAnnotations(map[string]string{
					"orchestrator.io/run-name": run.Name,
					"orchestrator.io/run-kind": "TaskRun",
				}).
				WithSpec(pod(run, number))))
}

const prepareScript = `set -eu
service="$WORKSPACE/$SERVICE_NAME"
task="$service/.task/$TASK_ID/run-$RUN_NUMBER"
mkdir -p "$task"
for file in "$FILES"/*.md "$FILES"/.[!.]*.md "$FILES/metadata.yaml"; do
  name="${file##*/}"
  [ -f "$file" ] || continue
  if [ "$name" = CLAUDE.md ]; then
    rm -f "$service/CLAUDE.md"
    cp "$file" "$service/CLAUDE.md"
  else
    rm -f "$task/$name"
    cp "$file" "$task/$name"
  fi
done
echo "prepared run $RUN_NUMBER of task $TASK_ID"
`

func pod(run *v1.TaskRun, number int32) *corev1ac.PodSpecApplyConfiguration {
	spec := run.Spec
	identity := []*corev1ac.EnvVarApplyConfiguration{
		variable("TASK_ID", strconv.Itoa(int(spec.TaskID))),
		variable("SERVICE_NAME", spec.ServiceName),
		variable("RUN_NUMBER", strconv.Itoa(int(number))),
	}
	security := corev1ac.SecurityContext().
		WithAllowPrivilegeEscalation(false).
		WithReadOnlyRootFilesystem(true).
		WithCapabilities(corev1ac.Capabilities().WithDrop("ALL"))
	agent := corev1ac.Container().
		WithName(agentContainer).
		WithImage(spec.Image).
		WithImagePullPolicy(spec.ImagePullPolicy).
		WithCommand("claude").
		WithWorkingDir("/workspace/"+spec.ServiceName).
		WithEnv(variable("DISABLE_AUTOUPDATER", "1")).
		WithEnv(identity...).
		WithEnv(
			variable("AGENT_NAME", spec.AgentName),
			variable("MODEL", spec.Model),
			variable("HOME", "/home/agent"),
			variable("WORKDIR", "/workspace/"+spec.ServiceName),
			corev1ac.EnvVar().WithName("ANTHROPIC_API_KEY").WithValueFrom(corev1ac.EnvVarSource().
				WithSecretKeyRef(corev1ac.SecretKeySelector().WithName("orchestrator-secrets").WithKey("ANTHROPIC_API_KEY"))),
		).
		WithResources(corev1ac.ResourceRequirements().WithRequests(spec.Resources.Requests).WithLimits(spec.Resources.Limits)).
		WithSecurityContext(security).
		WithTerminationMessagePath("/dev/termination-log").
		WithTerminationMessagePolicy(corev1.TerminationMessageReadFile).
		WithVolumeMounts(mount("workspace", "/workspace"), mount("tmp", "/tmp"), mount("home", "/home/agent"))
	for _, each := range spec.Env {
		agent.WithEnv(variable(each.Name, strings.ReplaceAll(each.Value, "$", "$$")))
	}
	prepare := corev1ac.Container().
		WithName("prepare-workspace").
		WithImage("busybox:1.36").
		WithImagePullPolicy(corev1.PullIfNotPresent).
		WithCommand("/bin/sh", "-c").
		WithArgs(strings.ReplaceAll(prepareScript, "$", "$$")).
		WithEnv(identity...).
		WithEnv(variable("WORKSPACE", "/workspace"), variable("FILES", "/config")).
		WithSecurityContext(security).
		WithResources(corev1ac.ResourceRequirements().
			WithRequests(amounts("10m", "16Mi")).WithLimits(amounts("500m", "64Mi"))).
		WithVolumeMounts(mount("task-files", "/config").WithReadOnly(true), mount("workspace", "/workspace"))
	return corev1ac.PodSpec().
		WithRestartPolicy(corev1.RestartPolicyNever).
		WithServiceAccountName(spec.ServiceAccountName).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithSecurityContext(corev1ac.PodSecurityContext().
			WithRunAsNonRoot(true).WithRunAsUser(1000).WithRunAsGroup(1000).
			WithFSGroup(2000).WithFSGroupChangePolicy(corev1.FSGroupChangeOnRootMismatch).
			WithSeccompProfile(corev1ac.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithInitContainers(prepare).
		WithContainers(agent).
		WithVolumes(
			corev1ac.Volume().WithName("task-files").
				WithConfigMap(corev1ac.ConfigMapVolumeSource().WithName(filesName(run, number))),
			corev1ac.Volume().WithName("workspace").
				WithPersistentVolumeClaim(corev1ac.PersistentVolumeClaimVolumeSource().WithClaimName(run.WorkspaceName())),
			corev1ac.Volume().WithName("tmp").WithEmptyDir(corev1ac.EmptyDirVolumeSource()),
			corev1ac.Volume().WithName("home").WithEmptyDir(corev1ac.EmptyDirVolumeSource()),
		)
}

func variable(name, value string) *corev1ac.EnvVarApplyConfiguration {
	return corev1ac.EnvVar().WithName(name).WithValue(value)
}

func mount(name, path string) *corev1ac.VolumeMountApplyConfiguration {
	return corev1ac.VolumeMount().WithName(name).WithMountPath(path)
}

func amounts(cpu, memory string) corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse(cpu),
		corev1.ResourceMemory: resource.MustParse(memory),
	}
}
