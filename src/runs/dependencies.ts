import type { Dependency } from "./observed.js";

export interface DependencyState {
  readonly met: boolean;
  readonly reason:
    "NoDependencies" | "Succeeded" | "Waiting" | "DependencyFailed" | "DependencyMissing" | "DependencyCycle";
  readonly message: string;
}

/**
 * Whether all runs that have to come first have succeeded; the most hopeless of the others is named first.
 *
 * @param cycle names of runs that wait for each other, where this run is one of them
 */
export function dependencyState(dependencies: readonly Dependency[], cycle?: readonly string[]): DependencyState {
  if (dependencies.length === 0) return { met: true, reason: "NoDependencies", message: "Nothing has to come first." };
  const names = (wanted: (dependency: Dependency) => boolean): string =>
    dependencies
      .filter(wanted)
      .map(({ name, phase }) => (phase === undefined ? name : `${name} (${phase})`))
      .join(", ");
  if (cycle !== undefined) {
    return {
      met: false,
      reason: "DependencyCycle",
      message: `Would wait for ever, each for the next: ${cycle.join(" -> ")}. Take one of them out of spec.dependsOn.`,
    };
  }
  const failed = names(({ phase }) => phase === "Failed" || phase === "Cancelled");
  if (failed !== "") {
    return {
      met: false,
      reason: "DependencyFailed",
      message: `Has to wait until these succeed, and they ended otherwise: ${failed}.`,
    };
  }
  const missing = names(({ phase }) => phase === undefined);
  if (missing !== "") {
    return {
      met: false,
      reason: "DependencyMissing",
      message: `Has to wait for runs that don't exist: ${missing}. Create them, or take them out of spec.dependsOn.`,
    };
  }
  const waiting = names(({ phase }) => phase !== "Succeeded");
  if (waiting !== "") return { met: false, reason: "Waiting", message: `Has to wait until these succeed: ${waiting}.` };
  return { met: true, reason: "Succeeded", message: "All that had to come first succeeded." };
}
