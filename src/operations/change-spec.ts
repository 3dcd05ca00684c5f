/** Changes the spec of a run, on the state that the change was decided on. */
import { backoffDelay } from "../runtime/backoff.js";
import type { Client } from "../runtime/client/client.js";
import { Conflict, Invalid } from "../runtime/client/errors.js";
import { objectKey, type Stored } from "../runtime/client/objects.js";
import { sleep, systemClock, type Clock } from "../runtime/clock.js";
import { nameOf, type AnyRun, type Found } from "./any-run.js";
import { OperationError } from "./operation-error.js";

/** What became of a request. */
export interface Requested {
  readonly run: Stored<AnyRun>;
  /** False: the run was already so, and nothing was written. */
  readonly changed: boolean;
  /** A clause, such as `attempt 2 requested`. */
  readonly what: string;
}

/** A change of the spec with its description; without a change, the run already is as asked. */
export interface SpecChange {
  /** Replaces these fields, as a JSON merge patch. */
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly what: string;
}

/** Milliseconds before a change is decided again: many who change one run at once must not meet each time. */
const pauses = { initial: 5, max: 500, jitter: 1 };

/** Times that a change is decided again because the run changed meanwhile; with the pauses, about 20 s. */
const maxTries = 80;

/**
 * Decides on the run's state, and writes only if it has not changed since; else decides again.
 *
 * @throws OperationError if the run was created again meanwhile, or from `decide`; an API error, which is a Conflict if others
 * kept changing the run
 */
export async function changeSpec(
  client: Client,
  { type, run }: Found,
  decide: (run: Stored<AnyRun>) => SpecChange,
  clock: Clock = systemClock,
): Promise<Requested> {
  let current = run;
  for (let turn = 1; ; turn++) {
    const { spec, what } = decide(current);
    if (spec === undefined) return { run: current, changed: false, what };
    const { resourceVersion } = current.metadata;
    const patch = { type: "merge", body: { metadata: { resourceVersion }, spec } } as const;
    try {
      return { run: await client.patch(type, objectKey(current), patch), changed: true, what };
    } catch (error) {
      // admission compares with the stored run, and may deny a change as a step back before its version is found to be old
      if (!(error instanceof Conflict || error instanceof Invalid) || turn === maxTries) throw error;
      if (turn > 1) await sleep(clock, backoffDelay(pauses, turn - 1, Math.random));
      current = await client.get(type, objectKey(current));
      if (error instanceof Invalid && current.metadata.resourceVersion === resourceVersion) throw error;
      if (current.metadata.uid !== run.metadata.uid)
        throw new OperationError(`${nameOf({ type, run })} was deleted and created again meanwhile`, { cause: error });
    }
  }
}
