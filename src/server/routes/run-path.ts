/** The run in a path. */
import { runTypes, type AnyRun, type Found } from "../../operations/any-run.js";
import type { ObjectKey, Stored } from "../../runtime/client/objects.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import type { Call } from "../call.js";
import type { components } from "../generated/rest.js";

export type RunBody = components["schemas"]["Run"];

interface RunPath {
  readonly namespace: string;
  readonly resource: string;
  readonly name: string;
}

/** The kind and the name in the path of a request. */
export function pathOf(call: Call): Required<ObjectKey> & { readonly type: ResourceType<AnyRun> } {
  const { namespace, resource, name } = call.parametersAs<RunPath>();
  const type = runTypes.find(({ plural }) => plural === resource);
  if (type === undefined) throw new Error(`the document has no resource ${resource}`);
  return { type, namespace, name };
}

/** Reads the run that the path of a request names. @throws an API error: NotFound */
export async function foundRun(call: Call): Promise<Found> {
  const { type, namespace, name } = pathOf(call);
  return { type, run: await call.client.get(type, { namespace, name }, { signal: call.signal }) };
}

/** A run without the record of who wrote which field, which is most of its size. */
export function runBody({ run, type }: Found): RunBody {
  const { managedFields: _, ...metadata } = run.metadata;
  return { ...run, apiVersion: `${type.group}/${type.version}`, kind: type.kind, metadata } as unknown as RunBody;
}

/** The same for a run of a known kind. */
export const bodyOf = (found: Found, run: Stored<AnyRun>): RunBody => runBody({ type: found.type, run });
