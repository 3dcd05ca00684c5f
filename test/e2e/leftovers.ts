/** What an uninstallation leaves in a cluster. */
import type { Cluster } from "#src/cluster/index.js";
import { kubectl } from "#src/cluster/install.js";

interface Listed {
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly finalizers?: readonly string[];
  };
}

/** Kinds that are not searched: Events expire, and a ComponentStatus is no stored object. */
const passing = /^(events|componentstatuses)\b/;

/**
 * Searches all kinds of the cluster for what has our name: in its name, its labels or its finalizers.
 *
 * @returns `Kind namespace/name`, sorted
 */
export async function leftovers(cluster: Cluster): Promise<string[]> {
  const names = (await kubectl(cluster, ["api-resources", "--verbs=list", "-o", "name"])).trim().split("\n");
  const kinds = names.filter((name) => !passing.test(name)).join(",");
  const { items } = JSON.parse(await kubectl(cluster, ["get", kinds, "-A", "-o", "json"])) as {
    readonly items: readonly Listed[];
  };
  const isOurs = ({ metadata: { name, labels = {}, finalizers = [] } }: Listed): boolean =>
    [name, ...finalizers, ...Object.entries(labels).flat()].some((text) => text.includes("orchestrator"));
  return items
    .filter(isOurs)
    .map(
      ({ kind, metadata: { namespace, name } }) => `${kind} ${namespace === undefined ? "" : `${namespace}/`}${name}`,
    )
    .sort();
}
