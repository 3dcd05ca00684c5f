/** The runs that the list shows: loaded page by page, then kept up to date by the server's stream. */
import { computed, signal, type ReadonlySignal } from "@preact/signals";
import type { Filters } from "./filters.js";
import { matcherOf, phases } from "./filters.js";
import { Following } from "./following.js";
import { apiPath, call, problemOf, RestError, stream } from "./rest-client.js";
import type { RunChange, RunList, RunSummary } from "../server/generated/rest.js";
import { maxRuns, RunCollection } from "./run-collection.js";

/** Milliseconds over which changes are gathered before the list is drawn again. */
const gathering = 100;

/** The runs of a namespace, or of all, of some kinds. */
export class RunListState {
  readonly #collection = new RunCollection();
  readonly #all = signal<readonly RunSummary[]>([]);
  readonly #isLoaded = signal(false);
  readonly #isCut = signal(false);
  readonly #path: string;
  readonly #kinds: readonly string[];
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Where changes continue; absent: the list has to be loaded. */
  #version: string | undefined;
  readonly following: Following;

  constructor({ namespace, kinds }: Pick<Filters, "namespace" | "kinds">) {
    this.#path = namespace === "" ? apiPath("runs") : apiPath("namespaces", namespace, "runs");
    this.#kinds = kinds;
    this.following = new Following((signal, onLive) => this.#connect(signal, onLive));
  }

  get all(): ReadonlySignal<readonly RunSummary[]> {
    return this.#all;
  }

  /** Whether a whole list was loaded once. */
  get isLoaded(): ReadonlySignal<boolean> {
    return this.#isLoaded;
  }

  /** Whether the cluster has more runs than the page holds. */
  get isCut(): ReadonlySignal<boolean> {
    return this.#isCut;
  }

  stop(): void {
    this.following.stop();
    clearTimeout(this.#timer);
  }

  async #connect(signal: AbortSignal, onLive: () => void): Promise<boolean> {
    this.#version ??= await this.#load(signal);
    const query = this.#query({ watch: "true", version: this.#version });
    try {
      for await (const { event, data, id } of stream(`${this.#path}?${query}`, signal, onLive)) {
        if (id !== "") this.#version = id;
        // changes are lost: the list is loaded again
        if (event === "expired") this.#version = undefined;
        if (event === "expired" || event === "end") return false;
        if (event === "error") throw problemOf(data);
        if (event !== "run" || data === "") continue;
        this.#collection.apply(JSON.parse(data) as RunChange);
        this.#timer ??= setTimeout(() => this.#show(), gathering);
      }
    } catch (error) {
      // without an answer the server was only unavailable; it may not know the version after anything else
      if (!(error instanceof RestError) || error.status !== 0) this.#version = undefined;
      if (error instanceof RestError && error.status === 410) return false;
      throw error;
    }
    return false;
  }

  /** Loads all pages; those of a first list are shown as they come. @returns the version to watch from */
  async #load(signal: AbortSignal): Promise<string> {
    const runs: RunSummary[] = [];
    for (let token: string | undefined; ;) {
      const query = this.#query({ limit: "500", ...(token !== undefined && { continue: token }) });
      const page: RunList = await call(`${this.#path}?${query}`, { signal });
      for (const run of page.items) runs.push(run);
      token = page.continue;
      const isCut = token !== undefined && runs.length >= maxRuns;
      if (token === undefined || isCut || !this.#isLoaded.value) {
        this.#collection.reset(runs);
        this.#show();
      }
      if (token !== undefined && !isCut) continue;
      this.#isCut.value = isCut;
      this.#isLoaded.value = true;
      return page.version;
    }
  }

  #query(values: Readonly<Record<string, string>>): string {
    return new URLSearchParams([...this.#kinds.map((kind) => ["kind", kind]), ...Object.entries(values)]).toString();
  }

  #show(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#all.value = this.#collection.sorted();
  }
}

/** What filters leave of a list, and how many runs would be in each phase without the filter of phases. */
export interface Shown {
  readonly runs: readonly RunSummary[];
  readonly counts: ReadonlyMap<string, number>;
}

export function shownOf(state: RunListState, filters: ReadonlySignal<Filters>): ReadonlySignal<Shown> {
  return computed(() => {
    const matches = matcherOf({ ...filters.value, phases: [] });
    const wanted = new Set(filters.value.phases);
    const counts = new Map<string, number>(phases.map((phase) => [phase, 0]));
    const runs: RunSummary[] = [];
    for (const run of state.all.value) {
      if (!matches(run)) continue;
      counts.set(run.phase, (counts.get(run.phase) ?? 0) + 1);
      if (wanted.size === 0 || wanted.has(run.phase)) runs.push(run);
    }
    return { runs, counts };
  });
}
