/** The receiver of GitHub's webhooks: what it accepts, and what it refuses at which cost. */
import { createHmac } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { request as send, type ClientRequest } from "node:http";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import type { Delivery } from "#src/api/delivery.js";
import { WebhookSecrets } from "#src/deliveries/webhook-secrets.js";
import { AlreadyExists, ServerError, Unauthorized } from "#src/runtime/client/errors.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { githubSource } from "#src/server/github-receiver.js";
import { ReceiverMetrics } from "#src/server/webhook-receiver.js";
import { eventually } from "../eventually.js";
import { serveReceiver } from "./receiver-server.js";
import { KeptLog } from "./served-app.js";

const secret = "a secret of the webhook";
const id = "72d3162e-cc78-11e3-81ab-4c9367dc0958";
const payload = JSON.stringify({
  action: "opened",
  repository: { name: "shop", html_url: "https://github.com/acme/shop", owner: { login: "acme" } },
  sender: { login: "ann", id: 7, type: "User" },
  issue: { number: 12, title: "A fault" },
});

interface Receiver {
  readonly url: string;
  readonly stored: Delivery[];
  readonly clock: FakeClock;
  readonly registry: Registry;
  /** Rejects the next creations with these. */
  readonly faults: Error[];
  /** Whether a client with a new token was requested, for each creation. */
  readonly refreshes: boolean[];
  readonly log: KeptLog;
}

async function receiver(t: Test, secrets: () => readonly string[] = () => [secret]): Promise<Receiver> {
  const stored: Delivery[] = [];
  const [faults, refreshes]: [Error[], boolean[]] = [[], []];
  const [clock, registry, log] = [new FakeClock(), new Registry(), new KeptLog()];
  const create = (_: unknown, object: Delivery): Promise<Delivery> => {
    const fault = faults.shift();
    if (fault !== undefined) return Promise.reject(fault);
    const isStored = stored.some(({ metadata }) => metadata?.name === object.metadata?.name);
    if (isStored) return Promise.reject(new AlreadyExists({}, 409, { method: "POST", path: "/" }));
    stored.push(object);
    return Promise.resolve(object);
  };
  const url = await serveReceiver(t, githubSource, {
    ...{ namespace: "orchestrator", clock, metrics: new ReceiverMetrics(registry), logger: log },
    secrets: () => Promise.resolve(secrets().map((each) => Buffer.from(each))),
    client: (refresh) => {
      refreshes.push(refresh);
      return Promise.resolve({ create: create as never });
    },
  });
  return { url, stored, clock, registry, faults, refreshes, log };
}

const sign = (body: string | Buffer, by = secret): string =>
  `sha256=${createHmac("sha256", by).update(body).digest("hex")}`;

const headersOf = (body: string | Buffer, more: Record<string, string> = {}): Record<string, string> => ({
  "content-type": "application/json",
  "x-github-event": "issues",
  "x-github-delivery": id,
  "x-hub-signature-256": sign(body),
  ...more,
});

async function post(
  { url }: Receiver,
  body: string | Buffer = payload,
  more: Record<string, string> = {},
): Promise<{ status: number; body: { outcome?: string; detail?: string } }> {
  const response = await fetch(url, { method: "POST", body, headers: headersOf(body, more) });
  return { status: response.status, body: (await response.json()) as object };
}

t.test("a signed webhook is stored as one Delivery, and its repetition is answered without another", async (t) => {
  const server = await receiver(t);
  t.match(await post(server), { status: 202, body: { outcome: "accepted" } });
  t.match(await post(server), { status: 202, body: { outcome: "repeated" } });
  t.equal(server.stored.length, 1);
  t.match(server.stored[0], {
    metadata: { name: `github-${id}`, namespace: "orchestrator" },
    spec: {
      ...{ source: "github", id, event: "issues", action: "opened" },
      repository: { host: "github.com", owner: "acme", name: "shop" },
      subject: { kind: "Issue", number: 12 },
    },
  });
  const text = await server.registry.metrics();
  t.match(text, 'orchestrator_webhooks_total{outcome="accepted"} 1');
  t.match(text, 'orchestrator_webhooks_total{outcome="repeated"} 1');
});

t.test("a ping is answered, and an event without an outcome in any rule is accepted; neither is stored", async (t) => {
  const server = await receiver(t);
  t.match(await post(server, "{}", { "x-github-event": "ping" }), { status: 200, body: { outcome: "ping" } });
  t.match(await post(server, "{}", { "x-github-event": "star" }), { status: 202, body: { outcome: "ignored" } });
  const requested = JSON.stringify({ action: "requested", check_suite: {} });
  t.match(await post(server, requested, { "x-github-event": "check_suite" }), { body: { outcome: "ignored" } });
  t.same(server.stored, []);
});

t.test("what is not signed with a secret of the webhook is refused, a ping too", async (t) => {
  const server = await receiver(t);
  for (const signature of [sign(payload, "another secret of theirs"), sign(`${payload} `), `sha256=${"0".repeat(64)}`])
    t.match(await post(server, payload, { "x-hub-signature-256": signature }), { status: 401 });
  for (const signature of ["", "sha1=00", `sha256=${"z".repeat(64)}`, sign(payload).slice(0, -1)])
    t.match(await post(server, payload, { "x-hub-signature-256": signature }), { status: 401 });
  const forgedPing = { "x-github-event": "ping", "x-hub-signature-256": sign(payload, "another secret of theirs") };
  t.match(await post(server, payload, forgedPing), { status: 401 });
  t.same(server.stored, []);
});

t.test("during a rotation each of the secrets counts", async (t) => {
  const server = await receiver(t, () => ["the secret that comes next", secret]);
  t.match(await post(server), { status: 202 });
  const next = { "x-hub-signature-256": sign(payload, "the secret that comes next"), "x-github-delivery": "second" };
  t.match(await post(server, payload, next), { status: 202 });
  t.equal(server.stored.length, 2);
});

t.test("without a usable secret nothing is accepted", async (t) => {
  const server = await receiver(t, () => []);
  t.match(await post(server), { status: 503 });
  t.match(await post(server, payload, { "x-hub-signature-256": sign(payload, "") }), { status: 503 });
});

t.test("requests that are no webhooks of GitHub are refused with the reason", async (t) => {
  const server = await receiver(t);
  const cases: [Record<string, string>, number, RegExp][] = [
    [{ "content-type": "application/x-www-form-urlencoded" }, 415, /application\/json/],
    [{ "x-github-event": "Issues!" }, 400, /X-GitHub-Event/],
    [{ "x-github-delivery": "../x" }, 400, /X-GitHub-Delivery/],
    [{ "x-github-delivery": "-x" }, 400, /X-GitHub-Delivery/],
    [{ "x-github-delivery": "x".repeat(65) }, 400, /X-GitHub-Delivery/],
  ];
  for (const [headers, status, detail] of cases)
    t.match(await post(server, payload, headers), { status, body: { detail } });
  t.equal((await fetch(server.url)).status, 405);
  t.same(server.stored, []);
});

t.test("a compressed body is refused, and not expanded", async (t) => {
  const server = await receiver(t);
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024));
  t.match(await post(server, bomb, { "content-encoding": "gzip" }), { status: 415 });
});

t.test("payloads that are no JSON objects, or nested deeply, are refused although they are signed", async (t) => {
  const server = await receiver(t);
  t.match(await post(server, "[]"), { status: 400, body: { detail: "the payload is not a JSON object" } });
  t.match(await post(server, `{"action": ${"[".repeat(1_000_000)}`), { status: 400, body: { detail: /64 levels/ } });
});

t.test("a failure of the API server is a 503, which GitHub records and this program recovers", async (t) => {
  const server = await receiver(t);
  server.faults.push(new ServerError({ message: "etcd at 10.0.0.7 is down" }, 500, { method: "POST", path: "/" }));
  const answer = await post(server);
  t.match(answer, { status: 503, body: { detail: "the event could not be stored; deliver it again" } });
  t.notMatch(JSON.stringify(answer), "10.0.0.7");
  t.match(await post(server), { status: 202, body: { outcome: "accepted" } });
});

t.test("a token that has expired is read again", async (t) => {
  const server = await receiver(t);
  server.faults.push(new Unauthorized({}, 401, { method: "POST", path: "/" }));
  t.match(await post(server), { status: 202, body: { outcome: "accepted" } });
  t.same(server.refreshes, [false, true]);
});

t.test("a payload that comes too slowly is given up, and its room is free again", async (t) => {
  const server = await receiver(t);
  let status = 0;
  const slow: ClientRequest = send(server.url, { method: "POST", headers: headersOf(payload) }, (response) => {
    status = response.statusCode ?? 0;
    response.resume();
  });
  slow.on("error", () => undefined);
  slow.write(payload.slice(0, 10));
  await eventually("it is being read", () => server.clock.pending > 0);
  await server.clock.advance(10_000);
  await eventually("it is answered", () => status === 408);
  t.match(await post(server), { status: 202 });
});

t.test("a payload that breaks off leaves nothing", async (t) => {
  const server = await receiver(t);
  const headers = { ...headersOf(payload), "content-length": String(payload.length) };
  const broken = send(server.url, { method: "POST", headers });
  broken.on("error", () => undefined);
  broken.write(payload.slice(0, 10));
  await eventually("it is being read", () => server.clock.pending > 0);
  broken.destroy();
  const refused = async (): Promise<boolean> =>
    (await server.registry.metrics()).includes('orchestrator_webhooks_total{outcome="refused"} 1');
  await eventually("it is given up", refused);
  t.equal(server.clock.pending, 0);
  t.same(server.stored, []);
});

t.test("a payload of 25 MiB is read, a larger one is not", async (t) => {
  const server = await receiver(t);
  const size = 25 * 1024 * 1024;
  const [head, tail] = [`${payload.slice(0, -1)},"padding":"`, `"}`];
  const largest = Buffer.concat([
    Buffer.from(head),
    Buffer.alloc(size - head.length - tail.length, 0x61),
    Buffer.from(tail),
  ]);
  t.match(await post(server, largest), { status: 202, body: { outcome: "accepted" } });
  t.match(await post(server, Buffer.alloc(size + 1, 0x61)), { status: 413 });
});

t.test("secrets are read from files, and read again after five seconds", async (t) => {
  const directory = t.testdir({ current: `${secret}\n`, "..data": "not a secret of the webhook" });
  const clock = new FakeClock();
  const log = new KeptLog();
  const secrets = new WebhookSecrets({ directory, clock, logger: log });
  const texts = async (): Promise<string[]> => (await secrets.current()).map(String);
  t.same(await texts(), [secret]);
  await writeFile(join(directory, "next"), "another secret, for a rotation");
  t.same(await texts(), [secret]);
  await clock.advance(5_000);
  t.same(await texts(), [secret, "another secret, for a rotation"]);
  await writeFile(join(directory, "next"), "short");
  await clock.advance(5_000);
  t.same(await texts(), [secret]);
  t.match(log.lines.join("\n"), /next is not a secret of 16 to 1024 bytes/);
  t.notMatch(log.lines.join("\n"), "short");
});

t.test("a directory without secrets, or that is missing, is reported once", async (t) => {
  const clock = new FakeClock();
  const log = new KeptLog();
  const secrets = new WebhookSecrets({ directory: join(t.testdir({}), "missing"), clock, logger: log });
  for (let time = 0; time < 3; time++) {
    t.same(await secrets.current(), []);
    await clock.advance(5_000);
  }
  t.equal(log.lines.length, 1);
  t.same(await new WebhookSecrets({ directory: t.testdirName, clock, logger: silentLogger }).current(), []);
});
