import { profileOfAgent } from "../../configuration/agents.js";
import { isUsableKey, repositoryKeyOf } from "../../configuration/repository-key.js";
import { isObject, member } from "../../runtime/schema/json.js";
import type { Repository } from "../../api/taskrun.js";
import { noFindings, type Rule, type RuleContext } from "../context.js";
import { isUnchanged, textIn } from "../view.js";

/** What the start script of a TaskRun cannot do gives a warning: push without credentials, or restrict the tools of another program. */
export const taskStart: Rule = {
  id: "task-start",
  check(context) {
    const hasCommand = context.configuration.agent.command.length > 0;
    // what a command does without a key, and which tools it knows, is its own affair
    const warnings = [...notPushed(context, hasCommand), ...(hasCommand ? [] : notRestricted(context))];
    return warnings.length === 0 ? noFindings : { warnings };
  },
};

function notPushed({ view, oldView, configuration }: RuleContext, hasCommand: boolean): string[] {
  const repository = member(view.spec, "repository");
  if (view.repository === undefined || !isObject(repository) || isUnchanged("repository", view, oldView)) return [];
  const { url } = view.repository;
  const auth = member(repository, "auth");
  const type = textIn(auth, "type") as NonNullable<Repository["auth"]>["type"] | undefined;
  const githubUser = textIn(repository, "githubUser");
  if (auth === undefined && githubUser === undefined && view.githubApp !== undefined) return [];
  const key = repositoryKeyOf(
    {
      url,
      ...(githubUser !== undefined && { githubUser }),
      ...(type !== undefined && { auth: { type, secretName: textIn(auth, "secretName") ?? "" } }),
    },
    configuration,
  );
  if (key === undefined)
    return hasCommand
      ? []
      : [
          "spec.repository: names no credentials, so what the agent commits is not pushed, and stays in the workspace; set githubUser or auth, or spec.githubApp",
        ];
  if (isUsableKey(key, url)) return [];
  const remedy = key.type === "ssh" ? "write the URL as git@<host>:<path>" : "write the URL as https://<host>/<path>";
  return [
    `spec.repository.auth: ${type ?? "its key"} is of no use for ${url}, so what the agent commits is not pushed; ${remedy}, or name another Secret`,
  ];
}

function notRestricted({ view, oldView, configuration: { agent, agents } }: RuleContext): string[] {
  const program = profileOfAgent(agents, textIn(view.spec, "agentName") ?? agent.name)?.cli ?? "claude";
  if (program === "claude" || member(view.spec, "agentTools") === undefined) return [];
  if (isUnchanged("agentTools", view, oldView)) return [];
  return [`spec.agentTools: has no effect on ${program}, the program of this agent: only Claude Code obeys it`];
}
