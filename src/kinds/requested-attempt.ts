/** The attempt that a request to admission leads to, whose Job `policy` and `access` check before the run is stored. */
import type { AgentRun, Attempt, RunKind } from "../runs/run.js";
import { jsonEqual } from "../runtime/schema/json.js";
import { validateObjectMeta } from "../runtime/schema/object-meta.js";
import type { StructuralSchema } from "../runtime/schema/structural.js";
import type { AdmissionRequest, Verdict } from "../runtime/webhook/admission.js";

/** A request that sets or changes the spec of a valid run. */
export interface SpecChange<R extends AgentRun> {
  readonly object: R;
  /** Absent on creation, and where it is not valid, since a Job is made only of valid runs. */
  readonly oldObject?: R;
  readonly namespace: string;
  /** Who asks. */
  readonly userInfo: AdmissionRequest["userInfo"];
  /** Where the review came from. */
  readonly source?: string;
}

/** Undefined if nothing is to check: no spec changes, the run goes, or the verdict is a denial. */
export function specChange<R extends AgentRun>(
  verdict: Verdict,
  { object, oldObject, operation, subResource, namespace = "", userInfo, source }: AdmissionRequest<R>,
  schema: StructuralSchema,
): SpecChange<R> | undefined {
  if (verdict.errors.length > 0 || object === undefined || subResource !== undefined) return undefined;
  if (operation === "DELETE" || object.metadata?.deletionTimestamp !== undefined) return undefined;
  const created = { object, namespace, userInfo, ...(source !== undefined && { source }) };
  if (oldObject === undefined) return created;
  if (jsonEqual(object.spec, oldObject.spec)) return undefined;
  return isValid(oldObject, schema) ? { ...created, oldObject } : created;
}

/** Runs that an earlier version of the schema let in, and the old objects of forged requests, may be anything. */
function isValid({ status: _status, ...submitted }: AgentRun, schema: StructuralSchema): boolean {
  return schema.validate(submitted).length === 0 && validateObjectMeta(submitted.metadata).length === 0;
}

/** The attempt that the run itself asks for, whatever attempts it had. */
export function requestedAttempt<R extends AgentRun>(kind: RunKind<R>, run: R): Attempt {
  const number = run.spec.retryAttempt ?? 1;
  return { number, names: kind.names(run, number) };
}
