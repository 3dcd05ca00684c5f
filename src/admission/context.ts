import type { TaskRun } from "../api/taskrun.js";
import type { FieldError } from "../runtime/schema/fielderror.js";
import type { Settings } from "../settings/settings.js";
import type { TaskRunView } from "./view.js";

/** The TaskRuns that are there already: from a cache, or from the other documents that are checked together. */
export interface TaskRunLookup {
  /** True where there may be more TaskRuns than this knows of: then it says nothing that one isn't there. */
  readonly partial?: boolean;
  get(namespace: string, name: string): TaskRun | undefined;
  /** All TaskRuns of a task, whatever their phase. */
  byTask(namespace: string, serviceName: string, taskId: number): readonly TaskRun[];
}

/** Whether other objects are there. Absent where that can't be known, as offline: then nothing is said about it. */
export interface Surroundings {
  readonly secretExists?: (namespace: string, name: string) => boolean;
  readonly serviceAccountExists?: (namespace: string, name: string) => boolean;
}

/** What is to be decided about. */
export interface TaskRunChange {
  /** With its defaults. */
  readonly object: TaskRun;
  /** Present in an update. */
  readonly oldObject?: TaskRun;
  readonly namespace: string;
  readonly settings: Settings;
  readonly lookup: TaskRunLookup;
  readonly surroundings?: Surroundings;
}

/** What a rule is given. */
export interface RuleContext extends TaskRunChange {
  /** The object with only what has its right type. */
  readonly view: TaskRunView;
  /** The object before the update, in the same way. */
  readonly oldView?: TaskRunView;
}

/** What a rule has to say; nothing where all is well. */
export interface Finding {
  readonly errors?: readonly FieldError[];
  /** For the user to read, not in the way of the request; never holds the value of a secret. */
  readonly warnings?: readonly string[];
}

/** One law about TaskRuns. */
export interface Rule {
  /** Stable, in kebab case; named in tests and documentation. */
  readonly id: string;
  check(context: RuleContext): Finding;
}

/** What a rule answers where all is well. */
export const nothing: Finding = {};
