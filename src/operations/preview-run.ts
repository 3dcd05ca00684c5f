/** Creates a run under its name, or changes the one that has it: server-side apply, seen before it is done. */
import type { Client } from "../runtime/client/client.js";
import type { Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { jsonEqual } from "../runtime/schema/json.js";
import type { AnyRun } from "./any-run.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";

/** A run as it is wanted: name, and what of the spec the caller decides. Without `retryAttempt`, `suspend` and `cancel`. */
export interface WantedRun {
  readonly type: ResourceType<AnyRun>;
  readonly namespace: string;
  readonly name: string;
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Owner of the fields that people submit, whichever way: what one request leaves out must be that of an earlier one. */
export const submitManager = "orchestrator-cli";

/** What would become of a wanted run. */
export interface Preview {
  readonly wanted: WantedRun;
  /** Absent: the run would be created. */
  readonly before?: Stored<AnyRun>;
  /** The run with the defaults of admission, as it would be stored. */
  readonly after: Stored<AnyRun>;
  /** False: it is already so. */
  readonly changes: boolean;
}

/**
 * What the API server would make of a run, by a dry run with admission. A changed spec alone starts no attempt.
 *
 * @param options.restart also raise `contextVersion`, if anything changes: another attempt starts with the change
 * @throws an API error, such as what admission denies
 */
export async function previewRun(
  client: Pick<Client, "get" | "apply">,
  wanted: WantedRun,
  options: { readonly restart?: boolean } = {},
): Promise<Preview> {
  const { type, namespace, name } = wanted;
  const before = await unlessMissing(client.get(type, { namespace, name }));
  const dryRun = (run: WantedRun): Promise<Stored<AnyRun>> =>
    client.apply(type, manifest(run, before), { dryRun: true, fieldManager: submitManager });
  if (before === undefined) return { wanted, after: await dryRun(wanted), changes: true };
  if (options.restart !== true) {
    const after = await dryRun(wanted);
    return { wanted, before, after, changes: !jsonEqual(before.spec, after.spec) };
  }
  // with the raised version at once: without it, admission denies most changes while an attempt is running
  const contextVersion = (before.spec.contextVersion ?? 1) + 1;
  const raised = { ...wanted, spec: { ...wanted.spec, contextVersion } };
  const after = await dryRun(raised);
  const changes = !jsonEqual({ ...before.spec, contextVersion }, after.spec);
  return changes ? { wanted: raised, before, after, changes } : { wanted, before, after: before, changes };
}

/**
 * Does what was seen. A run that changed since is left alone.
 *
 * A run that someone else created since would get this spec without being shown: Kubernetes has no server-side apply that only
 * creates. Its `contextVersion` stays, so no further attempt starts.
 *
 * @throws Conflict if the run changed or was deleted since the preview; other API errors
 */
export async function applyPreview(
  client: Pick<Client, "apply">,
  { wanted, before, after, changes }: Preview,
): Promise<Stored<AnyRun>> {
  return changes
    ? client.apply(wanted.type, manifest(wanted, before), { fieldManager: submitManager })
    : (before ?? after);
}

/** With the version that was seen, so that nothing else is overwritten. */
function manifest({ type, namespace, name, spec }: WantedRun, before: Stored<AnyRun> | undefined): AnyRun {
  const { uid, resourceVersion } = before?.metadata ?? {};
  const contextVersion = spec.contextVersion ?? raisedContext(before);
  return {
    apiVersion: `${type.group}/${type.version}`,
    kind: type.kind,
    metadata: { namespace, name, ...(uid !== undefined && { uid, resourceVersion }) },
    spec: { ...spec, ...(contextVersion !== undefined && { contextVersion }) },
  } as unknown as AnyRun;
}

/** What an earlier change raised must be applied again, or it would be removed, and it can't decrease. */
function raisedContext(before: Stored<AnyRun> | undefined): number | undefined {
  const version = before?.spec.contextVersion ?? 1;
  return version === 1 ? undefined : version;
}
