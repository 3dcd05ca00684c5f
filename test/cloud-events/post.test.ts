/** One delivery to a server in this process. */
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import t, { type Test } from "tap";
import type { CloudEvent } from "#src/cloud-events/cloud-event.js";
import { Poster, type Outcome } from "#src/cloud-events/post.js";
import { textOf } from "../operator/running.js";

const event: CloudEvent = {
  ...{ specversion: "1.0", id: "u1-1-running", source: "/apis", type: "io.orchestrator.taskrun.running" },
  ...{ subject: "one", datacontenttype: "application/json" },
  data: { kind: "TaskRun", namespace: "team", name: "one", uid: "u1", phase: "Running", attempts: 1 },
};

async function listening(t: Test, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const now = Date.UTC(2026, 0, 1);

async function post(t: Test, url: string, keys: readonly Buffer[] = [], signal?: AbortSignal): Promise<Outcome> {
  const poster = new Poster();
  t.teardown(() => poster.close());
  const never = new AbortController().signal;
  return poster.post({ url, event, keys, now, userAgent: "agent-orchestrator/1.2.3", signal: signal ?? never });
}

t.test("an event is posted in structured mode, signed", async (t) => {
  const requests: { readonly headers: IncomingHttpHeaders; readonly url: string | undefined; readonly body: string }[] =
    [];
  const origin = await listening(t, (request, response) => {
    void textOf(request).then((body) => {
      requests.push({ headers: request.headers, url: request.url, body });
      response.writeHead(202).end("x".repeat(200_000));
    });
  });
  t.same(await post(t, `${origin}/hook?tenant=1`, [Buffer.alloc(32, 1)]), { kind: "accepted" });
  t.same(await post(t, `${origin}/hook`), { kind: "accepted" });
  const [signed, unsigned] = requests;
  t.equal(signed?.url, "/hook?tenant=1");
  t.match(signed?.headers, {
    "content-type": "application/cloudevents+json; charset=utf-8",
    "user-agent": "agent-orchestrator/1.2.3",
    "webhook-id": "u1-1-running",
    "webhook-timestamp": String(now / 1000),
    "webhook-signature": /^v1,/,
  });
  t.same(JSON.parse(signed?.body ?? ""), event);
  t.notOk(unsigned?.headers["webhook-signature"]);
});

t.test("an answer says what to do", async (t) => {
  const why = (status: number): string => `the sink answered ${status}`;
  const cases: readonly [status: number, retryAfter: string | undefined, outcome: Outcome][] = [
    [200, undefined, { kind: "accepted" }],
    [410, undefined, { kind: "refused", why: why(410) }],
    [302, undefined, { kind: "failed", why: why(302) }],
    [404, undefined, { kind: "failed", why: why(404) }],
    [429, "7", { kind: "failed", why: why(429), retryAfter: 7_000 }],
    [503, new Date(now + 60_000).toUTCString(), { kind: "failed", why: why(503), retryAfter: 60_000 }],
    [503, "soon", { kind: "failed", why: why(503) }],
    [503, new Date(now - 60_000).toUTCString(), { kind: "failed", why: why(503) }],
  ];
  let current: (typeof cases)[number] | undefined;
  let requests = 0;
  const origin = await listening(t, (request, response) => {
    requests++;
    const [status, retryAfter] = current ?? [500];
    request.resume();
    response.writeHead(status, {
      ...(retryAfter !== undefined && { "retry-after": retryAfter }),
      ...(status === 302 && { location: "/elsewhere" }),
    });
    response.end();
  });
  for (current of cases) t.same(await post(t, origin), current[2], `${current[0]} ${current[1] ?? ""}`);
  t.equal(requests, cases.length, "no redirect is followed");
});

t.test("a sink that is away, or a stop, is a failure and no exception", async (t) => {
  t.match(await post(t, "http://127.0.0.1:1/hook"), { kind: "failed", why: /ECONNREFUSED/ });
  const stop = new AbortController();
  const origin = await listening(t, () => stop.abort(new Error("stopping")));
  t.match(await post(t, origin, [], stop.signal), { kind: "failed", why: /stopping/ });
});
