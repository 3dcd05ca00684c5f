/** Changes of runs as the API server reports them. */
import { LinkedAbort } from "../runtime/abort.js";
import type { HttpClient } from "../runtime/client/http.js";
import { apiError, Gone, type Status } from "../runtime/client/errors.js";
import { objectKey, type Stored } from "../runtime/client/objects.js";
import type { ResourceType } from "../runtime/client/resource.js";
import { watchPath } from "../runtime/client/urls.js";
import { LineSplitter } from "../runtime/client/watch-calls.js";
import { isObject } from "../runtime/schema/json.js";
import type { AnyRun, Found } from "./any-run.js";
import { runPage, type Versions } from "./run-page.js";
import { summaries, type RunSummary } from "./run-summary.js";
import { unlessMissing } from "../runtime/client/unless-missing.js";
import { readTable, tableAccept, type TableOptions } from "./table.js";

/** What happened to a run. */
export interface RunChange<Run> {
  readonly type: "added" | "modified" | "deleted";
  readonly run: Run;
}

/** Where changes go. Each call is awaited before the next change of a kind is read. */
export interface ChangeSink {
  /** The API server accepts the request; called once, before any change. */
  readonly open: () => void;
  /** @param versions where a later watch continues; undefined until all runs that exist are reported */
  readonly change: (change: RunChange<RunSummary>, versions: Versions | undefined) => Promise<void>;
  /** Without a change: where a later watch continues. */
  readonly progress: (versions: Versions) => Promise<void>;
}

export interface WatchRunsOptions extends TableOptions {
  readonly types: readonly ResourceType<AnyRun>[];
  /** Of an earlier page or change. Of a kind without a version, all runs that exist are reported as added first. */
  readonly versions: Versions;
  /** Wide summaries. Default false. */
  readonly wide?: boolean;
  readonly signal: AbortSignal;
}

/** Seconds after which the API server ends a watch, and a new one shows whether the caller still may. */
const watchSeconds = 600;
const pageSize = 500;

/**
 * Reports changes until the signal fires; begins a new watch where the API server ends one.
 *
 * @throws Gone if changes are lost: list again; an API error, also if the caller has lost a right; the signal's reason
 */
export async function watchRuns(client: HttpClient, options: WatchRunsOptions, sink: ChangeSink): Promise<void> {
  const abort = new LinkedAbort(options.signal);
  try {
    await new RunWatch(client, { ...options, signal: abort.signal }, sink).run();
  } finally {
    abort.unlink();
    abort.abort(new Error("the watch ended"));
  }
}

class RunWatch {
  readonly #versions: Record<string, string>;
  /** Plurals of the kinds whose request the API server has accepted. */
  readonly #opened = new Set<string>();

  constructor(
    readonly client: HttpClient,
    readonly options: WatchRunsOptions,
    readonly sink: ChangeSink,
  ) {
    this.#versions = { ...options.versions };
  }

  async run(): Promise<void> {
    await Promise.all(this.options.types.map((type) => this.#kind(type)));
  }

  async #kind(type: ResourceType<AnyRun>): Promise<void> {
    this.#versions[type.plural] ??= await this.#existing(type);
    for (;;) {
      this.options.signal.throwIfAborted();
      await this.#follow(type);
    }
  }

  /** Reports the runs that exist; returns the version of the list. */
  async #existing(type: ResourceType<AnyRun>): Promise<string> {
    let version = "";
    for (let token: string | undefined = ""; token !== undefined;) {
      const page = await runPage(this.client, { ...this.options, types: [type], limit: pageSize, token });
      this.#open(type);
      for (const run of page.items) await this.sink.change({ type: "added", run }, undefined);
      version = page.versions[type.plural] ?? "";
      token = page.continue;
    }
    return version;
  }

  /** One watch, until the API server ends it. */
  async #follow(type: ResourceType<AnyRun>): Promise<void> {
    const resourceVersion = this.#versions[type.plural] ?? "";
    const path = watchPath(type, { ...this.options, resourceVersion, timeoutSeconds: watchSeconds });
    let read: ReturnType<typeof summaries> | undefined;
    const request = { accept: tableAccept, signal: this.options.signal, onOpen: () => this.#open(type) };
    for await (const { type: what, object } of watchLines(this.client, `${path}&includeObject=Metadata`, request)) {
      const { columns, rows, resourceVersion: version } = readTable(object);
      this.#versions[type.plural] = version;
      const known = this.#known();
      if (what === "BOOKMARK") {
        if (known !== undefined) await this.sink.progress(known);
        continue;
      }
      // only the first event has them
      if (columns.length > 0) read = summaries(type, columns, this.options.wide);
      if (read === undefined) throw new Error("the first event of a watch has no columns");
      for (const row of rows) await this.sink.change({ type: changeTypes[what], run: read(row) }, known);
    }
  }

  #open({ plural }: ResourceType<AnyRun>): void {
    const before = this.#opened.size;
    this.#opened.add(plural);
    const { types } = this.options;
    if (before < types.length && this.#opened.size === types.length) this.sink.open();
  }

  #known(): Versions | undefined {
    return this.options.types.every(({ plural }) => plural in this.#versions) ? { ...this.#versions } : undefined;
  }
}

/** Where the states of a run go. */
export interface StateSink {
  readonly change: (change: RunChange<Stored<AnyRun>>) => Promise<void>;
}

/**
 * Reports the states of one run, beginning with the present one, until it is deleted or the signal fires.
 *
 * @throws an API error, also if the caller has lost a right; the signal's reason
 */
export async function watchRun(
  client: HttpClient,
  { type, run }: Found,
  sink: StateSink,
  signal: AbortSignal,
): Promise<void> {
  const { namespace, name, uid } = run.metadata;
  let last = run;
  await sink.change({ type: "added", run });
  for (;;) {
    const { resourceVersion } = last.metadata;
    const path = watchPath(type, {
      ...{ fieldSelector: `metadata.name=${name}`, resourceVersion, timeoutSeconds: watchSeconds },
      ...(namespace !== undefined && { namespace }),
    });
    try {
      for await (const { type: what, object } of watchLines(client, path, { signal })) {
        const next = object as Stored<AnyRun>;
        if (what === "BOOKMARK") continue;
        const isOther = next.metadata.uid !== uid;
        if (!isOther) last = next;
        if (isOther || what === "DELETED") {
          await sink.change({ type: "deleted", run: last });
          return;
        }
        await sink.change({ type: "modified", run: next });
      }
    } catch (error) {
      if (!(error instanceof Gone)) throw error;
    }
    signal.throwIfAborted();
    // the watch ended, and may have missed something
    const current = await unlessMissing(client.get(type, objectKey(run), { signal }));
    if (current?.metadata.uid !== uid) {
      await sink.change({ type: "deleted", run: last });
      return;
    }
    if (current.metadata.resourceVersion !== last.metadata.resourceVersion)
      await sink.change({ type: "modified", run: current });
    last = current;
  }
}

const changeTypes = { ADDED: "added", MODIFIED: "modified", DELETED: "deleted" } as const;

interface WatchLine {
  readonly type: keyof typeof changeTypes | "BOOKMARK";
  readonly object: unknown;
}

/** The events of a watch as they come. @throws an API error: Gone if changes are lost */
export async function* watchLines(
  client: HttpClient,
  path: string,
  options: { readonly accept?: string; readonly signal: AbortSignal; readonly onOpen?: () => void },
): AsyncGenerator<WatchLine> {
  const lines = new LineSplitter();
  for await (const chunk of client.stream(path, options)) {
    for (const line of lines.split(chunk)) {
      const event: unknown = JSON.parse(line);
      if (!isObject(event)) throw new Error("a line of a watch is not an event");
      if (event.type === "ERROR") {
        const status = isObject(event.object) ? (event.object as Status) : {};
        throw apiError(status, status.code ?? 500, { method: "GET", path });
      }
      yield event as unknown as WatchLine;
    }
  }
}
