/** The writes of which the engine's effects consist, each safe to repeat. */
import type { KindBudgets } from "../budgets/budget-book.js";
import type { Ledger } from "../ledger.js";
import type { Live } from "../live.js";
import type { Metrics } from "../metrics.js";
import type { ObjectIdentity } from "../observed.js";
import type { AgentRun, RunKind } from "../run.js";
import type { Client, Patch } from "../../runtime/client/client.js";
import { AlreadyExists, BadRequest, Conflict, Forbidden, Invalid, NotFound } from "../../runtime/client/errors.js";
import { objectKey, type KubernetesObject, type ObjectKey, type Stored } from "../../runtime/client/objects.js";
import type { ResourceType } from "../../runtime/client/resource.js";

export interface ApplyContext<R extends AgentRun> {
  readonly kind: RunKind<R>;
  readonly client: Client;
  readonly metrics: Metrics;
  readonly signal: AbortSignal;
  /** The run as the plan saw it. */
  readonly run: Stored<R>;
  /** Absent: no end is remembered. */
  readonly ledger?: Pick<Ledger, "load" | "forget">;
  /** Absent: there are no Budgets. */
  readonly budgets?: Pick<KindBudgets<R>, "reserve" | "settle">;
  /** Receives the results, for the next plan to see. */
  readonly live: Live<R>;
}

/** Key of an object in the run's namespace. */
export function keyOf(context: { readonly run: Stored<AgentRun> }, name: string): ObjectKey {
  return objectKey(context.run, name);
}

/** A merge patch that only applies to the version it was made from: a late one cannot undo a newer change. */
export function patchMetadata<T extends KubernetesObject>(
  context: { readonly client: Client; readonly signal: AbortSignal; readonly run: Stored<AgentRun> },
  type: ResourceType<T>,
  object: Stored<T>,
  metadata:
    { readonly finalizers: readonly string[] } | { readonly annotations: Readonly<Record<string, string | null>> },
): Promise<Stored<T>> {
  const { uid, resourceVersion } = object.metadata;
  const patch: Patch = { type: "merge", body: { metadata: { uid, resourceVersion, ...metadata } } };
  return context.client.patch(type, keyOf(context, object.metadata.name), patch, { signal: context.signal });
}

/**
 * Creates an object that never changes: a plain create is the cheapest write. If the name is taken, the existing object is
 * read for the next plan to see, which accepts it if it is ours.
 *
 * @param created called with an object that was created, not with one that existed
 */
export async function create<T extends KubernetesObject>(
  type: ResourceType<T>,
  object: T,
  context: ApplyContext<AgentRun>,
  record: (object: Stored<T>) => void,
  created?: () => void,
): Promise<void> {
  const { client, signal } = context;
  const name = object.metadata?.name ?? "";
  const result = await unlessRefused(type, name, context, async () => {
    try {
      const stored = await client.create(type, object, { signal });
      created?.();
      return stored;
    } catch (error) {
      if (!(error instanceof AlreadyExists)) throw error;
      return client.get(type, keyOf(context, name), { signal });
    }
  });
  if (result !== undefined) record(result);
}

/** Runs a write. A refusal because of what was written is recorded for the next plan; every other error is thrown. */
export async function unlessRefused<T>(
  type: ResourceType,
  name: string,
  { live }: ApplyContext<AgentRun>,
  write: () => Promise<T>,
): Promise<T | undefined> {
  try {
    return await write();
  } catch (error) {
    if (!(error instanceof Invalid || error instanceof Forbidden || error instanceof BadRequest)) throw error;
    live.refusal = { kind: type.kind, name, message: error.status.message ?? error.message };
    return undefined;
  }
}

/** @returns the object if it still exists because finalizers keep it */
export async function remove<T extends KubernetesObject>(
  type: ResourceType<T>,
  object: ObjectIdentity,
  context: ApplyContext<AgentRun>,
  propagationPolicy: "Foreground" | "Background",
): Promise<Stored<T> | undefined> {
  const { client, signal } = context;
  const options = { propagationPolicy, preconditions: { uid: object.uid }, signal } as const;
  try {
    return await client.delete(type, keyOf(context, object.name), options);
  } catch (error) {
    // gone, or another object has its name by now
    if (error instanceof NotFound || error instanceof Conflict) return undefined;
    throw error;
  }
}
