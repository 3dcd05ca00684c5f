/** The objects of an attempt that are the same for every kind: claim, ConfigMap, and the Job around the kind's pod. Pure. */
import { createHash } from "node:crypto";
import { managedBy, runLabels, runAnnotations, recordedFinalizer } from "./metadata.js";
import { deliverContainer, prepareContainer } from "../api/names.js";
import type { NamespaceFacts } from "./namespace-facts.js";
import { configuredTemplate } from "./pod-template.js";
import { queueLabel, queueOf } from "./queue.js";
import { policyOf } from "./retry.js";
import type { AgentRun, Attempt, AttemptNames, Cause, RunKind } from "./run.js";
import { spendingLimit } from "./spending-limit.js";
import { gatewayContainer } from "./usage.js";
import { ownerAnnotations, type WorkspaceOwner } from "./workspace.js";
import type { PodSpec } from "./pod-spec.js";
import { labels } from "../api/labels.js";
import { attemptTraceparent } from "../api/trace.js";
import { ConfigMaps, Jobs, PersistentVolumeClaims } from "../runtime/client/builtin.js";
import type { ConfigMap, Job, OwnerReference, PersistentVolumeClaim, Stored } from "../runtime/client/objects.js";
import { apiVersionOf } from "../runtime/client/resource.js";
import type { Configuration } from "../configuration/configuration.js";

function ownerReference<R extends AgentRun>(kind: RunKind<R>, { metadata }: R): OwnerReference {
  return {
    apiVersion: apiVersionOf(kind.type),
    kind: kind.type.kind,
    name: metadata?.name ?? "",
    uid: metadata?.uid ?? "",
    controller: true,
    blockOwnerDeletion: true,
  };
}

/** The workspace. It has no owner: it outlives the runs that use it. */
export function workspaceClaim<R extends AgentRun>(
  kind: RunKind<R>,
  run: Stored<R>,
  names: AttemptNames,
  owner: WorkspaceOwner,
  configuration: Configuration,
): PersistentVolumeClaim {
  const { storageClassName, accessMode, size } = configuration.storage;
  const service = kind.labels(run)[labels.service];
  return {
    apiVersion: apiVersionOf(PersistentVolumeClaims),
    kind: PersistentVolumeClaims.kind,
    metadata: {
      name: names.workspace,
      ...(run.metadata.namespace !== undefined && { namespace: run.metadata.namespace }),
      labels: { [runLabels.managedBy]: managedBy, ...(service !== undefined && { [labels.service]: service }) },
      annotations: ownerAnnotations(owner),
    },
    spec: {
      accessModes: [accessMode],
      ...(storageClassName !== undefined && { storageClassName }),
      resources: { requests: { storage: size } },
    },
  };
}

/** Compares a ConfigMap's contents without its data: a cache may keep only the metadata. */
export function contentDigest(data: Readonly<Record<string, string>>): string {
  const entries = Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1));
  return createHash("sha256").update(JSON.stringify(entries)).digest("hex");
}

function attemptLabels<R extends AgentRun>(kind: RunKind<R>, run: R, number: number): Record<string, string> {
  return {
    ...kind.labels(run),
    [runLabels.managedBy]: managedBy,
    [runLabels.ownerUID]: run.metadata?.uid ?? "",
    [runLabels.attempt]: String(number),
  };
}

export function filesConfigMap<R extends AgentRun>(
  kind: RunKind<R>,
  run: Stored<R>,
  number: number,
  names: AttemptNames,
  configuration: Configuration,
): ConfigMap {
  const data = kind.files(run, number, configuration);
  return {
    apiVersion: apiVersionOf(ConfigMaps),
    kind: ConfigMaps.kind,
    metadata: {
      name: names.files,
      ...(run.metadata.namespace !== undefined && { namespace: run.metadata.namespace }),
      labels: { ...configuration.labels, ...attemptLabels(kind, run, number) },
      annotations: { ...configuration.annotations, [runAnnotations.digest]: contentDigest(data) },
      ownerReferences: [ownerReference(kind, run)],
    },
    immutable: true,
    data,
  };
}

/**
 * The Job of one attempt. A run that is not stored yet, as at admission, has no UID: its Job is checked, never created. It never has more than one pod at a time: a pod is replaced only after it has ended
 * (`podReplacementPolicy: Failed`), and only after a disruption (drain, eviction, lost node) or as often as
 * `job.backoffLimit` allows. A disruption ends an attempt with a limit of spending: its next pod would count from the beginning. `ttlSecondsAfterFinished` is not set: the manager removes Jobs after recording them.
 *
 * @param namespace absent: its labels are not known
 */
export function attemptJob<R extends AgentRun>(
  kind: RunKind<R>,
  run: R,
  attempt: Attempt,
  cause: Cause,
  configuration: Configuration,
  namespace: NamespaceFacts = { name: run.metadata?.namespace ?? "", isOperators: false },
): Job {
  const { number, names } = attempt;
  const own = attemptLabels(kind, run, number);
  const pod = withTrace(kind.pod(run, attempt, configuration), kind.agentContainer, attemptTraceparent(run, number));
  const queue = queueOf(run, configuration);
  const hasGateway = pod.initContainers?.some(({ name }) => name === gatewayContainer) === true;
  return {
    apiVersion: apiVersionOf(Jobs),
    kind: Jobs.kind,
    metadata: {
      name: names.job,
      ...(run.metadata?.namespace !== undefined && { namespace: run.metadata.namespace }),
      labels: { ...configuration.labels, ...own, ...(queue !== undefined && { [queueLabel]: queue }) },
      annotations: {
        ...configuration.annotations,
        [runAnnotations.cause]: cause,
        [runAnnotations.retryAttempt]: String(run.spec.retryAttempt ?? 1),
        [runAnnotations.contextVersion]: String(run.spec.contextVersion ?? 1),
        ...(hasGateway && { [runAnnotations.gateway]: "true" }),
      },
      ownerReferences: [ownerReference(kind, run)],
      finalizers: [recordedFinalizer],
    },
    spec: {
      ...(queue !== undefined && { suspend: true }),
      parallelism: 1,
      completions: 1,
      backoffLimit: configuration.job.backoffLimit,
      activeDeadlineSeconds: run.spec.activeDeadlineSeconds ?? configuration.job.activeDeadlineSeconds,
      podReplacementPolicy: "Failed",
      podFailurePolicy: podFailurePolicy(kind, run, pod, configuration),
      template: configuredTemplate(
        {
          metadata: {
            labels: own,
            annotations: {
              [runAnnotations.runName]: run.metadata?.name ?? "",
              [runAnnotations.runKind]: kind.type.kind,
              // what kubectl logs and kubectl exec take without -c
              "kubectl.kubernetes.io/default-container": kind.agentContainer,
            },
          },
          spec: pod,
        },
        kind.agentContainer,
        configuration,
        namespace,
      ),
    },
  };
}

/** The pod whose agent continues the trace of the run; a TRACEPARENT that the run sets stays. */
function withTrace(pod: PodSpec, agentContainer: string, traceparent: string | undefined): PodSpec {
  if (traceparent === undefined) return pod;
  const containers = pod.containers.map((container) =>
    container.name !== agentContainer || container.env?.some(({ name }) => name === "TRACEPARENT") === true
      ? container
      : { ...container, env: [...(container.env ?? []), { name: "TRACEPARENT", value: traceparent }] },
  );
  return { ...pod, containers };
}

/** Whether a gateway ends the attempt at a limit. */
function isLimited({ spec }: AgentRun, pod: PodSpec, configuration: Configuration): boolean {
  const hasGateway = pod.initContainers?.some(({ name }) => name === gatewayContainer) === true;
  return hasGateway && Object.keys(spendingLimit(spec.budget, configuration)).length > 0;
}

/** The terminal exit codes are those of the start script, which may run in several containers. */
function podFailurePolicy<R extends AgentRun>(
  kind: RunKind<R>,
  run: R,
  pod: PodSpec,
  configuration: Configuration,
): NonNullable<NonNullable<Job["spec"]>["podFailurePolicy"]> {
  const isInPhases = pod.containers.some(({ name }) => name === deliverContainer);
  const containers = isInPhases ? [prepareContainer, kind.agentContainer, deliverContainer] : [kind.agentContainer];
  const afterDisruption = isLimited(run, pod, configuration) ? "FailJob" : "Ignore";
  const values = [...new Set(policyOf(kind, run, configuration).terminalExitCodes)].sort((a, b) => a - b);
  const terminal = containers.map((containerName) => ({
    action: "FailJob",
    onExitCodes: { containerName, operator: "In", values },
  }));
  return {
    rules: [
      { action: afterDisruption, onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
      ...(values.length === 0 ? [] : terminal),
    ],
  };
}
