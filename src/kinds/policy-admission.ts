/** Admission's part of policy: the Job of the attempt that a run asks for is allowed before the run is stored. */
import type { SharedSetup } from "./setup.js";
import type { AnyRun } from "../admission/index.js";
import { attemptProblems } from "../runs/policy.js";
import type { AgentRun, RunKind } from "../runs/run.js";
import { forbidden } from "../runtime/schema/errors.js";
import { jsonEqual } from "../runtime/schema/json.js";
import type { AdmissionRequest, Verdict } from "../runtime/webhook/admission.js";

/**
 * Denies a run whose attempt `policy` or the kind does not allow. Only valid runs are checked, since a Job is made of
 * them. An update is denied only for what it adds.
 */
export function withPolicy<R extends AnyRun & AgentRun>(
  verdict: Verdict,
  { configuration, namespaceFacts, workspaces }: Pick<SharedSetup, "configuration" | "namespaceFacts" | "workspaces">,
  kind: RunKind<R>,
  { object, oldObject, operation, subResource, namespace = "" }: AdmissionRequest<R>,
): Verdict {
  if (verdict.errors.length > 0 || object === undefined || subResource !== undefined) return verdict;
  if (operation === "DELETE" || object.metadata?.deletionTimestamp !== undefined) return verdict;
  if (oldObject !== undefined && jsonEqual(object.spec, oldObject.spec)) return verdict;
  const place = {
    namespace: namespaceFacts(namespace),
    claim: (name: string) => workspaces.reader.get({ namespace, name }),
  };
  const problemsOf = (run: R): string[] => {
    const number = run.spec.retryAttempt ?? 1;
    return attemptProblems(kind, run, { number, names: kind.names(run, number) }, place, configuration.current());
  };
  const problems = problemsOf(object);
  if (problems.length === 0) return verdict;
  const before = new Set(oldObject === undefined ? [] : problemsOf(oldObject));
  const errors = problems.filter((problem) => !before.has(problem)).map((problem) => forbidden("spec", problem));
  return { ...verdict, errors };
}
