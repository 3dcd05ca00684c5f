/** For which runs a Budget holds. Pure. */
import type { Budget } from "../../api/budget.js";
import { repositoryKey } from "../../api/git.js";
import type { Stored } from "../../runtime/client/objects.js";
import type { Dimension } from "../slot-limits.js";

/** What a selector compares, from the groups in which a run counts for concurrency limits. */
export type Groups = Readonly<Partial<Record<Dimension, string>>>;

/**
 * Whether a Budget applies to a run: one in the operator's namespace for those of all namespaces, any other for those of its own.
 *
 * @param operatorNamespace the namespace of the operator's own objects
 */
export function holdsFor({ metadata, spec }: Stored<Budget>, groups: Groups, operatorNamespace: string): boolean {
  const { namespaces, services, agents, repositories } = spec.selector ?? {};
  const { namespace = "", service, agent, repository } = groups;
  const isIn = (names: readonly string[] | undefined, name: string | undefined): boolean =>
    names === undefined || (name !== undefined && names.includes(name));
  return (
    (metadata.namespace === operatorNamespace || metadata.namespace === namespace) &&
    isIn(namespaces, namespace) &&
    isIn(services, service?.slice(namespace.length + 1)) &&
    isIn(agents, agent) &&
    isIn(repositories?.map(repositoryKey), repository)
  );
}
