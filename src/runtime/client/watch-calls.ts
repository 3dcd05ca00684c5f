import { LinkedAbort, unlessAborted } from "../abort.js";
import { failure, type RequestLine } from "./answers.js";
import type { CallOptions, WatchEvent, WatchOptions } from "./client.js";
import { apiError, ApiError, ConnectionError, ProtocolError, type Status } from "./errors.js";
import type { KubernetesObject, Stored } from "./objects.js";
import type { StreamedResponse } from "./stream-transport.js";
import type { CallEnvironment } from "./unary-calls.js";

const metadataAccept = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json";

/**
 * The events of a watch, until the server ends it.
 *
 * @param pathOf gives path and query; what it throws rejects the first event.
 * @throws an error of `errors.ts`, or the reason of `options.signal`.
 */
export async function* watchEvents<T extends KubernetesObject>(
  environment: CallEnvironment,
  pathOf: () => string,
  options: WatchOptions | undefined,
): AsyncGenerator<WatchEvent<T>> {
  const request: RequestLine = { method: "GET", path: pathOf() };
  options?.signal?.throwIfAborted();
  const abort = new LinkedAbort(options?.signal);
  try {
    const response = await openStream(environment, request, abort.signal, {
      ...options,
      ...(options?.metadataOnly === true && { accept: metadataAccept }),
    });
    const lines = new LineSplitter();
    try {
      for await (const chunk of response.body) {
        for (const line of lines.split(chunk)) yield readEvent<T>(line, request);
      }
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw error instanceof ApiError || error instanceof ProtocolError ? error : new ConnectionError(request, error);
    }
  } finally {
    abort.unlink();
    // also if the caller stops reading: the connection must not outlive the loop over its events
    abort.abort(new Error("the watch ended"));
  }
}

/** How a request for a stream is sent. */
export interface StreamOptions extends CallOptions {
  /** Default `application/json`. */
  readonly accept?: string;
  /** Called when the server has accepted the request; the first byte may come much later. */
  readonly onOpen?: () => void;
}

/**
 * The bytes of a response as they come, until the server ends it.
 *
 * @throws an error of `errors.ts`, or the reason of `options.signal`.
 */
export async function* streamBytes(
  environment: CallEnvironment,
  path: string,
  options: StreamOptions | undefined,
): AsyncGenerator<Uint8Array> {
  const request: RequestLine = { method: "GET", path };
  options?.signal?.throwIfAborted();
  const abort = new LinkedAbort(options?.signal);
  try {
    const response = await openStream(environment, request, abort.signal, options);
    options?.onOpen?.();
    try {
      yield* response.body;
    } catch (error) {
      if (abort.signal.aborted) throw abort.signal.reason;
      throw new ConnectionError(request, error);
    }
  } finally {
    abort.unlink();
    // also if the caller stops reading: the connection must not outlive its loop
    abort.abort(new Error("the stream ended"));
  }
}

async function openStream(
  { connections, clock, timeout, observer }: CallEnvironment,
  request: RequestLine,
  signal: AbortSignal,
  options: StreamOptions | undefined,
): Promise<StreamedResponse> {
  for (let refresh = false; ; refresh = true) {
    const { transport, headers } = await unlessAborted(connections.prepare(refresh), signal);
    if (options?.accept !== undefined) headers.accept = options.accept;
    const started = clock.monotonic();
    const observe = (code: string): void =>
      observer?.requestDone("GET", transport.host, code, (clock.monotonic() - started) / 1000);
    let response: StreamedResponse;
    try {
      response = await transport.streams.open({
        origin: transport.origin,
        path: transport.prefix + request.path,
        headers,
        signal,
        headersTimeout: options?.timeout ?? timeout,
      });
    } catch (error) {
      if (signal.aborted) throw signal.reason;
      observe("<error>");
      throw new ConnectionError(request, error);
    }
    const { status, headers: answered } = response;
    observe(String(status));
    if (status === 200) return response;
    const error = failure({ status, headers: answered, body: await textOf(response) }, request, clock.now());
    if (status === 401 && !refresh) continue;
    throw error;
  }
}

async function textOf({ body }: StreamedResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Splits a byte stream into its lines, however it is cut into chunks. */
export class LineSplitter {
  readonly #decoder = new TextDecoder();
  /** The beginning of a line whose end has not come yet. */
  #remainder: string[] = [];

  /** The lines that the chunk completes, except empty ones. An array: a generator is measurably slower. */
  split(chunk: Uint8Array): string[] {
    const lines: string[] = [];
    const text = this.#decoder.decode(chunk, { stream: true });
    let start = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", start)) {
      const tail = text.slice(start, end);
      const line = this.#remainder.length === 0 ? tail : this.#remainder.join("") + tail;
      this.#remainder = [];
      start = end + 1;
      if (line.length > 0) lines.push(line);
    }
    if (start < text.length) this.#remainder.push(text.slice(start));
    return lines;
  }
}

function readEvent<T extends KubernetesObject>(line: string, request: RequestLine): WatchEvent<T> {
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
      throw new ProtocolError(request, `unknown type of a watch event: ${String(event.type)}`);
  }
}
