/** The controller's configuration after sources are merged and defaults filled in: what the rest of the program reads. */
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

/** How many runs may work at once; absent: as many as there are. */
export type ConcurrencyLimits = ConfigurationSchema["concurrency"];

/** Which finished runs are kept, and where the record of one goes before it is removed. */
export type History = ConfigurationSchema["history"];

/**
 * Immutable; a change of configuration is a new object. Meaning, bounds and default of each: schemas/configuration.yaml, and
 * docs/reference/configuration.md.
 */
export interface Configuration extends Omit<ConfigurationSchema, "priorities" | "agents"> {
  /** Known agents by name; absent: any name is accepted. */
  readonly agents?: Readonly<Record<string, AgentProfile>>;
  /** Resources of the main container by priority. Defaults: high and critical 2/4Gi..4/8Gi, others 1/2Gi..2/4Gi. */
  readonly resources: Readonly<Record<Priority, Resources>>;
  /** PriorityClass of the pods by priority; undefined: the cluster's default. */
  readonly priorityClassNames: Readonly<Record<Priority, string | undefined>>;
}
