import type { components } from "./generated/configuration.js";
import { defaultLayer, merge, treeOf, type Entry } from "./layers.js";
import { priorities, type Priority, type Resources, type Configuration } from "./configuration.js";

/** Merged entries as the program reads them. */
export function settingsOf(entries: Iterable<Entry>): Configuration {
  // each value was read by the schema that the type is made of
  const tree: unknown = treeOf(entries);
  const { priorities: profiles, ...rest } = tree as components["schemas"]["Configuration"];
  const byPriority = <T>(of: (priority: Priority) => T): Record<Priority, T> =>
    Object.fromEntries(priorities.map((priority) => [priority, of(priority)])) as Record<Priority, T>;
  return {
    ...rest,
    resources: byPriority((priority): Resources => profiles[priority].resources),
    priorityClassNames: byPriority((priority) => profiles[priority].priorityClassName),
  };
}

/** What the schema gives, as the lowest of the sources. */
export const defaults = defaultLayer();

/** What holds where neither file nor environment says anything. */
export const defaultConfiguration: Configuration = settingsOf(merge([defaults]).values());
