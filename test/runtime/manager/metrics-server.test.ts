/** Metrics over TLS: what is answered to whom. */
import { request as httpsRequest } from "node:https";
import { Counter, Registry } from "prom-client";
import t from "tap";
import type { Access, BearerAccess, BearerRequest } from "#src/runtime/authorization/bearer-access.js";
import { createAuthority, issueLeaf } from "#src/runtime/certs/authority.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { MetricsServer } from "#src/runtime/manager/metrics-server.js";
import { eventually } from "../../eventually.js";

const hour = 3_600_000;
const authority = await createAuthority("test", Date.now(), hour);
const leaf = await issueLeaf(authority, ["127.0.0.1"], Date.now(), hour);

const asked: BearerRequest[] = [];
const decisions: Readonly<Record<string, Access>> = {
  right: { allowed: true, user: "jane" },
  wrong: { allowed: false, status: 401, message: "the token is not valid" },
  poor: { allowed: false, status: 403, message: "joe may not get the nonResourceURL /metrics" },
  away: { allowed: false, status: 503, message: "the API server did not respond" },
};
const access = {
  of: (request: BearerRequest) => {
    asked.push(request);
    return Promise.resolve(decisions[request.authorization ?? "wrong"]);
  },
} as unknown as BearerAccess;

const registry = new Registry();
new Counter({ name: "things_total", help: "Things", registers: [registry] }).inc(3);
const server = new MetricsServer({
  ...{ host: "127.0.0.1", port: 0, registry, access, clock: systemClock, logger: silentLogger },
});
const stop = new AbortController();
const running = server.start(stop.signal);
t.teardown(async () => {
  stop.abort();
  await running;
});

interface Answer {
  readonly status: number | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

function get(authorization: string | undefined, path = "/metrics", method = "GET"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = authorization === undefined ? {} : { authorization };
    const sent = httpsRequest(
      { host: "127.0.0.1", port: server.port, path, method, headers, ca: authority.certificate, agent: false },
      (response) => {
        let body = "";
        response.on("data", (chunk: Buffer) => (body += chunk.toString()));
        response.on("end", () => resolve({ status: response.statusCode, headers: response.headers, body }));
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

t.test("it listens only once it has a certificate", async (t) => {
  t.equal(server.port, 0);
  server.useCertificate(leaf);
  await eventually("it listens", () => server.port !== 0);
});

t.test("only an authorized caller gets metrics", async (t) => {
  const right = await get("right", "/metrics?name=x");
  t.match(right, { status: 200, headers: { "content-type": /^text\/plain/ }, body: /^things_total 3$/m });
  t.match(asked.at(-1), { authorization: "right", path: "/metrics", source: "127.0.0.1" });
  t.match(await get("right", "/metrics", "HEAD"), { status: 200, body: "" });
  for (const [token, status] of [
    [undefined, 401],
    ["wrong", 401],
    ["poor", 403],
    ["away", 503],
  ] as const) {
    const answer = await get(token);
    t.equal(answer.status, status);
    t.notMatch(answer.body, "things_total");
  }
  t.equal((await get(undefined)).headers["www-authenticate"], "Bearer");
  t.equal((await get("away")).headers["retry-after"], "5");
});

t.test("nothing else is served, and no access review is made for it", async (t) => {
  const before = asked.length;
  for (const path of ["/", "/healthz", "/debug/pprof/heap", "/metrics/", "/Metrics", "//metrics"])
    t.equal((await get("right", path)).status, 404, path);
  t.equal((await get("right", "/metrics", "POST")).status, 405);
  t.equal(asked.length, before);
});
