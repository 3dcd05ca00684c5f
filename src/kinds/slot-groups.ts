import { repositoryKey } from "../api/git.js";
import type { Dimension } from "../runs/slots.js";

/** What a run is counted by where there are limits; names within its namespace. */
export interface SlotFacts {
  readonly namespace: string | undefined;
  readonly service: string;
  readonly workspace: string;
  readonly agent: string | undefined;
  /** URL of the repository that it works in. */
  readonly repository: string | undefined;
}

/** The groups that a run counts for. A service and a workspace are those of their namespace; agents and repositories are everybody's. */
export function slotGroups(facts: SlotFacts): Partial<Record<Dimension, string>> {
  const { namespace = "", service, workspace, agent, repository } = facts;
  return {
    all: "all",
    namespace,
    service: `${namespace}/${service}`,
    workspace: `${namespace}/${workspace}`,
    ...(agent !== undefined && { agent }),
    ...(repository !== undefined && { repository: repositoryKey(repository) }),
  };
}
