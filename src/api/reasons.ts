/**
 * Why a run is where it is: the closed vocabulary of `status.reason` and of the conditions `Succeeded`, `Stalled` and
 * `Reconciling`. This is the only table of it; docs/reference/reasons.md is made from it.
 */
import type { FailureClass } from "./failure-classes.js";
import type { Phase } from "./generated/taskrun.js";

/** What becomes of an attempt whose pod does not start. */
export interface StartProblemCourse {
  /** When the run is reported as stalled: as soon as only a person can help, or once the problem has lasted `stuckPodSeconds`. */
  readonly stalled: "immediately" | "later";
  /** Whether the attempt ends once the problem has lasted `stuckPodSeconds`. Otherwise it keeps waiting. */
  readonly ends: boolean;
  /** Whether an automatic retry may follow that end. */
  readonly retried: boolean;
}

export interface ReasonEntry {
  readonly phases: readonly Phase[];
  readonly meaning: string;
  /** What to do; empty if there is nothing to do. */
  readonly remedy: string;
  /** Nothing continues without a person. */
  readonly stalled?: true;
  /** What follows an attempt that ended so, if its pod had started. */
  readonly failure?: FailureClass;
  /** The pod of the attempt does not start. */
  readonly startProblem?: StartProblemCourse;
}

const needsPerson: StartProblemCourse = { stalled: "immediately", ends: true, retried: false };
const needsAnotherPod: StartProblemCourse = { stalled: "later", ends: true, retried: true };
const mayPass: StartProblemCourse = { stalled: "later", ends: false, retried: true };

const table = {
  WaitingForSlot: {
    phases: ["Pending"],
    meaning: "a concurrency limit is reached; the message names it and the position in the queue",
    remedy: "wait, or raise the limit in `concurrency`",
  },
  BudgetExhausted: {
    phases: ["Pending"],
    meaning: "a Budget leaves less than the attempt may spend; the message names it and the time at which it resets",
    remedy: "wait for the reset, raise the Budget, or lower `spec.budget`",
  },
  BudgetTooSmall: {
    phases: ["Pending"],
    meaning: "the attempt may spend more than a Budget allows in a whole period; the message names the Budget",
    remedy: "lower `spec.budget`, or raise the Budget",
    stalled: true,
  },
  BudgetRefused: {
    phases: ["Pending"],
    meaning: "the API server refused the status of a Budget, in which the attempt reserves what it may spend",
    remedy: "the message has its answer: update the operator's roles and CRDs together",
    stalled: true,
  },
  WaitingForDependency: {
    phases: ["Pending"],
    meaning: "a run in `spec.dependsOn` has not succeeded yet",
    remedy: "",
  },
  DependencyFailed: {
    phases: ["Pending", "Failed"],
    meaning: "a run in `spec.dependsOn` failed or was cancelled; Failed with `onDependencyFailure: Fail`",
    remedy: "retry that run, or remove it from `spec.dependsOn`",
    stalled: true,
  },
  DependencyMissing: {
    phases: ["Pending"],
    meaning: "a run in `spec.dependsOn` does not exist",
    remedy: "create it, or remove it from `spec.dependsOn`",
  },
  DependencyCycle: {
    phases: ["Pending"],
    meaning: "runs wait for each other",
    remedy: "remove one of them from `spec.dependsOn`",
    stalled: true,
  },
  Queued: {
    phases: ["Pending"],
    meaning: "the Job of the attempt waits in a queue of Kueue, or Kueue has stopped it for others",
    remedy: "`kubectl describe workloads.kueue.x-k8s.io` in its namespace says what it waits for",
  },
  Suspended: { phases: ["Pending"], meaning: "`spec.suspend` is true", remedy: "set it to false" },
  RetryBackOff: {
    phases: ["Pending"],
    meaning: "an attempt failed, and `status.nextRetryTime` says when the next one starts",
    remedy: "raise `retryAttempt` to start it now",
  },
  RetryRequested: {
    phases: ["Pending"],
    meaning: "`retryAttempt` or `contextVersion` was raised, and the next attempt is about to start",
    remedy: "",
  },
  PreviousAttemptEnding: {
    phases: ["Pending"],
    meaning: "a Job or pod of an earlier attempt has not ended yet",
    remedy: "",
  },
  Stopping: { phases: ["Pending", "Running"], meaning: "an attempt is being stopped", remedy: "" },
  NameConflict: {
    phases: ["Pending"],
    meaning: "an object of something else has the name of the Job, the ConfigMap or the claim",
    remedy: "delete or rename that object",
    stalled: true,
  },
  NamespaceUnknown: {
    phases: ["Pending"],
    meaning: "the labels of the namespace, which decide its trust level (`isolation`), are not known yet",
    remedy: "if it lasts, let the operator list namespaces, or select them by name",
  },
  WorkspaceUnusable: {
    phases: ["Pending"],
    meaning:
      "the workspace's claim is being deleted, has lost its volume, or does not exist while `storage.autoCreate` is false",
    remedy: "finish the deletion, restore the volume, or create the claim",
    stalled: true,
  },
  NetworkPolicyRefused: {
    phases: ["Pending"],
    meaning: "the API server refused the NetworkPolicy of the namespace's agents",
    remedy: "the message has its answer; correct `network` in the configuration",
    stalled: true,
  },
  PolicyDenied: {
    phases: ["Pending"],
    meaning: "the configuration's `policy`, or another of its restrictions, no longer allows the attempt",
    remedy: "change the run, or the configuration; the message names the value",
    stalled: true,
  },
  FilesNotMade: {
    phases: ["Pending"],
    meaning: "the files of the attempt cannot be rendered",
    remedy: "correct the template or the field that the message names",
    stalled: true,
  },
  JobRefused: {
    phases: ["Pending", "Running"],
    meaning: "the API server refused the Job, or a change of it",
    remedy: "the message has its answer: a policy, a quota, or an invalid `podTemplate`",
    stalled: true,
  },
  ConfigMapRefused: {
    phases: ["Pending"],
    meaning: "the API server refused the ConfigMap with the files",
    remedy: "the message has its answer",
    stalled: true,
  },
  PersistentVolumeClaimRefused: {
    phases: ["Pending"],
    meaning: "the API server refused the workspace's claim",
    remedy: "the message has its answer: a quota, or `storage` in the configuration",
    stalled: true,
  },
  Starting: {
    phases: ["Running"],
    meaning: "the Job exists; the pod is scheduled, its image pulled, its workspace prepared",
    remedy: "",
  },
  Running: { phases: ["Running"], meaning: "the agent's container is running", remedy: "" },
  ImagePullBackOff: {
    phases: ["Running", "Failed"],
    meaning: "an image cannot be pulled",
    remedy: "make the image available, or correct its name; the message says where it was set",
    startProblem: needsPerson,
  },
  InvalidImageName: {
    phases: ["Running", "Failed"],
    meaning: "the name of an image is invalid",
    remedy: "correct it; the message says where it was set",
    startProblem: needsPerson,
  },
  ErrImageNeverPull: {
    phases: ["Running", "Failed"],
    meaning: "the image is not on the node, and `imagePullPolicy` is Never",
    remedy: "load the image onto the node, or use another policy",
    startProblem: needsPerson,
  },
  SecretMissing: {
    phases: ["Running", "Failed"],
    meaning: "a Secret or ConfigMap, mounted or for a variable, does not exist or lacks the key",
    remedy: "create it",
    startProblem: needsPerson,
  },
  ServiceAccountMissing: {
    phases: ["Running", "Failed"],
    meaning: "the ServiceAccount of the pod does not exist",
    remedy: "create it, or correct its name; the message says where it was set",
    startProblem: needsPerson,
  },
  CreateContainerConfigError: {
    phases: ["Running", "Failed"],
    meaning: "the configuration of a container is invalid",
    remedy: "the message has the kubelet's words",
    startProblem: needsPerson,
  },
  StorageClassMissing: {
    phases: ["Running"],
    meaning: "the StorageClass of the workspace's claim does not exist",
    remedy: "create it, or delete the claim and correct `storage.storageClassName`",
    startProblem: { stalled: "immediately", ends: false, retried: false },
  },
  CreateContainerError: {
    phases: ["Running", "Failed"],
    meaning: "the container runtime could not create a container",
    remedy: "the message has its words; a retry gets another pod",
    startProblem: needsAnotherPod,
  },
  RunContainerError: {
    phases: ["Running", "Failed"],
    meaning: "the container runtime could not start a container",
    remedy: "the message has its words; a retry gets another pod",
    startProblem: needsAnotherPod,
  },
  SidecarFailing: {
    phases: ["Running", "Failed"],
    meaning: "a side-car of the pod, such as the gateway, ends again and again, so that the agent does not start",
    remedy: "its log says why: `kubectl logs <pod> -c <container>`; a retry gets another pod",
    startProblem: needsAnotherPod,
  },
  WorkspaceMissing: {
    phases: ["Running", "Failed"],
    meaning: "the workspace's claim was deleted after the attempt had started",
    remedy: "the next attempt creates it again, empty",
    startProblem: needsAnotherPod,
  },
  Unschedulable: {
    phases: ["Running"],
    meaning: "no node fits the pod",
    remedy: "add a node, or request less in `resources`",
    startProblem: mayPass,
  },
  WorkspaceNotBound: {
    phases: ["Running"],
    meaning: "the workspace's claim is not bound to a volume",
    remedy: "the message has the words of the provisioner",
    startProblem: mayPass,
  },
  QuotaExceeded: {
    phases: ["Running"],
    meaning: "a ResourceQuota leaves no room for the pod",
    remedy: "wait until other pods have ended, or raise the quota",
    startProblem: mayPass,
  },
  PodNotCreated: {
    phases: ["Running"],
    meaning: "the Job controller cannot create the pod",
    remedy: "the message has the API server's words",
    startProblem: mayPass,
  },
  PodNotStarting: {
    phases: ["Running"],
    meaning: "the pod has a node, and none of its containers could be created",
    remedy: "the message has the kubelet's words",
    startProblem: mayPass,
  },
  Completed: { phases: ["Succeeded"], meaning: "the agent succeeded", remedy: "" },
  Cancelled: { phases: ["Cancelled"], meaning: "`spec.cancel` was set", remedy: "" },
  AlreadyDone: {
    phases: ["Succeeded", "Failed", "Cancelled"],
    meaning: "a run of this name with the same spec ended so before, and `history` removed it; nothing was started",
    remedy: "raise `retryAttempt` to run it again",
  },
  AgentFailed: {
    phases: ["Failed"],
    meaning: "the agent's container exited with another code than 0",
    remedy: "its log, and the [exit codes](exit-codes.md) of the start script",
    failure: "agent",
  },
  CommandNotFound: {
    phases: ["Failed"],
    meaning: "the image lacks the command of the agent's container, or it cannot be executed",
    remedy: "correct `agent.command` or the image",
    failure: "person",
  },
  OOMKilled: {
    phases: ["Failed"],
    meaning: "the agent exceeded its memory limit",
    remedy: "raise `resources.limits.memory`",
    failure: "resources",
  },
  StorageLimitExceeded: {
    phases: ["Failed"],
    meaning:
      "the pod was evicted because it stored more on its node than an emptyDir or its limits of ephemeral storage allow",
    remedy:
      "raise `resources.limits.ephemeral-storage`, or `agent.scratch` in the configuration; the message says which",
    failure: "resources",
  },
  DeadlineExceeded: {
    phases: ["Failed"],
    meaning: "the attempt exceeded `activeDeadlineSeconds`, also while its pod could not start",
    remedy: "raise it, or give the agent less to do",
    failure: "agent",
  },
  WorkspaceNotPrepared: {
    phases: ["Failed"],
    meaning: "the init container that prepares the workspace failed",
    remedy: "its log, and the [exit codes](exit-codes.md) of the start script",
    failure: "network",
  },
  DeliveryFailed: {
    phases: ["Failed"],
    meaning: "the agent succeeded, and its work could not be pushed, or its pull request not opened",
    remedy: "the message, and the [exit codes](exit-codes.md); the work is in the workspace",
    failure: "delivery",
  },
  BudgetExceeded: {
    phases: ["Failed"],
    meaning: "the run has spent its `budget`, and its gateway refused further requests",
    remedy: "raise `budget` and `retryAttempt`: session and branch continue",
    failure: "person",
  },
  KeyRefused: {
    phases: ["Failed"],
    meaning: "the provider of models refused the run's key, and the agent failed",
    remedy: "correct the Secret with the key, and raise `retryAttempt`: session and branch continue",
    failure: "person",
  },
  ProviderUnavailable: {
    phases: ["Failed"],
    meaning:
      "the provider of models could not be reached, or answered with an error of its own (5xx), and the agent failed",
    remedy: "its status page, the network of the pod, and `gateway.upstreams`",
    failure: "network",
  },
  ProviderLimited: {
    phases: ["Failed"],
    meaning: "the provider of models refused requests for its limits, for longer than the gateway waits",
    remedy:
      "a retry follows when the limits are reset, without counting against `retry.maxRetries`; else raise `retryAttempt`",
    failure: "providerLimit",
  },
  NoPullRequest: {
    phases: ["Failed"],
    meaning: "the agent of an implementation reported no pull request (`codeRun.requirePullRequest`)",
    remedy: "its log",
    failure: "agent",
  },
  JobLost: {
    phases: ["Failed"],
    meaning: "someone removed the attempt's Job",
    remedy: "raise `retryAttempt`",
    failure: "lost",
  },
  Disrupted: {
    phases: ["Failed"],
    meaning:
      "Kubernetes ended the pod for a reason of its own, such as an eviction or a lost node, or a node rejected it; the message and `status.runs` have it",
    remedy: "a retry follows, without counting against `retry.maxRetries`; else raise `retryAttempt`",
    failure: "disruption",
  },
  AttemptFailed: {
    phases: ["Failed"],
    meaning: "the Job failed for another reason; the message and `status.runs` have it",
    remedy: "",
    failure: "agent",
  },
} as const satisfies Record<string, ReasonEntry>;

export type Reason = keyof typeof table;

/** A reason that says what keeps a pod from starting. */
export type StartProblemReason = {
  [R in Reason]: (typeof table)[R] extends { readonly startProblem: StartProblemCourse } ? R : never;
}[Reason];

/** All reasons, in the order of a run's life. */
export const reasons: Readonly<Record<Reason, ReasonEntry>> = table;

/** The reason of this name; the fallback if the vocabulary has none. */
export function reasonOr(name: string | undefined, fallback: Reason): Reason {
  return name !== undefined && isReason(name) ? name : fallback;
}

/** What becomes of an attempt whose pod does not start for this reason. */
export function courseOf(reason: StartProblemReason): StartProblemCourse {
  return table[reason].startProblem;
}

/** Whether a reason says that the pod of an attempt does not start. */
export function isStartProblem(reason: string | undefined): boolean {
  return reason !== undefined && isReason(reason) && reasons[reason].startProblem !== undefined;
}

function isReason(name: string): name is Reason {
  return Object.hasOwn(table, name);
}

/** Why an ended run stays ended: the reason of the condition `Ended` while it is True. */
export const endReasons = {
  Completed: "the run succeeded",
  Cancelled: "the run was cancelled, which is final",
  RetriesExhausted: "`retry.maxRetries` automatic retries have failed",
  TerminalExitCode: "the agent's exit code is one of `retry.terminalExitCodes`, or of its kind's",
  NotRetryable: "another attempt would fail the same way until a person has done something",
  DependencyFailed: "a dependency failed, and `onDependencyFailure` is Fail",
  AlreadyDone: "a run of this name with the same spec had ended so before, and `history` removed it",
} as const satisfies Record<string, string>;

export type EndReason = keyof typeof endReasons;
