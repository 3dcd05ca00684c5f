/** Runs of `orchestrator server`, by its REST API. */
import { nameOf, type AnyRun, type Found } from "../../operations/any-run.js";
import type { BudgetList } from "../../operations/budget-list.js";
import type { Observed } from "../../operations/follow.js";
import { followTables, type TableChange } from "../../operations/follow-table.js";
import type { Requested } from "../../operations/change-spec.js";
import type { RunEvent } from "../../operations/events.js";
import { findRun } from "../../operations/find.js";
import type { AttemptOutput, LogOptions } from "../../operations/logs.js";
import { OperationError } from "../../operations/operation-error.js";
import { applyPreview, previewRun, type Preview, type WantedRun } from "../../operations/preview-run.js";
import type { Row, RunTable } from "../../operations/table.js";
import type { UsageQuery, UsageReport } from "../../operations/usage-report.js";
import { runWhen } from "../../operations/wait.js";
import type { HttpClient } from "../../runtime/client/http.js";
import { objectKey, type Stored } from "../../runtime/client/objects.js";
import { unlessMissing } from "../../runtime/client/unless-missing.js";
import { isObject } from "../../runtime/schema/json.js";
import { ServerArchive } from "./server-archive.js";
import type { ArchivedRuns, NamedRun, RunRequest, Runs, RunType, Selection } from "./runs.js";
import { runPath, ServerClient, type RunSummary } from "./server-client.js";

export class ServerRuns implements Runs {
  readonly #server: ServerClient;

  constructor(
    http: HttpClient,
    readonly namespace: string,
  ) {
    this.#server = new ServerClient(http);
  }

  find(reference: string): Promise<Found> {
    return findRun(this.#server, this.namespace, reference);
  }

  stored(type: RunType, name: string): Promise<Stored<AnyRun> | undefined> {
    return unlessMissing(this.#server.get(type, { namespace: this.namespace, name }));
  }

  preview(wanted: WantedRun, options: { readonly restart?: boolean }): Promise<Preview> {
    return previewRun(this.#server, wanted, options);
  }

  apply(preview: Preview): Promise<Stored<AnyRun>> {
    return applyPreview(this.#server, preview);
  }

  tables(types: readonly RunType[], selection: Selection): Promise<readonly RunTable[]> {
    return Promise.all(types.map((type) => this.#table(type, selection)));
  }

  async #table(type: RunType, selection: Selection, signal?: AbortSignal): Promise<RunTable> {
    const { items, version } = await this.#server.summaries(type, selection, { signal });
    return { type, columns: columnsOf(type), rows: items.map((each) => rowOf(type, each)), resourceVersion: version };
  }

  follow(type: RunType, selection: Selection, signal: AbortSignal): AsyncGenerator<TableChange> {
    const server = this.#server;
    const changes = async function* (from: string): AsyncGenerator<Observed<TableChange>> {
      for await (const { change, version } of server.changes(type, selection, from, signal))
        yield { version, ...(change && { change: { type: change.type, row: rowOf(type, change.run) } }) };
    };
    return followTables({ list: () => this.#table(type, selection, signal), changes }, signal);
  }

  async objects(types: readonly RunType[], selection: Selection): Promise<readonly Found[]> {
    const found: Found[] = [];
    for (const type of types)
      for (const run of (await this.#server.list(type, selection)).items) found.push({ type, run });
    return found;
  }

  /** With a request for each change; a run that changes again meanwhile comes in its later state alone. */
  async *followObjects(type: RunType, selection: Selection, signal: AbortSignal): AsyncGenerator<Found> {
    const shown = new Map<string, Stored<AnyRun>>();
    for await (const change of this.follow(type, selection, signal)) {
      for (const { metadata } of change.type === "listed" ? change.table.rows : [change.row]) {
        const { uid = "", name = "", namespace = "" } = metadata;
        const before = shown.get(uid);
        const run =
          change.type === "deleted" ? before : await unlessMissing(this.#server.get(type, { namespace, name }));
        if (change.type === "deleted") shown.delete(uid);
        else if (run?.metadata.resourceVersion === before?.metadata.resourceVersion) continue;
        else if (run !== undefined) shown.set(uid, run);
        if (run !== undefined) yield { type, run };
      }
    }
  }

  async names(types: readonly RunType[], selection: Selection, limit?: number): Promise<readonly NamedRun[]> {
    const lists = await Promise.all(
      types.map(async (type) => {
        const { items } = await this.#server.summaries(type, selection, { limit });
        return items.map(({ name }) => ({ type, name }));
      }),
    );
    return lists.flat();
  }

  async namespaces(limit: number): Promise<readonly string[]> {
    const { items } = await this.#server.send("GET", "/api/v1/namespaces");
    return (items as { readonly name: string }[]).slice(0, limit).map(({ name }) => name);
  }

  archived(): Promise<ArchivedRuns> {
    return Promise.resolve(new ServerArchive(this.#server, this.namespace));
  }

  async usage({ types, namespace, labelSelector, by, since }: UsageQuery): Promise<UsageReport> {
    const query = new URLSearchParams({ by });
    for (const { kind } of types) query.append("kind", kind.toLowerCase());
    if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
    if (since !== undefined) query.set("since", new Date(since).toISOString());
    const place = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
    return (await this.#server.send("GET", `/api/v1${place}/usage?${query.toString()}`)) as unknown as UsageReport;
  }

  async budgets(namespace: string | undefined): Promise<BudgetList> {
    const place = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
    return (await this.#server.send("GET", `/api/v1${place}/budgets`)) as unknown as BudgetList;
  }

  async events(found: Found): Promise<readonly RunEvent[]> {
    const { items } = await this.#server.send("GET", pathOf(found, "/events"));
    return items as RunEvent[];
  }

  request(found: Found, what: RunRequest, { replace }: { readonly replace?: boolean }): Promise<Requested> {
    return this.#requested(found, `/${what}`, what === "retry" && replace === true ? { replace } : {});
  }

  addContext(found: Found, text: string): Promise<Requested> {
    if (text.trim() === "") return Promise.reject(new OperationError("the context is empty", { problem: "Invalid" }));
    return this.#requested(found, "/context", { additional_context: text });
  }

  async remove(found: Found): Promise<void> {
    await this.#server.send("DELETE", `${pathOf(found)}?uid=${encodeURIComponent(found.run.metadata.uid)}`);
  }

  when(
    found: Found,
    isWanted: (run: Stored<AnyRun>) => boolean,
    signal: AbortSignal,
  ): Promise<Stored<AnyRun> | undefined> {
    return runWhen(this.#server, found, isWanted, signal);
  }

  async *output(found: Found, options: LogOptions, signal: AbortSignal): AsyncGenerator<AttemptOutput> {
    const query = new URLSearchParams();
    for (const name of ["follow", "attempt", "tail", "timestamps"] as const)
      if (options[name] !== undefined) query.set(name, String(options[name]));
    const events = this.#server.events(`${pathOf(found, "/logs")}?${query.toString()}`, signal);
    let next = await events.next();
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      for (next = await events.next(); next.done !== true && next.value.event === "output"; next = await events.next())
        if (isObject(next.value.data)) yield Buffer.from(String(next.value.data.text));
    };
    while (next.done !== true && next.value.event === "attempt") {
      const { attempt, pod } = next.value.data as { attempt: number; pod: string };
      yield { attempt, pod, bytes: bytes() };
    }
    if (next.done === true || (isObject(next.value.data) && next.value.data.reason !== undefined))
      throw new OperationError(`the connection ended before the output of ${nameOf(found)}; run the command again`);
  }

  async #requested(found: Found, path: string, body: object): Promise<Requested> {
    const { changed, message, run } = await this.#server.send("POST", pathOf(found, path), body);
    const text = String(message);
    const name = `${nameOf(found)} `;
    const what = text.startsWith(name) ? text.slice(name.length) : text;
    return { run: run as Stored<AnyRun>, changed: changed === true, what };
  }
}

const pathOf = ({ type, run }: Found, more = ""): string => runPath(type, objectKey(run)) + more;

/** Where each column that kubectl prints is in a summary; priority 1 belongs to wide tables. The order is that of the CRDs. */
type Columns = readonly (readonly [name: string, field: keyof RunSummary, priority?: 1])[];

const state: Columns = [
  ["Run", "attempt"],
  ["Phase", "phase"],
  ["Reason", "reason"],
  ["Age", "createdAt"],
];
const last: Columns = [
  ["Job", "job", 1],
  ["Cost", "costUSD", 1],
  ["Message", "message", 1],
];
const taskColumns: Columns = [
  ["Name", "name"],
  ["Task", "task"],
  ["Service", "service"],
  ["Agent", "agent"],
];
const kindColumns = new Map<string, Columns>([
  ["TaskRun", [...taskColumns, ...state, ...last]],
  ["CodeRun", [...taskColumns, ["Model", "model", 1], ...state, ["PullRequest", "pullRequestUrl", 1], ...last]],
  [
    "DocsRun",
    [
      ["Name", "name"],
      ["Directory", "service"],
      ["Branch", "branch"],
      ["Agent", "agent"],
      ...state,
      ["PullRequest", "pullRequestUrl", 1],
      ...last,
    ],
  ],
]);

/** The columns of a kind, as the CRD has them. */
export function columnsOf({ kind }: RunType): RunTable["columns"] {
  return (kindColumns.get(kind) ?? []).map(([name, , priority = 0]) => ({ name, priority }));
}

function rowOf({ kind }: RunType, summary: RunSummary): Row {
  const { name, namespace, uid, createdAt } = summary;
  const cells = (kindColumns.get(kind) ?? []).map(([, field]) => summary[field]);
  return { metadata: { name, namespace, uid, creationTimestamp: createdAt }, cells };
}
