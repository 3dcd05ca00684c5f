/** Reads and watches runs by the REST API of `orchestrator server`. */
import type { Client } from "../../runtime/client/client.js";
import type { ListOptions, WatchEvent, WatchOptions } from "../../runtime/client/client.js";
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
export type RunSummary = components["schemas"]["RunSummary"];

interface ServerEvent {
  readonly event: string;
  readonly data: unknown;
}

const changes = { added: "ADDED", modified: "MODIFIED", deleted: "DELETED" } as const;

/** Summaries of one request: the most that the server gives. */
const pageSize = 5_000;

/** The part of a {@link Client} that finding a run and waiting for one need, for runs alone. */
export class ServerClient implements Pick<Client, "get" | "list" | "watch"> {
  constructor(readonly http: HttpClient) {}

  /** The answer to a request. @throws UsageError if the server is none of ours; an API error */
  async send(
    method: "GET" | "POST" | "DELETE",
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

  /** All runs of a kind as whole objects, with a request for each. */
  async list<T extends KubernetesObject>(type: ResourceType<T>, options?: ListOptions): Promise<ObjectList<Stored<T>>> {
    const items: Stored<T>[] = [];
    for (const { namespace, name } of await this.summaries(type, options ?? {}, options?.signal))
      try {
        items.push(await this.get(type, { namespace, name }, options));
      } catch (error) {
        // deleted since the list
        if (!(error instanceof NotFound)) throw error;
      }
    return { items, metadata: {} };
  }

  async summaries(
    { kind }: { readonly kind: string },
    { namespace, labelSelector }: Selection,
    signal?: AbortSignal,
  ): Promise<RunSummary[]> {
    const items: RunSummary[] = [];
    for (let token: string | undefined = ""; token !== undefined;) {
      const query = new URLSearchParams({ kind: kind.toLowerCase(), limit: String(pageSize) });
      if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
      if (token !== "") query.set("continue", token);
      const where = namespace === undefined ? "" : `/namespaces/${encodeURIComponent(namespace)}`;
      const page = (await this.send(
        "GET",
        `/api/v1${where}/runs?${query.toString()}`,
        undefined,
        signal,
      )) as Partial<RunList>;
      if (!Array.isArray(page.items)) throw noOrchestrator();
      for (const item of page.items) items.push(item);
      token = page.continue;
    }
    return items;
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
    let event = "";
    for await (const chunk of this.http.stream(path, { accept: "text/event-stream", ...(signal && { signal }) })) {
      for (const line of lines.split(chunk)) {
        if (line.startsWith("event: ")) event = line.slice("event: ".length);
        if (!line.startsWith("data: ")) continue;
        const data: unknown = JSON.parse(line.slice("data: ".length));
        if (event === "error") throw streamError(data, path);
        yield { event, data };
      }
    }
  }
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
