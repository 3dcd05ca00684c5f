/** What happens to every request, whatever its route: in front of an API server in this process. */
import { connect } from "node:net";
import t from "tap";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { restDocument } from "#src/server/generated/rest-document.js";
import { ApiServer } from "../operations/api-server.js";
import { eventually } from "../eventually.js";
import { Caller, EventReader, serve } from "./served-app.js";

const run = "/api/v1/namespaces/ns/taskruns/one";
const token = "sentinel-token-4711";

/** Paths of the document with values for their parameters, by method. */
const routes = Object.entries(restDocument.paths as Record<string, Record<string, { security?: [] }>>).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      path: path
        .replace("{namespace}", "ns")
        .replace("{resource}", "taskruns")
        .replace("{name}", "one")
        .replace("{archivedUid}", "u1")
        .replace("{archivedAttempt}", "1")
        .replace("{id}", "one"),
      method: method.toUpperCase(),
      isPublic: security?.length === 0,
    })),
);

t.test("every route but the public ones needs a token, and says how to send it", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const { url } = await serve(t, await server.start(t));
  const caller = new Caller(t, url);
  for (const { path, method, isPublic } of routes) {
    const { status, headers } = await caller.call(path, { method });
    t.equal(status, isPublic ? 200 : 401, `${method} ${path}`);
    if (!isPublic) t.equal(headers["www-authenticate"], "Bearer");
  }
  t.strictSame(server.asked, [], "the API server is not asked");
});

t.test("the token goes to the API server with each call, and into no log, error or metric", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const seen = new Set<string | undefined>();
  for (const path of [
    "/apis/orchestrator.io/v1/namespaces/ns/taskruns/one",
    "/apis/authentication.k8s.io/v1/selfsubjectreviews",
  ])
    server.answers.set(path, (request, response) => {
      seen.add(request.headers.authorization);
      const status = { kind: "Status", code: 403, reason: "Forbidden", message: "no right" };
      response.writeHead(403, { "content-type": "application/json" }).end(JSON.stringify(status));
    });
  const { url, log, registry } = await serve(t, await server.start(t));
  const caller = new Caller(t, url, token);
  const answers = [
    await caller.call(run),
    await caller.call("/api/v1/me"),
    await caller.call("/api/v1/pm/tasks/one"),
    await caller.call(`/api/v1/runs?${token}=${token}`),
    await caller.call(`/${token}`),
    await caller.post("/api/v1/pm/tasks", `{"id": "${token}`),
    await caller.post("/api/v1/pm/tasks", {
      id: 1,
      service_name: token,
      markdown_files: [],
      repository: { url: "u", token },
    }),
  ];
  t.strictSame(
    answers.map(({ status }) => status),
    [403, 403, 403, 400, 404, 400, 400],
  );
  t.strictSame([...seen], [`Bearer ${token}`]);
  await eventually("all requests are logged", () => log.lines.length >= answers.length || undefined);
  const [first, ...others] = answers.map(({ body }) => body);
  t.match(first, /no right/);
  t.notMatch([...others.slice(0, 2), ...others.slice(3)].join("\n"), new RegExp(token));
  t.notMatch(log.lines.join("\n"), new RegExp(token));
  t.notMatch(await registry.metrics(), new RegExp(token));
});

t.test(
  "a page of another origin gets no permission, and every response forbids what a page could do with it",
  async (t) => {
    const server = new ApiServer({ phase: "Running" });
    const { url } = await serve(t, await server.start(t));
    const caller = new Caller(t, url, token);
    const origin = { origin: "https://evil.example" };
    const preflight = {
      ...origin,
      "access-control-request-method": "POST",
      "access-control-request-headers": "authorization",
    };
    for (const answer of [
      await caller.call(run, { headers: origin }),
      await caller.call(`${run}/cancel`, { method: "OPTIONS", headers: preflight }),
      await caller.call(run, { headers: { host: "evil.example", ...origin } }),
      await caller.call("/health", { headers: origin }),
      await caller.call("/nothing", { headers: origin }),
    ]) {
      t.notOk(Object.keys(answer.headers).some((name) => name.startsWith("access-control-")));
      t.match(answer.headers["content-security-policy"], /default-src 'none'.*frame-ancestors 'none'/);
      t.match(answer.headers, { "x-content-type-options": "nosniff", "referrer-policy": "no-referrer" });
    }
  },
);

t.test("a deletion for a UID deletes no other run of the name", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const deleted: unknown[] = [];
  const path = "/apis/orchestrator.io/v1/namespaces/ns/taskruns/one";
  server.answers.set(path, (request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      if (request.method === "DELETE") deleted.push(JSON.parse(Buffer.concat(chunks).toString()));
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(server.run));
    });
  });
  const { url } = await serve(t, await server.start(t));
  const caller = new Caller(t, url, token);
  const other = await caller.call(`${run}?uid=u0`, { method: "DELETE" });
  t.equal(other.status, 409);
  t.match(other.json, { detail: /one was deleted and created again meanwhile; nothing was deleted$/ });
  t.strictSame(deleted, []);
  t.equal((await caller.call(`${run}?uid=u1`, { method: "DELETE" })).status, 200);
  t.match(deleted, [{ preconditions: { uid: "u1" } }], "the API server compares it as well");
  t.equal((await caller.call(`${run}?uid=`, { method: "DELETE" })).status, 400);
});

t.test("parameters and bodies are checked, and the answer names the field", async (t) => {
  const { url } = await serve(t, await new ApiServer({ phase: "Running" }).start(t));
  const caller = new Caller(t, url, token);
  const files = [{ filename: "task.md", content: "x" }];
  for (const [answer, status, field, detail] of [
    [await caller.call("/api/v1/runs?limit=1001"), 400, "limit", /must be at most 1000/],
    [await caller.call("/api/v1/runs?limit=1e2"), 400, "limit", /must be integer/],
    [await caller.call("/api/v1/runs?limit=1&limit=2"), 400, "limit", /more than once/],
    [await caller.call("/api/v1/runs?labelselector=a"), 400, "labelselector", /did you mean labelSelector\?/],
    [await caller.call("/api/v1/runs?kind=job"), 400, "kind[0]", /one of taskrun, coderun, docsrun/],
    [await caller.call("/api/v1/runs?continue=abc"), 400, undefined, /list again/],
    [await caller.call("/api/v1/runs?watch=true&version=x-1"), 400, undefined, /list again/],
    [await caller.call("/api/v1/namespaces/NS/taskruns/one"), 400, "namespace", /must match/],
    [await caller.call("/api/v1/namespaces/ns/jobs/one"), 400, "resource", /one of taskruns/],
    [await caller.post(`${run}/context`, {}), 400, "additional_context", /required/],
    [await caller.post(`${run}/context`), 400, undefined, /a body is required/],
    [await caller.post(`${run}/retry`, { replace: "yes" }), 400, "replace", /must be boolean/],
    [await caller.post(`${run}/retry`, "[".repeat(100_000)), 400, undefined, /nested deeper/],
    [
      await caller.post(`${run}/retry`, { replace: "x".repeat(2 * 1024 * 1024) }),
      413,
      undefined,
      /exceeds 2097152 bytes/,
    ],
    [
      await caller.call(`${run}/retry`, { method: "POST", body: "{}", headers: { "content-type": "text/plain" } }),
      415,
      undefined,
      /Content-Type: application\/json/,
    ],
    [
      await caller.post("/api/v1/pm/tasks", { id: 1, service_name: "a", markdown_files: [] }),
      400,
      "markdown_files",
      /at least 1 item$/,
    ],
    [
      await caller.post("/api/v1/pm/tasks", {
        id: 1,
        service_name: "a",
        markdown_files: [{ ...files[0], file_type: "designs" }],
      }),
      ...[400, "markdown_files[0].file_type", /one of task, design-spec, prompt, context, acceptance-criteria/],
    ],
    [
      await caller.post("/api/v1/pm/tasks", {
        id: 1,
        service_name: "a",
        markdown_files: files,
        repository: { url: "u", token: "t" },
      }),
      ...[400, "repository.token", /Secret named github-pat-<user>/],
    ],
    [
      await caller.post("/api/v1/pm/code", { service: "a", task_id: 1, docs_repository_url: "d" }),
      400,
      "repository_url",
      /required/,
    ],
    [
      await caller.post("/api/v1/pm/tasks", { service: "a", task_id: 1, repository_url: "d" }),
      400,
      "docs_repository_url",
      /required/,
    ],
  ] as const) {
    const body = answer.json as { problem?: object };
    const problem = { ...(body.problem ?? body) } as { status: number; field?: string; detail: string };
    t.match(problem, { status, detail }, JSON.stringify(problem));
    t.equal(problem.field, field);
    t.equal(answer.status, status);
  }
});

t.test("a method that a path does not have is refused with those that it has", async (t) => {
  const { url } = await serve(t, await new ApiServer({ phase: "Running" }).start(t));
  const caller = new Caller(t, url, token);
  const { status, headers } = await caller.call(run, { method: "PATCH" });
  t.equal(status, 405);
  t.strictSame(String(headers.allow).split(", ").sort(), ["DELETE", "GET", "PUT"]);
});

t.test("an unavailable or failing API server is distinguished from a wrong request", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const { url } = await serve(t, await server.start(t));
  const caller = new Caller(t, url, token);
  server.answers.set(
    "/apis/orchestrator.io/v1/namespaces/ns/taskruns/one",
    (_, response) =>
      void response
        .writeHead(500, { "content-type": "application/json" })
        .end(JSON.stringify({ kind: "Status", code: 500, message: "webhook failed" })),
  );
  t.match((await caller.call(run)).json, { status: 502, detail: "webhook failed" });
  server.isAway = true;
  t.match((await caller.call(run)).json, { status: 503, detail: /cannot be reached/ });
  t.match((await caller.call("/api/v1/pm/tasks/one")).json, { success: false, problem: { status: 503 } });
});

t.test("a caller that sends too many requests is slowed down, and others are not", async (t) => {
  const clock = new FakeClock();
  const { url } = await serve(t, await new ApiServer({ phase: "Running" }).start(t), {
    clock,
    limits: { rate: 1, burst: 2 },
  });
  const caller = new Caller(t, url, token);
  const statuses = async (count: number): Promise<number[]> => {
    const all: number[] = [];
    for (let i = 0; i < count; i++) all.push((await caller.call(run)).status);
    return all;
  };
  t.strictSame(await statuses(3), [200, 200, 429]);
  t.equal((await caller.call(run, { token: "another" })).status, 200);
  await clock.advance(1_000);
  const [again, tooMany] = [await caller.call(run), await caller.call(run)];
  t.strictSame([again.status, tooMany.status, tooMany.headers["retry-after"]], [200, 429, "1"]);
});

t.test("an address that tries many tokens is stopped, and callers that the API server knows are not", async (t) => {
  const clock = new FakeClock();
  const server = new ApiServer({ phase: "Running" });
  const { url } = await serve(t, await server.start(t), { clock });
  const caller = new Caller(t, url, token);
  t.equal((await caller.call(run)).status, 200);
  const rejected = { kind: "Status", status: "Failure", code: 401, reason: "Unauthorized", message: "Unauthorized" };
  server.answers.set("/apis/orchestrator.io/v1/namespaces/ns/taskruns/one", ({ headers }, response) => {
    const isKnown = headers.authorization === `Bearer ${token}`;
    response.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" });
    response.end(JSON.stringify(isKnown ? server.run : rejected));
  });
  const statuses: number[] = [];
  for (let number = 0; number < 201; number++)
    statuses.push((await caller.call(run, { token: `guess-${number}` })).status);
  t.strictSame([...new Set(statuses)], [401, 429]);
  t.equal((await caller.call(run)).status, 200, "the known one goes on");
  await clock.advance(1_000);
  t.equal((await caller.call(run, { token: "another" })).status, 401, "later others can try again");
});

t.test("open streams are bounded for each caller and in all", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const { url, registry } = await serve(t, await server.start(t), { limits: { perCaller: 1, total: 2 } });
  const path = `${run}?watch=true`;
  const first = new EventReader(t, url + path, "a");
  await eventually("the first stream is open", () => first.text !== "" || undefined);
  const caller = new Caller(t, url, "a");
  t.match((await caller.call(path)).json, { status: 429, detail: /you have 1 streams open/ });
  const second = new EventReader(t, url + path, "b");
  await eventually("the second stream is open", () => second.text !== "" || undefined);
  t.match((await caller.call(path, { token: "c" })).json, { status: 429, detail: /limit of streams/ });
  t.match(await registry.metrics(), /orchestrator_server_streams_open 2/);
  first.close();
  await eventually("the place is free", async () => (await registry.metrics()).includes("streams_open 1") || undefined);
  const third = new EventReader(t, url + path, "a");
  await eventually("another stream is open", () => third.text !== "" || undefined);
  await eventually(
    "the API server has no more watches than there are streams",
    () => server.watching === 2 || undefined,
  );
});

t.test("streams have limits of their own: open ones leave room for requests", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const { url } = await serve(t, await server.start(t), { limits: { inFlight: 1 } });
  for (const caller of ["a", "b"]) {
    const stream = new EventReader(t, `${url}${run}?watch=true`, caller);
    await eventually("the stream is open", () => stream.text !== "" || undefined);
  }
  t.equal((await new Caller(t, url, token).call(run)).status, 200);
});

t.test("a stopping server fails readiness, ends streams with an event, and opens no more", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const { app, url } = await serve(t, await server.start(t));
  const caller = new Caller(t, url, token);
  const stream = new EventReader(t, `${url}${run}?watch=true`, token);
  await eventually("the stream is open", () => stream.text !== "" || undefined);
  app.drain();
  const ready = await caller.call("/readyz");
  t.match({ status: ready.status, body: ready.body }, { status: 503, body: /stopping/ });
  t.equal((await caller.call(run)).headers.connection, "close");
  app.endStreams();
  await stream.done;
  t.strictSame(
    stream.events.map(({ event }) => event),
    ["run", "end"],
  );
  t.strictSame(stream.events.at(-1)?.data, { reason: "stopping" });
  t.equal((await caller.call(`${run}?watch=true`)).status, 503);
});

t.test(
  "a stream that has lasted as long as it may ends with an event, and an output does not look complete",
  async (t) => {
    const server = new ApiServer({ phase: "Running" });
    server.putPod(1, "running");
    server.write(1, "line\n");
    const clock = new FakeClock();
    const { url } = await serve(t, await server.start(t), { clock, limits: { longest: 60_000 } });
    const watch = new EventReader(t, `${url}${run}?watch=true`, token);
    const output = new EventReader(t, `${url}${run}/logs?follow=true`, token);
    const text = new EventReader(t, `${url}${run}/logs?follow=true`, token, { accept: "text/plain" });
    const cut = t.rejects(text.done);
    await eventually("all are open", () => [watch, output, text].every((each) => each.text.includes("e")) || undefined);
    await clock.advance(59_999);
    t.notMatch(watch.text + output.text, /event: end/);
    await clock.advance(1);
    await Promise.all([watch.done, output.done, cut]);
    t.match(watch.events.at(-1), { event: "end", data: { reason: "age" } });
    t.match(output.events.at(-1), { event: "end", data: { reason: "age" } });
    t.match(text.text, "line");
    t.equal(clock.pending, 0, "no timer is left");
  },
);

t.test("a silent stream is kept alive with comments, and one whose caller reads nothing is cut off", async (t) => {
  const server = new ApiServer({ phase: "Running" });
  const clock = new FakeClock();
  const { url, registry } = await serve(t, await server.start(t), { clock });
  const stream = new EventReader(t, `${url}${run}?watch=true`, token);
  await eventually("the stream is open", () => stream.text !== "" || undefined);
  await clock.advance(15_000);
  await eventually("a comment comes", () => stream.text.endsWith(": \n\n") || undefined);
  stream.close();
  const { hostname, port } = new URL(url);
  const deaf = connect(Number(port), hostname).pause();
  t.teardown(() => deaf.destroy());
  deaf.write(`GET ${run}?watch=true HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${token}\r\n\r\n`);
  await eventually("the stream is open", () => server.watching === 1 || undefined);
  const message = "x".repeat(1024 * 1024);
  const isCut = eventually("it is cut off", async () => {
    server.setStatus({ phase: "Running", message });
    await clock.advance(1_000);
    return (await registry.metrics()).includes("streams_open 0") || undefined;
  });
  t.ok(await isCut);
});
