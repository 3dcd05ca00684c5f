/**
 * An API server in the test's own process, over HTTP on the loopback interface: storage, lists, watches, writes with their
 * preconditions, finalizers. No admission, no schemas, no garbage collection and no controllers: a test does their work.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { isDeepStrictEqual } from "node:util";
import type { Test } from "tap";
import { clearMissing, isRecord, jsonPatch, mergePatch } from "./patches.js";
import type { ServerAccess } from "#src/runtime/client/access.js";
import type { KubernetesObject, ObjectKey, Stored } from "#src/runtime/client/objects.js";
import { apiVersionOf, type ResourceType } from "#src/runtime/client/resource.js";
import { formatTime, type Clock } from "#src/runtime/clock.js";

/** Any object: the server looks into few of its fields. */
type AnyObject = Stored<KubernetesObject> & {
  readonly spec?: unknown;
  status?: unknown;
  readonly data?: unknown;
  readonly immutable?: boolean;
};

interface Change {
  readonly version: number;
  readonly plural: string;
  readonly before: AnyObject | undefined;
  /** Undefined: the object is gone. */
  readonly after: AnyObject | undefined;
}

/** One request, as a test sees it. */
export interface Call {
  readonly method: string;
  /** API group; empty for the core group. */
  readonly group: string;
  readonly plural: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
  readonly query: URLSearchParams;
}

interface Watch {
  readonly call: Call;
  readonly send: (change: Change) => void;
}

class StatusError extends Error {
  constructor(
    readonly code: number,
    readonly reason: string,
    message: string,
    readonly causes: readonly object[] = [],
  ) {
    super(message);
  }
}

/** Resources whose status only their subresource writes. */
const withStatus = new Set(["taskruns", "coderuns", "docsruns", "budgets", "deliveries", "schedules", "jobs"]);

export class ApiServer {
  readonly #clock: Clock;
  readonly #objects = new Map<string, AnyObject>();
  readonly #history: Change[] = [];
  readonly #watches = new Set<Watch>();
  /** What each applied object last contained, by UID. */
  readonly #applied = new Map<string, unknown>();
  #version = 0;
  #uid = 0;
  #server = "";
  #released: { readonly holds: (call: Call) => boolean; readonly done: Promise<void> }[] = [];
  /** Every write of the operator that was carried out: `POST jobs/team-a/name`. */
  readonly writes: string[] = [];
  /** Whether the operator's roles allow a request; others are answered 403. */
  allows: (call: Call) => boolean = () => true;
  /** Requests that were not allowed. */
  readonly forbidden: string[] = [];
  /** Returns the error to answer a request with. */
  fault: (call: Call) => Error | undefined = () => undefined;

  private constructor(clock: Clock) {
    this.#clock = clock;
  }

  static async start(t: Test, clock: Clock): Promise<ApiServer> {
    const api = new ApiServer(clock);
    const server = createServer((request, response) => void api.#handle(request, response));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = server.address();
    api.#server = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
    t.teardown(async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    });
    return api;
  }

  get access(): ServerAccess {
    const connection = { server: this.#server, tls: {} };
    return {
      namespace: "default",
      connection: () => Promise.resolve(connection),
      headers: () => Promise.resolve({}),
    };
  }

  /** An error for {@link fault}. */
  static error(code: number, reason: string, causes: readonly object[] = []): Error {
    return new StatusError(code, reason, "injected by the test", causes);
  }

  /** Delays the requests that match until the returned function is called. */
  hold(holds: (call: Call) => boolean): () => void {
    let release = (): void => undefined;
    const hold = { holds, done: new Promise<void>((resolve) => (release = resolve)) };
    this.#released.push(hold);
    return () => {
      this.#released = this.#released.filter((one) => one !== hold);
      release();
    };
  }

  get<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey): Stored<T> | undefined {
    return structuredClone(this.#objects.get(pathOf(type.plural, key.namespace, key.name))) as Stored<T> | undefined;
  }

  list<T extends KubernetesObject>(type: ResourceType<T>): Stored<T>[] {
    return [...this.#objects].filter(([path]) => path.startsWith(`${type.plural}/`)).map(([, one]) => one as Stored<T>);
  }

  /** Creates an object as a user would. */
  create<T extends KubernetesObject>(type: ResourceType<T>, object: T): Stored<T> {
    return this.#create(type.plural, { ...object, apiVersion: apiVersionOf(type), kind: type.kind }) as Stored<T>;
  }

  /** Changes an object as a user or another controller would: its status too. */
  change<T extends KubernetesObject>(type: ResourceType<T>, key: ObjectKey, edit: (object: Stored<T>) => void): void {
    const path = pathOf(type.plural, key.namespace, key.name);
    const copy = structuredClone(this.#existing(path));
    edit(copy as unknown as Stored<T>);
    this.#replace(path, copy);
  }

  /** Requests a deletion as a user would. */
  remove(type: ResourceType, key: ObjectKey): void {
    this.#delete(pathOf(type.plural, key.namespace, key.name));
  }

  #existing(path: string): AnyObject {
    const object = this.#objects.get(path);
    if (object === undefined) throw new StatusError(404, "NotFound", `${path} not found`);
    return object;
  }

  #create(plural: string, object: KubernetesObject): AnyObject {
    const { metadata = {} } = object;
    const name = metadata.name ?? `${metadata.generateName ?? ""}${++this.#uid}`;
    const path = pathOf(plural, metadata.namespace, name);
    if (this.#objects.has(path)) throw new StatusError(409, "AlreadyExists", `${path} already exists`);
    const created = {
      ...structuredClone(object),
      metadata: {
        ...metadata,
        name,
        uid: `uid-${++this.#uid}`,
        generation: 1,
        creationTimestamp: formatTime(this.#clock.now()),
        resourceVersion: "",
      },
    };
    return this.#store(path, created) ?? created;
  }

  /** Stores a changed object; one that is being deleted and has no finalizers is removed. */
  #replace(path: string, object: AnyObject): AnyObject {
    const before = this.#existing(path);
    if (isDeepStrictEqual(object, before)) return before;
    if (before.immutable === true && !isDeepStrictEqual(object.data, before.data))
      throw new StatusError(422, "Invalid", `${path} is immutable`);
    if (!isDeepStrictEqual(object.spec, before.spec))
      object.metadata.generation = (before.metadata.generation ?? 0) + 1;
    const isGone = object.metadata.deletionTimestamp !== undefined && (object.metadata.finalizers ?? []).length === 0;
    return this.#store(path, isGone ? undefined : object) ?? object;
  }

  #delete(path: string): AnyObject | undefined {
    const object = structuredClone(this.#existing(path));
    object.metadata.deletionTimestamp ??= formatTime(this.#clock.now());
    this.#replace(path, object);
    return this.#objects.get(path);
  }

  #store(path: string, object: AnyObject | undefined): AnyObject | undefined {
    const before = this.#objects.get(path);
    const version = ++this.#version;
    if (object === undefined) this.#objects.delete(path);
    else {
      object.metadata.resourceVersion = String(version);
      this.#objects.set(path, structuredClone(object));
    }
    const plural = path.slice(0, path.indexOf("/"));
    const change = { version, plural, before, after: this.#objects.get(path) };
    this.#history.push(change);
    for (const watch of this.#watches) if (watch.call.plural === plural) watch.send(change);
    return change.after;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const text = Buffer.concat(chunks).toString();
      const call = callOf(request);
      for (const { holds, done } of this.#released) if (holds(call)) await done;
      if (!this.allows(call)) {
        this.forbidden.push(`${call.method} ${request.url ?? ""}`);
        throw new StatusError(403, "Forbidden", "the roles do not allow it");
      }
      const fault = this.fault(call);
      if (fault !== undefined) throw fault;
      const body: unknown = text === "" ? undefined : JSON.parse(text);
      if (call.query.get("watch") === "1") {
        this.#watch(call, isMetadataOnly(request), response);
        return;
      }
      const answer = this.#answer(call, request, body);
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    } catch (error) {
      if (response.destroyed) return;
      const { code, reason, causes } = error instanceof StatusError ? error : { code: 500, reason: "", causes: [] };
      const name = callOf(request).name ?? "";
      const message = error instanceof Error ? error.message : String(error);
      response
        .writeHead(code, { "content-type": "application/json" })
        .end(JSON.stringify({ kind: "Status", code, reason, message, details: { name, causes } }));
    }
  }

  #answer(call: Call, request: IncomingMessage, body: unknown): unknown {
    const { method, plural, namespace, name } = call;
    if (method === "GET") {
      const transform = isMetadataOnly(request) ? metadataOf : (one: AnyObject): unknown => one;
      if (name !== undefined) return transform(this.#existing(pathOf(plural, namespace, name)));
      const items = [...this.#objects].filter(([path, one]) => path.startsWith(`${plural}/`) && selects(call, one));
      return { metadata: { resourceVersion: String(this.#version) }, items: items.map(([, one]) => transform(one)) };
    }
    if (method === "POST" && call.query.get("dryRun") === "All")
      return { ...record(body), metadata: { name: "dry-run", creationTimestamp: formatTime(this.#clock.now()) } };
    const answer = this.#write(call, request.headers["content-type"] ?? "", body);
    const path = [plural, namespace, name ?? answer?.metadata.name, call.subresource];
    this.writes.push(`${method} ${path.filter((part) => part !== undefined).join("/")}`);
    return answer ?? { kind: "Status", status: "Success" };
  }

  #write({ method, plural, namespace, name, subresource }: Call, type: string, body: unknown): AnyObject | undefined {
    if (method === "POST") {
      const { status: _status, ...object } = record(body);
      return this.#create(plural, withStatus.has(plural) ? object : record(body));
    }
    const path = pathOf(plural, namespace, name ?? "");
    if (method === "PATCH" && type.startsWith("application/apply-patch")) return this.#apply(plural, path, body);
    const before = this.#existing(path);
    const preconditions = method === "DELETE" ? record(body).preconditions : record(body).metadata;
    if (!Array.isArray(body)) checkPreconditions(before, record(preconditions));
    if (method === "DELETE") return this.#delete(path);
    if (method === "PUT") return this.#replace(path, record(body) as unknown as AnyObject);
    const patched = Array.isArray(body) ? jsonPatch(before, body) : mergePatch(before, body);
    const object = patched as AnyObject;
    const isStatus = subresource === "status";
    if (isStatus) return this.#replace(path, { ...before, status: object.status });
    return this.#replace(path, withStatus.has(plural) ? { ...object, status: before.status } : object);
  }

  /** Server-side apply, as far as one field manager needs it: what it applied before and no longer does is removed. */
  #apply(plural: string, path: string, body: unknown): AnyObject {
    const wanted = record(body) as unknown as AnyObject;
    const before = this.#objects.get(path);
    const { uid } = wanted.metadata as { readonly uid?: string };
    if (before?.metadata.uid !== uid && uid !== undefined) throw new StatusError(409, "Conflict", `${path}: other UID`);
    const merged =
      before && mergePatch(clearMissing(before, this.#applied.get(before.metadata.uid) ?? {}, wanted), wanted);
    const after = merged === undefined ? this.#create(plural, wanted) : this.#replace(path, merged as AnyObject);
    this.#applied.set(after.metadata.uid, wanted);
    return after;
  }

  #watch(call: Call, isMetadata: boolean, response: ServerResponse): void {
    const view = (object: AnyObject): unknown => (isMetadata ? metadataOf(object) : object);
    const write = (type: string, object: unknown): void => void response.write(`${JSON.stringify({ type, object })}\n`);
    const send = ({ version, before, after }: Change): void => {
      const [was, is] = [before, after].map((one) => one !== undefined && selects(call, one));
      if (is === true && after !== undefined) write(was === true ? "MODIFIED" : "ADDED", view(after));
      else if (was === true && before !== undefined) {
        const metadata = { ...before.metadata, resourceVersion: String(version) };
        write("DELETED", view({ ...before, metadata }));
      }
    };
    response.writeHead(200, { "content-type": "application/json" });
    response.flushHeaders();
    if (call.query.get("sendInitialEvents") === "true") {
      for (const [path, one] of this.#objects)
        if (path.startsWith(`${call.plural}/`) && selects(call, one)) write("ADDED", view(one));
      const annotations = { "k8s.io/initial-events-end": "true" };
      write("BOOKMARK", { metadata: { resourceVersion: String(this.#version), annotations } });
    } else {
      const from = Number(call.query.get("resourceVersion") ?? this.#version);
      for (const change of this.#history) if (change.plural === call.plural && change.version > from) send(change);
    }
    const watch = { call, send };
    this.#watches.add(watch);
    response.once("close", () => this.#watches.delete(watch));
  }
}

function pathOf(plural: string, namespace: string | undefined, name: string): string {
  return `${plural}/${namespace ?? ""}/${name}`;
}

function callOf(request: IncomingMessage): Call {
  const url = new URL(request.url ?? "", "http://localhost");
  const parts = url.pathname.split("/").slice(1);
  const rest = parts.slice(parts[0] === "api" ? 2 : 3);
  const isNamespaced = rest[0] === "namespaces" && rest.length > 2;
  const [plural = "", name, subresource] = isNamespaced ? rest.slice(2) : rest;
  const namespace = isNamespaced ? rest[1] : undefined;
  const group = parts[0] === "api" ? "" : (parts[1] ?? "");
  return { method: request.method ?? "", group, plural, namespace, name, subresource, query: url.searchParams };
}

function selects({ namespace, query }: Call, { metadata }: AnyObject): boolean {
  const name = /^metadata\.name=(.*)$/.exec(query.get("fieldSelector") ?? "")?.[1];
  const [label = "", value] = (query.get("labelSelector") ?? "").split("=");
  return (
    (namespace === undefined || metadata.namespace === namespace) &&
    (name === undefined || metadata.name === name) &&
    (label === "" || (value === undefined ? label in (metadata.labels ?? {}) : metadata.labels?.[label] === value))
  );
}

function isMetadataOnly({ headers }: IncomingMessage): boolean {
  return headers.accept?.includes("as=PartialObjectMetadata") === true;
}

function metadataOf({ metadata }: AnyObject): object {
  return { apiVersion: "meta.k8s.io/v1", kind: "PartialObjectMetadata", metadata };
}

/** @throws StatusError unless the object has the UID and the version that the writer expects */
function checkPreconditions({ metadata }: AnyObject, expected: Record<string, unknown>): void {
  for (const field of ["uid", "resourceVersion"] as const)
    if (expected[field] !== undefined && expected[field] !== metadata[field])
      throw new StatusError(409, "Conflict", `${metadata.name} has another ${field}`);
}

function record(value: unknown): Record<string, unknown> {
  return isRecord(value) ? value : {};
}
