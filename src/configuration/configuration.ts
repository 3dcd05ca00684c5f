/** The operator's configuration, after all sources are merged. The rest of the program reads this type. */
import type { AgentProfile } from "../api/agent-profile.js";
import type { components } from "./generated/configuration.js";

type ConfigurationSchema = components["schemas"]["Configuration"];

/** Kubernetes resource quantities by resource name, as in a container's `resources`. */
export interface Resources {
  readonly requests?: Readonly<Record<string, string>>;
  readonly limits?: Readonly<Record<string, string>>;
}

/** Lowest first. */
export const priorities = ["low", "medium", "high", "critical"] as const;
export type Priority = (typeof priorities)[number];

/** Maximum number of attempts that run at once; absent: unlimited. */
export type ConcurrencyLimits = ConfigurationSchema["concurrency"];

/** Which finished runs are kept, and where the record of a run is written before it is deleted. */
export type History = ConfigurationSchema["history"];

/**
 * Immutable; a change of the configuration creates a new object. schemas/configuration.yaml and docs/reference/configuration.md
 * document the meaning, bounds and default of each key.
 */
export interface Configuration extends Omit<ConfigurationSchema, "priorities" | "agents"> {
  /** Known agents by name; absent: any name is accepted. */
  readonly agents?: Readonly<Record<string, AgentProfile>>;
  /** Resources of the main container by priority. Defaults: high and critical 2/4Gi..4/8Gi, others 1/2Gi..2/4Gi. */
  readonly resources: Readonly<Record<Priority, Resources>>;
  /** PriorityClass of the pods by priority; undefined: the cluster's default. */
  readonly priorityClassNames: Readonly<Record<Priority, string | undefined>>;
}
