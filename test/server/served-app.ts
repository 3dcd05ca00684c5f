/** The server's application on a loopback port, and requests to it that are compared with the document. */
import { request as send } from "node:http";
import type { AddressInfo } from "node:net";
import { createServer } from "node:http";
import { Registry } from "prom-client";
import type { Test } from "tap";
import { systemClock } from "#src/runtime/clock.js";
import type { Logger } from "#src/runtime/logger.js";
import { createApp, type App, type AppOptions } from "#src/server/app.js";
import { CallerClients } from "#src/server/caller-clients.js";
import { bearerToken, callerKey } from "#src/server/credentials.js";
import { contradiction } from "./contract.js";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  readonly json: unknown;
}

export interface RequestOptions {
  readonly method?: string;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is text. */
  readonly body?: unknown;
}

/** A logger that keeps its lines as text. */
export class KeptLog implements Logger {
  readonly lines: string[] = [];
  readonly #keep = (fields: object, message: string): void => {
    const text = JSON.stringify(fields, (_, value: unknown) =>
      value instanceof Error ? `${value.message} ${value.stack ?? ""}` : value,
    );
    this.lines.push(`${text} ${message}`);
  };
  readonly debug = this.#keep;
  readonly info = this.#keep;
  readonly warn = this.#keep;
  readonly error = this.#keep;
  readonly child = (): Logger => this;
}

/** Requests to a server. */
export class Caller {
  constructor(
    readonly t: Test,
    readonly url: string,
    readonly token = "",
  ) {}

  /** A request whose answer must agree with the document. */
  async call(path: string, options: RequestOptions = {}): Promise<Answer> {
    const { method = "GET", token = this.token, body } = options;
    const text = typeof body === "string" || body === undefined ? body : JSON.stringify(body);
    const headers = {
      ...(token !== "" && { authorization: `Bearer ${token}` }),
      ...(text !== undefined && { "content-type": "application/json" }),
      ...options.headers,
    };
    const answer = await exchange(this.url + path, method, headers, text);
    const type = String(answer.headers["content-type"] ?? "");
    this.t.equal(contradiction({ method, path, status: answer.status, type, body: answer.body }), undefined);
    return { ...answer, json: type.includes("json") ? (JSON.parse(answer.body) as unknown) : undefined };
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.call(path, { method: "POST", body });
  }
}

function exchange(
  url: string,
  method: string,
  headers: Record<string, string>,
  body: string | undefined,
): Promise<Omit<Answer, "json">> {
  return new Promise((resolve, reject) => {
    const request = send(url, { method, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: Buffer.concat(chunks).toString(),
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

/** Reads a stream of events as they come. */
export class EventReader {
  text = "";
  status = 0;
  readonly done: Promise<void>;
  readonly #stop = new AbortController();

  constructor(t: Test, url: string, token: string, headers: Record<string, string> = {}) {
    t.teardown(() => this.#stop.abort());
    this.done = (async () => {
      const response = await fetch(url, {
        headers: { authorization: `Bearer ${token}`, accept: "text/event-stream", ...headers },
        signal: this.#stop.signal,
      });
      this.status = response.status;
      const decoder = new TextDecoder();
      for await (const chunk of response.body ?? []) this.text += decoder.decode(chunk as Uint8Array, { stream: true });
    })().catch((error: unknown) => {
      if (!this.#stop.signal.aborted) throw error;
    });
  }

  close(): void {
    this.#stop.abort();
  }

  /** Events so far, with their data parsed. */
  get events(): { readonly event: string; readonly id?: string; readonly data: unknown }[] {
    return this.text.split("\n\n").flatMap((block) => {
      const lines = new Map(
        block.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      const event = lines.get("event");
      const id = lines.get("id");
      if (event === undefined) return [];
      return [{ event, ...(id !== undefined && { id }), data: JSON.parse(lines.get("data") ?? "null") as unknown }];
    });
  }
}

export interface Served {
  readonly app: App;
  readonly url: string;
  readonly log: KeptLog;
  readonly registry: Registry;
}

/** Serves the application in front of an API server without TLS. */
export async function serve(t: Test, apiServer: string, options: Partial<AppOptions> = {}): Promise<Served> {
  const log = new KeptLog();
  const registry = new Registry();
  const connection = { server: apiServer, tls: {} };
  const clients = new CallerClients({ connection: () => Promise.resolve(connection) });
  const app = createApp({
    ...{ namespace: "ns", version: "1.2.3", clock: systemClock, logger: log, registry },
    callerOf: (request, onWarning) => {
      const token = bearerToken(request);
      return token === undefined ? undefined : { key: callerKey(token), client: clients.of(token, onWarning) };
    },
    ...options,
  });
  const server = createServer(app.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await clients.close();
  });
  return { app, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, log, registry };
}
