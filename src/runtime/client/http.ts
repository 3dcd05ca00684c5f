import type { Dispatcher } from "undici";
import { systemClock, type Clock, type Random } from "../clock.js";
import { isObject } from "../schema/json.js";
import type { Connection, ServerAccess } from "./access.js";
import { isList } from "./answers.js";
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
import { Connections, createPools } from "./connections.js";
import { ProtocolError } from "./errors.js";
import type { KubernetesObject, ObjectKey, ObjectList, Stored } from "./objects.js";
import { readPages } from "./paging.js";
import { apiVersionOf, type ResourceType } from "./resource.js";
import type { CreateStreams } from "./stream-transport.js";
import { UnaryCalls, type CallEnvironment, type RequestObserver, type UnaryCall } from "./unary-calls.js";
import { collectionPath, listPath, objectPath, watchPath, writeQuery } from "./urls.js";
import { streamBytes, watchEvents, type StreamOptions } from "./watch-calls.js";

/** Whom a client acts as (the API server's Impersonate-* headers). */
export interface Impersonation {
  /** For a ServiceAccount: `system:serviceaccount:<namespace>:<name>`. */
  readonly user: string;
  readonly groups?: readonly string[];
  readonly uid?: string;
}

/** Where the API server is, who calls it, and how. */
export interface HttpClientOptions {
  readonly access: ServerAccess;
  /** `fieldManager` of writes. Give each program its own: it owns the fields that it applies. Default `typescript-client`. */
  readonly fieldManager?: string;
  /** User-Agent header. Default: the field manager. */
  readonly userAgent?: string;
  /** Connections for unary calls: each carries one request at a time. Default 32. */
  readonly connections?: number;
  /** Milliseconds that a unary call may take; 0 is no limit. Default 30,000. */
  readonly timeout?: number;
  /** Act as another user; the credentials need the right to impersonate it. */
  readonly impersonate?: Impersonation;
  /** Default: the system's clock. */
  readonly clock?: Clock;
  /** Default `Math.random`. */
  readonly random?: Random;
  readonly observer?: RequestObserver;
  /** Receives each warning of the API server, such as those of admission. Default: warnings are ignored. */
  readonly onWarning?: (text: string) => void;
  /** Creates the transport: for tests that inject faults into it. Default: undici pools. */
  readonly createDispatcher?: (connection: Connection, purpose: "unary" | "watch") => Dispatcher;
  /** Creates what carries watches and other streams. Default: a dispatcher, with a connection for each. @internal */
  readonly createStreams?: CreateStreams;
}

const metadataListAccept = "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json";

/**
 * A {@link Client} over undici. Unary calls share one pool of keep-alive connections (a connection per call costs twenty
 * times the throughput); each watch has a connection of its own, so that none waits for another.
 */
export class HttpClient implements Client {
  readonly fieldManager: string;
  readonly #access: ServerAccess;
  readonly #environment: CallEnvironment;
  readonly #calls: UnaryCalls;

  constructor(options: HttpClientOptions) {
    this.#access = options.access;
    this.fieldManager = options.fieldManager ?? "typescript-client";
    const { impersonate } = options;
    const headers = {
      accept: "application/json",
      "user-agent": options.userAgent ?? this.fieldManager,
      ...(impersonate !== undefined && { "impersonate-user": impersonate.user }),
      ...(impersonate?.groups !== undefined && { "impersonate-group": [...impersonate.groups] }),
      ...(impersonate?.uid !== undefined && { "impersonate-uid": impersonate.uid }),
    };
    const createDispatcher = options.createDispatcher ?? createPools(options.connections ?? 32);
    this.#environment = {
      connections: new Connections(options.access, headers, createDispatcher, options.createStreams),
      clock: options.clock ?? systemClock,
      random: options.random ?? Math.random,
      timeout: options.timeout ?? 30_000,
      observer: options.observer,
      onWarning: options.onWarning,
    };
    this.#calls = new UnaryCalls(this.#environment);
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
      const path = listPath(type, options, token);
      const accept = options?.metadataOnly === true ? metadataListAccept : undefined;
      const call: UnaryCall = { method: "GET", path, options, repeatable: true, ...(accept && { accept }) };
      const page = await this.#calls.send(call);
      if (!isList<T>(page)) throw new ProtocolError(call, "the response is not a list");
      const items = page.items ?? [];
      // items of built-in lists carry neither; code that handles objects of several types needs both
      for (const item of items) {
        item.apiVersion ??= apiVersion;
        item.kind ??= type.kind;
      }
      yield { items, metadata: page.metadata ?? {} };
      token = page.metadata?.continue;
    } while (token !== undefined && token !== "");
  }

  watch<T extends KubernetesObject>(type: ResourceType<T>, options?: WatchOptions): AsyncGenerator<WatchEvent<T>> {
    return watchEvents<T>(this.#environment, () => watchPath(type, options), options);
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
      path: path + writeQuery(options, this.fieldManager),
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
      path: objectPath(type, requireKey(object), options?.subresource) + writeQuery(options, this.fieldManager),
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
    const query = writeQuery(options, this.fieldManager, { force: String(options?.force ?? true) });
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
      path: objectPath(type, key, options?.subresource) + writeQuery(options, this.fieldManager),
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
    const answer = await this.#calls.send({
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
      // with the UID as a precondition, a second delete cannot hit a successor of the same name
      repeatable: options?.preconditions?.uid !== undefined,
    });
    const object = answer as Stored<T> | null;
    // a completed deletion returns a Status, or the last state of the object
    return object?.kind === type.kind && object.metadata.deletionTimestamp !== undefined ? object : undefined;
  }

  async raw(request: RawRequest): Promise<unknown> {
    return this.#calls.send({
      method: request.method,
      path: request.path,
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      ...(request.contentType !== undefined && { contentType: request.contentType }),
      ...(request.accept !== undefined && { accept: request.accept }),
      options: request,
      repeatable: request.method === "GET",
    });
  }

  /**
   * The bytes of a GET as they come, such as `/api/v1/namespaces/a/pods/b/log?follow=true`: until the server ends the
   * stream, the loop over it ends, or the signal fires.
   *
   * @param path with query, from the server's root.
   * @throws an error of this client, or the signal's reason.
   */
  stream(path: string, options?: StreamOptions): AsyncGenerator<Uint8Array> {
    return streamBytes(this.#environment, path, options);
  }

  /** Closes all connections; calls in progress fail. The client cannot be used afterwards. */
  async close(): Promise<void> {
    await this.#environment.connections.close();
  }

  async #object<T extends KubernetesObject>(call: UnaryCall): Promise<Stored<T>> {
    const answer = await this.#calls.send(call);
    if (!isObject(answer)) throw new ProtocolError(call, "the response is not an object");
    return answer as unknown as Stored<T>;
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
