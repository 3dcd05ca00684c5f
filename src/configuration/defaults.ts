import type { components } from "./generated/configuration.js";
import { defaultLayer, merge, treeOf, type Entry } from "./layers.js";
import { priorities, type Priority, type Resources, type Configuration } from "./configuration.js";

/** Converts merged entries to the type that the program reads. */
export function configurationOf(entries: Iterable<Entry>): Configuration {
  // each value was validated by the schema that the type is generated from
  const tree: unknown = treeOf(entries);
  const { priorities: profiles, secrets, ...rest } = tree as components["schemas"]["Configuration"];
  const byPriority = <T>(of: (priority: Priority) => T): Record<Priority, T> =>
    Object.fromEntries(priorities.map((priority) => [priority, of(priority)])) as Record<Priority, T>;
  return {
    ...rest,
    secrets: {
      ...secrets,
      providerApiKeys: completeKeys(secrets.providerApiKeys, secrets.apiKeySecretName),
      cliApiKeys: completeKeys(secrets.cliApiKeys, secrets.apiKeySecretName),
    },
    resources: byPriority((priority): Resources => profiles[priority].resources),
    priorityClassNames: byPriority((priority) => profiles[priority].priorityClassName),
  };
}

type ProviderKeys = Configuration["secrets"]["providerApiKeys"];
type WrittenKey = Partial<ProviderKeys[string]> & Pick<ProviderKeys[string], "secretKey">;

/** Entries that name only a key of a Secret have the Secret of the API key, and a variable of the key's name. */
function completeKeys(entries: Readonly<Record<string, WrittenKey>>, ofApiKey: string): ProviderKeys {
  return Object.fromEntries(
    Object.entries(entries).map(([name, { secretKey, secretName = ofApiKey, envVar = secretKey }]) => [
      name,
      { secretName, secretKey, envVar },
    ]),
  );
}

/** The defaults of the schema, which every other source overrides. */
export const defaults = defaultLayer();

/** The configuration without a file, environment variables and flags. */
export const defaultConfiguration: Configuration = configurationOf(merge([defaults]).values());
