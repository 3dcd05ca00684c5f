/** What people ask of a run: a change of its spec, made on the state that it was decided on. */
import { isTerminal } from "../api/phase.js";
import type { Client } from "../runtime/client/client.js";
import { objectKey } from "../runtime/client/objects.js";
import { nameOf, type Found } from "./any-run.js";
import { changeSpec, type Requested } from "./change-spec.js";
import { OperationError } from "./operation-error.js";

/**
 * Requests another attempt, by raising `spec.retryAttempt`.
 *
 * @param options.replace also while an attempt is running, which is then stopped
 * @throws OperationError for a run that has not ended, without `replace`
 */
export function retry(client: Client, found: Found, options: { readonly replace?: boolean } = {}): Promise<Requested> {
  return changeSpec(client, found, (run) => {
    const { retryAttempt = 1, cancel: isCancelled } = run.spec;
    const observed = run.status?.observedRetryAttempt ?? 1;
    if (isCancelled === true)
      throw new OperationError(`${nameOf(found)} is cancelled and cannot run again; create a new ${found.type.kind}`);
    if (retryAttempt > observed) return { what: "another attempt is requested already" };
    if (!isTerminal(run.status?.phase) && options.replace !== true)
      throw new OperationError(
        `${nameOf(found)} has not ended (${run.status?.phase ?? "Pending"}); another attempt would stop this one: add --replace (in the REST API, replace)`,
      );
    return { spec: { retryAttempt: Math.max(retryAttempt, observed) + 1 }, what: "another attempt requested" };
  });
}

/** Keeps a run from starting attempts; the pod of a running one ends, and starts again when the run is resumed. */
export function suspend(client: Client, found: Found): Promise<Requested> {
  return changeSpec(client, found, ({ spec, status }) => {
    if (spec.suspend === true) return { what: "already suspended" };
    if (isTerminal(status?.phase)) return { what: `has ended already: ${status?.phase ?? ""}` };
    return { spec: { suspend: true }, what: "suspended" };
  });
}

/** Lets a suspended run start. */
export function resume(client: Client, found: Found): Promise<Requested> {
  return changeSpec(client, found, ({ spec }) =>
    spec.suspend === true ? { spec: { suspend: false }, what: "resumed" } : { what: "is not suspended" },
  );
}

/** Stops a run for good. */
export function cancel(client: Client, found: Found): Promise<Requested> {
  return changeSpec(client, found, ({ spec, status }) => {
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
