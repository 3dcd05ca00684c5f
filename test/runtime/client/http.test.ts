/** The client against a server that misbehaves as each test requests. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { getEventListeners } from "node:events";
import { inspect } from "node:util";
import t, { type Test } from "tap";
import type { Connection, ServerAccess } from "#src/runtime/client/access.js";
import { ConfigMaps } from "#src/runtime/client/builtin.js";
import {
  AlreadyExists,
  ApiError,
  BadRequest,
  Conflict,
  ConnectionError,
  Forbidden,
  Gone,
  Invalid,
  isTransient,
  NotFound,
  ProtocolError,
  ServerError,
  TimeoutError,
  TooManyRequests,
  Unauthorized,
} from "#src/runtime/client/errors.js";
import { HttpClient, type HttpClientOptions } from "#src/runtime/client/http.js";

type Handler = (request: IncomingMessage & { text: string }, response: ServerResponse) => void;

interface Server {
  readonly connection: Connection;
  readonly asked: (IncomingMessage & { text: string })[];
  connections: number;
}

/** A server that passes its nth request to the nth handler, and further ones to the last. */
async function serve(t: Test, ...handlers: Handler[]): Promise<Server> {
  const asked: (IncomingMessage & { text: string })[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const whole = Object.assign(request, { text: Buffer.concat(chunks).toString() });
      asked.push(whole);
      handlers[Math.min(asked.length, handlers.length) - 1]?.(whole, response);
    });
  });
  const state = { asked, connections: 0, connection: { server: "", tls: {} } };
  server.on("connection", () => state.connections++);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  state.connection.server = `http://127.0.0.1:${typeof address === "object" ? (address?.port ?? 0) : 0}`;
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return state;
}

function clientOf(t: Test, server: Server, options: Partial<HttpClientOptions> = {}): HttpClient {
  const access: ServerAccess = {
    namespace: "default",
    connection: () => Promise.resolve(server.connection),
    headers: (refresh) => Promise.resolve({ authorization: refresh ? "Bearer new" : "Bearer old" }),
  };
  const client = new HttpClient({ access, random: () => 0, ...options });
  t.teardown(() => client.close());
  return client;
}

const object = {
  apiVersion: "v1",
  kind: "ConfigMap",
  metadata: { name: "a", namespace: "ns", uid: "1", resourceVersion: "1" },
};

const json =
  (body: unknown, status = 200, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));

const status = (code: number, reason: string, more: object = {}): Handler =>
  json(
    { kind: "Status", apiVersion: "v1", status: "Failure", code, reason, message: `it is ${reason}`, ...more },
    code,
  );

const reset: Handler = (request) => void request.socket.resetAndDestroy();

const key = { namespace: "ns", name: "a" };

t.test("each failure response becomes its typed error", async (t) => {
  for (const [code, reason, type] of [
    [400, "BadRequest", BadRequest],
    [401, "Unauthorized", Unauthorized],
    [403, "Forbidden", Forbidden],
    [404, "NotFound", NotFound],
    [409, "Conflict", Conflict],
    [409, "AlreadyExists", AlreadyExists],
    [410, "Expired", Gone],
    [422, "Invalid", Invalid],
    [429, "TooManyRequests", TooManyRequests],
    [500, "InternalError", ServerError],
    [503, "ServiceUnavailable", ServerError],
    [418, "Teapot", ApiError],
  ] as const) {
    const client = clientOf(t, await serve(t, status(code, reason)));
    const error = await client.get(ConfigMaps, key).catch((caught: unknown) => caught);
    t.type(error, type, `${code} ${reason}`);
    t.match(error, {
      code,
      reason,
      message: new RegExp(`it is ${reason}.*GET /api/v1/namespaces/ns/configmaps/a: ${code}`),
    });
    t.equal(isTransient(error), code === 401 || code === 429 || code >= 500);
  }
});

t.test(
  "a plain-text response becomes the error's message; a response that is not the JSON it claims to be is a ProtocolError",
  async (t) => {
    const plain: Handler = (_, response) =>
      void response.writeHead(502, { "content-type": "text/html" }).end("<h1>Bad gateway</h1>");
    await t.rejects(clientOf(t, await serve(t, plain)).get(ConfigMaps, key), { code: 502, message: /Bad gateway/ });
    const broken: Handler = (_, response) =>
      void response.writeHead(200, { "content-type": "application/json" }).end("{");
    await t.rejects(clientOf(t, await serve(t, broken)).get(ConfigMaps, key), ProtocolError);
  },
);

t.test("after a 401, a call is sent once more with fresh credentials, also a write", async (t) => {
  const server = await serve(t, status(401, "Unauthorized"), json(object, 201));
  await clientOf(t, server).create(ConfigMaps, object);
  t.same(
    server.asked.map(({ headers }) => headers.authorization),
    ["Bearer old", "Bearer new"],
  );
  const never = await serve(t, status(401, "Unauthorized"));
  await t.rejects(clientOf(t, never).get(ConfigMaps, key), Unauthorized);
  t.equal(never.asked.length, 2);
});

t.test("a read is sent again after its connection was reset, a write is not, an apply is", async (t) => {
  const read = await serve(t, reset, reset, json(object));
  t.match(await clientOf(t, read).get(ConfigMaps, key), object);
  t.equal(read.asked.length, 3);
  const write = await serve(t, reset, json(object, 201));
  await t.rejects(clientOf(t, write).create(ConfigMaps, object), ConnectionError);
  t.equal(write.asked.length, 1);
  const apply = await serve(t, reset, json(object));
  await clientOf(t, apply).apply(ConfigMaps, object);
  t.equal(apply.asked.length, 2);
});

t.test("a delete is sent again only where it names the UID that it means", async (t) => {
  const success = json({ kind: "Status", status: "Success" });
  const vague = await serve(t, reset, success);
  await t.rejects(clientOf(t, vague).delete(ConfigMaps, key), ConnectionError);
  const exact = await serve(t, reset, success);
  t.equal(await clientOf(t, exact).delete(ConfigMaps, key, { preconditions: { uid: "1" } }), undefined);
  t.same(JSON.parse(exact.asked[1]?.text ?? ""), {
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: "Background",
    preconditions: { uid: "1" },
  });
});

t.test("a refused connection is retried for every call", async (t) => {
  const server = await serve(t, json(object));
  const client = clientOf(t, { ...server, connection: { server: "http://127.0.0.1:1", tls: {} } });
  const error = await client.create(ConfigMaps, object).catch((caught: unknown) => caught);
  t.type(error, ConnectionError);
  t.match((error as Error).message, /ECONNREFUSED/);
});

t.test(
  "a 429 with Retry-After is retried after that time, also for writes; a long one is returned to the caller",
  async (t) => {
    const busy = status(429, "TooManyRequests", { details: { retryAfterSeconds: 0 } });
    const server = await serve(t, busy, busy, json(object, 201));
    await clientOf(t, server).create(ConfigMaps, object);
    t.equal(server.asked.length, 3);
    const long = await serve(t, json({ kind: "Status", code: 429 }, 429, { "retry-after": "60" }));
    const error = await clientOf(t, long)
      .get(ConfigMaps, key)
      .catch((caught: unknown) => caught);
    t.match(error, { retryAfter: 60_000 });
    t.equal(long.asked.length, 1);
  },
);

t.test("a 500 is not retried by the client: only the caller knows whether that helps", async (t) => {
  const server = await serve(t, status(500, "InternalError"));
  await t.rejects(clientOf(t, server).get(ConfigMaps, key), ServerError);
  t.equal(server.asked.length, 1);
});

t.test("a call ends at its deadline and with its signal, also while it waits for a retry", async (t) => {
  const silent = await serve(t, () => undefined);
  await t.rejects(clientOf(t, silent).get(ConfigMaps, key, { timeout: 50 }), TimeoutError);
  const stop = new AbortController();
  const call = clientOf(t, silent).get(ConfigMaps, key, { signal: stop.signal });
  stop.abort(new Error("not wanted any more"));
  await t.rejects(call, { message: "not wanted any more" });
  await t.rejects(clientOf(t, silent).get(ConfigMaps, key, { signal: AbortSignal.abort(new Error("too late")) }), {
    message: "too late",
  });
  const busy = await serve(t, json({ kind: "Status", code: 429 }, 429, { "retry-after": "5" }));
  await t.rejects(clientOf(t, busy).get(ConfigMaps, key, { timeout: 100 }), TimeoutError);
});

t.test("neither a call nor a watch leaves a listener on its signal", async (t) => {
  const stop = new AbortController();
  const { signal } = stop;
  await clientOf(t, await serve(t, json(object))).get(ConfigMaps, key, { signal });
  await t.rejects(clientOf(t, await serve(t, status(500, "InternalError"))).get(ConfigMaps, key, { signal }));
  const watched = await serve(t, (_, response) => void response.writeHead(200).end(line("ADDED", object)));
  for await (const _ of clientOf(t, watched).watch(ConfigMaps, { signal })) continue;
  t.equal(getEventListeners(signal, "abort").length, 0);
});

t.test("an aborted call does not block the connection of the next", async (t) => {
  const server = await serve(t, () => undefined, json(object));
  const client = clientOf(t, server, { connections: 1 });
  await t.rejects(client.get(ConfigMaps, key, { timeout: 50 }), TimeoutError);
  t.match(await client.get(ConfigMaps, key, { timeout: 2_000 }), object);
});

t.test("calls one after the other share their connections", async (t) => {
  const server = await serve(t, json(object));
  const client = clientOf(t, server);
  for (let call = 0; call < 20; call++) await client.get(ConfigMaps, key);
  // the next call may begin while the last one's connection is being released
  t.ok(server.connections <= 2, `${server.connections} connections`);
});

t.test("a change of the connection does not fail calls in progress", async (t) => {
  let answer = (): void => undefined;
  const old = await serve(t, (_, response) => {
    answer = () => json(object)(_, response);
  });
  const next = await serve(t, json({ ...object, data: { from: "next" } }));
  let connection = old.connection;
  const client = new HttpClient({
    access: {
      namespace: "default",
      connection: () => Promise.resolve(connection),
      headers: () => Promise.resolve({}),
    },
  });
  t.teardown(() => client.close());
  const underWay = client.get(ConfigMaps, key);
  while (old.asked.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  connection = next.connection;
  t.match(await client.get(ConfigMaps, key), { data: { from: "next" } });
  answer();
  t.match(await underWay, object);
});

t.test("impersonation is sent in the headers", async (t) => {
  const server = await serve(t, json(object));
  const impersonate = { user: "system:serviceaccount:ns:sa", groups: ["system:serviceaccounts", "team"] };
  await clientOf(t, server, { impersonate }).get(ConfigMaps, key);
  t.match(server.asked[0]?.headers, {
    "impersonate-user": impersonate.user,
    "impersonate-group": "system:serviceaccounts, team",
  });
});

t.test("a write names its field manager, and a dry run is marked as one", async (t) => {
  const server = await serve(t, json(object));
  const client = clientOf(t, server, { fieldManager: "me" });
  await client.apply(ConfigMaps, { metadata: key, data: { a: "1" } }, { dryRun: true, fieldValidation: "Strict" });
  const [request] = server.asked;
  const url = new URL(request?.url ?? "", "http://server");
  t.equal(request?.method, "PATCH");
  t.equal(request?.headers["content-type"], "application/apply-patch+yaml");
  t.same(Object.fromEntries(url.searchParams), {
    force: "true",
    fieldManager: "me",
    dryRun: "All",
    fieldValidation: "Strict",
  });
  t.match(JSON.parse(request?.text ?? ""), { apiVersion: "v1", kind: "ConfigMap", data: { a: "1" } });
});

const line = (type: string, body: object): string => `${JSON.stringify({ type, object: body })}\n`;

t.test("the events of a watch are complete, however the bytes are split", async (t) => {
  const text = [
    line("ADDED", { ...object, data: { text: "ünïcödé \u{1f980}" } }),
    line("BOOKMARK", { kind: "ConfigMap", metadata: { resourceVersion: "7" } }),
    line("DELETED", object),
  ].join("");
  const server = await serve(t, (_, response) => {
    response.writeHead(200, { "content-type": "application/json" });
    const bytes = Buffer.from(text);
    let at = 0;
    const next = (): void => {
      if (at >= bytes.length) {
        response.end();
        return;
      }
      response.write(bytes.subarray(at, (at += 7)), () => setImmediate(next));
    };
    next();
  });
  const events = [];
  for await (const event of clientOf(t, server).watch(ConfigMaps, { namespace: "ns", resourceVersion: "5" }))
    events.push(event);
  t.match(events, [
    { type: "ADDED", object: { data: { text: "ünïcödé \u{1f980}" } } },
    { type: "BOOKMARK", resourceVersion: "7", initialEventsEnd: false },
    { type: "DELETED" },
  ]);
  t.match(server.asked[0]?.url, /watch=1.*resourceVersion=5.*allowWatchBookmarks=true/);
});

t.test("an error in a watch's stream is thrown as its typed error", async (t) => {
  for (const [text, type] of [
    [line("ERROR", { kind: "Status", code: 410, reason: "Expired" }), Gone],
    ["{not json\n", ProtocolError],
    [line("SURPRISE", object), ProtocolError],
    [line("ADDED", { metadata: {} }), ProtocolError],
  ] as const) {
    const server = await serve(t, (_, response) => void response.writeHead(200).end(text));
    await t.rejects(async () => {
      for await (const _ of clientOf(t, server).watch(ConfigMaps)) continue;
    }, type);
  }
});

t.test("a watch whose reader stops, or whose signal fires, closes its connection", async (t) => {
  const closed: Promise<void>[] = [];
  const server = await serve(t, (request, response) => {
    closed.push(new Promise((resolve) => request.socket.once("close", () => resolve())));
    response.writeHead(200).write(line("ADDED", object));
  });
  const client = clientOf(t, server);
  for await (const _ of client.watch(ConfigMaps)) break;
  await closed[0];
  const stop = new AbortController();
  await t.rejects(
    async () => {
      for await (const _ of client.watch(ConfigMaps, { signal: stop.signal })) stop.abort(new Error("enough"));
    },
    { message: "enough" },
  );
  await closed[1];
});

t.test("a successful response with other content than requested is an error, not an empty list", async (t) => {
  const failed = json({ kind: "Status", apiVersion: "v1", status: "Failure", code: 403, reason: "Forbidden" });
  await t.rejects(clientOf(t, await serve(t, failed)).get(ConfigMaps, key), Forbidden);
  await t.rejects(clientOf(t, await serve(t, failed)).list(ConfigMaps), Forbidden);
  const page: Handler = (_, response) =>
    void response.writeHead(200, { "content-type": "text/html" }).end("<h1>Sign in</h1>");
  for (const other of [page, json({ error: "overloaded" }), json([]), json(object), json(null)]) {
    await t.rejects(clientOf(t, await serve(t, other)).list(ConfigMaps), ProtocolError);
  }
  await t.rejects(clientOf(t, await serve(t, json([]))).get(ConfigMaps, key), ProtocolError);
  // as a Go server writes an empty one
  const empty = json({ kind: "ConfigMapList", items: null, metadata: { resourceVersion: "5" } });
  t.match(await clientOf(t, await serve(t, empty)).list(ConfigMaps), {
    items: [],
    metadata: { resourceVersion: "5" },
  });
});

t.test("a name that would change the URL is rejected, and nothing is sent", async (t) => {
  const server = await serve(t, json(object));
  const client = clientOf(t, server);
  for (const name of ["", ".", ".."]) {
    // DELETE of a path that ends at the plural deletes the whole collection
    await t.rejects(client.delete(ConfigMaps, { namespace: "ns", name }), TypeError);
    await t.rejects(client.get(ConfigMaps, { namespace: "ns", name }), TypeError);
    await t.rejects(client.patch(ConfigMaps, { namespace: "ns", name }, { type: "merge", body: {} }), TypeError);
    await t.rejects(client.update(ConfigMaps, { metadata: { namespace: "ns", name } }), TypeError);
    await t.rejects(client.apply(ConfigMaps, { metadata: { namespace: "ns", name } }), TypeError);
    await t.rejects(
      client.create(ConfigMaps, { metadata: { namespace: "ns", name } }, { subresource: "token" }),
      TypeError,
    );
  }
  for (const namespace of [".", ".."]) await t.rejects(client.get(ConfigMaps, { namespace, name: "a" }), TypeError);
  t.equal(server.asked.length, 0);
});

t.test("an error contains nothing of the request's body", async (t) => {
  const client = clientOf(t, await serve(t, () => undefined));
  const secret = { metadata: key, data: { password: "hunter2" } };
  const late = await client.create(ConfigMaps, secret, { timeout: 50 }).catch((caught: unknown) => caught);
  t.type(late, TimeoutError);
  const cut = await clientOf(t, await serve(t, reset))
    .create(ConfigMaps, secret)
    .catch((caught: unknown) => caught);
  const refused = await clientOf(t, await serve(t, status(422, "Invalid")))
    .create(ConfigMaps, secret)
    .catch((caught: unknown) => caught);
  // what a logger makes of them
  for (const error of [late, cut, refused]) t.notMatch(inspect(error, { depth: null }), "hunter2");
});

t.test("a call ends at its deadline even if its credentials hang", async (t) => {
  const server = await serve(t, json(object));
  const hung: ServerAccess = {
    namespace: "default",
    connection: () => Promise.resolve(server.connection),
    headers: () => new Promise(() => undefined),
  };
  await t.rejects(clientOf(t, server, { access: hung }).get(ConfigMaps, key, { timeout: 50 }), TimeoutError);
  const stop = new AbortController();
  const watch = clientOf(t, server, { access: hung }).watch(ConfigMaps, { signal: stop.signal });
  const first = watch.next();
  stop.abort(new Error("enough"));
  await t.rejects(first, { message: "enough" });
  t.equal(server.asked.length, 0);
});

t.test("a Retry-After may be a date", async (t) => {
  const date = new Date(Date.now() + 60_000).toUTCString();
  const server = await serve(t, json({ kind: "Status", code: 429 }, 429, { "retry-after": date }));
  const error = await clientOf(t, server)
    .get(ConfigMaps, key)
    .catch((caught: unknown) => caught);
  t.type(error, TooManyRequests);
  const { retryAfter = 0 } = error as TooManyRequests;
  t.ok(retryAfter > 50_000 && retryAfter <= 60_000, `${retryAfter} ms`);
  const past = json({ kind: "Status", code: 429 }, 429, { "retry-after": new Date(0).toUTCString() });
  t.match(await clientOf(t, await serve(t, past, json(object))).get(ConfigMaps, key), object);
});

t.test("a list that takes longer than its version exists is read again in one page", async (t) => {
  const first = json({ items: [object], metadata: { resourceVersion: "1", continue: "token" } });
  const items = Array.from({ length: 150_000 }, () => ({ metadata: {} }));
  const server = await serve(t, first, status(410, "Expired"), json({ items, metadata: { resourceVersion: "2" } }));
  const whole = await clientOf(t, server).list(ConfigMaps, { limit: 1 });
  t.equal(whole.items.length, items.length);
  t.equal(whole.metadata.resourceVersion, "2");
  t.same(
    server.asked.map(({ url }) => new URL(url ?? "", "http://server").search),
    ["?limit=1", "?limit=1&continue=token", "?limit=0"],
  );
  const never = await serve(t, status(410, "Expired"));
  await t.rejects(clientOf(t, never).list(ConfigMaps, { resourceVersion: "7" }), Gone);
  t.equal(never.asked.length, 1);
});

t.test("a client that is closed while a call waits for credentials opens no connection", async (t) => {
  const server = await serve(t, json(object));
  let found = (): void => undefined;
  const access: ServerAccess = {
    namespace: "default",
    connection: () => new Promise((resolve) => (found = () => resolve(server.connection))),
    headers: () => Promise.resolve({}),
  };
  const client = clientOf(t, server, { access });
  const call = client.get(ConfigMaps, key);
  await new Promise((resolve) => setImmediate(resolve));
  await client.close();
  found();
  await t.rejects(call, { message: /closed/ });
  t.equal(server.connections, 0);
});
