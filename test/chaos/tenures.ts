/** Who wrote when, and whether one process wrote at a time: a pure function of audit entries. */
import { lease, target } from "./writer.js";
import type { AuditEntry } from "./audit-log.js";

/** All writes of one process during one lease. */
export interface Tenure {
  readonly writer: string;
  readonly writes: number;
  /** Microseconds since the epoch, as the server saw the first and the last of them. */
  readonly firstReceived: number;
  readonly lastReceived: number;
  readonly lastAnswered: number;
}

export interface Verdict {
  readonly tenures: readonly Tenure[];
  readonly writes: number;
  /** The violations; empty if one process wrote at a time. */
  readonly violations: readonly string[];
  /**
   * Microseconds: the oldest that a writer's last renewal was when a write of it was received. Both times are the server's.
   */
  readonly oldestRenewal: number;
}

const writing = new Set(["create", "update", "patch", "delete"]);

/** Writes and renewals that took effect. */
const succeeded = ({ verb, code }: AuditEntry): boolean => writing.has(verb) && code >= 200 && code < 300;

/** The name that a writer gave in its User-Agent. */
const writerOf = ({ userAgent }: AuditEntry): string => userAgent.split("/")[0] ?? "";

export const isOfWriters = (entry: AuditEntry): boolean =>
  entry.userAgent.startsWith("writer-") && writing.has(entry.verb);

/**
 * @param renewDeadline milliseconds after its last renewal at which a leader stops writing.
 * @param allowance milliseconds that a request may take from its sender to the server.
 */
export function judge(
  entries: readonly AuditEntry[],
  { renewDeadline, allowance }: { readonly renewDeadline: number; readonly allowance: number },
): Verdict {
  const byTime = entries.filter(succeeded).sort((a, b) => a.received - b.received);
  const violations: string[] = [];
  const tenures: Tenure[] = [];
  const renewed = new Map<string, number>();
  let oldestRenewal = 0;
  let writes = 0;
  for (const entry of byTime) {
    const writer = writerOf(entry);
    if (entry.resource === "leases" && (entry.name === lease || entry.verb === "create")) {
      renewed.set(writer, entry.received);
      continue;
    }
    if (entry.resource !== "configmaps" || entry.name !== target) continue;
    writes++;
    const renewal = renewed.get(writer);
    if (renewal === undefined) violations.push(`${writer} wrote without ever having taken the lease`);
    else {
      const age = entry.received - renewal;
      oldestRenewal = Math.max(oldestRenewal, age);
      if (age > (renewDeadline + allowance) * 1000) {
        violations.push(`${writer} wrote ${age / 1000} ms after its last renewal`);
      }
    }
    const last = tenures.at(-1);
    if (last?.writer === writer) {
      tenures[tenures.length - 1] = {
        ...last,
        writes: last.writes + 1,
        lastReceived: entry.received,
        lastAnswered: Math.max(last.lastAnswered, entry.answered),
      };
      continue;
    }
    if (tenures.some((earlier) => earlier.writer === writer)) {
      violations.push(`${writer} wrote again after ${last?.writer ?? "another"}`);
    }
    if (last !== undefined && last.lastAnswered > entry.received) {
      violations.push(`${writer} wrote while a write of ${last.writer} was under way`);
    }
    tenures.push({
      writer,
      writes: 1,
      firstReceived: entry.received,
      lastReceived: entry.received,
      lastAnswered: entry.answered,
    });
  }
  return { tenures, writes, violations, oldestRenewal };
}
