/** An API server in this process that stores runs: lists as objects, names and Tables, watches, and server-side apply with dry runs. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Test } from "tap";
import { parse } from "yaml";
import type { Budget } from "#src/api/budget.js";
import type { AnyRun } from "#src/operations/any-run.js";
import type { Stored } from "#src/runtime/client/objects.js";
import { packageRoot } from "#src/version.js";

interface Column {
  readonly name: string;
  readonly jsonPath: string;
  readonly priority?: number;
}

interface Crd {
  readonly spec: { readonly versions: readonly { readonly additionalPrinterColumns: readonly Column[] }[] };
}

const kinds = { taskruns: "TaskRun", coderuns: "CodeRun", docsruns: "DocsRun" } as const;
type Plural = keyof typeof kinds;

/** The columns that the API server prints, by plural. */
export const printerColumns = new Map<string, readonly Column[]>(
  Object.keys(kinds).map((plural) => {
    const crd = parse(readFileSync(join(packageRoot, `crds/${plural}.orchestrator.io.yaml`), "utf8")) as Crd;
    const [version] = crd.spec.versions;
    return [plural, [{ name: "Name", jsonPath: ".metadata.name" }, ...(version?.additionalPrinterColumns ?? [])]];
  }),
);

interface Applied {
  readonly metadata: { readonly uid?: string; readonly resourceVersion?: string };
  readonly spec: object;
}

interface Watch {
  readonly plural: string;
  readonly response: ServerResponse;
  readonly asTable: boolean;
  readonly name: string | undefined;
}

export class RunStore {
  readonly runs = new Map<string, Stored<AnyRun>>();
  /** Budgets of namespace `ns`. */
  budgets: readonly Budget[] = [];
  /** The caller may list runs of namespace `ns` alone (`others`), or none. */
  forbidden: "nothing" | "others" | "runs" = "nothing";
  /** Methods and paths with queries, in their order. */
  readonly asked: string[] = [];
  /** RFC 3339: when runs are created. */
  createdAt = "2026-01-02T03:04:05Z";
  /** Text of a warning to every write. */
  warning: string | undefined;
  /** Status code and message of an answer to every write. */
  refusal: { readonly code: number; readonly message: string } | undefined;
  /** Called once, when a watch begins, which then ends because its version is too old. */
  beforeExpiry: (() => void) | undefined;
  /** Called once, after a dry run has been answered. */
  afterDryRun: (() => void) | undefined;
  readonly #watches = new Set<Watch>();
  #version = 10;

  /** Starts it; returns its URL. */
  async start(t: Test): Promise<string> {
    const server = createServer((request, response) => void this.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  get watching(): number {
    return this.#watches.size;
  }

  /** Creates a run in namespace `ns`, or replaces fields of its spec and status. */
  put(plural: Plural, name: string, fields: { readonly spec?: object; readonly status?: object }): void {
    const key = `${plural}/${name}`;
    const before = this.runs.get(key);
    const run = this.#next(plural, name, { ...before?.spec, ...fields.spec });
    const status = { ...before?.status, ...fields.status };
    this.#store(plural, { ...run, ...(Object.keys(status).length > 0 && { status }) });
  }

  delete(plural: Plural, name: string): void {
    const run = this.runs.get(`${plural}/${name}`);
    this.runs.delete(`${plural}/${name}`);
    if (run === undefined) return;
    const metadata = { ...run.metadata, resourceVersion: String(++this.#version) };
    this.#send(plural, "DELETED", { ...run, metadata });
  }

  #next(plural: string, name: string, spec: object): Stored<AnyRun> {
    const before = this.runs.get(`${plural}/${name}`);
    const uid = before?.metadata.uid ?? `00000000-0000-4000-8000-${String(++this.#version).padStart(12, "0")}`;
    const resourceVersion = String(++this.#version);
    const creationTimestamp = before?.metadata.creationTimestamp ?? this.createdAt;
    const managedFields = [{ manager: "someone", operation: "Apply" }];
    const metadata = { name, namespace: "ns", uid, resourceVersion, creationTimestamp, managedFields };
    const { status } = before ?? {};
    const apiVersion = "orchestrator.io/v1";
    return {
      apiVersion,
      kind: kinds[plural as Plural],
      metadata,
      spec,
      ...(status && { status }),
    } as unknown as Stored<AnyRun>;
  }

  #store(plural: string, run: Stored<AnyRun>): void {
    const key = `${plural}/${run.metadata.name}`;
    const type = this.runs.has(key) ? "MODIFIED" : "ADDED";
    this.runs.set(key, run);
    this.#send(plural, type, run);
  }

  #send(plural: string, type: string, run: Stored<AnyRun>): void {
    for (const { asTable, response, ...watch } of this.#watches)
      if (watch.plural === plural && (watch.name === undefined || watch.name === run.metadata.name))
        response.write(`${JSON.stringify({ type, object: asTable ? this.#table(plural, [run]) : run })}\n`);
  }

  #table(plural: string, runs: readonly Stored<AnyRun>[]): object {
    const columns = printerColumns.get(plural) ?? [];
    return {
      kind: "Table",
      metadata: { resourceVersion: runs.length === 1 ? runs[0]?.metadata.resourceVersion : String(this.#version) },
      columnDefinitions: columns.map(({ name, priority = 0 }) => ({ name, priority })),
      rows: runs.map((run) => ({
        object: { metadata: run.metadata },
        cells: columns.map(({ jsonPath }) => valueAt(run, jsonPath) ?? null),
      })),
    };
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams: query } = new URL(request.url ?? "", "http://server");
    this.asked.push(`${request.method ?? ""} ${request.url ?? ""}`);
    const answer = (code: number, body: object): void =>
      void response.writeHead(code, { "content-type": "application/json" }).end(JSON.stringify(body));
    const failure = (code: number, reason: string, message: string): void =>
      answer(code, { kind: "Status", status: "Failure", code, reason, message });
    const [, plural = "", name] =
      /^\/apis\/orchestrator\.io\/v1(?:\/namespaces\/ns)?\/(taskruns|coderuns|docsruns)(?:\/([^/]+))?$/.exec(
        pathname,
      ) ?? [];
    if (/^\/apis\/orchestrator\.io\/v1(?:\/namespaces\/ns)?\/budgets$/.test(pathname)) {
      answer(200, { kind: "List", metadata: {}, items: this.budgets });
      return;
    }
    const isForbidden =
      this.forbidden === "runs" || (this.forbidden === "others" && !pathname.includes("/namespaces/"));
    if (plural !== "" && isForbidden) {
      failure(403, "Forbidden", `${plural}.orchestrator.io is forbidden`);
      return;
    }
    if (plural === "") {
      answer(200, { kind: "List", metadata: {}, items: [{ metadata: { name: "ns" } }] });
      return;
    }
    const stored = this.runs.get(`${plural}/${name ?? ""}`);
    if (name === undefined) {
      this.#list(plural, request, response, query, answer);
      return;
    }
    if (request.method === "GET") {
      if (stored === undefined) failure(404, "NotFound", `${plural}.orchestrator.io "${name}" not found`);
      else answer(200, stored);
      return;
    }
    const body = JSON.parse(await textOf(request)) as Applied;
    if (this.warning !== undefined) response.setHeader("warning", `299 - "${this.warning}"`);
    const { uid, resourceVersion } = body.metadata;
    if (this.refusal !== undefined) failure(this.refusal.code, "", this.refusal.message);
    else if (uid !== undefined && (uid !== stored?.metadata.uid || resourceVersion !== stored.metadata.resourceVersion))
      failure(409, "Conflict", "the object has been modified");
    else {
      const isDry = query.get("dryRun") === "All";
      const run = this.#next(plural, name, { retryAttempt: 1, ...body.spec });
      if (!isDry) this.#store(plural, run);
      answer(200, run);
      if (!isDry) return;
      this.afterDryRun?.();
      this.afterDryRun = undefined;
    }
  }

  #list(
    plural: string,
    { headers: { accept = "" } }: IncomingMessage,
    response: ServerResponse,
    query: URLSearchParams,
    answer: (code: number, body: object) => void,
  ): void {
    const name = /^metadata\.name=(.*)$/.exec(query.get("fieldSelector") ?? "")?.[1];
    const asTable = accept.includes("as=Table");
    if (query.get("watch") !== null) {
      if (this.beforeExpiry !== undefined) {
        this.beforeExpiry();
        this.beforeExpiry = undefined;
        const status = { kind: "Status", code: 410, reason: "Expired", message: "too old resource version" };
        response.end(JSON.stringify({ type: "ERROR", object: status }) + "\n");
        return;
      }
      const watch = { plural, response, asTable, name };
      this.#watches.add(watch);
      response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
      response.once("close", () => this.#watches.delete(watch));
      return;
    }
    const items = [...this.runs]
      .filter(([key, run]) => key.startsWith(`${plural}/`) && (name === undefined || run.metadata.name === name))
      .map(([, run]) => run);
    const metadata = { resourceVersion: String(this.#version) };
    answer(200, asTable ? this.#table(plural, items) : { kind: "List", metadata, items });
  }
}

function valueAt(run: unknown, jsonPath: string): unknown {
  const fields = jsonPath.slice(1).match(/(?:\\.|[^.\\])+/g) ?? [];
  return fields.reduce<unknown>(
    (value, field) => (value as Record<string, unknown> | undefined)?.[field.replaceAll("\\.", ".")],
    run,
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request) text += String(chunk);
  return text;
}
