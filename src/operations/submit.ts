/** Creates runs by names that follow from what they are for, so that a repeated request creates nothing. */
import { coderunSchema } from "../api/generated/coderun.schema.js";
import { docsrunSchema } from "../api/generated/docsrun.schema.js";
import { taskrunSchema } from "../api/generated/taskrun.schema.js";
import { directoryLabel } from "../api/docsrun.js";
import { userSpec } from "../api/injected.js";
import { shortHash } from "../api/names.js";
import type { Client } from "../runtime/client/client.js";
import { AlreadyExists } from "../runtime/client/errors.js";
import { objectKey, type Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { defaulting } from "../runtime/schema/defaults.js";
import { isObject, jsonEqual, type JsonObject } from "../runtime/schema/json.js";
import { nameOf, type AnyRun } from "./any-run.js";
import { OperationError } from "./operation-error.js";

export interface Submitted {
  readonly run: Stored<AnyRun>;
  /** False: the same request made it before. */
  readonly created: boolean;
}

/** Name of the TaskRun of a task. */
export const taskRunName = (service: string, task: number | string): string => `${service}-task-${task}`;

/** Name of the CodeRun that implements a task. */
export const codeRunName = (service: string, task: number): string => `${service}-code-${task}`;

/** Name of the DocsRun for a directory of a branch. */
export function docsRunName(repositoryUrl: string, workingDirectory: string, sourceBranch: string): string {
  return `docs-${directoryLabel(workingDirectory)}-${shortHash(`${repositoryUrl}\n${workingDirectory}\n${sourceBranch}`)}`;
}

/**
 * Creates a run, unless one with this name and specification exists.
 *
 * @throws OperationError if another one has the name, or is being deleted; an API error
 */
export async function submit(
  client: Client,
  type: ResourceType<AnyRun>,
  run: AnyRun,
  { dryRun = false, signal }: { readonly dryRun?: boolean; readonly signal?: AbortSignal } = {},
): Promise<Submitted> {
  const options = { dryRun, fieldValidation: "Strict" as const, ...(signal && { signal }) };
  try {
    return { run: await client.create(type, run, options), created: true };
  } catch (error) {
    if (!(error instanceof AlreadyExists)) throw error;
    const existing = await client.get(type, objectKey(run), { ...(signal && { signal }) });
    const name = nameOf({ type, run: existing });
    if (existing.metadata.deletionTimestamp !== undefined)
      throw new OperationError(`${name} is being deleted; submit again when it is gone`, { cause: error });
    const different = differences(type.kind, existing, run);
    if (different.length === 0) return { run: existing, created: false };
    throw new OperationError(
      `${name} already exists with another ${different.join(", ")}; change it, or delete it first`,
      { cause: error },
    );
  }
}

const fillDefaults = Object.fromEntries(
  Object.entries({ TaskRun: taskrunSchema, CodeRun: coderunSchema, DocsRun: docsrunSchema }).map(([kind, schema]) => [
    kind,
    defaulting(schema.properties?.spec ?? {}),
  ]),
);

/** Fields that control a run and do not say what it does. */
const controls = ["suspend", "cancel", "retryAttempt"];

/** Names of the spec's fields in which what people wrote differs, sorted. */
function differences(kind: string, existing: AnyRun, wanted: AnyRun): string[] {
  const filled = (spec: unknown): JsonObject => {
    const value = fillDefaults[kind]?.(spec);
    return isObject(value) ? value : {};
  };
  const before = filled(userSpec(existing));
  const after = filled(wanted.spec);
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter((name) => !controls.includes(name) && !jsonEqual(before[name], after[name])).sort();
}
