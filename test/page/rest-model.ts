/** The REST API in this process, without a cluster: runs in memory, streams, and a server that can be lost. It serves the built page as the server does. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import Koa from "koa";
import type { Test } from "tap";
import type { Run } from "#src/page/run-types.js";
import type {
  ArchivedRun,
  ArchivedTranscript,
  BudgetSummary,
  DeliverySummary,
  PlaySummary,
  RunAccess,
  RunFileList,
  RunSummary,
} from "#src/server/generated/rest.js";
import { readPage, servePage } from "#src/server/page.js";

const files = readPage();

interface Stream {
  readonly response: ServerResponse;
  readonly path: string;
}

/** A run with what tests give. */
export function exampleRun(name: string, changes: Partial<Run> = {}): Run {
  return {
    apiVersion: "orchestrator.io/v1",
    kind: "TaskRun",
    metadata: {
      name,
      namespace: "team-a",
      uid: `uid-${name}`,
      resourceVersion: "1",
      creationTimestamp: "2026-01-02T03:04:05Z",
    },
    spec: { taskId: 1, serviceName: "auth", agentName: "rex", model: "sonnet", priority: "high" },
    ...changes,
  };
}

/** Those in the namespace of the path, or all. */
function listOf<T extends { readonly namespace: string }>(items: readonly T[], path: string): object {
  const namespace = /namespaces\/([^/]+)\//.exec(path)?.[1];
  return { items: items.filter((each) => namespace === undefined || each.namespace === namespace), isTruncated: false };
}

export class RestModel {
  readonly runs = new Map<string, Run>();
  readonly namespaces = ["team-a", "team-b"];
  access: RunAccess = { update: true, delete: true, logs: true };
  events: object[] = [];
  files: RunFileList["items"] = [];
  /** Events of the log: written to each reader. */
  log: readonly (readonly [event: string, data: object])[] = [];
  budgets: readonly BudgetSummary[] = [];
  deliveries: readonly DeliverySummary[] = [];
  plays: readonly PlaySummary[] = [];
  /** Two to a page. */
  archived: readonly ArchivedRun[] = [];
  /** Of the archived runs' attempts. */
  transcripts: readonly ArchivedTranscript[] = [];
  isSignedIn = true;
  /** Statuses by path that come instead of an answer. */
  readonly refusals = new Map<string, { readonly status: number; readonly detail: string }>();
  /** `METHOD path body` of what changed something. */
  readonly requests: string[] = [];
  readonly #streams = new Set<Stream>();
  /** All changes; the version of a list is their number. */
  readonly #changes: { readonly type: string; readonly run: RunSummary }[] = [];
  #server: Server | undefined;
  #port = 0;

  /** Starts it on a port, which stays the same. */
  async start(t: Test): Promise<string> {
    await this.#listen();
    t.teardown(() => this.stop());
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Ends all connections, and refuses others until {@link restart}. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  restart(): Promise<void> {
    return this.#listen();
  }

  /** Adds or changes a run, and tells those who watch. */
  put(run: Run): void {
    const type = this.runs.has(run.metadata.name) ? "modified" : "added";
    this.runs.set(run.metadata.name, run);
    this.#tell(type, run);
  }

  delete(name: string): void {
    const run = this.runs.get(name);
    this.runs.delete(name);
    if (run !== undefined) this.#tell("deleted", run);
  }

  /** Writes to those who read the log. */
  write(event: string, data: object): void {
    this.log = [...this.log, [event, data]];
    for (const { path, response } of this.#streams)
      if (path.endsWith("/logs")) response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  /** Ends streams with an event, as a server that stops. */
  endStreams(event: string): void {
    for (const { response } of this.#streams) response.end(`event: ${event}\ndata: {}\n\n`);
    this.#streams.clear();
  }

  async #listen(): Promise<void> {
    const app = new Koa();
    const page = servePage(files);
    app.use(async (context, next): Promise<void> => {
      await (context.path === "/ui/session" ? next() : page(context, next));
    });
    app.use((context) => {
      context.respond = false;
      this.#answer(context.req, context.res, context.path, context.URL.searchParams);
    });
    const handle = app.callback();
    const server = createServer((request, response) => void handle(request, response));
    this.#server = server;
    await new Promise<void>((resolve) => server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (server.address() as AddressInfo).port;
  }

  #tell(type: string, run: Run): void {
    const change = { type, run: summaryOf(run) };
    this.#changes.push(change);
    for (const { path, response } of this.#streams) {
      if (path.endsWith("/runs")) send(response, "run", change);
      else if (path.endsWith(`/${run.metadata.name}`)) {
        send(response, "run", { type, run });
        if (type === "deleted") response.end("event: end\ndata: {}\n\n");
      }
    }
  }

  #answer(request: IncomingMessage, response: ServerResponse, path: string, query: URLSearchParams): void {
    const refusal = this.refusals.get(path);
    const run = this.runs.get(path.split("/").at(-1) ?? "");
    if (refusal !== undefined) problem(response, refusal.status, refusal.detail);
    else if (path === "/ui/session") this.#session(request, response);
    else if (!this.isSignedIn) problem(response, 401, "send a token");
    else if (path === "/api/v1/me") json(response, { username: "ada@example.com", groups: [] });
    else if (path === "/api/v1/namespaces") json(response, { items: this.namespaces.map((name) => ({ name })) });
    else if (path.includes("/archived-runs")) this.#archive(response, path, query);
    else if (path.endsWith("/budgets")) json(response, listOf(this.budgets, path));
    else if (path.endsWith("/plays")) json(response, listOf(this.plays, path));
    else if (path.endsWith("/deliveries")) json(response, listOf(this.deliveriesOf(query), path));
    else if (request.method !== "GET") this.#change(request, response, path);
    else if (query.get("watch") === "true" || path.endsWith("/logs"))
      this.#stream(response, path, query.get("version"));
    else if (path.endsWith("/runs")) this.#list(response, path, query);
    else if (path.endsWith("/access")) json(response, this.access);
    else if (path.endsWith("/events")) json(response, { items: this.events });
    else if (path.endsWith("/files")) json(response, { items: this.files });
    else if (run === undefined) problem(response, 404, "there is no such run");
    else json(response, run);
  }

  #archive(response: ServerResponse, path: string, query: URLSearchParams): void {
    const [, , , , namespace, , plural, , uid, , attempt] = path.split("/");
    if (attempt !== undefined) {
      const found = this.transcripts.find((each) => each.run.uid === uid && each.attempt === Number(attempt));
      if (found === undefined) problem(response, 404, `the archive has no log of attempt ${attempt}`);
      else json(response, found);
      return;
    }
    if (plural !== undefined) {
      const found = this.archived.find(({ run }) => run.metadata.uid === uid);
      if (found === undefined) problem(response, 404, "the archive has no such run");
      else json(response, found);
      return;
    }
    const [kind, name] = ["kind", "name"].map((parameter) => query.get(parameter));
    const all = this.archived
      .map(({ run }) => run)
      .filter(({ metadata }) => metadata.namespace === namespace && (name === null || metadata.name === name))
      .filter((run) => kind === null || run.kind.toLowerCase() === kind);
    const from = Number(query.get("continue") ?? 0);
    const items = all.slice(from, from + 2).map(({ kind, metadata: { namespace, name, uid } }) => {
      return { kind, namespace, name, uid, archivedAt: "2026-01-02T03:04:05Z", bytes: 1_500 };
    });
    json(response, { items, ...(from + 2 < all.length && { continue: String(from + 2) }) });
  }

  deliveriesOf(query: URLSearchParams): readonly DeliverySummary[] {
    const [repository, phase] = ["repository", "phase"].map((name) => query.get(name));
    return this.deliveries
      .filter((each) => repository === null || each.repository === repository)
      .filter((each) => phase === null || each.phase === phase);
  }

  #session(request: IncomingMessage, response: ServerResponse): void {
    if (request.method === "GET") {
      json(response, { signIn: "token", signOut: this.isSignedIn });
      return;
    }
    void bodyOf(request).then((body) => {
      const isRefused = request.method === "POST" && !body.includes("good-token");
      this.isSignedIn = request.method === "POST" && !isRefused;
      if (isRefused) problem(response, 401, "rejected");
      else response.writeHead(204).end();
    });
  }

  #change(request: IncomingMessage, response: ServerResponse, path: string): void {
    void bodyOf(request).then((body) => {
      this.requests.push(`${request.method ?? ""} ${path} ${body}`.trim());
      const run = this.runs.get(path.split("/")[6] ?? "");
      json(response, { changed: true, message: "another attempt requested", run });
    });
  }

  #list(response: ServerResponse, path: string, query: URLSearchParams): void {
    const namespace = /namespaces\/([^/]+)\//.exec(path)?.[1];
    const kinds = query.getAll("kind");
    const all = [...this.runs.values()].filter(
      ({ kind, metadata }) =>
        (namespace === undefined || metadata.namespace === namespace) &&
        (kinds.length === 0 || kinds.includes(kind.toLowerCase())),
    );
    const from = Number(query.get("continue") ?? 0);
    const end = from + Number(query.get("limit") ?? 100);
    json(response, {
      items: all.slice(from, end).map(summaryOf),
      version: String(this.#changes.length),
      ...(end < all.length && { continue: String(end) }),
    });
  }

  #stream(response: ServerResponse, path: string, version: string | null): void {
    const name = path.split("/")[6];
    const run = name === undefined ? undefined : this.runs.get(name);
    if (name !== undefined && run === undefined) {
      problem(response, 404, `there is no run "${name}"`);
      return;
    }
    const stream = { response, path };
    this.#streams.add(stream);
    response.once("close", () => this.#streams.delete(stream));
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    if (path.endsWith("/logs")) for (const [event, data] of this.log) send(response, event, data);
    else if (run !== undefined) send(response, "run", { type: "added", run });
    else for (const change of this.#changes.slice(Number(version))) send(response, "run", change);
  }
}

function summaryOf({ kind, metadata, spec, status = {} }: Run): RunSummary {
  const { taskId, serviceName, agentName } = spec;
  const { phase = "Pending", reason, attempts } = status;
  return {
    ...{
      kind,
      namespace: metadata.namespace,
      name: metadata.name,
      uid: metadata.uid,
      createdAt: metadata.creationTimestamp,
    },
    ...{ phase, service: String(serviceName), agent: String(agentName) },
    ...(typeof taskId === "number" && { task: taskId }),
    ...(reason !== undefined && { reason }),
    ...(attempts !== undefined && { attempt: attempts }),
  };
}

function send(response: ServerResponse, event: string, data: object): void {
  response.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}

function json(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(value));
}

function problem(response: ServerResponse, status: number, detail: string): void {
  const body = { type: "about:blank", title: "Refused", status, detail };
  response.writeHead(status, { "content-type": "application/problem+json" }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
