/** Finds the run that a person means. */
import { labels } from "../api/labels.js";
import type { Client } from "../runtime/client/client.js";
import { Forbidden, NotFound } from "../runtime/client/errors.js";
import { asError } from "../runtime/error-text.js";
import { isDnsSubdomain } from "../runtime/schema/object-meta.js";
import { nameOf, runType, runTypes, type AnyRun, type Found } from "./any-run.js";
import { OperationError } from "./operation-error.js";
import type { ResourceType } from "../runtime/client/resource.js";

/**
 * The run that a reference names in a namespace: `name` of any kind, `kind/name`, or the number of a task that has one run.
 *
 * Kinds that the caller may not read do not count, as long as one of the others has such a run.
 *
 * @throws OperationError if there is none or several, with the names of those that could be meant; an API error if the
 * API server refuses to answer: that of the first kind, in the order of lists, if several fail.
 */
export async function findRun(
  client: Pick<Client, "get" | "list">,
  namespace: string,
  reference: string,
  signal?: AbortSignal,
): Promise<Found> {
  const [kind, name] = reference.includes("/") ? split(reference) : [undefined, reference];
  if (!isDnsSubdomain(name))
    throw new OperationError(
      `${JSON.stringify(name)} is not the name of a run: use lower-case letters, digits, - and .`,
      { problem: "Invalid" },
    );
  const types = kind === undefined ? runTypes : [runType(kind)];
  let found = await ofAll(types, (type) => byName(client, type, namespace, name, signal));
  if (found.length === 0 && /^\d{1,10}$/.test(name))
    found = await ofAll(types, (type) => ofTask(client, type, namespace, name, signal));
  const [only, ...others] = found;
  if (only === undefined)
    throw new OperationError(
      `there is no run ${JSON.stringify(reference)} in namespace ${namespace}; see orchestrator task list`,
      { problem: "NotFound" },
    );
  if (others.length > 0)
    throw new OperationError(
      `${JSON.stringify(reference)} could be ${found.map(nameOf).sort().join(", ")}; name one of them`,
    );
  return only;
}

function split(reference: string): [string, string] {
  const [kind = "", name = "", ...more] = reference.split("/");
  if (kind === "" || name === "" || more.length > 0)
    throw new OperationError(
      `${JSON.stringify(reference)} is neither a name, nor kind/name, nor the number of a task`,
      { problem: "Invalid" },
    );
  return [kind, name];
}

/** What each kind gives. @throws the error of the first kind that fails; a missing right only if no kind gives anything */
async function ofAll(
  types: readonly ResourceType<AnyRun>[],
  read: (type: ResourceType<AnyRun>) => Promise<Found[]>,
): Promise<Found[]> {
  // all of them, in their order: which one answers first is chance
  const results = await Promise.allSettled(types.map(read));
  const errors = results.flatMap((each) => (each.status === "rejected" ? [asError(each.reason)] : []));
  const found = results.flatMap((each) => (each.status === "fulfilled" ? each.value : []));
  const [error] = found.length > 0 ? errors.filter((each) => !(each instanceof Forbidden)) : errors;
  if (error !== undefined) throw error;
  return found;
}

async function byName(
  client: Pick<Client, "get" | "list">,
  type: ResourceType<AnyRun>,
  namespace: string,
  name: string,
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  try {
    return [{ type, run: await client.get(type, { namespace, name }, { ...(signal && { signal }) }) }];
  } catch (error) {
    if (error instanceof NotFound) return [];
    throw error;
  }
}

async function ofTask(
  client: Pick<Client, "get" | "list">,
  type: ResourceType<AnyRun>,
  namespace: string,
  task: string,
  signal: AbortSignal | undefined,
): Promise<Found[]> {
  const labelSelector = `${labels.taskId}=${task}`;
  const { items } = await client.list(type, { namespace, labelSelector, ...(signal && { signal }) });
  return items.map((run): Found => ({ type, run }));
}
