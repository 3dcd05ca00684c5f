/** What commands need from runs, wherever they come from. */
import type { AnyRun, Found } from "../../operations/any-run.js";
import type { Requested } from "../../operations/change-spec.js";
import type { RunEvent } from "../../operations/events.js";
import type { AttemptOutput, LogOptions } from "../../operations/logs.js";
import type { RunTable } from "../../operations/table.js";
import type { HttpClient } from "../../runtime/client/http.js";
import type { Stored } from "../../runtime/client/objects.js";
import type { ResourceType } from "../../runtime/client/resource.js";

export type RunType = ResourceType<AnyRun>;

export interface Selection {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
}

/** What people request of a run. */
export type RunRequest = "retry" | "suspend" | "resume" | "cancel";

/** Runs, with the rights of the caller. All methods throw an OperationError or an API error. */
export interface Runs {
  /** `--namespace`, else that of the context. */
  readonly namespace: string;
  /** For what needs the API server itself. Absent: there is only an orchestrator server. */
  readonly client?: HttpClient;
  /** The run that a reference names: `name`, `kind/name` or the number of a task. */
  find(reference: string): Promise<Found>;
  tables(types: readonly RunType[], selection: Selection): Promise<readonly RunTable[]>;
  /** A table with this run alone. */
  tableOf(found: Found): Promise<RunTable>;
  objects(types: readonly RunType[], selection: Selection): Promise<readonly Found[]>;
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
