import type { CodeRun } from "../../api/coderun.js";

/** Whether an attempt continues in the workspace as it is: if requested, and after any earlier attempt of the CodeRun. */
export function isContinued({ spec, status }: CodeRun, number: number): boolean {
  return spec.continueSession === true || (status?.runs ?? []).some((earlier) => earlier.number < number);
}
