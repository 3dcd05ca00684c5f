import { repositoryKey } from "../api/git.js";
import type { Dimension } from "../runs/slot-limits.js";
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

/** The groups of a run. Services and workspaces are those of the namespace; agents, repositories and organizations are the cluster's. */
export function slotGroups(facts: SlotFacts): Partial<Record<Dimension, string>> {
  const { namespace = "", service, workspace, agent, repository } = facts;
  return {
    all: "all",
    namespace,
    service: `${namespace}/${service}`,
    workspace: `${namespace}/${workspaceBase(workspace)}`,
    ...(agent !== undefined && { agent }),
    ...(repository !== undefined && repositoryGroups(repositoryKey(repository))),
  };
}

/** @param key `host/owner/name`; there may be more levels than an owner, which is then the first of them */
function repositoryGroups(key: string): Partial<Record<Dimension, string>> {
  return { repository: key, organization: key.split("/", 2).join("/") };
}
