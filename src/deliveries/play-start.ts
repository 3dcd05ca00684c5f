/** Whether an event starts the play of a task as a Workflow, and which. Pure. */
import { playName } from "../argo/play.js";
import type { Workflow } from "../argo/workflow.js";
import type { CodeRun } from "../api/coderun.js";
import type { DeliverySpec } from "../api/delivery.js";
import { shortHash } from "../api/names.js";
import type { Configuration } from "../configuration/configuration.js";
import { keyOf, type Stored } from "../runtime/client/objects.js";
import type { Decision } from "./decision.js";
import type { Rule } from "./rules.js";

export interface PlayStart {
  readonly task: number;
  readonly namespace: string;
  readonly agent: string;
  /** The event; each may start one play. */
  readonly cause: string;
}

interface Surroundings {
  readonly rule: Rule;
  /** The Workflows that play the task. */
  readonly workflows: readonly Stored<Workflow>[];
  readonly configuration: Pick<Configuration, "github" | "agents">;
}

/**
 * Whether the event begins a task, or begins it again. A comment about a task that has runs asks for one more of them.
 *
 * @param source the run that would be continued
 */
export function startsPlay(
  event: DeliverySpec,
  { then }: Rule,
  source: CodeRun | undefined,
  { argo }: Pick<Configuration, "argo">,
): boolean {
  const isOrigin = event.subject?.kind === "Issue" || event.alert !== undefined;
  const isFirst = source === undefined || event.event === "issues" || event.alert !== undefined;
  return argo.enabled && argo.startFromIssues && isOrigin && isFirst && then.action === "start";
}

export function playStart(
  { task, namespace, agent, cause }: PlayStart,
  { repository }: DeliverySpec,
  { rule, workflows, configuration }: Surroundings,
): Decision {
  const [playing] = workflows;
  if (playing !== undefined) return { phase: "Ignored", reason: "AlreadyPlays", message: playsAlready(playing) };
  const [missing] = reviewAgents(configuration).withoutApp;
  if (missing !== undefined) return { phase: "Ignored", reason: "NoAgent", message: appMissing(missing) };
  const { host = "", owner = "", name: repositoryName = "" } = repository ?? {};
  // the same for every try, so that the Workflow is created once
  const name = `${playName(task, `${host}/${owner}/${repositoryName}`)}-${shortHash(cause)}`;
  return {
    ...{ decision: "play", agent, workflow: { namespace, name }, reason: "RuleMatched" },
    message: `Rule ${rule.name} starts Workflow ${namespace}/${name}, in which agent ${agent} begins.`,
  };
}

export const playsAlready = (workflow: Stored<Workflow>): string => `Workflow ${keyOf(workflow)} plays the task.`;

export const appMissing = (agent: string): string =>
  `Agent ${agent} has no githubApp in the configuration: set agents.${agent}.githubApp.`;

/** The suspend nodes after which the Workflow starts the other agents, and the parameters that name these. */
const reviews = {
  "waiting-pr-created": "quality-agent",
  "waiting-ready-for-qa": "testing-agent",
} as const;

/**
 * The agents of the stages after the first one: those that the rules would start there if no Workflow did.
 *
 * @returns their GitHub Apps by parameter of play-template, and the agents that have none
 */
export function reviewAgents({ github, agents = {} }: Pick<Configuration, "github" | "agents">): {
  readonly apps: Readonly<Record<string, string>>;
  readonly withoutApp: readonly string[];
} {
  const apps: Record<string, string> = {};
  const withoutApp: string[] = [];
  for (const [node, parameter] of Object.entries(reviews)) {
    const agent = github.rules.find(({ then }) => then.action === "start" && then.node === node)?.then.agent;
    if (agent === undefined) continue;
    const app = Object.hasOwn(agents, agent) ? agents[agent]?.githubApp : undefined;
    if (app === undefined) withoutApp.push(agent);
    else apps[parameter] = app;
  }
  return { apps, withoutApp };
}
