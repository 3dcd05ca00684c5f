/** A run as in lists, read from the columns that the API server prints. */
import type { Phase } from "../api/generated/taskrun.js";
import { phases } from "../api/phase.js";
import type { ResourceType } from "../runtime/client/resource.js";
import type { AnyRun } from "./any-run.js";
import type { Column, Row } from "./table.js";

export interface RunSummary {
  readonly kind: "TaskRun" | "CodeRun" | "DocsRun";
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  /** Number of the task; DocsRuns have none. */
  readonly task?: number;
  /** Of a DocsRun, its directory. */
  readonly service?: string;
  readonly agent?: string;
  /** Attempts so far; absent before the first. */
  readonly attempt?: number;
  /** Pending until the operator has written another one. */
  readonly phase: Phase;
  readonly reason?: string;
  /** Of a DocsRun. */
  readonly branch?: string;
  /** Of a CodeRun; this and what follows in wide summaries alone. */
  readonly model?: string;
  readonly job?: string;
  readonly message?: string;
  readonly pullRequestUrl?: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

/** Fields of wide summaries, and their columns. */
const wideColumns = { model: "Model", job: "Job", message: "Message", pullRequestUrl: "PullRequest" } as const;

/**
 * Reads the rows of one kind.
 *
 * @param columns of the table, or of the first event of a watch
 * @param wide also what only wide tables have
 */
export function summaries(
  type: ResourceType<AnyRun>,
  columns: readonly Column[],
  wide = false,
): (row: Row) => RunSummary {
  const place = (name: string): number => columns.findIndex((column) => column.name === name);
  const service = place("Service") < 0 ? place("Directory") : place("Service");
  const [task, agent, attempt, phase, reason, branch] = ["Task", "Agent", "Run", "Phase", "Reason", "Branch"].map(
    place,
  );
  const further = wide ? Object.entries(wideColumns).map(([field, name]) => ({ field, at: place(name) })) : [];
  return ({ metadata, cells }) => {
    const number = (at = -1): number | undefined => (typeof cells[at] === "number" ? cells[at] : undefined);
    const text = (at = -1): string | undefined =>
      typeof cells[at] === "string" && cells[at] !== "" ? cells[at] : undefined;
    const found = {
      ...{ task: number(task), service: text(service), agent: text(agent), attempt: number(attempt) },
      ...{ reason: text(reason), branch: text(branch) },
      ...Object.fromEntries(further.map(({ field, at }) => [field, text(at)])),
    };
    return {
      kind: type.kind as RunSummary["kind"],
      namespace: metadata.namespace ?? "",
      name: metadata.name ?? "",
      uid: metadata.uid ?? "",
      ...(Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined)) as Partial<RunSummary>),
      phase: phases.find((each) => each === text(phase)) ?? "Pending",
      createdAt: metadata.creationTimestamp ?? "",
    };
  };
}
