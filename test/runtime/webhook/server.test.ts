/** The webhook server over real sockets: what it rejects, what it survives, and how it stops. */
import { once } from "node:events";
import { Agent, request as httpsRequest } from "node:https";
import { readFileSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { connect, type TLSSocket } from "node:tls";
import fc from "../../property.js";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import { eventually } from "../../eventually.js";
import { createPki } from "#src/cluster/pki.js";
import { createAuthority, issueLeaf, type KeyPair } from "#src/runtime/certs/authority.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { RuntimeMetrics } from "#src/runtime/metrics/metrics.js";
import { isObject } from "#src/runtime/schema/json.js";
import { admissionHandlers } from "#src/runtime/webhook/handlers.js";
import { mutating, validating, type AdmissionHandler } from "#src/runtime/webhook/review.js";
import type { WebhookServerOptions } from "#src/runtime/webhook/options.js";
import { WebhookServer } from "#src/runtime/webhook/server.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import type { ConfigMap } from "#src/runtime/client/objects.js";

const authority = await createAuthority("test", Date.now(), 3_600_000);
const leaf = await issueLeaf(authority, ["127.0.0.1"], Date.now(), 3_600_000);

/** Lets a test decide when a handler continues. */
class Gate {
  readonly open: () => void;
  readonly passed: Promise<void>;
  #entered = 0;
  #waiting: { count: number; resolve: () => void }[] = [];

  constructor() {
    let open: () => void = () => undefined;
    this.passed = new Promise((resolve) => (open = resolve));
    this.open = open;
  }

  readonly handler: AdmissionHandler = async () => {
    this.#entered++;
    for (const { count, resolve } of this.#waiting) if (this.#entered >= count) resolve();
    await this.passed;
    return { allowed: true };
  };

  /** Resolves when so many requests are with the handler. */
  entered(count: number): Promise<void> {
    if (this.#entered >= count) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }
}

interface Running {
  readonly server: WebhookServer;
  readonly registry: Registry;
  readonly gate: Gate;
  readonly stop: () => Promise<void>;
}

async function start(t: Test, options: Partial<WebhookServerOptions> = {}): Promise<Running> {
  const registry = new Registry();
  const gate = new Gate();
  const server = new WebhookServer({
    host: "127.0.0.1",
    port: 0,
    clock: systemClock,
    logger: silentLogger,
    metrics: new RuntimeMetrics(registry),
    handlers: new Map<string, AdmissionHandler>([
      ["/yes", () => Promise.resolve({ allowed: true })],
      ["/throws", () => Promise.reject(new Error("a mistake"))],
      ["/descends", ({ object }) => ({ allowed: depthOf(object) > 0 })],
      ["/hangs", () => new Promise(() => undefined)],
      ["/waits", gate.handler],
    ]),
    ...options,
  });
  const abort = new AbortController();
  server.useCertificate(leaf);
  const running = server.start(abort.signal);
  await server.ready(abort.signal);
  const stop = async (): Promise<void> => {
    gate.open();
    abort.abort(new Error("the test ends"));
    await running;
  };
  t.teardown(stop);
  return { server, registry, gate, stop };
}

interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function call(
  server: WebhookServer,
  path: string,
  body: string | Buffer | undefined,
  options: { method?: string; chunked?: boolean; agent?: Agent } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> =
      body === undefined || options.chunked === true ? {} : { "content-length": Buffer.byteLength(body) };
    const { agent } = options;
    const sent = httpsRequest(
      {
        host: "127.0.0.1",
        port: server.port,
        path,
        method: options.method ?? "POST",
        ca: authority.certificate,
        headers,
        ...(agent !== undefined ? { agent } : { agent: false as const }),
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("end", () => {
          const { statusCode = 0 } = response;
          resolve({ status: statusCode, headers: response.headers, body: Buffer.concat(chunks).toString() });
        });
        response.on("error", reject);
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

function depthOf(value: unknown): number {
  return isObject(value) ? 1 + Math.max(0, ...Object.values(value).map(depthOf)) : 0;
}

function review(object: unknown = { metadata: { name: "o" } }, more: object = {}): string {
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "one",
      operation: "CREATE",
      kind: { group: "", version: "v1", kind: "ConfigMap" },
      resource: { group: "", version: "v1", resource: "configmaps" },
      object,
      ...more,
    },
  });
}

function response(answer: Answer): Record<string, unknown> {
  const body = JSON.parse(answer.body) as { kind: string; response: Record<string, unknown> };
  if (body.kind !== "AdmissionReview") throw new Error(answer.body);
  return body.response;
}

/** A connection to write bytes on; gives all that came back once it is closed. */
async function raw(
  server: WebhookServer,
): Promise<{ socket: TLSSocket; received: () => string; closed: Promise<void> }> {
  const socket = connect({ host: "127.0.0.1", port: server.port, ca: authority.certificate });
  let text = "";
  socket.on("data", (chunk: Buffer) => (text += chunk.toString()));
  socket.on("error", () => undefined);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  return { socket, received: () => text, closed };
}

const http = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nhost: x\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;

t.test("the response has the review's uid, with any query in the path", async (t) => {
  const { server } = await start(t);
  const answer = await call(server, "/yes?timeout=5s", review());
  t.equal(answer.status, 200);
  t.equal(answer.headers["content-type"], "application/json");
  t.same(JSON.parse(answer.body), {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid: "one", allowed: true },
  });
});

t.test("it listens on every address of the machine, even with IPv6 only", async () => {
  const server = new WebhookServer({ port: 0, clock: systemClock, logger: silentLogger, handlers: new Map() });
  server.useCertificate(leaf);
  const abort = new AbortController();
  const running = server.start(abort.signal);
  await server.ready(abort.signal);
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const addresses = ["127.0.0.1", ...own.flatMap(({ address }) => (address === "::1" ? [address] : []))];
  for (const host of addresses) {
    const socket = connect({ host, port: server.port, rejectUnauthorized: false });
    await once(socket, "secureConnect");
    socket.destroy();
  }
  abort.abort(new Error("stopped"));
  await running;
});

t.test("an unknown path gets 404, another method than POST gets 405", async (t) => {
  const { server } = await start(t);
  const missing = await call(server, "/no", review());
  t.equal(missing.status, 404);
  t.equal(missing.body, "no webhook at this path\n", "it does not say which exist");
  const got = await call(server, "/yes", undefined, { method: "GET" });
  t.equal(got.status, 405);
  t.equal(got.headers.allow, "POST");
});

t.test("a body beyond the limit gets 413, with or without Content-Length, and the connection stays open", async (t) => {
  const { server } = await start(t, { maxBodyBytes: 10_000 });
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: authority.certificate });
  t.teardown(() => agent.destroy());
  const padded = (size: number): string => review({ data: "x".repeat(size) });
  t.equal((await call(server, "/yes", padded(9_000), { agent })).status, 200);
  t.equal((await call(server, "/yes", padded(20_000), { agent })).status, 413);
  t.equal((await call(server, "/yes", padded(20_000), { agent, chunked: true })).status, 413);
  t.equal((await call(server, "/yes", padded(9_000), { agent, chunked: true })).status, 200);
});

t.test("a client that keeps sending long after a rejection is disconnected", async (t) => {
  const { server } = await start(t, { maxBodyBytes: 1_000 });
  const { socket, received, closed } = await raw(server);
  socket.write("POST /yes HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000\r\n\r\n");
  const chunk = "x".repeat(1_000);
  const timer = setInterval(() => socket.writable && socket.write(chunk), 1);
  await closed;
  clearInterval(timer);
  t.match(received(), /^HTTP\/1.1 413 /);
});

t.test("bodies beyond the common budget get 429, and their bytes return to it", async (t) => {
  const { server, gate } = await start(t, { maxBytesInFlight: 25_000 });
  const body = review({ data: "x".repeat(10_000) });
  const held = [call(server, "/waits", body), call(server, "/waits", body)];
  await gate.entered(2);
  const refused = await call(server, "/yes", body);
  t.equal(refused.status, 429);
  t.equal(refused.headers["retry-after"], "1");
  gate.open();
  for (const answer of await Promise.all(held)) t.equal(answer.status, 200);
  for (let round = 0; round < 5; round++) t.equal((await call(server, "/yes", body)).status, 200);
  t.equal((await call(server, "/yes", review({ data: "x".repeat(30_000) }))).status, 200, "alone it may be larger");
});

t.test("a Content-Length alone takes nothing from the budget", async (t) => {
  const { server } = await start(t, { maxBytesInFlight: 20_000 });
  const idle = await Promise.all(Array.from({ length: 20 }, () => raw(server)));
  for (const { socket } of idle) socket.write("POST /yes HTTP/1.1\r\nhost: x\r\ncontent-length: 7000000\r\n\r\nx");
  t.equal((await call(server, "/yes", review({ data: "x".repeat(10_000) }))).status, 200);
  for (const { socket } of idle) socket.destroy();
});

t.test("more concurrent reviews than allowed get 429", async (t) => {
  const { server, gate } = await start(t, { maxRequestsInFlight: 2 });
  const held = [call(server, "/waits", review()), call(server, "/waits", review())];
  await gate.entered(2);
  t.equal((await call(server, "/yes", review())).status, 429);
  gate.open();
  await Promise.all(held);
  t.equal((await call(server, "/yes", review())).status, 200);
});

t.test("an invalid review gets a 400 that says what is wrong", async (t) => {
  const { server } = await start(t);
  const cases: [string, RegExp][] = [
    ["", /JSON/],
    ["{", /JSON/],
    ["null", /not a JSON object/],
    ["{}", /not an AdmissionReview of admission.k8s.io\/v1/],
    [JSON.stringify({ apiVersion: "admission.k8s.io/v1beta1", kind: "AdmissionReview" }), /not an AdmissionReview/],
    [JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview" }), /request is missing/],
    [review({}, { uid: "" }), /uid is missing/],
    [review({}, { operation: "LOOK" }), /not one of CREATE, UPDATE, DELETE, CONNECT/],
    [review({}, { kind: null }), /kind or request.resource is missing/],
    [
      review({}, { kind: { group: { toString: 1 }, version: "v1", kind: "A" } }),
      /kind or request.resource is not complete/,
    ],
    [review({}, { resource: { group: "", version: "v1" } }), /kind or request.resource is not complete/],
    [review([]), /object is not an object/],
    [review(null), /object is missing on CREATE/],
  ];
  for (const [body, message] of cases) {
    const answer = await call(server, "/yes", body);
    t.equal(answer.status, 400);
    t.match(answer.body, message);
  }
});

t.test("a handler that throws denies its own request only", async (t) => {
  const { server, registry } = await start(t);
  const [broken, fine] = await Promise.all([call(server, "/throws", review()), call(server, "/yes", review())]);
  t.match(response(broken), {
    uid: "one",
    allowed: false,
    status: { code: 500, message: "the admission handler failed: a mistake" },
  });
  t.equal(response(fine).allowed, true);
  t.match(await registry.metrics(), /controller_runtime_webhook_panics_total 1\n/);
});

t.test("a body that is nested too deeply gets 400 before it is parsed, and no handler sees it", async (t) => {
  const { server, registry } = await start(t);
  const nested = (depth: number): string =>
    review().replace('"object":{', `"object":{"a":${'{"a":'.repeat(depth)}1${"}".repeat(depth)},`);
  t.equal(response(await call(server, "/descends", nested(100))).allowed, true);
  // the review, its request and the object are three levels
  t.equal(response(await call(server, "/descends", nested(197))).allowed, true);
  for (const depth of [198, 100_000])
    t.match(await call(server, "/descends", nested(depth)), {
      status: 400,
      body: "the body is nested deeper than 200 levels; flatten the object\n",
    });
  t.match(await registry.metrics(), /controller_runtime_webhook_panics_total 0\n/);
});

t.test("maxDepth sets the levels that a body may have", async (t) => {
  const { server } = await start(t, { maxDepth: 4 });
  t.equal((await call(server, "/yes", review({ metadata: {} }))).status, 200);
  t.match(await call(server, "/yes", review({ metadata: { labels: { a: {} } } })), { status: 400, body: /4 levels/ });
});

t.test("a handler that hangs denies its own request at its deadline", async (t) => {
  const { server } = await start(t, { handlerTimeout: 50 });
  t.match(response(await call(server, "/hangs", review())), {
    allowed: false,
    status: { message: "the admission handler failed: no decision within 50 ms" },
  });
});

t.test("pipelined requests get their responses in order", async (t) => {
  const { server, gate } = await start(t);
  const { socket, received, closed } = await raw(server);
  const one = review({}, { uid: "first" });
  const two = review({}, { uid: "second" });
  socket.write(http("/waits", one) + http("/yes", two) + http("/no", two));
  await gate.entered(1);
  t.equal(received(), "");
  gate.open();
  await eventually("all have their answers", () => received().includes("no webhook at this path"));
  socket.end();
  await closed;
  t.match(received(), /"uid":"first"[^]*"uid":"second"[^]*no webhook at this path/);
});

t.test("the metrics are controller-runtime's", async (t) => {
  const { server, registry } = await start(t);
  await call(server, "/yes", review());
  await call(server, "/yes", "{");
  await call(server, "/no", review());
  const metrics = await registry.metrics();
  t.match(metrics, 'controller_runtime_webhook_requests_total{webhook="/yes",code="200"} 1');
  t.match(metrics, 'controller_runtime_webhook_requests_total{webhook="/yes",code="400"} 1');
  t.match(metrics, 'controller_runtime_webhook_latency_seconds_count{webhook="/yes"} 2');
  t.match(metrics, 'controller_runtime_webhook_requests_in_flight{webhook="/yes"} 0');
  t.notMatch(metrics, 'webhook="/no"', "a path that a stranger makes up is no label");
});

t.test("while it drains, answers ask to close the connection", async (t) => {
  const { server } = await start(t);
  const agent = new Agent({ keepAlive: true, ca: authority.certificate });
  t.teardown(() => agent.destroy());
  t.equal((await call(server, "/yes", review(), { agent })).headers.connection, "keep-alive");
  server.drain();
  t.equal(server.check(), "draining");
  t.equal((await call(server, "/yes", review(), { agent })).headers.connection, "close");
});

t.test("after the stop running requests end, idle connections are closed, and new ones are refused", async (t) => {
  const { server, gate, stop } = await start(t);
  const agent = new Agent({ keepAlive: true, ca: authority.certificate });
  t.teardown(() => agent.destroy());
  await call(server, "/yes", review(), { agent });
  const idle = await raw(server);
  const running = call(server, "/waits", review());
  await gate.entered(1);
  const { port } = server;
  const stopping = stop();
  const answer = await running;
  t.equal(response(answer).allowed, true);
  t.equal(answer.headers.connection, "close");
  await stopping;
  await idle.closed;
  const refused = new Promise((resolve) => connect({ host: "127.0.0.1", port }).once("error", resolve));
  t.match(await refused, { code: "ECONNREFUSED" });
  t.equal(server.check(), "draining");
});

t.test("a request that never ends does not block the stop", async (t) => {
  const { server, stop } = await start(t, { drainTimeout: 100 });
  const { socket, closed } = await raw(server);
  socket.write("POST /yes HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\nx");
  await call(server, "/yes", review());
  await stop();
  await closed;
  t.pass("it stopped");
});

t.test("a client that sends headers or body too slowly is disconnected; an idle one is not", async (t) => {
  const { server } = await start(t, { headersTimeout: 200, requestTimeout: 400 });
  const head = await raw(server);
  const body = await raw(server);
  const silent = await raw(server);
  const idle = await raw(server);
  idle.socket.write(http("/yes", review()));
  head.socket.write("POST /yes HTTP/1.1\r\nhost:");
  body.socket.write("POST /yes HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\n{");
  await Promise.all([head.closed, body.closed, silent.closed]);
  t.match(head.received(), /^HTTP\/1.1 408 /);
  idle.socket.write(http("/yes", review({}, { uid: "later" })));
  idle.socket.end();
  await idle.closed;
  t.match(idle.received(), /"uid":"later"/);
});

/** Opens a connection and has a review answered on it. */
async function known(server: WebhookServer): Promise<Awaited<ReturnType<typeof raw>>> {
  const connection = await raw(server);
  connection.socket.write(http("/yes", review()));
  await eventually("it is answered", () => connection.received().includes('"allowed":true'));
  return connection;
}

t.test("connections beyond the limit are closed if those that are open have sent reviews", async (t) => {
  const { server, registry } = await start(t, { maxConnections: 3, maxConnectionsPerSource: 3 });
  const open = [await known(server), await known(server), await known(server)];
  await t.rejects(call(server, "/yes", review()));
  const metrics = await registry.metrics();
  t.match(metrics, /webhook_connections 3\n/);
  t.match(metrics, /webhook_connections_closed_total\{reason="source"\} 1\n/);
  open[0]?.socket.destroy();
  await open[0]?.closed;
  await eventually("a place is free", () =>
    call(server, "/yes", review()).then(
      () => true,
      () => false,
    ),
  );
});

t.test("silent connections give way to an API server behind the same address", async (t) => {
  const { server, registry } = await start(t, { maxConnections: 10 });
  const api = await known(server);
  const silent = [];
  for (let each = 0; each < 8; each++) silent.push(await raw(server));
  for (let each = 0; each < 5; each++) t.equal((await call(server, "/yes", review())).status, 200);
  await silent[0]?.closed;
  api.socket.write(http("/yes", review({}, { uid: "later" })));
  await eventually("the known connection is still open", () => api.received().includes('"uid":"later"'));
  t.match(await registry.metrics(), /webhook_connections_closed_total\{reason="source"\} [1-9]/);
});

t.test("a connection without a valid review is closed in time, whatever it sends instead", async (t) => {
  const { server, registry } = await start(t, { strangerTimeout: 200 });
  const api = await known(server);
  const stranger = await raw(server);
  stranger.socket.write(http("/yes", "{}"));
  await stranger.closed;
  t.match(stranger.received(), /^HTTP\/1.1 400 /);
  api.socket.write(http("/yes", review({}, { uid: "later" })));
  await eventually("the known connection is still open", () => api.received().includes('"uid":"later"'));
  t.match(await registry.metrics(), /webhook_connections_closed_total\{reason="silent"\} 1\n/);
});

t.test("a review of an object in another namespace than the request's is rejected", async (t) => {
  const { server } = await start(t);
  const forged = review({ metadata: { namespace: "theirs" } }, { namespace: "mine" });
  t.match(await call(server, "/yes", forged), { status: 400, body: "request.namespace is not that of the object\n" });
  t.equal((await call(server, "/yes", review({ metadata: { namespace: "mine" } }, { namespace: "mine" }))).status, 200);
});

t.test("with client certificates, only a client with an accepted name is heard", async (t) => {
  const directory = t.testdir({});
  const pkiOf = (...names: string[]): ReturnType<typeof createPki> =>
    createPki(
      join(directory, names.join()),
      names.map((name) => ({ file: name, commonName: name })),
    );
  const [ours, theirs] = [await pkiOf("kube-apiserver", "somebody"), await pkiOf("kube-apiserver")];
  const read = (path: string): string => readFileSync(path, "utf8");
  const of = (pki: typeof ours, name: string): KeyPair => ({
    certificate: read(pki.certificate(name)),
    key: read(pki.key(name)),
  });
  const [apiServer, other, foreign] = [of(ours, "kube-apiserver"), of(ours, "somebody"), of(theirs, "kube-apiserver")];
  const registry = new Registry();
  const server = new WebhookServer({
    ...{ host: "127.0.0.1", port: 0, clock: systemClock, logger: silentLogger, metrics: new RuntimeMetrics(registry) },
    handlers: new Map<string, AdmissionHandler>([["/yes", () => ({ allowed: true })]]),
    clientCertificates: { names: ["kube-apiserver"] },
  });
  const abort = new AbortController();
  server.useCertificate(leaf);
  const running = server.start(abort.signal);
  t.teardown(async () => {
    abort.abort();
    await running;
  });
  t.equal(server.check(), "not listening", "not before it knows whom to trust");
  server.useClientAuthorities(read(ours.clientCa));
  await server.ready(abort.signal);
  const as = (pair?: KeyPair): Agent =>
    new Agent({
      ...{ ca: authority.certificate, keepAlive: false, maxCachedSessions: 0 },
      ...(pair !== undefined && { cert: pair.certificate, key: pair.key }),
    });
  t.equal((await call(server, "/yes", review(), { agent: as(apiServer) })).status, 200);
  await t.rejects(call(server, "/yes", review(), { agent: as() }), "without a certificate");
  await t.rejects(call(server, "/yes", review(), { agent: as(other) }), "by another name");
  await t.rejects(call(server, "/yes", review(), { agent: as(foreign) }), "of another authority");
  t.match(await registry.metrics(), /webhook_connections_closed_total\{reason="certificate"\} 3\n/);
  server.useClientAuthorities(read(theirs.clientCa));
  t.equal((await call(server, "/yes", review(), { agent: as(foreign) })).status, 200, "the authorities can change");
  await t.rejects(call(server, "/yes", review(), { agent: as(apiServer) }));
});

t.test("a new certificate is served to new connections, and open ones continue", async (t) => {
  const { server } = await start(t);
  const open = await raw(server);
  const next = await issueLeaf(authority, ["127.0.0.1"], Date.now(), 3_600_000);
  server.useCertificate(next);
  const later = await raw(server);
  t.not(later.socket.getPeerCertificate().serialNumber, open.socket.getPeerCertificate().serialNumber);
  open.socket.write(http("/yes", review()));
  await eventually("it is answered", () => open.received().includes('"allowed":true'));
  open.socket.end();
  await open.closed;
  later.socket.destroy();
});

t.test("handlers have the paths of controller-runtime", (t) => {
  const defaulter = (object: ConfigMap): ConfigMap => object;
  const validator = (): { errors: []; warnings: [] } => ({ errors: [], warnings: [] });
  const type = { ...ConfigMaps, group: "apps.test.io", version: "v1beta1", kind: "Widget" };
  t.same(
    admissionHandlers<ConfigMap>({ type, defaulter, validator }).map(([path]) => path),
    ["/mutate-apps-test-io-v1beta1-widget", "/validate-apps-test-io-v1beta1-widget"],
  );
  t.same(
    admissionHandlers<ConfigMap>({ type, validator, paths: { mutate: "/m", validate: "/v" } }).map(([path]) => path),
    ["/v"],
  );
  t.end();
});

t.test("for any input, the response is an AdmissionReview or a 4xx, and the server keeps running", async (t) => {
  const verdict = { errors: [], warnings: ["\u0000 control\ncharacters", "x".repeat(1_000)] };
  const { server } = await start(t, {
    handlers: new Map<string, AdmissionHandler>([
      ["/m", mutating((object) => ({ ...object, added: true }) as typeof object)],
      [
        "/v",
        validating(({ object }) => (JSON.stringify(object).length % 2 === 0 ? verdict : { ...verdict, warnings: [] })),
      ],
    ]),
  });
  const agent = new Agent({ keepAlive: true, ca: authority.certificate });
  t.teardown(() => agent.destroy());
  const path = fc.constantFrom("/m", "/v");
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    fc.json().map((text) => Buffer.from(text)),
    fc.object({ withNullPrototype: true, withDate: false }).map((object) => Buffer.from(review(object))),
    fc
      .record(
        { uid: fc.anything(), operation: fc.anything(), kind: fc.anything(), object: fc.anything() },
        { requiredKeys: [] },
      )
      .map((more) => Buffer.from(JSON.stringify({ ...(JSON.parse(review()) as object), request: more }, plain))),
    fc
      .integer({ min: 1, max: 20_000 })
      .map((depth) =>
        Buffer.from(review(null).replace('"object":null', `"object":{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`)),
      ),
  );
  await fc.assert(
    fc.asyncProperty(path, body, fc.boolean(), async (where, bytes, chunked) => {
      const answer = await call(server, where, bytes, { chunked, agent });
      if (answer.status === 200) return typeof response(answer).allowed === "boolean";
      return answer.status >= 400 && answer.status < 500;
    }),
    { numRuns: process.env.TEST_FULL === "1" ? 20_000 : 500 },
  );
  t.equal((await call(server, "/v", review())).status, 200);
});

/** JSON has no bigint. */
function plain(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
