/** In which order waiting runs are considered for slots. Pure. */
import type { SlotDecision } from "./slots.js";
import { criticalSlots, type Contender, type SlotLimits } from "./slot-limits.js";
import type { Priority } from "../configuration/configuration.js";
import { Heap } from "../runtime/queue/heap.js";

const ranks: Readonly<Record<Priority, number>> = { low: 0, medium: 1, high: 2, critical: 3 };

/**
 * Those of one namespace that wait, in the order in which they are granted slots: by priority, then by age. A run rises by
 * one priority for each `agingSeconds` that it waits, so a stream of urgent runs cannot starve it.
 */
export function inOrder(contenders: readonly Contender[], limits: SlotLimits, now: number): Contender[] {
  const rank = ({ priority, since }: Contender): number =>
    ranks[priority] + Math.floor(Math.max(0, now - since) / (limits.agingSeconds * 1000));
  return contenders
    .filter(({ holds }) => !holds)
    .map((contender) => ({ contender, rank: rank(contender) }))
    .sort(
      ({ contender: a, rank: rankOfA }, { contender: b, rank: rankOfB }) =>
        rankOfB - rankOfA || a.since - b.since || (a.uid < b.uid ? -1 : 1),
    )
    .map(({ contender }) => contender);
}

/** The runs of one namespace. */
interface Tenant {
  readonly waiting: Contender[];
  /** Index of the next one in `waiting`. */
  head: number;
  /** Slots that it holds, was granted, or will get before the runs behind. */
  turns: number;
  /** Those of critical runs among the slots that it holds or was granted. */
  critical: number;
  /** When its last attempt started. */
  lastStart: number;
}

/** A place in the order of tenants. It is out of date once the slots for critical runs are used up. */
interface Turn {
  readonly tenant: Tenant;
  readonly isAhead: boolean;
  readonly count: number;
}

/**
 * The order of waiting runs across namespaces. The next slot goes to the namespace that holds the fewest; of several, to the
 * one whose last attempt started the longest ago. A critical run at the head of its namespace goes before that, as long as
 * critical runs hold fewer than {@link criticalSlots} and no more than their namespace's share of these. Takes O(n log n).
 */
export class Turns {
  readonly #criticalSlots: number;
  readonly #criticalShare: number;
  readonly #lastStarts: ReadonlyMap<string, number>;
  readonly #tenants = new Map<string, Tenant>();
  readonly #heap = new Heap<Turn>((a, b) => compareTurns(a, b) < 0);
  readonly #now: number;
  #critical = 0;

  constructor(
    contenders: readonly Contender[],
    limits: SlotLimits,
    now: number,
    lastStarts: ReadonlyMap<string, number>,
  ) {
    this.#criticalSlots = criticalSlots(limits);
    this.#criticalShare = Math.ceil((this.#criticalSlots * (limits.namespacePercent ?? 100)) / 100);
    this.#lastStarts = lastStarts;
    this.#now = now;
    for (const contender of contenders) if (contender.holds) this.#count(contender);
    for (const contender of inOrder(contenders, limits, now)) this.#tenantOf(contender).waiting.push(contender);
    for (const tenant of this.#tenants.values()) this.#enqueue(tenant);
  }

  /** The next run, of the tenant whose turn it is. {@link done} has to be called with it. */
  next(): Contender | undefined {
    for (let turn = this.#heap.pop(); turn !== undefined; turn = this.#heap.pop()) {
      const { tenant, isAhead } = turn;
      if (isAhead === this.#isAhead(tenant)) return tenant.waiting[tenant.head++];
      this.#enqueue(tenant);
    }
    return undefined;
  }

  done(contender: Contender, decision: SlotDecision): void {
    const tenant = this.#tenantOf(contender);
    if (decision.granted) {
      this.#count(contender);
      tenant.lastStart = this.#now;
    } else if (decision.limit === "total") {
      // it will be granted a slot in its turn; a limit within the namespace costs it no turn
      tenant.turns++;
    }
    this.#enqueue(tenant);
  }

  #count(contender: Contender): void {
    const tenant = this.#tenantOf(contender);
    tenant.turns++;
    if (contender.priority !== "critical") return;
    tenant.critical++;
    this.#critical++;
  }

  #tenantOf({ groups }: Contender): Tenant {
    const name = groups.namespace ?? "";
    let tenant = this.#tenants.get(name);
    if (tenant === undefined) {
      tenant = { waiting: [], head: 0, turns: 0, critical: 0, lastStart: this.#lastStarts.get(name) ?? 0 };
      this.#tenants.set(name, tenant);
    }
    return tenant;
  }

  #isAhead(tenant: Tenant): boolean {
    return (
      tenant.waiting[tenant.head]?.priority === "critical" &&
      this.#critical < this.#criticalSlots &&
      tenant.critical < this.#criticalShare
    );
  }

  #enqueue(tenant: Tenant): void {
    if (tenant.head >= tenant.waiting.length) return;
    const isAhead = this.#isAhead(tenant);
    this.#heap.push({ tenant, isAhead, count: isAhead ? tenant.critical : tenant.turns });
  }
}

/** Negative if `a` goes first. */
function compareTurns(a: Turn, b: Turn): number {
  if (a.isAhead !== b.isAhead) return a.isAhead ? -1 : 1;
  if (a.count !== b.count) return a.count - b.count;
  if (a.tenant.lastStart !== b.tenant.lastStart) return a.tenant.lastStart - b.tenant.lastStart;
  const [one, other] = [a, b].map(({ tenant }) => tenant.waiting[tenant.head]);
  if (one === undefined || other === undefined) return 0;
  return ranks[other.priority] - ranks[one.priority] || one.since - other.since || (one.uid < other.uid ? -1 : 1);
}
