/** What the engine knows of an agent run, whatever its kind. */
import type { PodSpec } from "./pod-spec.js";
import type { CodeRunStatus } from "../api/coderun.js";
import type { RunRecord as AttemptRecord, TaskRunSpec } from "../api/taskrun.js";
import type { Dimension } from "./slot-limits.js";
import type { KubernetesObject, Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { JsonSchema } from "../runtime/schema/json-schema.js";
import type { Configuration } from "../configuration/configuration.js";

/** The fields of a spec that the engine acts on. The others concern only the kind. */
export type RunSpec = Pick<
  TaskRunSpec,
  | "contextVersion"
  | "retryAttempt"
  | "retry"
  | "dependsOn"
  | "onDependencyFailure"
  | "suspend"
  | "queueName"
  | "cancel"
  | "activeDeadlineSeconds"
  | "ttlSecondsAfterFinished"
  | "priority"
  | "budget"
  | "image"
  | "serviceAccountName"
>;

/** The status of a CodeRun has every field that a kind may have. */
export type RunStatus = CodeRunStatus;

/** One entry of `status.runs`. */
export type { AttemptRecord };

export interface AgentRun extends KubernetesObject {
  spec: RunSpec;
  status?: RunStatus;
}

/** Names of the objects of one attempt. */
export interface AttemptNames {
  readonly job: string;
  readonly files: string;
  readonly workspace: string;
}

/** One execution of a run. */
export interface Attempt {
  /** From 1; also the suffix of the object names. */
  readonly number: number;
  readonly names: AttemptNames;
}

/** The status fields that an agent can set through its termination message. */
export type ResultField = "pullRequestUrl" | "sessionId" | "qaStatus" | "remediationStatus";

/** Why an attempt failed although its agent exited with code 0. */
export interface Shortcoming {
  /** CamelCase. */
  readonly reason: string;
  /** Without a full stop. */
  readonly clause: string;
}

/** The definition of a kind of agent run: everything that differs between the kinds. Pure. */
export interface RunKind<R extends AgentRun> {
  readonly type: ResourceType<R>;
  /** Schema of `spec`, with its defaults. */
  readonly specSchema: JsonSchema | undefined;
  /** Keeps a deleted run until everything it owns is gone. */
  readonly finalizer: string;
  /** Former names of the finalizer; removed together with it. */
  readonly olderFinalizers: readonly string[];
  /** Name of the container whose exit code and termination message are the attempt's result. */
  readonly agentContainer: string;
  /** Exit codes of that container after which another attempt would end the same way. Absent: none. */
  terminalExitCodes?(configuration: Configuration): readonly number[];
  /** The results that the kind's status has fields for. */
  readonly results: readonly ResultField[];
  /** `workspace` is the one that the run names; which claim that means, `workspace.ts` decides. */
  names(run: R, number: number): AttemptNames;
  /** What a run works as on git servers: equal for two runs that have the same keys. Runs with different ones never share a workspace. */
  identity(run: R): string;
  /** The groups in which it counts for concurrency limits. `workspace` is the key of the workspace index. */
  slotGroups(run: R): Partial<Record<Dimension, string>>;
  /**
   * What an attempt lacks whose agent exited with code 0 and reported these results; undefined if it did what the kind
   * requires. Absent: every such attempt has succeeded.
   */
  shortcoming?(
    run: R,
    result: Readonly<Partial<Record<ResultField, string>>>,
    configuration: Configuration,
  ): Shortcoming | undefined;
  /**
   * What the configuration in force does not allow of a run that was admitted under an earlier one, as a clause; undefined if
   * nothing. Absent: the kind has no such restrictions. What the Job shows is checked by `policy.ts`.
   */
  refusal?(run: R, configuration: Configuration): string | undefined;
  /** The repository that it works on, for traces. Absent: it has none. */
  repository?(run: R): string | undefined;
  /** The step of a workflow that it is, for traces. Absent: its kind in lower case. */
  step?(run: R): string | undefined;
  /** Labels of everything made for the run. */
  labels(run: R): Record<string, string>;
  /** Drops, in place, what only the ConfigMap's data is made of: caches do without it. Absent: nothing is dropped. */
  dropContents?(run: Stored<R>): void;
  /** The ConfigMap's data. The run was read live, with all its contents. @throws FilesError */
  files(run: R, number: number, configuration: Configuration): Record<string, string>;
  pod(run: R, attempt: Attempt, configuration: Configuration): PodSpec;
}

/** The files of an attempt cannot be rendered until a person corrects what they are made of. */
export class FilesError extends Error {
  override readonly name = "FilesError";
}

/** Why an attempt was started. */
export type Cause = "Initial" | "AutomaticRetry" | "ManualRetry" | "ContextChanged";

/** How an attempt ended. `Lost`: someone removed its Job. `Replaced`: stopped because a new attempt was requested. */
export type Outcome = "Succeeded" | "Failed" | "Lost" | "Cancelled" | "Replaced";
