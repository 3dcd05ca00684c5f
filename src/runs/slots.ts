/**
 * Decides which waiting runs may start beside those that hold slots. One pure function decides from all known runs, so
 * that its promises can be tested as properties: never over a limit, never idle while something fits, and slots go to
 * namespaces in turn.
 */
import { dimensions, slotsOf, type Contender, type Dimension, type LimitName, type SlotLimits } from "./slot-limits.js";
import { Turns } from "./slot-turns.js";

/** Whether the concurrency limits let an attempt start, and if not, why. */
export type SlotDecision =
  | { readonly granted: true; readonly reason: "SlotFree"; readonly message: string }
  | {
      readonly granted: false;
      readonly reason: "WaitingForSlot";
      readonly message: string;
      /** The limit that is full. */
      readonly limit: LimitName;
    };

/** The decision if no limit is reached, or slots are not counted. */
export const slotGranted: SlotDecision = {
  granted: true,
  reason: "SlotFree",
  message: "No concurrency limit is reached.",
};

/** A limit that has a number of slots. */
interface Counted {
  readonly limit: LimitName;
  readonly dimension: Dimension;
  readonly slots: number;
  /** Slots in use, by group. */
  readonly used: Map<string, number>;
  /** Those that wait for this limit, by group. */
  readonly queues: Map<string, Queue>;
}

interface Queue {
  length: number;
  /** The latest decision, as long as the position that it gives is the same. */
  last?: { readonly position: string; readonly decision: SlotDecision };
}

/** Slots in use, by limit and group. */
export class SlotUse {
  readonly #limits: SlotLimits;
  readonly #counted: readonly Counted[];

  constructor(limits: SlotLimits) {
    this.#limits = limits;
    this.#counted = dimensions.flatMap(([limit, dimension]) => {
      const slots = slotsOf(limits, limit);
      return slots === undefined ? [] : [{ limit, dimension, slots, used: new Map(), queues: new Map() }];
    });
  }

  take({ groups }: Contender): void {
    for (const { dimension, used } of this.#counted) {
      const group = groups[dimension];
      if (group !== undefined) used.set(group, (used.get(group) ?? 0) + 1);
    }
  }

  /** The first limit that is full for a run. */
  #fullFor({ groups }: Contender): Counted | undefined {
    return this.#counted.find(({ dimension, slots, used }) => {
      const group = groups[dimension];
      return group !== undefined && (used.get(group) ?? 0) >= slots;
    });
  }

  /** Grants the slots of a run if they are free; otherwise puts it at the end of the queue. */
  decide(contender: Contender): SlotDecision {
    const full = this.#fullFor(contender);
    if (full === undefined) {
      this.take(contender);
      return slotGranted;
    }
    const group = contender.groups[full.dimension] ?? "";
    const queue = full.queues.get(group) ?? { length: 0 };
    full.queues.set(group, queue);
    const text = position(queue.length++);
    if (queue.last?.position !== text) queue.last = { position: text, decision: this.#waiting(full, group, text) };
    return queue.last.decision;
  }

  #waiting({ limit, dimension, slots }: Counted, group: string, position: string): SlotDecision {
    const { total = 0, namespacePercent = 0 } = this.#limits;
    const size = limit === "namespacePercent" ? `${namespacePercent} % of ${total}, ${slots}` : String(slots);
    const whose = limit === "total" ? "" : ` for ${dimension} ${group}`;
    return {
      ...{ granted: false, reason: "WaitingForSlot", limit },
      message: `Waiting for a slot: concurrency.${limit} (${size}) is full${whose}. ${position}`,
    };
  }
}

/**
 * Decides for every contender that does not hold slots yet, in the order of {@link Turns}: each that fits beside those
 * before it is granted its slots.
 *
 * @param now milliseconds since the epoch
 * @param lastStarts when the last attempt of each namespace started, in milliseconds since the epoch
 */
export function decideSlots(
  contenders: readonly Contender[],
  limits: SlotLimits,
  now: number,
  lastStarts: ReadonlyMap<string, number> = new Map(),
): { readonly decisions: ReadonlyMap<string, SlotDecision>; readonly use: SlotUse } {
  const use = new SlotUse(limits);
  for (const contender of contenders) if (contender.holds) use.take(contender);
  const decisions = new Map<string, SlotDecision>();
  const turns = new Turns(contenders, limits, now, lastStarts);
  for (let next = turns.next(); next !== undefined; next = turns.next()) {
    const decision = use.decide(next);
    decisions.set(next.uid, decision);
    turns.done(next, decision);
  }
  return { decisions, use };
}

/**
 * The position in the queue; far back only its magnitude. Each change of the text is a write to the run's status, and each
 * start moves all that wait behind it.
 */
function position(ahead: number): string {
  if (ahead === 0) return "It is next in the queue.";
  if (ahead < 10) return `${ahead} ${ahead === 1 ? "run is" : "runs are"} ahead of it.`;
  const magnitude = 10 ** Math.floor(Math.log10(ahead));
  const rounded = [5, 2, 1].map((step) => step * magnitude).find((step) => step <= ahead) ?? magnitude;
  return `At least ${rounded} runs are ahead of it.`;
}
