import type { CodeRun } from "../../api/coderun.js";

/**
 * Whether a run goes on where the workspace was left: when that is asked for, and whenever another run of the same CodeRun
 * came before it.
 */
export function isContinued({ spec, status }: CodeRun, number: number): boolean {
  return spec.continueSession === true || (status?.runs ?? []).some((earlier) => earlier.number < number);
}
