/** What the engine needs to know of an agent run, whatever its kind. */
import type { PodSpec } from "./pod-spec.js";
import type { CodeRunStatus } from "../api/coderun.js";
import type { RunRecord, TaskRunSpec } from "../api/taskrun.js";
import type { Dimension } from "./slots.js";
import type { KubernetesObject, Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { Configuration } from "../configuration/configuration.js";

/** The fields of a spec that the engine acts on. The rest is the kind's own. */
export type RunSpec = Pick<
  TaskRunSpec,
  | "contextVersion"
  | "retryAttempt"
  | "retry"
  | "dependsOn"
  | "onDependencyFailure"
  | "suspend"
  | "cancel"
  | "activeDeadlineSeconds"
  | "ttlSecondsAfterFinished"
  | "priority"
>;

/** That of a CodeRun has all fields there are. */
export type RunStatus = CodeRunStatus;

export type { RunRecord };

export interface AgentRun extends KubernetesObject {
  spec: RunSpec;
  status?: RunStatus;
}

/** Names of what one run of a task is made of. */
export interface AttemptNames {
  readonly job: string;
  readonly files: string;
  readonly workspace: string;
}

/** The status fields that an agent can set through its termination message. */
export type ResultField = "pullRequestUrl" | "sessionId" | "qaStatus" | "remediationStatus";

/** Why a run whose agent ended well has failed all the same. */
export interface Shortcoming {
  /** CamelCase. */
  readonly reason: string;
  /** A clause, without a full stop. */
  readonly clause: string;
}

/** A definition of a kind of agent run: all that differs between the kinds. Pure. */
export interface RunKind<R extends AgentRun> {
  readonly type: ResourceType<R>;
  /** Keeps a deleted run until what it owns is gone. */
  readonly finalizer: string;
  /** Names the finalizer had before; freed together with it. */
  readonly olderFinalizers: readonly string[];
  /** Name of the container whose exit and termination message are the run's result. */
  readonly agentContainer: string;
  /** Exit codes of that container after which another run would end the same way. Absent: none. */
  readonly terminalExitCodes?: readonly number[];
  /** Which results the kind's status has room for. */
  readonly results: readonly ResultField[];
  names(run: R, number: number): AttemptNames;
  /** What it counts for where there are limits of concurrency. `workspace` has the form of the workspace index. */
  slotGroups(run: R): Partial<Record<Dimension, string>>;
  /**
   * What a run lacks whose agent ended well and told these results; nothing where it has done what the kind asks for.
   * Absent: such a run has always succeeded.
   */
  shortcoming?(
    run: R,
    result: Readonly<Partial<Record<ResultField, string>>>,
    configuration: Configuration,
  ): Shortcoming | undefined;
  /** Labels of everything made for the run. */
  labels(run: R): Record<string, string>;
  /** Leaves out what the ConfigMap's data alone is made of, in place: caches do without. Absent: nothing. */
  dropContents?(run: Stored<R>): void;
  /** The ConfigMap's data. The run is one that was read live, with all its contents. @throws FilesError */
  files(run: R, number: number, configuration: Configuration): Record<string, string>;
  pod(run: R, number: number, configuration: Configuration): PodSpec;
}

/** A run's files can't be made, and somebody has to mend what they are made of. */
export class FilesError extends Error {
  override readonly name = "FilesError";
}

/** Why a run was started. */
export type Cause = "Initial" | "AutomaticRetry" | "ManualRetry" | "ContextChanged";

/** How a run ended. `Lost`: its Job was taken away; `Replaced`: stopped for a newer run. */
export type Outcome = "Succeeded" | "Failed" | "Lost" | "Cancelled" | "Replaced";
