import { agentOfApp } from "../api/git.js";
import type { Configuration } from "./configuration.js";

/** What the configuration says of an agent. */
export type AgentProfile = NonNullable<Configuration["agents"]>[string];

/** The agent that works as a GitHub App: the one that says so, else the one that has the App's agent for its name. */
export function profileOfApp(agents: Configuration["agents"], githubApp: string | undefined): AgentProfile | undefined {
  if (agents === undefined || githubApp === undefined) return undefined;
  const app = githubApp.toLowerCase();
  const named = Object.values(agents).find((agent) => agent.githubApp?.toLowerCase() === app);
  if (named !== undefined) return named;
  const name = agentOfApp(githubApp);
  const own = Object.hasOwn(agents, name) ? agents[name] : undefined;
  return own?.githubApp === undefined ? own : undefined;
}
