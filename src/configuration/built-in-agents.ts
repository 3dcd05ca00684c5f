/**
 * What the agents that are built in may do, unless their profile says `may`. Their roles and prompts are templates/agents, their
 * tools those of a run's preset.
 */
import type { AgentProfile } from "../api/agent-profile.js";

export const builtInActs: Readonly<Record<string, NonNullable<AgentProfile["may"]>>> = {
  cleo: ["label", "requestChanges"],
  tess: ["approve", "requestChanges"],
  acceptance: ["approve", "requestChanges"],
};
