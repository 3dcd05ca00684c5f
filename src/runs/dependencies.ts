/** Whether the runs in `spec.dependsOn` let a run start. Pure. */
import type { Phase } from "../api/taskrun.js";

/** One run of `spec.dependsOn`. */
export interface Dependency {
  readonly name: string;
  /** Absent: no run of that name exists. */
  readonly phase?: Phase;
}

/** @property reason of the condition `DependenciesMet`, as is the message */
export type DependencyState =
  | { readonly met: true; readonly reason: "NoDependencies" | "Succeeded"; readonly message: string }
  | {
      readonly met: false;
      readonly reason: "WaitingForDependency" | "DependencyFailed" | "DependencyMissing" | "DependencyCycle";
      readonly message: string;
    };

/** The state of a run whose dependencies all succeeded. */
export const dependenciesSucceeded: DependencyState = {
  met: true,
  reason: "Succeeded",
  message: "All dependencies succeeded.",
};

/**
 * Whether all dependencies have succeeded. If not, the message names those that need a person first: a cycle, then
 * failed, then missing, then unfinished dependencies.
 *
 * @param cycle names of runs that wait for each other, if this run is one of them
 */
export function dependencyState(dependencies: readonly Dependency[], cycle?: readonly string[]): DependencyState {
  if (dependencies.length === 0)
    return { met: true, reason: "NoDependencies", message: "The run has no dependencies." };
  if (cycle !== undefined) {
    return {
      met: false,
      reason: "DependencyCycle",
      message: `Dependency cycle: ${cycle.join(" -> ")}. Remove one of them from spec.dependsOn.`,
    };
  }
  const names = (isWanted: (dependency: Dependency) => boolean): string =>
    dependencies
      .filter(isWanted)
      .map(({ name, phase }) => (phase === undefined ? name : `${name} (${phase})`))
      .join(", ");
  const failed = names(({ phase }) => phase === "Failed" || phase === "Cancelled");
  if (failed !== "") {
    return {
      met: false,
      reason: "DependencyFailed",
      message: `Waiting for dependencies that did not succeed: ${failed}. Retry them, or remove them from spec.dependsOn.`,
    };
  }
  const missing = names(({ phase }) => phase === undefined);
  if (missing !== "") {
    return {
      met: false,
      reason: "DependencyMissing",
      message: `Waiting for dependencies that do not exist: ${missing}. Create them, or remove them from spec.dependsOn.`,
    };
  }
  const waiting = names(({ phase }) => phase !== "Succeeded");
  if (waiting !== "")
    return { met: false, reason: "WaitingForDependency", message: `Waiting for dependencies: ${waiting}.` };
  return dependenciesSucceeded;
}
