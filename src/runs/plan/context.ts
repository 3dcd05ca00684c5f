/** What every part of a plan is given, and what it answers. */
import type { Action } from "./actions.js";
import type { Eligibility } from "../eligibility.js";
import type { History } from "../history.js";
import type { Observed } from "../observed.js";
import type { AgentRun, RunKind } from "../run.js";
import type { Standing } from "../status.js";
import { reasonOr } from "../../api/reasons.js";
import type { Configuration } from "../../configuration/configuration.js";

/** The conclusions that a plan begins with. */
export interface Assessment {
  readonly history: History;
  readonly eligibility: Eligibility;
}

export interface PlanContext<R extends AgentRun> extends Assessment {
  readonly kind: RunKind<R>;
  readonly observed: Observed<R>;
  readonly configuration: Configuration;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Either actions, or where the run stands and when to look at it again (milliseconds since the epoch). */
export type Next = { readonly actions: readonly Action[] } | (Standing & { readonly recheckAt?: number });

/** Milliseconds until a run that cannot continue is reconciled again if nothing that it watches changes. */
export const recheckInterval = 60_000;

export function earliest(...times: readonly (number | undefined)[]): number | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length === 0 ? undefined : Math.min(...known);
}

/** Where a run stands whose last write the API server refused. */
export function refusedStanding<R extends AgentRun>({
  observed: { refusal },
  now,
}: Pick<PlanContext<R>, "observed" | "now">): (Standing & { readonly recheckAt: number }) | undefined {
  if (refusal === undefined) return undefined;
  const message = `The API server refused ${refusal.kind} ${refusal.name}: ${refusal.message}`;
  return {
    phase: "Pending",
    // of what an attempt needs: the table has each kind that is written
    reason: reasonOr(`${refusal.kind}Refused`, "JobRefused"),
    message,
    stalled: true,
    recheckAt: now + recheckInterval,
  };
}
