/** Attempts of runs and what is made for them, as the engine asks their kind for it. */
import type { Configuration } from "#src/configuration/configuration.js";
import { attemptJob } from "#src/runs/manifests.js";
import type { PodSpec } from "#src/runs/pod-spec.js";
import type { AgentRun, Attempt, RunKind } from "#src/runs/run.js";
import type { Job, Stored } from "#src/runtime/client/objects.js";

export function attemptOf<R extends AgentRun>(kind: RunKind<R>, run: R, number = 1): Attempt {
  return { number, names: kind.names(run, number) };
}

export function podOf<R extends AgentRun>(kind: RunKind<R>, run: R, configuration: Configuration, number = 1): PodSpec {
  return kind.pod(run, attemptOf(kind, run, number), configuration);
}

/** The Job of the first attempt. */
export function jobOf<R extends AgentRun>(kind: RunKind<R>, run: Stored<R>, configuration: Configuration): Job {
  return attemptJob(kind, run, attemptOf(kind, run), "Initial", configuration);
}
