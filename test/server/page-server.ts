/** Starts middleware of the server as the application does, on a free port, and sends requests that a browser or an attacker could send. */
import { createServer, request as send, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import type Koa from "koa";
import { pino } from "pino";
import { Registry } from "prom-client";
import type { Test } from "tap";
import { systemClock } from "#src/runtime/clock.js";
import type { HttpClient } from "#src/runtime/client/http.js";
import { createApp, type AppOptions } from "#src/server/app.js";
import { ApiServer } from "../operations/api-server.js";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface Sent {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface PageServer {
  readonly port: number;
  /** Node's own client: unlike fetch it sends any Host, Origin and Cookie. */
  request(path: string, sent?: Sent): Promise<Answer>;
}

/**
 * The whole application with this middleware.
 *
 * @param middleware called with a function that gives the port once it listens
 * @param callerOf as of the application
 */
export async function startPageServer(
  t: Test,
  middleware: (port: () => number) => readonly Koa.Middleware[],
  callerOf: AppOptions["callerOf"],
): Promise<PageServer> {
  let port = 0;
  const app = createApp({
    ...{ callerOf, namespace: "orchestrator", version: "1", clock: systemClock },
    ...{ logger: pino({ level: "silent" }), registry: new Registry(), before: middleware(() => port) },
  });
  const server = createServer(app.handle);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  ({ port } = server.address() as AddressInfo);
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    port,
    request: (path, { method = "GET", headers = {}, body } = {}) =>
      new Promise((resolve, reject) => {
        const request = send({ ...{ host: "127.0.0.1", port, path, method, headers, agent: false } }, (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: text }),
          );
        });
        request.on("error", reject).end(body);
      }),
  };
}

/** A client of an API server that knows its caller as ada. */
export async function adasClient(t: Test): Promise<HttpClient> {
  const server = new ApiServer();
  server.answers.set("/apis/authentication.k8s.io/v1/selfsubjectreviews", (_, response) => {
    const answer = { kind: "SelfSubjectReview", status: { userInfo: { username: "ada", groups: [] } } };
    response.writeHead(201, { "content-type": "application/json" }).end(JSON.stringify(answer));
  });
  return server.client(t);
}
