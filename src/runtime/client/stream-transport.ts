/** How responses that are read as they come, such as watches and followed logs, reach their reader. */
import type { IncomingHttpHeaders } from "node:http";
import type { Dispatcher } from "undici";
import streamingRequest from "undici/lib/api/api-request.js";
import type { Connection } from "./access.js";

/** A GET whose response is read as it comes. */
export interface StreamRequest {
  /** `https://host:port` of the server. */
  readonly origin: string;
  /** Path with query, from the server's root. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  /** Ends the request, or the reading of its response, with the signal's reason. */
  readonly signal: AbortSignal;
  /** Milliseconds until the first byte of the response; 0 is no limit. The response itself may be silent for long. */
  readonly headersTimeout: number;
}

/** The beginning of a response. Its body has to be read to its end, or the request's signal has to fire. */
export interface StreamedResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Throws unless the server has sent all of it. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** Carries streams from one server. */
export interface StreamTransport {
  /** @throws an error of the transport, or the signal's reason */
  open(request: StreamRequest): Promise<StreamedResponse>;
  /** Opens no more streams; resolves when those in progress have ended. */
  close(): Promise<void>;
  /** Ends all streams. */
  destroy(): Promise<void>;
}

/** Creates the transport of one connection. */
export type CreateStreams = (connection: Connection) => StreamTransport;

/** Streams over an undici dispatcher: each occupies a connection. */
export function dispatcherStreams(dispatcher: Dispatcher): StreamTransport {
  return {
    open: async ({ origin, path, headers, signal, headersTimeout }) => {
      const request = { ...{ method: "GET", origin, path, headers, signal, headersTimeout }, bodyTimeout: 0 } as const;
      const { statusCode, headers: answered, body } = await streamingRequest.call(dispatcher, request);
      return { status: statusCode, headers: answered, body: body as AsyncIterable<Uint8Array> };
    },
    close: () => dispatcher.close(),
    destroy: () => dispatcher.destroy(),
  };
}
