/** The binary form of a part of the ledger: 19 bytes for each run. Pure. */
import type { Phase } from "../api/taskrun.js";

/** How a run ended that `history` removed. */
export interface EarlierEnd {
  readonly phase: Extract<Phase, "Succeeded" | "Failed" | "Cancelled">;
  /** Milliseconds since the epoch, in whole seconds. */
  readonly endedAt: number;
  /** `spec.retryAttempt` that it had acted on. */
  readonly retryAttempt: number;
  /** {@link specDigest}. */
  readonly spec: string;
}

/** Ends by the digest of the run's identity, the oldest first. */
export type Segment = ReadonlyMap<string, EarlierEnd>;

/** Bytes of one entry: identity 5, spec 5, end 4, phase 1, retryAttempt 4. */
export const entryBytes = 19;

const phases = ["Succeeded", "Failed", "Cancelled"] as const;

/** As a ConfigMap's `binaryData` has it: in base64. */
export function encodeSegment(segment: Segment): string {
  const bytes = Buffer.alloc(segment.size * entryBytes);
  let at = 0;
  for (const [run, { spec, endedAt, phase, retryAttempt }] of segment) {
    bytes.write(run, at, 5, "hex");
    bytes.write(spec, at + 5, 5, "hex");
    bytes.writeUInt32BE(Math.floor(endedAt / 1000), at + 10);
    bytes.writeUInt8(phases.indexOf(phase), at + 14);
    bytes.writeUInt32BE(retryAttempt, at + 15);
    at += entryBytes;
  }
  return bytes.toString("base64");
}

/** Entries that cannot be read are left out. */
export function decodeSegment(text: string): Map<string, EarlierEnd> {
  const bytes = Buffer.from(text, "base64");
  const segment = new Map<string, EarlierEnd>();
  for (let at = 0; at + entryBytes <= bytes.length; at += entryBytes) {
    const phase = phases[bytes.readUInt8(at + 14)];
    if (phase === undefined) continue;
    segment.set(bytes.toString("hex", at, at + 5), {
      phase,
      endedAt: bytes.readUInt32BE(at + 10) * 1000,
      retryAttempt: bytes.readUInt32BE(at + 15),
      spec: bytes.toString("hex", at + 5, at + 10),
    });
  }
  return segment;
}
