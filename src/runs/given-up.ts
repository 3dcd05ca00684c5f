/** The reason that the engine writes on a Job before it stops it because its pod cannot start. */
import { runAnnotations } from "./metadata.js";
import type { Job, Stored } from "../runtime/client/objects.js";

/** Why the engine ended an attempt that had no chance to succeed. */
export interface GivenUp {
  /** CamelCase. */
  readonly reason: string;
  /** Without a full stop. */
  readonly clause: string;
}

/** Reads what {@link formatGivenUp} wrote on the Job. */
export function givenUp({ metadata }: Stored<Job>): GivenUp | undefined {
  const text = metadata.annotations?.[runAnnotations.givenUp];
  const end = text?.indexOf(": ") ?? -1;
  return text === undefined || end < 1 ? undefined : { reason: text.slice(0, end), clause: text.slice(end + 2) };
}

/** The value of the annotation. */
export function formatGivenUp({ reason, clause }: GivenUp): string {
  return `${reason}: ${clause}`;
}
