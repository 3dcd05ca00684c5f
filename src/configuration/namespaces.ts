import type { Reader } from "../runtime/cache/reader.js";
import type { KubernetesObject, Namespace } from "../runtime/client/objects.js";
import type { Configuration } from "./configuration.js";

type Choice = Configuration["namespaces"];

export interface NamespaceScopeOptions {
  /** The configuration in force; called for each decision. */
  readonly choice: () => Choice;
  /** Cached namespaces, for their labels. */
  readonly namespaces: Reader<Namespace>;
  /** The only namespaces that are watched, whatever the configuration selects. Absent: all. */
  readonly watched?: readonly string[];
}

/** Decides which namespaces' runs are managed, by `namespaces` of the configuration. */
export class NamespaceScope {
  readonly #options: NamespaceScopeOptions;

  constructor(options: NamespaceScopeOptions) {
    this.#options = options;
  }

  /** Whether the decision depends on labels, which are unknown until namespaces are cached. */
  get takesLabels(): boolean {
    const { matchLabels, matchExpressions } = this.#options.choice();
    return Object.keys(matchLabels ?? {}).length + (matchExpressions ?? []).length > 0;
  }

  covers(namespace: string): boolean {
    if (this.#options.watched?.includes(namespace) === false) return false;
    return isChosen(this.#options.choice(), namespace, () => {
      return this.#options.namespaces.get({ name: namespace })?.metadata.labels;
    });
  }

  /** A view of a cache that contains only the objects in managed namespaces. */
  within<T extends KubernetesObject>(reader: Reader<T>): Reader<T> {
    const only = <O extends KubernetesObject>(objects: O[]): O[] => {
      const choice = this.#options.choice();
      if (choice.names === undefined && !this.takesLabels && this.#options.watched === undefined) return objects;
      return objects.filter(({ metadata }) => this.covers(metadata?.namespace ?? ""));
    };
    return {
      get: (key) => (this.covers(key.namespace ?? "") ? reader.get(key) : undefined),
      list: (namespace) => only(reader.list(namespace)),
      byIndex: (index, value) => only(reader.byIndex(index, value)),
      get hasSynced() {
        return reader.hasSynced;
      },
    };
  }
}

/** The warning for a run in a namespace that the configuration or `--watch-namespaces` does not select. */
export function unmanagedWarning(namespace: string): string {
  return `the orchestrator does not manage namespace ${namespace} (configuration: namespaces; flag: --watch-namespaces): nothing will run`;
}

type Labels = Readonly<Record<string, string>>;

/** Whether names and labels match, if given. The labels of an unknown namespace never match. */
export function isChosen(choice: Choice, name: string, labelsOf: () => Labels | undefined): boolean {
  const { names, matchLabels = {}, matchExpressions = [] } = choice;
  if (names !== undefined && !names.includes(name)) return false;
  const wanted = Object.entries(matchLabels);
  if (wanted.length === 0 && matchExpressions.length === 0) return true;
  const labels = labelsOf();
  if (labels === undefined) return false;
  return (
    wanted.every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      switch (operator) {
        case "In":
          return value !== undefined && values.includes(value);
        case "NotIn":
          return value === undefined || !values.includes(value);
        case "Exists":
          return value !== undefined;
        case "DoesNotExist":
          return value === undefined;
      }
    })
  );
}
