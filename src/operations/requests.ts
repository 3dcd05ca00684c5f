/** What people ask of a run: a change of its spec, made on the state that it was decided on. */
import { isTerminal } from "../api/phase.js";
import type { Client } from "../runtime/client/client.js";
import { Conflict } from "../runtime/client/errors.js";
import { objectKey, type Stored } from "../runtime/client/objects.js";
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
interface Change {
  readonly spec?: Readonly<Record<string, unknown>>;
  readonly what: string;
}

/** Times that a request is decided again because the run changed meanwhile. */
const maxTries = 5;

/**
 * Requests another attempt, by raising `spec.retryAttempt`.
 *
 * @param options.replace also while an attempt is at work, which is then stopped
 * @throws OperationError for a run that has not ended, without `replace`
 */
export function retry(client: Client, found: Found, options: { readonly replace?: boolean } = {}): Promise<Requested> {
  return request(client, found, (run) => {
    const { retryAttempt = 1, cancel: isCancelled } = run.spec;
    const observed = run.status?.observedRetryAttempt ?? 1;
    if (isCancelled === true)
      throw new OperationError(`${nameOf(found)} is cancelled and cannot run again; create a new ${found.type.kind}`);
    if (retryAttempt > observed) return { what: "another attempt is requested already" };
    if (!isTerminal(run.status?.phase) && options.replace !== true)
      throw new OperationError(
        `${nameOf(found)} has not ended (${run.status?.phase ?? "Pending"}); another attempt would stop this one: add --replace`,
      );
    return { spec: { retryAttempt: Math.max(retryAttempt, observed) + 1 }, what: "another attempt requested" };
  });
}

/** Keeps a run from starting attempts; stops none. */
export function suspend(client: Client, found: Found): Promise<Requested> {
  return request(client, found, ({ spec, status }) => {
    if (spec.suspend === true) return { what: "already suspended" };
    if (isTerminal(status?.phase)) return { what: `has ended already: ${status?.phase ?? ""}` };
    return { spec: { suspend: true }, what: "suspended" };
  });
}

/** Lets a suspended run start. */
export function resume(client: Client, found: Found): Promise<Requested> {
  return request(client, found, ({ spec }) =>
    spec.suspend === true ? { spec: { suspend: false }, what: "resumed" } : { what: "is not suspended" },
  );
}

/** Stops a run for good. */
export function cancel(client: Client, found: Found): Promise<Requested> {
  return request(client, found, ({ spec, status }) => {
    if (isTerminal(status?.phase)) return { what: `has ended already: ${status?.phase ?? ""}` };
    if (spec.cancel === true) return { what: "is being cancelled already" };
    return { spec: { cancel: true }, what: "cancelled" };
  });
}

/** Deletes this run, and not another one that has got its name since. @throws an API error */
export async function remove(client: Client, { type, run }: Found): Promise<void> {
  const { uid } = run.metadata;
  await client.delete(type, objectKey(run), { preconditions: { uid }, propagationPolicy: "Background" });
}

/** Decides on the run's state, and writes only if it has not changed since; else decides again. */
async function request(
  client: Client,
  { type, run }: Found,
  decide: (run: Stored<AnyRun>) => Change,
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
      if (!(error instanceof Conflict) || turn === maxTries) throw error;
      current = await client.get(type, objectKey(current));
      if (current.metadata.uid !== run.metadata.uid)
        throw new OperationError(`${nameOf({ type, run })} was deleted and created again meanwhile`, { cause: error });
    }
  }
}
