/** What agents get by the configuration and could not use, or should not have as plain text. Pure. */
import { builtInServers } from "../api/built-in-servers.js";
import { builtInVariables, taskVariables } from "../api/built-in-variables.js";
import { looksLikeCredential } from "../api/plain-credential.js";
import type { Configuration } from "./configuration.js";
import type { Problem } from "./problem.js";
import { retryVariables } from "./retry-variables.js";

/** Warnings for variables: those with credentials in plain text, and those that the operator's own override. */
export function checkVariables({ agent, credentials }: Configuration): Problem[] {
  return agent.env.flatMap(({ name, value }, index) => {
    const path = `agent.env[${index}]`;
    const warnings: string[] = [];
    if (value !== undefined && looksLikeCredential(name, value))
      warnings.push(
        "looks like a credential, which everyone who can read the ConfigMap can see: use valueFrom.secretKeyRef",
      );
    if (builtInVariables.includes(name)) warnings.push(`has no effect: the operator sets ${name} itself`);
    if (taskVariables.includes(name))
      warnings.push(`has no effect in TaskRuns and CodeRuns: the operator sets ${name} itself`);
    if (credentials === "gateway" && name === "ANTHROPIC_API_KEY")
      warnings.push(
        "has no effect where the gateway holds the key: name its Secret in secrets.apiKeySecretName and apiKeySecretKey",
      );
    if (retryVariables.includes(name))
      warnings.push("is passed to the agent, but does not limit the operator's retries: set retry.maxRetries");
    return warnings.map((message) => ({ severity: "warning" as const, path, message }));
  });
}

const names: ReadonlySet<string> = new Set(builtInServers);

/** Warnings for tools that are listed for agents, and that no configured or built-in server has. */
export function checkTools({ agents, toolServerUrl }: Configuration): Problem[] {
  return Object.entries(agents ?? {}).flatMap(([agent, { tools }]) => {
    const path = `agents.${agent}.tools`;
    const problems: Problem[] = [];
    if ((tools?.remote ?? []).length > 0 && toolServerUrl === undefined)
      problems.push({
        ...{ severity: "warning", path: `${path}.remote` },
        message: "has no effect without toolServerUrl: the agent gets the names of the tools but cannot call them",
      });
    for (const [name, server] of Object.entries(tools?.localServers ?? {}))
      if (server.enabled !== false && server.command === undefined && !names.has(name))
        problems.push({
          ...{ severity: "warning", path: `${path}.localServers.${name}` },
          message: "has no command and is not built in: set command, or the image must have a program of that name",
        });
    return problems;
  });
}
