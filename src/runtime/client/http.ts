import type { Dispatcher } from "undici";
import streamingRequest from "undici/lib/api/api-request.js";
import Pool from "undici/lib/dispatcher/pool.js";
import { unlessAborted } from "../abort.js";
import { systemClock, sleep, type Clock, type Random } from "../clock.js";
import { isObject } from "../schema/json.js";
import type { Connection, ServerAccess } from "./access.js";
import type {
  ApplyOptions,
  CallOptions,
  Client,
  DeleteOptions,
  ListOptions,
  Patch,
  RawRequest,
  SubresourceOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from "./client.js";
import { apiError, ApiError, ConnectionError, ProtocolError, TimeoutError, type Status } from "./errors.js";
import { exchange, type Answer } from "./exchange.js";
import type { KubernetesObject, ObjectKey, ObjectList, Stored } from "./objects.js";
import { readPages } from "./paging.js";
import { apiVersionOf, type ResourceType } from "./resource.js";

/** Told of every request that was sent, for metrics and traces. */
export interface RequestObserver {
  /**
   * @param code HTTP status, or `<error>` where no answer came: client-go's convention for rest_client_requests_total.
   * @param seconds from sending to the answer's headers (a watch) or its end (anything else).
   */
  requestDone(method: string, host: string, code: string, seconds: number): void;
}

/** Whom a client acts as (the API server's Impersonate-* headers). */
export interface Impersonation {
  /** For a ServiceAccount: `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
}

export interface HttpClientOptions {
  readonly access: ServerAccess;
  /** `fieldManager` of writes. Default `agent-orchestrator`. */
  readonly fieldManager?: string;
  /** User-Agent header. Default: the field manager. */
  readonly userAgent?: string;
  /** Connections for unary calls: each carries one request at a time. Default 32. */
  readonly connections?: number;
  /** Milliseconds that a unary call may take. Default 30,000. */
  readonly timeout?: number;
  /** Act as somebody else, where the credentials are allowed to. */
  readonly impersonate?: Impersonation;
  readonly clock?: Clock;
  readonly random?: Random;
  readonly observer?: RequestObserver;
  /** Makes the transport: for tests that inject faults into it. Default: undici pools. */
  readonly createDispatcher?: (connection: Connection, purpose: "unary" | "watch") => Dispatcher;
}

/** A call is sent at most this often: after a 429, and where sending again is safe after a broken connection. */
const maxSends = 4;
/** The first wait before sending again; doubles, with full jitter. */
const firstDelay = 50;
/** A server that asks for a longer pause than this is answered with the error: the caller's queue waits better. */
const longestRetryAfter = 10_000;

const metadataAccept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";
const metadataListAccept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

interface Transport {
  readonly connection: Connection;
  readonly host: string;
  readonly prefix: string;
  readonly unary: Dispatcher;
  readonly watch: Dispatcher;
}

interface Call {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body?: string;
  readonly contentType?: string;
  readonly options: CallOptions | undefined;
  readonly accept?: string;
  /** Sending the call twice does no more than sending it once. */
  readonly repeatable: boolean;
}

/**
 * A {@link Client} over undici. Unary calls share one pool of keep-alive connections (a connection of its own for each
 * call costs twenty times the throughput); every watch has a connection to itself, so that none waits for another.
 */
export class HttpClient implements Client {
  readonly fieldManager: string;
  readonly #access: ServerAccess;
  readonly #options: HttpClientOptions;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #ownHeaders: Readonly<Record<string, string | string[]>>;
  #transport: Transport | undefined;
  #closed = false;

  constructor(options: HttpClientOptions) {
    this.#options = options;
    this.#access = options.access;
    this.#clock = options.clock ?? systemClock;
    this.#random = options.random ?? Math.random;
    this.fieldManager = options.fieldManager ?? "agent-orchestrator";
    const { impersonate } = options;
    this.#ownHeaders = {
      accept: "application/json",
      "user-agent": options.userAgent ?? this.fieldManager,
      ...(impersonate !== undefined && { "impersonate-user": impersonate.user }),
      ...(impersonate?.groups !== undefined && { "impersonate-group": [...impersonate.groups] }),
      ...(impersonate?.uid !== undefined && { "impersonate-uid": impersonate.uid }),
    };
  }

  /** The namespace of the credentials in use. */
  get namespace(): string {
    return this.#access.namespace;
  }

  async get<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: CallOptions & SubresourceOptions,
  ): Promise<Stored<T>> {
    return this.#object<T>({
      method: "GET",
      path: objectPath(type, key, options?.subresource),
      options,
      repeatable: true,
    });
  }

  async list<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions): Promise<ObjectList<Stored<T>>> {
    return readPages(
      (limit) => this.listPages(type, { ...options, ...(limit !== undefined && { limit }) }),
      async (pages) => {
        const items: Stored<T>[] = [];
        let metadata: ObjectList<Stored<T>>["metadata"] = {};
        for await (const page of pages) {
          for (const item of page.items) items.push(item);
          metadata = page.metadata;
        }
        return { items, metadata };
      },
    );
  }

  async *listPages<T extends KubernetesObject>(
    type: ResourceType<T>,
    options?: ListOptions,
  ): AsyncGenerator<ObjectList<Stored<T>>> {
    const apiVersion = apiVersionOf(type);
    let token: string | undefined;
    do {
      const query = new URLSearchParams();
      query.set("limit", String(options?.limit ?? 500));
      if (options?.labelSelector !== undefined) query.set("labelSelector", options.labelSelector);
      if (options?.fieldSelector !== undefined) query.set("fieldSelector", options.fieldSelector);
      // the API server refuses a resourceVersion beside a continue token
      if (token !== undefined) query.set("continue", token);
      else if (options?.resourceVersion !== undefined) query.set("resourceVersion", options.resourceVersion);
      const path = `${collectionPath(type, options?.namespace)}?${query.toString()}`;
      const accept = options?.metadataOnly === true ? metadataListAccept : undefined;
      const call: Call = { method: "GET", path, options, repeatable: true, ...(accept && { accept }) };
      const page = await this.#send(call);
      // nothing is taken for an empty list but an empty list: a cache would forget all that it holds
      if (!isList<T>(page)) throw new ProtocolError(call, "the answer is not a list");
      const items = page.items ?? [];
      // items of built-in lists carry neither; every object has to say what it is
      for (const item of items) {
        item.apiVersion ??= apiVersion;
        item.kind ??= type.kind;
      }
      yield { items, metadata: page.metadata ?? {} };
      token = page.metadata?.continue;
    } while (token !== undefined && token !== "");
  }

  async *watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    options?: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const query = new URLSearchParams({ watch: "1" });
    if (options?.labelSelector !== undefined) query.set("labelSelector", options.labelSelector);
    if (options?.fieldSelector !== undefined) query.set("fieldSelector", options.fieldSelector);
    if (options?.resourceVersion !== undefined) query.set("resourceVersion", options.resourceVersion);
    if (options?.timeoutSeconds !== undefined) query.set("timeoutSeconds", String(options.timeoutSeconds));
    if (options?.allowWatchBookmarks !== false) query.set("allowWatchBookmarks", "true");
    if (options?.sendInitialEvents === true) {
      query.set("sendInitialEvents", "true");
      query.set("resourceVersionMatch", "NotOlderThan");
    }
    const path = `${collectionPath(type, options?.namespace)}?${query.toString()}`;
    const request = { method: "GET", path };
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(options?.signal?.reason);
    if (options?.signal?.aborted === true) throw options.signal.reason;
    options?.signal?.addEventListener("abort", onAbort, { once: true });
    try {
      const response = await this.#openWatch(path, abort.signal, options);
      let remainder: string[] = [];
      const decoder = new TextDecoder();
      try {
        for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
          const text = decoder.decode(chunk, { stream: true });
          let start = 0;
          for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
            const tail = text.slice(start, end);
            const line = remainder.length === 0 ? tail : remainder.join("") + tail;
            remainder = [];
            start = end + 1;
            if (line.length > 0) yield readEvent<T>(line, request);
          }
          if (start < text.length) remainder.push(text.slice(start));
        }
      } catch (error) {
        if (abort.signal.aborted) throw abort.signal.reason;
        throw error instanceof ApiError || error instanceof ProtocolError ? error : new ConnectionError(request, error);
      }
    } finally {
      options?.signal?.removeEventListener("abort", onAbort);
      // also where the caller stops reading: the connection must not outlive the loop over it
      abort.abort(new Error("the watch ended"));
    }
  }

  async create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>> {
    const { namespace, name } = object.metadata ?? {};
    const path =
      options?.subresource === undefined
        ? collectionPath(type, namespace)
        : objectPath(type, { name: name ?? "", ...(namespace !== undefined && { namespace }) }, options.subresource);
    return this.#object<T>({
      method: "POST",
      path: path + this.#writeQuery(options),
      body: JSON.stringify(withType(type, object)),
      options,
      repeatable: false,
    });
  }

  async update<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>> {
    return this.#object<T>({
      method: "PUT",
      path: objectPath(type, requireKey(object), options?.subresource) + this.#writeQuery(options),
      body: JSON.stringify(withType(type, object)),
      options,
      repeatable: false,
    });
  }

  async apply<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: ApplyOptions,
  ): Promise<Stored<T>> {
    const query = this.#writeQuery(options, { force: String(options?.force ?? true) });
    return this.#object<T>({
      method: "PATCH",
      path: objectPath(type, requireKey(object), options?.subresource) + query,
      body: JSON.stringify(withType(type, object)),
      contentType: "application/apply-patch+yaml",
      options,
      repeatable: true,
    });
  }

  async patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>> {
    const contentType = {
      merge: "application/merge-patch+json",
      json: "application/json-patch+json",
      strategic: "application/strategic-merge-patch+json",
    }[patch.type];
    return this.#object<T>({
      method: "PATCH",
      path: objectPath(type, key, options?.subresource) + this.#writeQuery(options),
      body: JSON.stringify(patch.body),
      contentType,
      options,
      repeatable: false,
    });
  }

  async delete<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<Stored<T> | undefined> {
    const answer = await this.#send({
      method: "DELETE",
      path: objectPath(type, key),
      body: JSON.stringify({
        apiVersion: "v1",
        kind: "DeleteOptions",
        propagationPolicy: options?.propagationPolicy ?? "Background",
        ...(options?.preconditions !== undefined && { preconditions: options.preconditions }),
        ...(options?.gracePeriodSeconds !== undefined && { gracePeriodSeconds: options.gracePeriodSeconds }),
        ...(options?.dryRun === true && { dryRun: ["All"] }),
      }),
      options,
      // with the UID as precondition a second delete can't hit a successor of the same name
      repeatable: options?.preconditions?.uid !== undefined,
    });
    const object = answer as Stored<T> | null;
    // a deletion that is complete answers with a Status, or with the object as it last was
    return object?.kind === type.kind && object.metadata.deletionTimestamp !== undefined ? object : undefined;
  }

  async raw(request: RawRequest): Promise<unknown> {
    return this.#send({
      method: request.method,
      path: request.path,
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      ...(request.contentType !== undefined && { contentType: request.contentType }),
      options: request,
      repeatable: request.method === "GET",
    });
  }

  /** Closes all connections; calls that are under way fail. The client can't be used afterwards. */
  async close(): Promise<void> {
    this.#closed = true;
    const transport = this.#transport;
    this.#transport = undefined;
    if (transport !== undefined) await destroy(transport);
  }

  #writeQuery(options: WriteOptions | undefined, more: Record<string, string> = {}): string {
    const query = new URLSearchParams(more);
    query.set("fieldManager", options?.fieldManager ?? this.fieldManager);
    if (options?.dryRun === true) query.set("dryRun", "All");
    if (options?.fieldValidation !== undefined) query.set("fieldValidation", options.fieldValidation);
    return `?${query.toString()}`;
  }

  async #object<T extends KubernetesObject>(call: Call): Promise<Stored<T>> {
    const answer = await this.#send(call);
    if (!isObject(answer)) throw new ProtocolError(call, "the answer is not an object");
    return answer as unknown as Stored<T>;
  }

  async #current(): Promise<Transport> {
    const connection = await this.#access.connection();
    if (this.#closed) throw new Error("the client is closed");
    const previous = this.#transport;
    if (previous?.connection === connection) return previous;
    const url = new URL(connection.server);
    const create = this.#options.createDispatcher ?? createPool(this.#options.connections ?? 32);
    this.#transport = {
      connection,
      host: url.host,
      prefix: url.pathname.replace(/\/$/, ""),
      unary: create(connection, "unary"),
      watch: create(connection, "watch"),
    };
    // calls and watches that are under way end on the connection they began on
    if (previous !== undefined) void Promise.allSettled([previous.unary.close(), previous.watch.close()]);
    return this.#transport;
  }

  async #openWatch(path: string, signal: AbortSignal, options?: WatchOptions): Promise<Dispatcher.ResponseData> {
    for (let refresh = false; ; refresh = true) {
      const { transport, headers } = await unlessAborted(this.#prepare(refresh), signal);
      if (options?.metadataOnly === true) headers.accept = metadataAccept;
      const started = this.#clock.monotonic();
      const request = { method: "GET", path };
      let response: Dispatcher.ResponseData;
      try {
        response = await streamingRequest.call(transport.watch, {
          method: "GET",
          path: transport.prefix + path,
          headers,
          signal,
          headersTimeout: options?.timeout ?? this.#options.timeout ?? 30_000,
          // silence is the reflector's to judge: it knows how often bookmarks are due
          bodyTimeout: 0,
        });
      } catch (error) {
        if (signal.aborted) throw signal.reason;
        this.#observe("GET", transport.host, "<error>", started);
        throw new ConnectionError(request, error);
      }
      this.#observe("GET", transport.host, String(response.statusCode), started);
      if (response.statusCode === 200) return response;
      const { statusCode: status, headers: answered } = response;
      const error = failure(
        { status, headers: answered, body: await response.body.text() },
        request,
        this.#clock.now(),
      );
      if (response.statusCode === 401 && !refresh) continue;
      throw error;
    }
  }

  /** Credentials first: those of a plug-in may be a certificate, and then the connection is another. */
  async #prepare(refresh: boolean): Promise<{ transport: Transport; headers: Record<string, string | string[]> }> {
    const headers = { ...this.#ownHeaders, ...(await this.#access.headers(refresh)) };
    return { transport: await this.#current(), headers };
  }

  async #send(call: Call): Promise<unknown> {
    const timeout = call.options?.timeout ?? this.#options.timeout ?? 30_000;
    const outer = call.options?.signal;
    if (outer?.aborted === true) throw outer.reason;
    const abort = new AbortController();
    const onAbort = (): void => abort.abort(outer?.reason);
    outer?.addEventListener("abort", onAbort, { once: true });
    // not the call itself: errors are logged, and what it was to write may be secret
    const { method, path } = call;
    const expire = (): void => abort.abort(new TimeoutError({ method, path }, timeout));
    const deadline = timeout === 0 ? undefined : this.#clock.after(timeout, expire);
    const guard = call.options?.beforeSend;
    const beforeSend = (): void => {
      try {
        guard?.();
      } catch (error) {
        abort.abort(error);
      }
    };
    try {
      return await this.#sendUntilAnswered(call, abort.signal, beforeSend);
    } finally {
      deadline?.cancel();
      outer?.removeEventListener("abort", onAbort);
    }
  }

  async #sendUntilAnswered(call: Call, signal: AbortSignal, beforeSend: () => void): Promise<unknown> {
    let refresh = false;
    for (let sends = 1; ; sends++) {
      let error: unknown;
      let delay = this.#random() * firstDelay * 2 ** sends;
      try {
        return await this.#sendOnce(call, signal, beforeSend, refresh);
      } catch (caught) {
        error = caught;
      }
      if (signal.aborted) throw signal.reason;
      if (sends >= maxSends) throw error;
      if (error instanceof ApiError && error.code === 401) {
        // the call wasn't carried out; a second 401 with fresh credentials is final
        if (refresh) throw error;
        refresh = true;
        continue;
      }
      if (error instanceof ApiError && error.retryAfter !== undefined && (error.code === 429 || call.repeatable)) {
        if (error.retryAfter > longestRetryAfter) throw error;
        delay += error.retryAfter;
      } else if (!(error instanceof ConnectionError && (call.repeatable || wasNeverSent(error)))) {
        throw error;
      }
      if (!(await sleep(this.#clock, delay, signal))) throw signal.reason;
    }
  }

  async #sendOnce(call: Call, signal: AbortSignal, beforeSend: () => void, refresh: boolean): Promise<unknown> {
    const { transport, headers } = await unlessAborted(this.#prepare(refresh), signal);
    if (call.accept !== undefined) headers.accept = call.accept;
    if (call.body !== undefined) headers["content-type"] = call.contentType ?? "application/json";
    const started = this.#clock.monotonic();
    let code = "<error>";
    try {
      const answer = await exchange(
        transport.unary,
        {
          method: call.method,
          path: transport.prefix + call.path,
          headers,
          ...(call.body !== undefined && { body: call.body }),
          // the call's own deadline is the signal's
          headersTimeout: 0,
          bodyTimeout: 0,
        },
        signal,
        beforeSend,
      );
      code = String(answer.status);
      if (answer.status >= 300) throw failure(answer, call, this.#clock.now());
      return readBody(answer, call);
    } catch (error) {
      if (error instanceof ApiError || error instanceof ProtocolError) throw error;
      throw new ConnectionError({ method: call.method, path: call.path }, error);
    } finally {
      this.#observe(call.method, transport.host, code, started);
    }
  }

  #observe(method: string, host: string, code: string, started: number): void {
    this.#options.observer?.requestDone(method, host, code, (this.#clock.monotonic() - started) / 1000);
  }
}

function createPool(connections: number) {
  return ({ server, tls }: Connection, purpose: "unary" | "watch"): Dispatcher =>
    new Pool(new URL(server).origin, {
      connect: { ...tls, timeout: 10_000 },
      pipelining: 1,
      // the API server closes idle connections after 90 s or more; ours go first, so no request meets a closing one
      keepAliveTimeout: 30_000,
      keepAliveMaxTimeout: 60_000,
      allowH2: false,
      connections: purpose === "unary" ? connections : null,
    });
}

async function destroy(transport: Transport): Promise<void> {
  await Promise.allSettled([transport.unary.destroy(), transport.watch.destroy()]);
}

/** True for failures that happen before a byte of the request can have left. */
function wasNeverSent(error: ConnectionError): boolean {
  const code = (error.cause as { code?: unknown } | undefined)?.code;
  return code === "ECONNREFUSED" || code === "ENOTFOUND" || code === "EAI_AGAIN" || code === "UND_ERR_CONNECT_TIMEOUT";
}

function failure(
  { status: code, headers, body }: Answer,
  { method, path }: { readonly method: string; readonly path: string },
  now: number,
): ApiError {
  let status: Status;
  try {
    const parsed: unknown = JSON.parse(body);
    status = isStatus(parsed) ? parsed : { message: body.slice(0, 500) };
  } catch {
    // proxies and the API server's own filters answer in plain text
    status = { message: body.slice(0, 500).trim() };
  }
  return apiError(status, code, { method, path }, readRetryAfter(headers["retry-after"], now));
}

/** RFC 9110: seconds, or a date. */
function readRetryAfter(value: string | undefined, now: number): number | undefined {
  const seconds = Number(value);
  const milliseconds = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value ?? "") - now;
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

function isStatus(value: unknown): value is Status {
  return isObject(value) && value.kind === "Status";
}

/** A page as the wire has it: Go writes an empty one as null. */
interface ListAnswer<T extends KubernetesObject> {
  readonly items?: Stored<T>[] | null;
  readonly metadata?: ObjectList<Stored<T>>["metadata"];
}

function isList<T extends KubernetesObject>(answer: unknown): answer is ListAnswer<T> {
  if (!isObject(answer)) return false;
  const { items = null, kind } = answer;
  return Array.isArray(items) || (items === null && typeof kind === "string" && kind.endsWith("List"));
}

function readBody({ headers, body }: Answer, call: Call): unknown {
  if (headers["content-type"]?.includes("json") === false) return body;
  let answer: unknown;
  try {
    answer = JSON.parse(body);
  } catch (cause) {
    throw new ProtocolError(call, `the answer is not JSON: ${body.slice(0, 100)}`, cause);
  }
  // as client-go does: the Status counts, whatever the HTTP status says
  if (isStatus(answer) && answer.status === "Failure") {
    const { method, path } = call;
    throw apiError(answer, answer.code ?? 500, { method, path });
  }
  return answer;
}

function readEvent<T extends KubernetesObject>(
  line: string,
  request: { readonly method: string; readonly path: string },
): WatchEvent<T> {
  let event: { type?: unknown; object?: unknown };
  try {
    event = JSON.parse(line) as typeof event;
  } catch (cause) {
    throw new ProtocolError(request, `a line of the watch is not JSON: ${line.slice(0, 100)}`, cause);
  }
  const object = event.object as Stored<T> | undefined;
  switch (event.type) {
    case "ADDED":
    case "MODIFIED":
    case "DELETED":
      if (object?.metadata.name === undefined) throw new ProtocolError(request, "an event of the watch has no object");
      return { type: event.type, object };
    case "BOOKMARK": {
      const { resourceVersion, annotations } = (event.object as KubernetesObject | undefined)?.metadata ?? {};
      if (resourceVersion === undefined) throw new ProtocolError(request, "a bookmark has no resourceVersion");
      return {
        type: "BOOKMARK",
        resourceVersion,
        initialEventsEnd: annotations?.["k8s.io/initial-events-end"] === "true",
      };
    }
    case "ERROR": {
      const status = (event.object ?? {}) as Status;
      throw apiError(status, status.code ?? 500, request);
    }
    default:
      throw new ProtocolError(request, `unknown event of the watch: ${String(event.type)}`);
  }
}

function withType<T extends KubernetesObject>(type: ResourceType<T>, object: T): T {
  return { ...object, apiVersion: apiVersionOf(type), kind: type.kind };
}

function requireKey(object: KubernetesObject): ObjectKey {
  const { name, namespace } = object.metadata ?? {};
  if (name === undefined || name === "") throw new TypeError("metadata.name is missing");
  return { name, ...(namespace !== undefined && { namespace }) };
}

/** URL path of a collection; all namespaces where none is given. */
export function collectionPath(type: ResourceType, namespace?: string): string {
  const root = type.group === "" ? `/api/${type.version}` : `/apis/${type.group}/${type.version}`;
  return type.namespaced && namespace !== undefined && namespace !== ""
    ? `${root}/namespaces/${segment("namespace", namespace)}/${type.plural}`
    : `${root}/${type.plural}`;
}

/** URL path of an object or of one of its subresources. */
export function objectPath(type: ResourceType, key: ObjectKey, subresource?: string): string {
  if (type.namespaced && (key.namespace === undefined || key.namespace === "")) {
    throw new TypeError(`${type.kind} ${key.name}: a namespace is needed`);
  }
  const path = `${collectionPath(type, key.namespace)}/${segment("name", key.name)}`;
  return subresource === undefined ? path : `${path}/${subresource}`;
}

/** Part of a path. One that is empty, for instance, would make of the deletion of an object that of its whole collection. */
function segment(what: string, text: string): string {
  if (text === "" || text === "." || text === ".." || /[/%]/.test(text)) {
    throw new TypeError(`${JSON.stringify(text)} can't be the ${what} of an object`);
  }
  return encodeURIComponent(text);
}
