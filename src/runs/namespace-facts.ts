/** What is known of a run's namespace, and which entries of the configuration apply to it. Pure. */
import type { Configuration } from "../configuration/configuration.js";
import { isChosen } from "../configuration/namespaces.js";

export interface NamespaceFacts {
  readonly name: string;
  /** The operator's own objects are in it. */
  readonly isOperators: boolean;
  /** Undefined: not known, and entries that select by labels apply. */
  readonly labels?: Readonly<Record<string, string>>;
}

/**
 * Whether an entry of `policy` or `isolation` applies. One that selects by labels applies where they are not known: in doubt, a
 * run is restricted.
 *
 * @param namespaces absent: the entry applies to all
 */
export function appliesTo(
  namespaces: Configuration["namespaces"] | undefined,
  { name, labels }: NamespaceFacts,
): boolean {
  if (namespaces === undefined) return true;
  if (labels !== undefined) return isChosen(namespaces, name, () => labels);
  return namespaces.names === undefined || namespaces.names.includes(name);
}
