/** A run as its view has it: the custom resource. Fields that kinds name differently are read in one place. */
import type { Run } from "../server/generated/rest.js";

export type { Attempt, Condition, Run } from "../server/generated/rest.js";

/** A field of the spec as text; undefined if it is absent or no text or number. */
export function specText(run: Run, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = run.spec[name];
    if (typeof value === "string" && value !== "") return value;
    if (typeof value === "number") return String(value);
  }
  return undefined;
}

export function dependenciesOf(run: Run): readonly string[] {
  const { dependsOn } = run.spec;
  return Array.isArray(dependsOn) ? dependsOn.filter((name) => typeof name === "string").slice(0, 64) : [];
}

export function phaseOf(run: Run): string {
  return run.status?.phase ?? "Pending";
}

/** Whether the run has ended, until a person asks for another attempt. */
export function hasEnded(run: Run): boolean {
  return ["Succeeded", "Failed", "Cancelled"].includes(phaseOf(run));
}
