/** Reads and watches runs by the REST API of `orchestrator server`. */
import type { Client } from "../../runtime/client/client.js";
import type { ApplyOptions, ListOptions, WatchEvent, WatchOptions } from "../../runtime/client/client.js";
import { apiError, NotFound } from "../../runtime/client/errors.js";
import type { HttpClient } from "../../runtime/client/http.js";
import type { KubernetesObject, ObjectKey, ObjectList, Stored } from "../../runtime/client/objects.js";
import type { ResourceType } from "../../runtime/client/resource.js";
import { LineSplitter } from "../../runtime/client/watch-calls.js";
import { isObject } from "../../runtime/schema/json.js";
import type { components } from "../../server/generated/rest.js";
import { UsageError } from "../io.js";
import type { Selection } from "./runs.js";

type RunList = components["schemas"]["RunList"];
type RunChange = components["schemas"]["RunChange"];
export type RunSummary = components["schemas"]["RunSummary"];

interface ServerEvent {
  /** Empty for one that says only how far the stream is. */
  readonly event: string;
  readonly data: unknown;
  readonly id?: string;
}

/** Summaries, and where a watch of them continues. */
export interface Summaries {
  readonly items: readonly RunSummary[];
  readonly version: string;
}

const changes = { added: "ADDED", modified: "MODIFIED", deleted: "DELETED" } as const;

/** Summaries of one request: the most that the server gives. */
const pageSize = 1_000;

/** The part of a {@link Client} that finding, submitting and awaiting a run need, for runs alone. */
export class ServerClient implements Pick<Client, "get" | "list" | "watch" | "apply"> {
  constructor(readonly http: HttpClient) {}

  /** The answer to a request. @throws UsageError if the server is not an orchestrator server; an API error */
  async send(
    method: "GET" | "POST" | "PUT" | "DELETE",
    path: string,
    body?: object,
    signal?: AbortSignal,
  ): Promise<Readonly<Record<string, unknown>>> {
    const request = { method, path, ...(body && { body }), ...(signal && { signal }) };
    const answer = await this.http.raw(request).catch((error: unknown) => {
      // our server says what is missing in problem details, which have no reason as those of an API server; another one does not know the path
      if (error instanceof NotFound && (error.status.status !== "Failure" || error.reason !== ""))
        throw noOrchestrator();
      throw error;
    });
    if (!isObject(answer)) throw noOrchestrator();
    return answer;
  }

  async get<T extends KubernetesObject>(
    type: ResourceType<T>,
    key: ObjectKey,
    options?: { readonly signal?: AbortSignal },
  ): Promise<Stored<T>> {
    return (await this.send("GET", runPath(type, key), undefined, options?.signal)) as unknown as Stored<T>;
  }

  /** Creates or changes a run; of the metadata, name, UID and version count. */
  async apply<T extends KubernetesObject>(
    type: ResourceType<T>,
    { metadata, ...object }: T,
    { dryRun = false }: ApplyOptions = {},
  ): Promise<Stored<T>> {
    const { name = "", namespace = "", uid, resourceVersion } = metadata ?? {};
    const { spec } = object as { readonly spec?: unknown };
    const body = { spec, ...(uid !== undefined && { uid, resourceVersion }) };
    const path = `${runPath(type, { namespace, name })}${dryRun ? "?dryRun=true" : ""}`;
    return (await this.send("PUT", path, body)) as unknown as Stored<T>;
  }

  /** All runs of a kind as whole objects, with a request for each. */
  async list<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions): Promise<ObjectList<Stored<T>>> {
    const items: Stored<T>[] = [];
    const { items: summaries } = await this.summaries(type, options ?? {}, { signal: options?.signal });
    for (const { namespace, name } of summaries)
      try {
        items.push(await this.get(type, { namespace, name }, options));
      } catch (error) {
        // deleted since the list
        if (!(error instanceof NotFound)) throw error;
      }
    return { items, metadata: {} };
  }

  /** @param range.limit of summaries. Default: all */
  async summaries(
    { kind }: { readonly kind: string },
    selection: Selection,
    { limit, signal }: { readonly limit?: number | undefined; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<Summaries> {
    const items: RunSummary[] = [];
    let version = "";
    for (let token: string | undefined = ""; token !== undefined && items.length < (limit ?? Infinity);) {
      const size = Math.min(pageSize, limit ?? pageSize);
      const query = { limit: String(size), ...(token !== "" && { continue: token }) };
      const path = listPath(kind, selection, query);
      const page = (await this.send("GET", path, undefined, signal)) as Partial<RunList>;
      if (!Array.isArray(page.items)) throw noOrchestrator();
      for (const item of page.items) items.push(item);
      version = page.version ?? "";
      token = page.continue;
    }
    return { items, version };
  }

  /** Changes of the runs of a kind after a version. @throws Gone if changes are lost */
  async *changes(
    { kind }: { readonly kind: string },
    selection: Selection,
    version: string,
    signal: AbortSignal,
  ): AsyncGenerator<{ readonly change?: RunChange; readonly version: string }> {
    const path = listPath(kind, selection, { watch: "true", ...(version !== "" && { version }) });
    let position = version;
    for await (const { event, data, id } of this.events(path, signal)) {
      if (event === "end") return;
      if (event === "expired") throw apiError({ message: "changes are lost" }, 410, { method: "GET", path });
      position = id ?? position;
      yield { version: position, ...(event === "run" && isObject(data) && { change: data as unknown as RunChange }) };
    }
  }

  /** The states of the one run that the field selector `metadata.name=` names. */
  async *watch<T extends KubernetesObject>(
    type: ResourceType<T>,
    { fieldSelector = "", namespace, signal }: WatchOptions = {},
  ): AsyncGenerator<WatchEvent<T>> {
    const key = { name: fieldSelector.replace("metadata.name=", ""), ...(namespace !== undefined && { namespace }) };
    for await (const { event, data } of this.events(`${runPath(type, key)}?watch=true`, signal)) {
      if (event !== "run" || !isObject(data)) return;
      const change = changes[data.type as keyof typeof changes];
      yield { type: change, object: data.run as Stored<T> };
    }
  }

  /** Server-sent events as they come. @throws an API error, also for a stream that fails */
  async *events(path: string, signal?: AbortSignal): AsyncGenerator<ServerEvent> {
    const lines = new LineSplitter();
    let [event, id]: [string, string | undefined] = ["", undefined];
    for await (const chunk of this.http.stream(path, { accept: "text/event-stream", ...(signal && { signal }) })) {
      for (const line of lines.split(chunk)) {
        const [, field = "", value = ""] = /^(event|id|data): (.*)$/.exec(line) ?? [];
        if (field === "event") event = value;
        if (field === "id") {
          id = value;
          // an id before the data of its event belongs to it; alone, it is a position
          if (event === "") yield { event, data: {}, id };
        }
        if (field !== "data") continue;
        const data: unknown = JSON.parse(value);
        if (event === "error") throw streamError(data, path);
        yield { event, data, ...(id !== undefined && { id }) };
        [event, id] = ["", undefined];
      }
    }
  }
}

/** Path of a list of runs, or of a watch of one. */
function listPath(
  kind: string,
  { namespace, labelSelector, name, wide }: Selection,
  more: Readonly<Record<string, string>>,
): string {
  const query = new URLSearchParams({
    ...{ kind: kind.toLowerCase(), ...more },
    ...(labelSelector !== undefined && { labelSelector }),
    ...(name !== undefined && { name }),
    ...(wide === true && { wide: "true" }),
  });
  const where = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
  return `/api/v1${where}/runs?${query.toString()}`;
}

/** Path of a run in the REST API. */
export function runPath({ plural }: { readonly plural: string }, { namespace = "", name }: ObjectKey): string {
  return `/api/v1/namespaces/${encodeURIComponent(namespace)}/${plural}/${encodeURIComponent(name)}`;
}

function streamError(problem: unknown, path: string): Error {
  const { status, detail } = isObject(problem) ? problem : {};
  const message = typeof detail === "string" ? detail : "the stream failed";
  return apiError({ message }, typeof status === "number" ? status : 500, { method: "GET", path });
}

const noOrchestrator = (): UsageError =>
  new UsageError("error: what answers at --server is not an orchestrator server; check the URL");
