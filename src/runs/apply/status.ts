/** Writes the status of a run. */
import { isDeepStrictEqual } from "node:util";
import { keyOf, type ApplyContext } from "./writes.js";
import type { AgentRun, RunStatus } from "../run.js";
import type { Patch } from "../../runtime/client/client.js";

/**
 * Writes what differs of the status, as a merge patch that carries the resourceVersion it was made from: a write in
 * between makes it a `Conflict`, and is never overwritten.
 *
 * @returns whether anything had to be written
 */
export async function applyStatus<R extends AgentRun>(status: RunStatus, context: ApplyContext<R>): Promise<boolean> {
  const { client, kind, run, live, signal } = context;
  const changes = difference(run.status ?? {}, status);
  if (changes === undefined) return false;
  const { uid, resourceVersion } = run.metadata;
  const patch: Patch = { type: "merge", body: { metadata: { uid, resourceVersion }, status: changes } };
  const options = { subresource: "status", signal };
  live.run = await client.patch(kind.type, keyOf(context, run.metadata.name), patch, options);
  return true;
}

/** The merge patch (RFC 7386) from `before` to `after`; undefined if they are equal. Lists are replaced as a whole. */
export function difference(before: object, after: object): Record<string, unknown> | undefined {
  const old = new Map<string, unknown>(Object.entries(before));
  const next = new Map<string, unknown>(Object.entries(after));
  const changes: [string, unknown][] = [];
  for (const name of old.keys()) if (!next.has(name)) changes.push([name, null]);
  for (const [name, value] of next) if (!isDeepStrictEqual(old.get(name), value)) changes.push([name, value]);
  return changes.length === 0 ? undefined : Object.fromEntries(changes);
}
