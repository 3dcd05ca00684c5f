/** Admission's part of policy: the Job of the attempt that a run asks for is allowed before the run is stored. */
import { requestedAttempt, type SpecChange } from "./requested-attempt.js";
import type { SharedSetup } from "./setup.js";
import type { AnyRun } from "../admission/index.js";
import { attemptProblems } from "../runs/policy.js";
import type { AgentRun, RunKind } from "../runs/run.js";
import { forbidden } from "../runtime/schema/errors.js";
import type { Verdict } from "../runtime/webhook/admission.js";

/**
 * Denies a run whose attempt `policy` or the kind does not allow; an update only for what it adds.
 */
export function withPolicy<R extends AnyRun & AgentRun>(
  verdict: Verdict,
  { configuration, namespaceFacts, workspaces }: Pick<SharedSetup, "configuration" | "namespaceFacts" | "workspaces">,
  kind: RunKind<R>,
  { object, oldObject, namespace }: SpecChange<R>,
): Verdict {
  const place = {
    namespace: namespaceFacts(namespace),
    claim: (name: string) => workspaces.reader.get({ namespace, name }),
  };
  const problemsOf = (run: R): string[] =>
    attemptProblems(kind, run, requestedAttempt(kind, run), place, configuration.current());
  const problems = problemsOf(object);
  if (problems.length === 0) return verdict;
  const before = new Set(oldObject === undefined ? [] : problemsOf(oldObject));
  const errors = problems.filter((problem) => !before.has(problem)).map((problem) => forbidden("spec", problem));
  return { ...verdict, errors };
}
