import { repositoryKey } from "../api/git.js";
import type { Dimension } from "../runs/slots.js";
import { workspaceBase } from "../runs/workspace.js";

/** What determines the groups in which a run counts for concurrency limits. */
export interface SlotFacts {
  readonly namespace: string | undefined;
  readonly service: string;
  readonly workspace: string;
  readonly agent: string | undefined;
  /** URL of the repository. */
  readonly repository: string | undefined;
}

/** Services and workspaces count within their namespace; agents and repositories count across the cluster. */
export function slotGroups(facts: SlotFacts): Partial<Record<Dimension, string>> {
  const { namespace = "", service, workspace, agent, repository } = facts;
  return {
    all: "all",
    namespace,
    service: `${namespace}/${service}`,
    workspace: `${namespace}/${workspaceBase(workspace)}`,
    ...(agent !== undefined && { agent }),
    ...(repository !== undefined && { repository: repositoryKey(repository) }),
  };
}
