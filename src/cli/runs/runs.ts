/** What commands need from runs, wherever they come from. */
import type { ArchivedRun } from "../../archive/archived-run.js";
import type { ArchivedTranscript } from "../../archive/archived-transcript.js";
import type { AnyRun, Found } from "../../operations/any-run.js";
import type { ArchivedSummary } from "../../operations/archived-runs.js";
import type { BudgetList } from "../../operations/budget-list.js";
import type { Requested } from "../../operations/change-spec.js";
import type { RunEvent } from "../../operations/events.js";
import type { TableChange } from "../../operations/follow-table.js";
import type { AttemptOutput, LogOptions } from "../../operations/logs.js";
import type { Preview, WantedRun } from "../../operations/preview-run.js";
import type { RunTable } from "../../operations/table.js";
import type { UsageQuery, UsageReport } from "../../operations/usage-report.js";
import type { Stored } from "../../runtime/client/objects.js";
import type { ResourceType } from "../../runtime/client/resource.js";

export type RunType = ResourceType<AnyRun>;

export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  /** The run with this name alone. */
  readonly name?: string;
  /** Also the columns of wide tables. Default false. */
  readonly wide?: boolean;
}

/** The name of a run, as far as `-o name` and completion need it. */
export interface NamedRun {
  readonly type: RunType;
  readonly name: string;
}

/** What people request of a run. */
export type RunRequest = "retry" | "suspend" | "resume" | "cancel";

/** A run in the archive. */
export type ArchivedReference = Pick<ArchivedSummary, "kind" | "namespace" | "name" | "uid">;

/** Runs of the namespace that `history` removed. All methods throw an OperationError, an API error or an error of the archive. */
export interface ArchivedRuns {
  /** By kind, then by name. @param name runs of this name alone */
  list(types: readonly RunType[], name?: string): AsyncGenerator<ArchivedSummary>;
  get(run: ArchivedReference): Promise<ArchivedRun>;
  /** The log of an attempt, also of a run that is still in the cluster. */
  transcript(run: ArchivedReference, attempt: number): Promise<ArchivedTranscript>;
}

/** Runs, with the rights of the caller. All methods throw an OperationError or an API error. */
export interface Runs {
  /** `--namespace`, else that of the context. */
  readonly namespace: string;
  /** The run that a reference names: `name`, `kind/name` or the number of a task. */
  find(reference: string): Promise<Found>;
  /** The run with a name in the namespace; undefined if it does not exist. */
  stored(type: RunType, name: string): Promise<Stored<AnyRun> | undefined>;
  /** What would become of a wanted run, by a dry run with admission. */
  preview(wanted: WantedRun, options: { readonly restart?: boolean }): Promise<Preview>;
  /** Does what was seen. @throws Conflict if the run has changed since */
  apply(preview: Preview): Promise<Stored<AnyRun>>;
  tables(types: readonly RunType[], selection: Selection): Promise<readonly RunTable[]>;
  /** The rows of a kind, and then their changes, until the signal fires. @throws the signal's reason, too */
  follow(type: RunType, selection: Selection, signal: AbortSignal): AsyncGenerator<TableChange>;
  objects(types: readonly RunType[], selection: Selection): Promise<readonly Found[]>;
  /**
   * The runs of a kind as objects, and then each that changes, until the signal fires; one that is deleted comes as it was last.
   *
   * @throws the signal's reason, too
   */
  followObjects(type: RunType, selection: Selection, signal: AbortSignal): AsyncGenerator<Found>;
  /** @param limit of names of each kind. Default: all */
  names(types: readonly RunType[], selection: Selection, limit?: number): Promise<readonly NamedRun[]>;
  /** Namespaces of the cluster. @param limit of names */
  namespaces(limit: number): Promise<readonly string[]>;
  archived(): Promise<ArchivedRuns>;
  /** @throws as above */
  usage(query: UsageQuery): Promise<UsageReport>;
  /** Budgets. @param namespace undefined: of all namespaces */
  budgets(namespace: string | undefined): Promise<BudgetList>;
  events(found: Found): Promise<readonly RunEvent[]>;
  request(found: Found, what: RunRequest, options: { readonly replace?: boolean }): Promise<Requested>;
  addContext(found: Found, text: string): Promise<Requested>;
  remove(found: Found): Promise<void>;
  /** The run as soon as it is as wanted; undefined once it is deleted. @throws the signal's reason, too */
  when(
    found: Found,
    isWanted: (run: Stored<AnyRun>) => boolean,
    signal: AbortSignal,
  ): Promise<Stored<AnyRun> | undefined>;
  /** Read each one's bytes to their end before the next. */
  output(found: Found, options: LogOptions, signal: AbortSignal): AsyncGenerator<AttemptOutput>;
}
