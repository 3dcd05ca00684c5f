import { agentOfApp } from "../api/git.js";
import type { Settings } from "./configuration.js";

/** What the configuration says of an agent. */
export type AgentProfile = NonNullable<Settings["agents"]>[string];

/** The agent that works as a GitHub App: the one that says so, else the one that has the App's agent for its name. */
export function profileOfApp(agents: Settings["agents"], githubApp: string | undefined): AgentProfile | undefined {
  if (agents === undefined || githubApp === undefined) return undefined;
  const app = githubApp.toLowerCase();
  const named = Object.values(agents).find((agent) => agent.githubApp?.toLowerCase() === app);
  if (named !== undefined) return named;
  const name = agentOfApp(githubApp);
  const own = Object.hasOwn(agents, name) ? agents[name] : undefined;
  return own?.githubApp === undefined ? own : undefined;
}
