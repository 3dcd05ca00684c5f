import { isList, jsonEqual, member } from "../../runtime/schema/json.js";
import { profileOfApp } from "../../configuration/agents.js";
import { isKnownServer } from "../../templates/tools.js";
import { noFindings, type Rule, type RuleContext } from "../context.js";

/**
 * The MCP tools that a run requests are available. A tool that may be missing only gives a warning, since admission does not know which
 * tools a server or which programs an image has.
 */
export const toolsReachable: Rule = {
  id: "tools-reachable",
  check(context) {
    const { configuration, view } = context;
    const remote = requested(context, "remoteTools");
    const local = requested(context, "localTools");
    if (remote.length + local.length === 0) return noFindings;
    const profile = profileOfApp(configuration.agents, view.githubApp)?.tools?.localServers ?? {};
    const warnings = local.flatMap((name, index) => {
      if (typeof name !== "string" || isKnownServer(name) || Object.hasOwn(profile, name)) return [];
      return [
        `spec.localTools[${index}]: MCP server ${JSON.stringify(name)} is neither built in nor in tools.localServers of the agent; the image must have a program of that name`,
      ];
    });
    if (remote.length === 0 || configuration.toolServerUrl !== undefined) return { warnings };
    const unreachable =
      "spec.remoteTools: the configuration has no toolServerUrl, so the agent gets the names of the tools but cannot call them";
    return { warnings: [unreachable, ...warnings] };
  },
};

/** The tools in a field; none if an update does not change the field. */
function requested({ view, oldView }: RuleContext, field: string): readonly unknown[] {
  const tools = member(view.spec, field);
  return !isList(tools) || (oldView && jsonEqual(member(oldView.spec, field), tools)) ? [] : tools;
}
