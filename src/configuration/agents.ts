import { agentOfApp } from "../api/git.js";
import type { AgentProfile } from "../api/agent-profile.js";
import { builtInActs } from "./built-in-agents.js";

/** The profile of the agent that works as a GitHub App: the one whose githubApp is the App, else the one named after the App's last part. */
export function profileOfApp(
  agents: Readonly<Record<string, AgentProfile>> | undefined,
  githubApp: string | undefined,
): AgentProfile | undefined {
  if (agents === undefined || githubApp === undefined) return undefined;
  const app = githubApp.toLowerCase();
  const named = Object.values(agents).find((agent) => agent.githubApp?.toLowerCase() === app);
  if (named !== undefined) return named;
  const name = agentOfApp(githubApp);
  const own = Object.hasOwn(agents, name) ? agents[name] : undefined;
  return own?.githubApp === undefined ? own : undefined;
}

/** The profile of the agent of this name. */
export function profileOfAgent(
  agents: Readonly<Record<string, AgentProfile>> | undefined,
  name: string | undefined,
): AgentProfile | undefined {
  return agents !== undefined && name !== undefined && Object.hasOwn(agents, name) ? agents[name] : undefined;
}

/** What the verdict of the agent that works as a GitHub App leads to. */
export function actsOfApp(
  agents: Readonly<Record<string, AgentProfile>> | undefined,
  githubApp: string | undefined,
): NonNullable<AgentProfile["may"]> {
  const { may } = profileOfApp(agents, githubApp) ?? {};
  if (may !== undefined || githubApp === undefined) return may ?? [];
  const name = agentOfApp(githubApp);
  return Object.hasOwn(builtInActs, name) ? (builtInActs[name] ?? []) : [];
}
