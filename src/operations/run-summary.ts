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
  /** US dollars spent on models. */
  readonly costUSD?: number;
  readonly message?: string;
  readonly pullRequestUrl?: string;
  /** RFC 3339. */
  readonly createdAt: string;
}

type RequiredFields = Pick<RunSummary, "kind" | "namespace" | "name" | "uid" | "phase" | "createdAt">;
type OptionalField = Exclude<keyof RunSummary, keyof RequiredFields>;

/** Fields of wide summaries, and their columns. */
const wideColumns = [
  ["model", "Model", "string"],
  ["job", "Job", "string"],
  ["costUSD", "Cost", "number"],
  ["message", "Message", "string"],
  ["pullRequestUrl", "PullRequest", "string"],
] as const;

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
  const fields: readonly (readonly [OptionalField, number, "number" | "string"])[] = [
    ["task", place("Task"), "number"],
    ["service", service, "string"],
    ["agent", place("Agent"), "string"],
    ["attempt", place("Run"), "number"],
    ["reason", place("Reason"), "string"],
    ["branch", place("Branch"), "string"],
    ...(wide ? wideColumns.map(([field, name, kind]) => [field, place(name), kind] as const) : []),
  ];
  const phaseAt = place("Phase");
  // lists have thousands of rows: one object is made of each, and no other
  return ({ metadata, cells }) => {
    const summary: RequiredFields & Partial<Record<OptionalField, unknown>> = {
      kind: type.kind as RunSummary["kind"],
      namespace: metadata.namespace ?? "",
      name: metadata.name ?? "",
      uid: metadata.uid ?? "",
      phase: phases.find((each) => each === cells[phaseAt]) ?? "Pending",
      createdAt: metadata.creationTimestamp ?? "",
    };
    for (const [field, at, kind] of fields) {
      const cell = cells[at];
      if (typeof cell === kind && cell !== "") summary[field] = cell;
    }
    return summary as RunSummary;
  };
}
