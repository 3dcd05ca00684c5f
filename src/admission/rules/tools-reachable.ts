import { isList, jsonEqual, member } from "../../runtime/schema/json.js";
import { profileOfApp } from "../../configuration/agents.js";
import { isKnownServer } from "../../templates/tools.js";
import { nothing, type Rule, type RuleContext } from "../context.js";

/**
 * MCP tools that a run asks for can be had, as far as that is known here: which tools a server has, and which programs an
 * image, is not. So it is a warning.
 */
export const toolsReachable: Rule = {
  id: "tools-reachable",
  check(context) {
    const { configuration, view } = context;
    const remote = asked(context, "remoteTools");
    const local = asked(context, "localTools");
    if (remote.length + local.length === 0) return nothing;
    const profile = profileOfApp(configuration.agents, view.githubApp)?.tools?.localServers ?? {};
    const warnings = local.flatMap((name, index) => {
      if (typeof name !== "string" || isKnownServer(name) || Object.hasOwn(profile, name)) return [];
      return [
        `spec.localTools[${index}]: no MCP server ${JSON.stringify(name)} is known, by its agent's tools.localServers or by itself; the image has to have a program of that name`,
      ];
    });
    if (remote.length === 0 || configuration.toolServerUrl !== undefined) return { warnings };
    const unreachable =
      "spec.remoteTools: the configuration has no toolServerUrl, so the agent is told the tools' names and can't call them";
    return { warnings: [unreachable, ...warnings] };
  },
};

/** Nothing, where it was there before. */
function asked({ view, oldView }: RuleContext, field: string): readonly unknown[] {
  const tools = member(view.spec, field);
  return !isList(tools) || (oldView && jsonEqual(member(oldView.spec, field), tools)) ? [] : tools;
}
