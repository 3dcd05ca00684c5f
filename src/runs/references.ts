/** Finds the objects that a manifest refers to. Pure. */
import type { Configuration } from "../configuration/configuration.js";
import { isList, isObject } from "../runtime/schema/json.js";

/** The names of other objects that a part of a manifest contains. */
export interface References {
  readonly images: ReadonlySet<string>;
  readonly secrets: ReadonlySet<string>;
  readonly configMaps: ReadonlySet<string>;
  readonly serviceAccounts: ReadonlySet<string>;
  readonly claims: ReadonlySet<string>;
}

/**
 * Finds references by the keys that Kubernetes uses for them, wherever they are: in variables, `envFrom`, volumes of
 * every type, pull secrets. The configuration uses the same keys.
 */
export function referencesIn(root: unknown): References {
  const found = {
    images: new Set<string>(),
    secrets: new Set<string>(),
    configMaps: new Set<string>(),
    serviceAccounts: new Set<string>(),
    claims: new Set<string>(),
  };
  const pending: unknown[] = [root];
  for (let value = pending.pop(); value !== undefined; value = pending.pop()) {
    if (isList(value)) pending.push(...value);
    if (!isObject(value)) continue;
    for (const [key, member] of Object.entries(value)) {
      const set = setOf(key, found);
      for (const name of set === undefined ? [] : namesOf(member)) set?.add(name);
      if (typeof member === "object" && member !== null) pending.push(member);
    }
  }
  return found;
}

function setOf(key: string, found: { readonly [K in keyof References]: Set<string> }): Set<string> | undefined {
  if (/^(image|cliImages|dockerImage|initContainerImage)$/.test(key)) return found.images;
  if (/^(secret|imagePullSecrets)$|secret(key|file)?ref$|secretname$/i.test(key)) return found.secrets;
  if (/^(configMap(KeyRef|Ref)?|caConfigMapName)$/.test(key)) return found.configMaps;
  if (/^serviceAccount(Name)?$/.test(key)) return found.serviceAccounts;
  return /^(claimName|pvcName)$/.test(key) ? found.claims : undefined;
}

/** A name, a reference to it, or several of either. */
function namesOf(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (isList(value)) return value.flatMap(namesOf);
  if (!isObject(value)) return [];
  const named = typeof value.name === "string" ? [value.name] : [];
  return named.length > 0 ? named : Object.values(value).filter((each) => typeof each === "string");
}

const known = new WeakMap<Configuration, References>();

/** What a configuration refers to, found once: it is immutable, and thousands of requests and starts ask under each. */
export function referencesOf(configuration: Configuration): References {
  const references = known.get(configuration) ?? referencesIn(configuration);
  known.set(configuration, references);
  return references;
}
