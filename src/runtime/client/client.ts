import type { KubernetesObject, ObjectKey, ObjectList, Stored } from "./objects.js";
import type { ResourceType } from "./resource.js";

/** Options of every call. */
export interface CallOptions {
  /** Ends the call, which then fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with a `TimeoutError`. Default 30,000; 0 is no limit. */
  readonly timeout?: number;
  /**
   * Called each time the request is about to be written to its connection. If it throws, nothing is sent and the call
   * fails with that error. Not called for a watch.
   */
  readonly beforeSend?: () => void;
}

/** Which objects a list returns, and what of them. */
export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Items per page; 0: everything in one page. Default 500. */
  readonly limit?: number;
  /** Return only apiVersion, kind and metadata of each object: a fraction of the memory. Default false. */
  readonly metadataOnly?: boolean;
  /** `"0"`: any version that the API server's cache holds. Absent: the newest. */
  readonly resourceVersion?: string;
}

/** Options of every write except delete. */
export interface WriteOptions extends CallOptions {
  /** Run admission and validation but store nothing. Default false. */
  readonly dryRun?: boolean;
  /** The owner of the fields written. Default: the client's `fieldManager`. */
  readonly fieldManager?: string;
  /** How the server treats unknown and duplicate fields. Default: the server's own, `Warn`. */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
}

/** Selects a subresource of an object. */
export interface SubresourceOptions {
  /** For example `status`. Absent: the object itself. */
  readonly subresource?: string;
}

/** Options of a server-side apply. */
export interface ApplyOptions extends WriteOptions, SubresourceOptions {
  /** Take over fields that another manager owns. Default true, as Kubernetes recommends for controllers. */
  readonly force?: boolean;
}

/** A patch and its format: RFC 7386 (`merge`), RFC 6902 (`json`) or Kubernetes' own (`strategic`; built-in types only). */
export type Patch =
  | { readonly type: "merge"; readonly body: unknown }
  | { readonly type: "json"; readonly body: readonly JsonPatchOperation[] }
  | { readonly type: "strategic"; readonly body: unknown };

/** One operation of a JSON Patch (RFC 6902). */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly path: string; readonly from: string };

/** Options of a delete. */
export interface DeleteOptions extends CallOptions {
  /**
   * How dependents are deleted. Default `Background` for every type. The API server's own default for a Job is `Orphan`,
   * which leaves its pod running.
   */
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
  /** The delete fails with `Conflict` unless the object still has this UID and version. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  /** Seconds. Default: the object's own, for example `terminationGracePeriodSeconds` of a pod. */
  readonly gracePeriodSeconds?: number;
  /** Run admission but delete nothing. Default false. */
  readonly dryRun?: boolean;
}

/** Which objects a watch observes, and from where on. */
export interface WatchOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Send the changes after this version, which came from a list or an earlier event. */
  readonly resourceVersion?: string;
  /** Seconds after which the server closes the watch. Default: random, 30 to 60 minutes. */
  readonly timeoutSeconds?: number;
  /** Request bookmarks. Default true. */
  readonly allowWatchBookmarks?: boolean;
  /** Return only apiVersion, kind and metadata of each object. Default false. */
  readonly metadataOnly?: boolean;
  /**
   * Streaming list (KEP-3157): the current objects come as ADDED events, followed by a bookmark with
   * `initialEventsEnd`. Default false.
   */
  readonly sendInitialEvents?: boolean;
}

/** One event of a watch. `ERROR` events do not appear: the watch throws the typed error that their Status means. */
export type WatchEvent<T extends KubernetesObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: Stored<T> }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean };

/**
 * A client of one API server. Objects are plain JSON in both directions. Every failure of a call is an {@link ApiError},
 * a {@link ConnectionError}, a {@link TimeoutError} or a {@link ProtocolError}, or the reason of the call's signal. Reads
 * are retried after a reset connection; writes only where sending twice has the same effect as sending once.
 */
export interface Client {
  /** The default `fieldManager` of writes. */
  readonly fieldManager: string;
  /** Reads one object. @throws NotFound if it does not exist. */
  get<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: CallOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /** Reads the whole collection, following its pages. */
  list<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions): Promise<ObjectList<Stored<T>>>;
  /** Reads the collection page by page. @throws Gone if the version is compacted between two pages. */
  listPages<T extends KubernetesObject>(
    type: ResourceType<T>,
    options?: ListOptions,
  ): AsyncGenerator<ObjectList<Stored<T>>>;
  /** The changes of a collection, until the server closes the watch. @throws Gone if the resourceVersion is too old. */
  watch<T extends KubernetesObject>(type: ResourceType<T>, options?: WatchOptions): AsyncGenerator<WatchEvent<T>>;
  /** Creates an object. @throws AlreadyExists if the name is taken. */
  create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /** Replaces an object. @throws Conflict if the object has a resourceVersion that is no longer current. */
  update<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /** Server-side apply: creates the object or changes just the fields given. */
  apply<T extends KubernetesObject>(type: ResourceType<T>, object: T, options?: ApplyOptions): Promise<Stored<T>>;
  /** Changes parts of an object. */
  patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /**
   * Requests the deletion of an object.
   * @returns the object if it still exists, waiting for its finalizers or grace period; undefined if it is gone.
   * @throws NotFound if it does not exist.
   */
  delete<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<Stored<T> | undefined>;
  /** Any other request. Returns the body: parsed if it is JSON, else as text. */
  raw(request: RawRequest): Promise<unknown>;
}

/** A request outside the resource model, for example `/version`. */
export interface RawRequest extends CallOptions {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with query, from the server's root: `/version`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Default `application/json`. */
  readonly accept?: string;
  /** Default `application/json`. */
  readonly contentType?: string;
}
