/**
 * An API server in memory behind a real {@link HttpClient}: storage with optimistic concurrency, finalizers and watches.
 * Every request passes `intercept`, which can fail it or hold it.
 */
import { setImmediate as nextTurn } from "node:timers/promises";
import type { Dispatcher } from "undici";
import type { ServerAccess } from "#src/runtime/client/access.js";
import { HttpClient, type HttpClientOptions } from "#src/runtime/client/http.js";
import type { KubernetesObject, ObjectMeta, Stored } from "#src/runtime/client/objects.js";
import { formatTime, type Clock } from "#src/runtime/clock.js";

/** A request as the server receives it. */
export interface Received {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

interface Watch {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly send: (type: string, object: unknown) => void;
}

/** undici's older interface of handlers, which its own request API implements. */
interface StreamHandler {
  onConnect(abort: (reason?: Error) => void): void;
  onHeaders(status: number, headers: Buffer[], resume: () => void): boolean;
  onData(chunk: Buffer): boolean;
  onError(error: Error): void;
}

interface Target {
  readonly collection: string;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export class MemoryServer {
  readonly requests: Received[] = [];
  /** Called before each request; what it throws is the connection's failure. */
  intercept: (request: Received) => void | Promise<void> = () => undefined;
  /** Watches get no more events, as when they lag. */
  silent = false;
  readonly #collections = new Map<string, Map<string, Stored<KubernetesObject>>>();
  readonly #watches = new Set<Watch>();
  #version = 1000;
  #closed = 0;

  constructor(readonly clock: Pick<Clock, "now">) {}

  get openWatches(): number {
    return this.#watches.size;
  }

  /** Dispatchers that a client closed. */
  get closed(): number {
    return this.#closed;
  }

  get access(): ServerAccess {
    const connection = { server: "http://memory", tls: {} };
    return {
      namespace: "ns",
      connection: () => Promise.resolve(connection),
      headers: () => Promise.resolve({}),
    };
  }

  client(options: Partial<HttpClientOptions> = {}): HttpClient {
    return new HttpClient({
      access: this.access,
      fieldManager: "test",
      random: () => 0,
      createDispatcher: () => this.#dispatcher(),
      ...options,
    });
  }

  /** The requests of these methods, as `METHOD path`. */
  sent(...methods: string[]): string[] {
    return this.requests
      .filter(({ method }) => methods.includes(method))
      .map(({ method, path }) => `${method} ${path}`);
  }

  /** Stores an object by its path, as another client would. */
  put(path: string, object: KubernetesObject): Stored<KubernetesObject> {
    const target = parsePath(path);
    return this.#store(target, target.name ?? "", structuredClone(object), "other");
  }

  find(path: string): Stored<KubernetesObject> | undefined {
    const { collection, namespace, name } = parsePath(path);
    return this.#collections.get(collection)?.get(`${namespace ?? ""}/${name ?? ""}`);
  }

  remove(path: string): void {
    const target = parsePath(path);
    const stored = this.find(path);
    if (stored !== undefined) this.#drop(target, stored);
  }

  #dispatcher(): Dispatcher {
    const end = (): Promise<void> => {
      this.#closed++;
      return Promise.resolve();
    };
    const dispatch = (options: Dispatcher.DispatchOptions, handler: unknown): boolean => {
      const url = new URL(options.path, "http://memory");
      if (url.searchParams.get("watch") === "1") this.#watch(url, handler as StreamHandler);
      else void this.#unary(url, options, handler as Dispatcher.DispatchHandler);
      return true;
    };
    return { dispatch, close: end, destroy: end } as unknown as Dispatcher;
  }

  async #unary(url: URL, options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): Promise<void> {
    const failed = new AbortController();
    const isFailed = (): boolean => failed.signal.aborted;
    const fail = (error: Error): void => {
      if (isFailed()) return;
      failed.abort();
      handler.onResponseError?.(controller, error);
    };
    const controller = { abort: fail } as unknown as Dispatcher.DispatchController;
    // as in undici, a request waits for its connection
    await nextTurn();
    handler.onRequestStart?.(controller, {});
    if (isFailed()) return;
    const text = typeof options.body === "string" ? options.body : undefined;
    const request: Received = {
      method: options.method,
      path: url.pathname,
      query: url.searchParams,
      body: text === undefined ? undefined : (JSON.parse(text) as unknown),
    };
    this.requests.push(request);
    try {
      await this.intercept(request);
      const { status, body } = this.#answer(request);
      await nextTurn();
      if (isFailed()) return;
      handler.onResponseStart?.(controller, status, { "content-type": "application/json" }, "");
      handler.onResponseData?.(controller, Buffer.from(JSON.stringify(body)));
      handler.onResponseEnd?.(controller, {});
    } catch (error) {
      fail(error as Error);
    }
  }

  #watch(url: URL, handler: StreamHandler): void {
    const target = parsePath(url.pathname);
    const name = /^metadata\.name=(.+)$/.exec(url.searchParams.get("fieldSelector") ?? "")?.[1];
    const watch: Watch = {
      ...target,
      name,
      send: (type, object) => handler.onData(Buffer.from(`${JSON.stringify({ type, object })}\n`)),
    };
    handler.onConnect((reason) => {
      this.#watches.delete(watch);
      handler.onError(reason ?? new Error("aborted"));
    });
    handler.onHeaders(200, [], () => undefined);
    this.#watches.add(watch);
    if (url.searchParams.get("sendInitialEvents") !== "true") return;
    for (const object of this.#collections.get(target.collection)?.values() ?? []) {
      if (concerns(watch, target.collection, object)) watch.send("ADDED", object);
    }
    const annotations = { "k8s.io/initial-events-end": "true" };
    watch.send("BOOKMARK", { metadata: { resourceVersion: String(this.#version), annotations } });
  }

  #answer(request: Received): Answer {
    const target = parsePath(request.path);
    const key = `${target.namespace ?? ""}/${target.name ?? ""}`;
    const stored = this.#collections.get(target.collection)?.get(key);
    if (request.method === "POST") return this.#create(target, request);
    if (target.name === undefined) {
      const items = [...(this.#collections.get(target.collection)?.values() ?? [])];
      return { status: 200, body: { kind: "List", items, metadata: { resourceVersion: String(this.#version) } } };
    }
    if (stored === undefined) return status(404, "NotFound");
    if (request.method === "GET") return { status: 200, body: stored };
    if (request.method === "DELETE") return this.#delete(target, stored, request);
    const next = structuredClone(request.method === "PUT" ? (request.body as KubernetesObject) : stored);
    if (request.method === "PATCH" && Array.isArray(request.body)) {
      if (!applyJsonPatch(next, request.body as Operation[])) return status(422, "Invalid");
    } else if (request.method === "PATCH") merge(next as Record<string, unknown>, request.body as object);
    const version = next.metadata?.resourceVersion;
    if (version !== undefined && version !== stored.metadata.resourceVersion) return status(409, "Conflict");
    return { status: 200, body: this.#store(target, target.name, next, request.query.get("fieldManager") ?? "") };
  }

  #create(target: Target, request: Received): Answer {
    const object = structuredClone(request.body as KubernetesObject);
    const name = object.metadata?.name ?? `${object.metadata?.generateName ?? ""}x`;
    const created = { ...target, name };
    if (this.#collections.get(target.collection)?.has(`${target.namespace ?? ""}/${name}`) === true) {
      return status(409, "AlreadyExists");
    }
    if (request.query.get("dryRun") !== null) {
      const metadata = { ...object.metadata, name, uid: "dry", resourceVersion: "", ...this.#times() };
      return { status: 201, body: { ...object, metadata } };
    }
    return { status: 201, body: this.#store(created, name, object, request.query.get("fieldManager") ?? "") };
  }

  #delete(target: Target, stored: Stored<KubernetesObject>, request: Received): Answer {
    const { preconditions, dryRun } = request.body as { preconditions?: { uid?: string }; dryRun?: string[] };
    if (dryRun !== undefined) return { status: 200, body: { kind: "Status", status: "Success" } };
    if (preconditions?.uid !== undefined && preconditions.uid !== stored.metadata.uid) return status(409, "Conflict");
    if ((stored.metadata.finalizers ?? []).length > 0) {
      const metadata = { ...stored.metadata, deletionTimestamp: formatTime(this.clock.now()) };
      return { status: 200, body: this.#store(target, metadata.name, { ...stored, metadata }, "") };
    }
    this.#drop(target, stored);
    return { status: 200, body: { kind: "Status", status: "Success" } };
  }

  #times(): Pick<ObjectMeta, "creationTimestamp"> {
    return { creationTimestamp: formatTime(this.clock.now()) };
  }

  #store(target: Target, name: string, object: KubernetesObject, manager: string): Stored<KubernetesObject> {
    const collection = this.#collections.get(target.collection) ?? new Map<string, Stored<KubernetesObject>>();
    this.#collections.set(target.collection, collection);
    const key = `${target.namespace ?? ""}/${name}`;
    const before = collection.get(key);
    const version = String(++this.#version);
    const metadata = {
      ...object.metadata,
      name,
      ...(target.namespace !== undefined && { namespace: target.namespace }),
      uid: before?.metadata.uid ?? `uid-${version}`,
      resourceVersion: version,
      creationTimestamp: before?.metadata.creationTimestamp ?? formatTime(this.clock.now()),
      managedFields: [{ manager, time: formatTime(this.clock.now()) }],
    };
    const stored: Stored<KubernetesObject> = { ...object, metadata };
    if (metadata.deletionTimestamp !== undefined && (metadata.finalizers ?? []).length === 0) {
      this.#drop(target, stored);
      return stored;
    }
    collection.set(key, stored);
    this.#emit(before === undefined ? "ADDED" : "MODIFIED", target.collection, stored);
    return structuredClone(stored);
  }

  #drop(target: Target, stored: Stored<KubernetesObject>): void {
    const { namespace = "", name } = stored.metadata;
    this.#collections.get(target.collection)?.delete(`${namespace}/${name}`);
    const metadata = { ...stored.metadata, resourceVersion: String(++this.#version) };
    this.#emit("DELETED", target.collection, { ...stored, metadata });
  }

  #emit(type: string, collection: string, object: Stored<KubernetesObject>): void {
    if (this.silent) return;
    for (const watch of this.#watches) if (concerns(watch, collection, object)) watch.send(type, object);
  }
}

function concerns(watch: Watch, collection: string, { metadata }: Stored<KubernetesObject>): boolean {
  if (watch.collection !== collection) return false;
  if (watch.namespace !== undefined && watch.namespace !== metadata.namespace) return false;
  return watch.name === undefined || watch.name === metadata.name;
}

function parsePath(path: string): Target {
  const [, root = "", namespace, plural = "", name, subresource] =
    /^(\/api\/v1|\/apis\/[^/]+\/[^/]+)(?:\/namespaces\/([^/]+))?\/([^/]+)(?:\/([^/]+))?(?:\/([^/]+))?$/.exec(path) ??
    [];
  if (plural === "") throw new Error(`not a path of an API: ${path}`);
  return { collection: `${root}/${plural}`, namespace, name, subresource };
}

function status(code: number, reason: string): Answer {
  return { status: code, body: { kind: "Status", status: "Failure", code, reason, message: reason } };
}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly value: unknown;
}

/** `test` and `add`. */
function applyJsonPatch(object: object, operations: readonly Operation[]): boolean {
  for (const { op, path, value } of operations) {
    const keys = path.slice(1).split("/");
    const last = keys.pop() ?? "";
    const parent = keys.reduce<Record<string, unknown>>(
      (under, key) => under[key] as Record<string, unknown>,
      object as Record<string, unknown>,
    );
    if (op === "test" && parent[last] !== value) return false;
    parent[last] = value;
  }
  return true;
}

function merge(object: Record<string, unknown>, patch: object): void {
  for (const [key, value] of Object.entries(patch) as [string, unknown][]) {
    const under = object[key];
    if (value === null) Reflect.deleteProperty(object, key);
    else if (typeof value === "object" && !Array.isArray(value) && typeof under === "object" && under !== null) {
      merge(under as Record<string, unknown>, value);
    } else object[key] = value;
  }
}
