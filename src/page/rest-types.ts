/** The shapes of the REST API that the page uses. */

export type Phase = "Pending" | "Running" | "Succeeded" | "Failed" | "Cancelled";

/** A run as lists have it: printer columns, and none of its contents. */
export interface RunSummary {
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
  readonly task?: number | string;
  readonly service?: string;
  readonly agent?: string;
  readonly attempt?: number;
  readonly phase: string;
  readonly reason?: string;
  readonly createdAt: string;
}

export interface RunList {
  readonly items: readonly RunSummary[];
  readonly continue?: string;
  readonly version: string;
}

export interface RunChange {
  readonly type: "added" | "modified" | "deleted";
  readonly run: RunSummary;
}
