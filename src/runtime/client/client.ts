import type { KubernetesObject, ObjectKey, ObjectList, Stored } from "./objects.js";
import type { ResourceType } from "./resource.js";

/** What any call can be given. */
export interface CallOptions {
  /** Ends the call; it then fails with the signal's reason. */
  readonly signal?: AbortSignal;
  /** Milliseconds until the call fails with a `TimeoutError`. Default 30,000; 0 is no limit. */
  readonly timeout?: number;
  /**
   * Called each time the request is about to be written to its connection. What it throws is the call's failure, and
   * nothing is sent. Not asked for a watch.
   */
  readonly beforeSend?: () => void;
}

export interface ListOptions extends CallOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Items a page; 0: all in one. Default 500. */
  readonly limit?: number;
  /** Only apiVersion, kind and metadata of each object: a fraction of the memory. */
  readonly metadataOnly?: boolean;
  /** `"0"`: any version that the API server's cache has; absent: the newest. */
  readonly resourceVersion?: string;
}

export interface WriteOptions extends CallOptions {
  /** Runs admission and validation, stores nothing. */
  readonly dryRun?: boolean;
  /** Who owns the fields written. Default: the client's. */
  readonly fieldManager?: string;
  /** How the server treats unknown and duplicate fields. Default: the server's (`Warn`). */
  readonly fieldValidation?: "Ignore" | "Warn" | "Strict";
}

export interface SubresourceOptions {
  /** For instance `status`. Absent: the object itself. */
  readonly subresource?: string;
}

export interface ApplyOptions extends WriteOptions, SubresourceOptions {
  /** Take over fields that another manager owns. Default true, as controllers should. */
  readonly force?: boolean;
}

/** A patch and how the server has to read it. */
export type Patch =
  | { readonly type: "merge"; readonly body: unknown }
  | { readonly type: "json"; readonly body: readonly JsonPatchOperation[] }
  | { readonly type: "strategic"; readonly body: unknown };

/** RFC 6902 */
export type JsonPatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly path: string; readonly from: string };

export interface DeleteOptions extends CallOptions {
  /**
   * What becomes of the dependents. Default `Background`. The API server's own default for a Job is `Orphan`, which
   * leaves its pod running; this client never leaves it to that.
   */
  readonly propagationPolicy?: "Foreground" | "Background" | "Orphan";
  /** The delete fails with `Conflict` unless the object still is this one. */
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string };
  readonly gracePeriodSeconds?: number;
  readonly dryRun?: boolean;
}

export interface WatchOptions extends CallOptions {
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** Where to begin; from a list or an earlier event. */
  readonly resourceVersion?: string;
  /** Seconds after which the server ends the watch in good order. */
  readonly timeoutSeconds?: number;
  /** Ask for bookmarks. Default true. */
  readonly allowWatchBookmarks?: boolean;
  /** Only apiVersion, kind and metadata of each object. */
  readonly metadataOnly?: boolean;
  /** Streaming list (KEP-3157): the current objects as ADDED events, then a bookmark annotated as initial events' end. */
  readonly sendInitialEvents?: boolean;
}

/** One event of a watch. `ERROR` never comes out: it is thrown as the typed error that its Status means. */
export type WatchEvent<T extends KubernetesObject> =
  | { readonly type: "ADDED" | "MODIFIED" | "DELETED"; readonly object: Stored<T> }
  | { readonly type: "BOOKMARK"; readonly resourceVersion: string; readonly initialEventsEnd: boolean };

/**
 * A client of one API server. Objects go out and come in as plain JSON. Every failure is an error of `errors.ts`.
 * Reads are retried after a reset connection; writes are only sent again where that can't do the thing twice.
 */
export interface Client {
  /** The `fieldManager` that writes carry unless told otherwise. */
  readonly fieldManager: string;
  get<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: CallOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /** The whole collection: pages are followed. */
  list<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions): Promise<ObjectList<Stored<T>>>;
  /** Page by page, each as it comes. */
  listPages<T extends KubernetesObject>(
    type: ResourceType<T>,
    options?: ListOptions,
  ): AsyncGenerator<ObjectList<Stored<T>>>;
  /** Ends when the server ends it; fails with `Gone` when the resourceVersion is too old. */
  watch<T extends KubernetesObject>(type: ResourceType<T>, options?: WatchOptions): AsyncGenerator<WatchEvent<T>>;
  create<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /** Replaces; the object's resourceVersion, where it has one, must still be current. */
  update<T extends KubernetesObject>(
    type: ResourceType<T>,
    object: T,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /** Server-side apply: creates or changes just the fields given. */
  apply<T extends KubernetesObject>(type: ResourceType<T>, object: T, options?: ApplyOptions): Promise<Stored<T>>;
  patch<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    patch: Patch,
    options?: WriteOptions & SubresourceOptions,
  ): Promise<Stored<T>>;
  /**
   * Asks for deletion; an object that isn't there is a `NotFound`.
   * @returns the object where it is still there, waiting for finalizers or its grace period.
   */
  delete<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: DeleteOptions,
  ): Promise<Stored<T> | undefined>;
  /** Any other request; the answer is parsed where it is JSON, else given as text. */
  raw(request: RawRequest): Promise<unknown>;
}

export interface RawRequest extends CallOptions {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Path with query, from the server's root: `/version`. */
  readonly path: string;
  readonly body?: unknown;
  readonly contentType?: string;
}
