import type { AgentProfile } from "../api/agent-profile.js";
import type { AgentRun } from "../runs/run.js";
import type { RunContext } from "../templates/context.js";
import { TemplateError } from "../templates/problem.js";
import type { Templates } from "../templates/templates.js";
import { gatewayUrl } from "./model-access.js";
import { FilesError } from "../runs/run.js";
import type { Configuration } from "../configuration/configuration.js";

/** The templates of the kinds. The set may be replaced while the operator runs, so kinds get it for each attempt. */
export interface RunTemplates<Kind extends "code" | "docs" | "task"> {
  current(): Pick<Templates, Kind>;
}

/** The part of the template context that all kinds share. @param profile of the run's agent */
export function contextOf(
  run: AgentRun,
  profile: AgentProfile | undefined,
  branch: string,
  number: number,
  configuration: Configuration,
): RunContext {
  const { agent, permissions, toolServerUrl, credentials } = configuration;
  return {
    run: { name: run.metadata?.name ?? "", namespace: run.metadata?.namespace ?? "" },
    branch,
    number,
    agent: profile ?? {},
    settings: {
      model: agent.model,
      permissions,
      ...(toolServerUrl !== undefined && { toolServerUrl }),
      ...(credentials === "gateway" && { gatewayUrl }),
    },
  };
}

/** A start script with this line takes the name of a phase as its argument, and does nothing beyond that phase. */
const phasesLine = "# phases: prepare agent deliver";

/**
 * The files, unless their start script would do all of its work in each of the containers: the agent would be paid for three times.
 * @throws FilesError
 */
export function inPhases(files: Record<string, string>, { git: { delivery } }: Configuration): Record<string, string> {
  const script = files["container.sh"];
  if (script === undefined || delivery === "agent") return files;
  if (script.split("\n").some((line) => line.trimEnd() === phasesLine)) return files;
  throw new FilesError(
    `the template container.sh in the ConfigMap agent-templates has no line "${phasesLine}", so it would run as a whole in each container: take over the phases of the built-in template, or set git.delivery: agent in the configuration`,
  );
}

/**
 * The result of rendering. Templates are rendered for sample runs before they come into force, but may still fail for a run that is like
 * none of the samples.
 * @throws FilesError
 */
export function rendered<T>(render: () => T): T {
  try {
    return render();
  } catch (error) {
    if (error instanceof TemplateError) throw new FilesError(error.message, { cause: error });
    throw error;
  }
}
