/** The receiver of Grafana's alerts: who may send them, and what is stored. */
import { createHmac } from "node:crypto";
import { Registry } from "prom-client";
import t, { type Test } from "tap";
import type { Delivery } from "#src/api/delivery.js";
import { AlreadyExists, ServerError } from "#src/runtime/client/errors.js";
import { silentLogger } from "#src/runtime/logger.js";
import { FakeClock } from "#src/runtime/testing/clock.js";
import { grafanaSource } from "#src/server/grafana-receiver.js";
import { ReceiverMetrics } from "#src/server/webhook-receiver.js";
import { serveReceiver } from "./receiver-server.js";

const secret = "a secret of the contact point";
const older = "the secret before the rotation";
const call = { method: "POST", path: "/" };
const alert = (fingerprint: string): object => ({
  ...{ status: "firing", fingerprint, startsAt: "2026-01-02T03:04:05Z", labels: { alertname: "A" } },
});
const payload = JSON.stringify({ alerts: [alert("a1"), alert("b2")] });

async function scene(t: Test) {
  const stored = new Map<string, Delivery>();
  const faults: Error[] = [];
  const clock = new FakeClock();
  const create = (_: unknown, object: Delivery): Promise<Delivery> => {
    const name = object.metadata?.name ?? "";
    const fault = stored.has(name) ? new AlreadyExists({}, 409, call) : faults.shift();
    if (fault !== undefined) return Promise.reject(fault);
    stored.set(name, object);
    return Promise.resolve(object);
  };
  const url = await serveReceiver(t, grafanaSource(clock), {
    ...{ namespace: "orchestrator", clock, logger: silentLogger, metrics: new ReceiverMetrics(new Registry()) },
    secrets: () => Promise.resolve([secret, older].map((each) => Buffer.from(each))),
    client: () => Promise.resolve({ create: create as never }),
  });
  const post = async (headers: Record<string, string>, body = payload): Promise<[number, string | undefined]> => {
    const all = { "content-type": "application/json", ...headers };
    const response = await fetch(url, { method: "POST", body, headers: all });
    return [response.status, ((await response.json()) as { outcome?: string }).outcome];
  };
  return { post, stored, faults, clock };
}

const sign = (text: string, by = secret): string => createHmac("sha256", by).update(text).digest("hex");
const bearer = { authorization: `Bearer ${secret}` };

t.test("each alert is stored once, and a repeated notification is answered without more", async (t) => {
  const { post, stored } = await scene(t);
  t.same(await post(bearer), [202, "accepted"]);
  t.same([...stored.keys()], ["grafana-a1-1767323045-firing", "grafana-b2-1767323045-firing"]);
  t.same(await post(bearer), [202, "repeated"]);
  t.same(await post(bearer, JSON.stringify({ alerts: [alert("b2"), alert("c3")] })), [202, "accepted"]);
  t.equal(stored.size, 3);
  t.same(await post(bearer, '{"alerts":[]}'), [202, "ignored"]);
  t.same(await post(bearer, '{"message":"x"}'), [400, undefined]);
});

t.test("what could not be stored is refused, and stored when Grafana sends it again", async (t) => {
  const { post, stored, faults } = await scene(t);
  faults.push(new ServerError({}, 500, call));
  t.same(await post(bearer), [503, undefined]);
  t.equal(stored.size, 0);
  t.same(await post(bearer), [202, "accepted"]);
  t.equal(stored.size, 2);
});

t.test("a token or signature with one of the secrets, and nothing else", async (t) => {
  const { post, stored, clock } = await scene(t);
  const time = String(Math.floor(clock.now() / 1_000));
  const signed = (text: string, timestamp?: string, by?: string): Record<string, string> => ({
    "x-grafana-alerting-signature": sign(text, by),
    ...(timestamp !== undefined && { "x-grafana-alerting-timestamp": timestamp }),
  });
  for (const [words, headers] of [
    ["nothing", {}],
    ["another token", { authorization: "Bearer another secret" }],
    ["a part of the token", { authorization: `Bearer ${secret.slice(0, -1)}` }],
    ["another scheme", { authorization: `Basic ${Buffer.from(`admin:${secret}`).toString("base64")}` }],
    ["a malformed signature", { "x-grafana-alerting-signature": "sha256=00" }],
    ["another secret", signed(payload, undefined, "another secret")],
    ["another text", signed(`${payload} `)],
    ["a signature without the time that is sent", signed(payload, time)],
    ["another time", { ...signed(`${time}:${payload}`), "x-grafana-alerting-timestamp": String(Number(time) + 1) }],
    ["an old time", signed(`${Number(time) - 301}:${payload}`, String(Number(time) - 301))],
    ["no time", signed(`now:${payload}`, "now")],
  ] as const)
    t.same(await post(headers), [401, undefined], words);
  t.equal(stored.size, 0);
  t.same(await post({ authorization: `Bearer ${older} `.trim() + "-" }), [401, undefined]);
  t.same(await post(signed(`${time}:${payload}`, time)), [202, "accepted"]);
  t.same(await post(signed(payload, undefined, older)), [202, "repeated"]);
});

t.test("a large body is refused", async (t) => {
  const { post } = await scene(t);
  t.same(await post(bearer, `{"alerts":[],"x":"${"x".repeat(1024 * 1024)}"}`), [413, undefined]);
});
