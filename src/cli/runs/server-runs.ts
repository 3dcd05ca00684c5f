/** Runs of `orchestrator server`, by its REST API. */
import { labels } from "../../api/labels.js";
import { nameOf, type AnyRun, type Found } from "../../operations/any-run.js";
import type { Requested } from "../../operations/change-spec.js";
import type { RunEvent } from "../../operations/events.js";
import { findRun } from "../../operations/find.js";
import type { AttemptOutput, LogOptions } from "../../operations/logs.js";
import { OperationError } from "../../operations/operation-error.js";
import type { Row, RunTable } from "../../operations/table.js";
import { runWhen } from "../../operations/wait.js";
import type { HttpClient } from "../../runtime/client/http.js";
import { objectKey, type Stored } from "../../runtime/client/objects.js";
import { isObject } from "../../runtime/schema/json.js";
import type { RunRequest, Runs, RunType, Selection } from "./runs.js";
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

  async tables(types: readonly RunType[], selection: Selection): Promise<readonly RunTable[]> {
    const tables: RunTable[] = [];
    for (const type of types) {
      const summaries = await this.#server.summaries(type, selection);
      tables.push({ type, columns: columnsOf(type), rows: summaries.map((each) => rowOf(type, each)) });
    }
    return tables;
  }

  tableOf({ type, run }: Found): Promise<RunTable> {
    return Promise.resolve({ type, columns: columnsOf(type), rows: [rowOf(type, summaryOf(run))] });
  }

  async objects(types: readonly RunType[], selection: Selection): Promise<readonly Found[]> {
    const found: Found[] = [];
    for (const type of types)
      for (const run of (await this.#server.list(type, selection)).items) found.push({ type, run });
    return found;
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

/** The columns of kubectl's tables that the REST API's lists have. */
function columnsOf({ kind }: RunType): RunTable["columns"] {
  const first = kind === "DocsRun" ? ["Name", "Directory"] : ["Name", "Task", "Service"];
  return [...first, "Agent", "Run", "Phase", "Reason", "Age"].map((name) => ({ name, priority: 0 }));
}

function rowOf({ kind }: RunType, summary: Omit<RunSummary, "kind">): Row {
  const { name, namespace, uid, task, service, agent, attempt, phase, reason, createdAt } = summary;
  const first = kind === "DocsRun" ? [name, service] : [name, task, service];
  return {
    metadata: { name, namespace, uid, creationTimestamp: createdAt },
    cells: [...first, agent, attempt, phase, reason, createdAt],
  };
}

function summaryOf({ metadata, spec, status }: Stored<AnyRun>): Omit<RunSummary, "kind"> {
  const { name, namespace = "", uid, creationTimestamp: createdAt = "" } = metadata;
  const agent = "agentName" in spec ? spec.agentName : metadata.labels?.[labels.agent];
  const { attempts: attempt, phase = "Pending", reason } = status ?? {};
  const service = "serviceName" in spec ? spec.serviceName : "service" in spec ? spec.service : spec.workingDirectory;
  return {
    ...{ name, namespace, uid, createdAt, phase, service },
    ...("taskId" in spec && { task: spec.taskId }),
    ...(agent !== undefined && { agent }),
    ...(attempt !== undefined && { attempt }),
    ...(reason !== undefined && { reason }),
  };
}
