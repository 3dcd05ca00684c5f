/** One provider: where it is, and the key that the agent does not have. */
import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";
import type { Dispatcher } from "undici";
import send from "undici/lib/api/api-request.js";
import { connectionPool } from "../runtime/client/connections.js";
import { proxyFor } from "../runtime/client/proxy.js";
import { readBoundedFile } from "../runtime/input/bounded-file.js";
import type { ApiFormat } from "./formats/format.js";

export interface UpstreamOptions {
  readonly format: ApiFormat;
  /** For example `https://api.anthropic.com`; a path of it precedes that of each call. */
  readonly baseUrl: string;
  /** File with the key, read for each request, so that a rotated Secret counts. Absent: the upstream needs none. */
  readonly keyFile?: string;
  /** Name of the header that carries the key, in place of the format's own. */
  readonly header?: string;
  /** All authorities that are trusted, in PEM. Default: the usual ones. */
  readonly ca?: readonly string[];
  /** URL of a proxy. Default: that of the environment. */
  readonly proxy?: string;
}

/** What is sent on. */
export interface UpstreamRequest {
  readonly method: "GET" | "POST";
  /** With its query, below the base URL. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[]>>;
  readonly body: Buffer | undefined;
  readonly signal: AbortSignal;
}

export interface UpstreamResponse {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: AsyncIterable<Uint8Array> & { dump(): Promise<unknown> };
}

/** Bytes of a key. */
const maxKey = 16_384;

/** Milliseconds until a response begins: a model may think for long before an answer that is not streamed. */
const headersTimeout = 15 * 60_000;

/** Milliseconds between two parts of a response: streams of all providers have pings or text more often. */
const bodyTimeout = 5 * 60_000;

export class Upstream {
  readonly format: ApiFormat;
  readonly #options: UpstreamOptions;
  readonly #base: URL;
  readonly #dispatcher: Dispatcher;

  constructor(options: UpstreamOptions) {
    this.format = options.format;
    this.#options = options;
    this.#base = new URL(options.baseUrl);
    const { ca } = options;
    this.#dispatcher = connectionPool(options.baseUrl, proxyFor(options.baseUrl, options.proxy), {
      connections: null,
      ...(ca !== undefined && { tls: { ca } }),
    });
  }

  /** @throws Error of the key's file, of the connection, or the signal's reason; none of them has the key */
  async request({ method, path, headers, body, signal }: UpstreamRequest): Promise<UpstreamResponse> {
    const {
      statusCode,
      headers: answered,
      body: content,
    } = await send.call(this.#dispatcher, {
      ...{ method, origin: this.#base.origin, path: this.#base.pathname.replace(/\/$/, "") + path },
      headers: {
        ...headers,
        ...(await this.#keyHeader()),
        ...(body && { "content-length": String(body.length) }),
      },
      ...(body && { body: sentOnce(body) }),
      ...{ signal, headersTimeout, bodyTimeout },
    });
    return { status: statusCode, headers: answered, body: content as UpstreamResponse["body"] };
  }

  close(): Promise<void> {
    return this.#dispatcher.destroy();
  }

  async #keyHeader(): Promise<Readonly<Record<string, string>>> {
    const { keyFile, format, header } = this.#options;
    if (keyFile === undefined) return {};
    const content = await readBoundedFile(keyFile, maxKey);
    if (content === undefined) throw new Error(`${keyFile} does not exist: mount the Secret with the provider's key`);
    const key = content.toString().trim();
    // a control character would end the header, and an error of it would show the key
    if (key === "" || /[^\x21-\x7e]/.test(key))
      throw new Error(`${keyFile} contains no key: it has to be one line of ASCII without spaces`);
    const [name, value] = format.keyHeader(key);
    return header === undefined ? { [name]: value } : { [header]: key };
  }
}

/** As an iterable: undici keeps a buffer for as long as the answer lasts. */
function sentOnce(body: Buffer): Readable {
  const parts = [body];
  const content = (async function* (): AsyncGenerator<Buffer> {
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) yield Promise.resolve(part);
  })();
  return content as unknown as Readable; // undici takes any iterable; its types do not say so
}
