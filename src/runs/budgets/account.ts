/**
 * The status of a Budget: what was spent in a period, and what running attempts may still spend. Each change is one write of the whole
 * status, so that an attempt's reservation is replaced by what it used in one step. Pure.
 */
import { periodAt } from "./period.js";
import { setCondition } from "../../api/conditions.js";
import type { Budget, BudgetAmount, BudgetSpec, BudgetStatus, Reservation } from "../../api/budget.js";
import type { AttemptUsage } from "../../api/taskrun.js";
import { isTimeZone } from "../../api/time-zone.js";
import type { Condition, Stored } from "../../runtime/client/objects.js";
import { formatTime } from "../../runtime/clock.js";

/** Names an attempt. */
export interface AttemptIdentity {
  /** Of the run. */
  readonly uid: string;
  readonly number: number;
}

/** US dollars and tokens; what is absent is not limited, or not counted. */
export type Amount = Readonly<BudgetAmount>;

export const dimensions = ["costUSD", "tokens"] as const;
export type Dimension = (typeof dimensions)[number];

/** Attempts that may have a reservation at once, as in the schema. */
const maxReservations = 2_000;

/** Part of the maximum that an attempt without a budget of its own reserves, unless the Budget says how much. */
const defaultShare = 0.1;

/** Part of the maximum from which on a Budget is nearly spent. */
export const warningPart = 0.8;

/** Sums have as many digits as the figures of gateways. */
const rounded = (dimension: Dimension, value: number): number =>
  dimension === "costUSD" ? Math.round(value * 1e6) / 1e6 : Math.min(Math.round(value), Number.MAX_SAFE_INTEGER);

/** What a Budget allows in a period. */
export function limitOf({ maxCostUSD, maxTokens }: Pick<BudgetSpec, "maxCostUSD" | "maxTokens">): Amount {
  return {
    ...(maxCostUSD !== undefined && { costUSD: maxCostUSD }),
    ...(maxTokens !== undefined && { tokens: maxTokens }),
  };
}

/** What an attempt reserves whose run has no budget of its own. */
export function shareOf(spec: BudgetSpec): Amount {
  const limit = limitOf(spec);
  const named = limitOf(spec.perAttempt ?? {});
  return Object.fromEntries(
    dimensions.flatMap((dimension) => {
      const whole = limit[dimension];
      if (whole === undefined) return [];
      // a share of nothing would let attempts start that cannot ask anything
      const least = Math.min(whole, dimension === "costUSD" ? 1e-6 : 1);
      return [[dimension, named[dimension] ?? Math.max(least, rounded(dimension, whole * defaultShare))]];
    }),
  );
}

/** All kinds of tokens together, as budgets count them, and US dollars. */
export function amountOf(usage: AttemptUsage): Amount {
  const { inputTokens = 0, outputTokens = 0, cacheReadTokens = 0, cacheWriteTokens = 0, costUSD = 0 } = usage;
  return { costUSD, tokens: inputTokens + outputTokens + cacheReadTokens + cacheWriteTokens };
}

function plus(a: Amount = {}, b: Amount = {}): Amount {
  return Object.fromEntries(
    dimensions.map((dimension) => [dimension, rounded(dimension, (a[dimension] ?? 0) + (b[dimension] ?? 0))]),
  );
}

/** Spent in the present period, the reservations of attempts without known usage included. */
export function spentIn({ spent, unmeasured }: BudgetStatus): Amount {
  return plus(spent, unmeasured);
}

/** What attempts that start now may reserve together; not negative. */
export function roomIn(spec: BudgetSpec, status: BudgetStatus): Amount {
  const limit = limitOf(spec);
  const taken = plus(spentIn(status), status.reserved);
  return Object.fromEntries(
    dimensions.flatMap((dimension) => {
      const whole = limit[dimension];
      return whole === undefined ? [] : [[dimension, Math.max(0, rounded(dimension, whole - (taken[dimension] ?? 0)))]];
    }),
  );
}

/** The first dimension in which an amount exceeds what is available, or in which nothing is. */
export function lacking(wanted: Amount, available: Amount): Dimension | undefined {
  return dimensions.find((dimension) => {
    const most = available[dimension];
    return most !== undefined && (most === 0 || (wanted[dimension] ?? 0) > most);
  });
}

/** The reservation of an attempt; undefined if it has none. */
export function reservationOf(
  { attempts = [] }: BudgetStatus,
  { uid, number }: AttemptIdentity,
): Reservation | undefined {
  return attempts.find((each) => each.uid === uid && each.number === number);
}

/** The status in the period of a moment: the stored one, or after its end one of which nothing is spent yet. */
export function statusAt({ spec, status = {} }: Pick<Budget, "spec" | "status">, now: number): BudgetStatus {
  const countedBy = `${spec.period ?? "Month"} ${spec.timeZone ?? "UTC"}`;
  const resetsAt = Date.parse(status.resetsAt ?? "");
  // a clock that goes back begins no earlier period
  if (now < resetsAt && status.countedBy === countedBy) return status;
  const { start, end } = periodAt(spec, now);
  // where the period was changed before its end, what was spent in it still counts
  const isOver = !(now < resetsAt);
  const { spent, unmeasured, unmeasuredAttempts, ...rest } = status;
  return {
    ...rest,
    ...{ periodStart: formatTime(start), resetsAt: formatTime(end), countedBy },
    spent: isOver ? plus() : plus(spent),
    ...(!isOver && unmeasured !== undefined && { unmeasured }),
    ...(!isOver && unmeasuredAttempts !== undefined && { unmeasuredAttempts }),
    reserved: plus(status.reserved),
  };
}

function withAttempts(status: BudgetStatus, attempts: Reservation[]): BudgetStatus {
  return { ...status, attempts, reserved: attempts.reduce<Amount>(plus, plus()) };
}

/** With a reservation more; undefined if it does not fit. An attempt that has one keeps it. */
export function reserve(spec: BudgetSpec, status: BudgetStatus, reservation: Reservation): BudgetStatus | undefined {
  if (reservationOf(status, reservation) !== undefined) return status;
  const { attempts = [] } = status;
  if (attempts.length >= maxReservations || lacking(reservation, roomIn(spec, status)) !== undefined) return undefined;
  return withAttempts(status, [...attempts, reservation]);
}

/** Whether a Budget has as many reservations as its status can hold. */
export function isFull({ attempts = [] }: BudgetStatus): boolean {
  return attempts.length >= maxReservations;
}

/** How an attempt's reservation ends: it never started, or it used this much, or an amount that nobody knows. */
export type Settlement = "notStarted" | "unknown" | AttemptUsage;

/** Without an attempt's reservation, which is replaced by what it used. Unchanged if it has none: so each attempt counts once. */
export function settle(status: BudgetStatus, attempt: AttemptIdentity, settlement: Settlement): BudgetStatus {
  const reservation = reservationOf(status, attempt);
  if (reservation === undefined) return status;
  const left = withAttempts(
    status,
    (status.attempts ?? []).filter((each) => each !== reservation),
  );
  if (settlement === "notStarted") return left;
  if (settlement !== "unknown") return { ...left, spent: plus(left.spent, amountOf(settlement)) };
  const { costUSD = 0, tokens = 0 } = reservation;
  return {
    ...left,
    unmeasured: plus(left.unmeasured, { costUSD, tokens }),
    unmeasuredAttempts: (left.unmeasuredAttempts ?? 0) + 1,
  };
}

/** With the conditions that follow from it. @param now milliseconds since the epoch */
export function described(
  { metadata, spec }: Stored<Budget>,
  status: BudgetStatus,
  operatorNamespace: string,
  now: number,
): BudgetStatus {
  const generation = metadata.generation === undefined ? {} : { observedGeneration: metadata.generation };
  const changes = [
    readiness(metadata.namespace, spec, operatorNamespace),
    nearlySpent(spec, status),
    exhausted(spec, status),
  ];
  const conditions = changes.reduce<readonly Condition[]>(
    (before, change) => setCondition(before, { ...change, ...generation }, formatTime(now)),
    status.conditions ?? [],
  );
  return { ...status, ...generation, conditions: [...conditions] };
}

type Change = Pick<Condition, "type" | "status" | "reason" | "message">;

function readiness(
  namespace: string | undefined,
  { selector, timeZone = "UTC" }: BudgetSpec,
  operatorNamespace: string,
): Change {
  const type = "Ready";
  if (!isTimeZone(timeZone)) {
    const message = `spec.timeZone: ${timeZone} is not a time zone of the IANA database; periods begin at midnight UTC until it is corrected.`;
    return { type, status: "False", reason: "UnknownTimeZone", message };
  }
  const others = (selector?.namespaces ?? []).filter((name) => name !== namespace);
  if (namespace !== operatorNamespace && others.length > 0) {
    const message = `spec.selector.namespaces: a Budget in namespace ${namespace ?? ""} applies only to runs of that namespace; create it in ${operatorNamespace} to apply to others.`;
    return { type, status: "False", reason: "ForeignNamespaces", message };
  }
  return { type, status: "True", reason: "Counting", message: "" };
}

function nearlySpent(spec: BudgetSpec, status: BudgetStatus): Change {
  const limit = limitOf(spec);
  const spent = spentIn(status);
  const found = dimensions.find((dimension) => {
    const whole = limit[dimension];
    return whole !== undefined && (spent[dimension] ?? 0) >= whole * warningPart;
  });
  const type = "NearlySpent";
  if (found === undefined) return { type, status: "False", reason: "BelowThreshold", message: "" };
  const message = `${inWords(found, spent)} of ${inWords(found, limit)} are spent. The Budget resets at ${status.resetsAt ?? ""}.`;
  return { type, status: "True", reason: "BudgetNearlySpent", message };
}

function exhausted(spec: BudgetSpec, status: BudgetStatus): Change {
  const found = lacking(shareOf(spec), roomIn(spec, status));
  const type = "Exhausted";
  if (found === undefined && !isFull(status)) return { type, status: "False", reason: "RoomLeft", message: "" };
  const message = "An attempt without a budget of its own does not fit.";
  return { type, status: "True", reason: "BudgetExhausted", message };
}

/** An amount in one dimension, in words. */
export function inWords(dimension: Dimension, amount: Amount): string {
  const value = amount[dimension] ?? 0;
  return dimension === "costUSD" ? `${Number(value.toFixed(2))} US dollars` : `${value} tokens`;
}
