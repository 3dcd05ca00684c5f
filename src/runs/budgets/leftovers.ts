/** Reservations that no reconcile of a run ends: of runs that are gone, and of those that were not reconciled since their attempt ended. */
import type { Settlement } from "./account.js";
import type { BudgetMember } from "./budget-book.js";
import type { AgentRun } from "../run.js";
import type { Budget, Reservation } from "../../api/budget.js";
import type { Client } from "../../runtime/client/client.js";
import { NotFound } from "../../runtime/client/errors.js";
import type { Stored } from "../../runtime/client/objects.js";

export interface LeftoversOptions {
  readonly client: Client;
  /** The kinds whose runs Budgets hold for. */
  readonly members: readonly BudgetMember<AgentRun>[];
  /** Whether the operator manages runs of a namespace, and may read them. */
  readonly watches: (namespace: string) => boolean;
  readonly settle: (uid: string, number: number, settlement: Settlement, signal: AbortSignal) => Promise<void>;
}

/**
 * Enqueues the runs whose reservations can be settled, and settles those of runs that are gone: someone removed their finalizer, a cache
 * hid the reservation from their last reconcile, or the operator no longer manages their namespace. Nobody knows what such an attempt used, so its reservation counts as spent.
 */
export async function sweepReservations(
  { status }: Stored<Budget>,
  { client, members, watches, settle }: LeftoversOptions,
  signal: AbortSignal,
): Promise<void> {
  for (const reservation of status?.attempts ?? []) {
    const { kind, namespace, name, uid, number } = reservation;
    const member = members.find((each) => each.kind.type.kind === kind);
    // of a kind of another version
    if (member === undefined) continue;
    const run = member.runs.get({ namespace, name });
    if (run?.metadata.uid === uid) {
      if (isOver(run, reservation)) member.enqueue({ namespace, name });
    } else if (!watches(namespace) || (await isGone(client, member, reservation, signal))) {
      await settle(uid, number, "unknown", signal);
    }
  }
}

function isOver({ status }: AgentRun, { number }: Reservation): boolean {
  const record = status?.runs?.find((each) => each.number === number);
  return record?.outcome !== undefined || status?.runs?.some((each) => each.number > number) === true;
}

async function isGone(
  client: Client,
  { kind }: BudgetMember<AgentRun>,
  { namespace, name, uid }: Reservation,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return (await client.get(kind.type, { namespace, name }, { signal })).metadata.uid !== uid;
  } catch (error) {
    if (error instanceof NotFound) return true;
    throw error;
  }
}
