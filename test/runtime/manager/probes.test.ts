import { networkInterfaces } from "node:os";
import { Registry } from "prom-client";
import t from "tap";
import { systemClock } from "#src/runtime/clock.js";
import { ProbeServer, type Check } from "#src/runtime/manager/probes.js";

t.test("probes listen on every address and name each failing check", async (t) => {
  const checks = new Map<string, Check>([["fine", () => undefined]]);
  const probes = new ProbeServer({
    port: 0,
    registry: new Registry(),
    healthChecks: new Map(),
    readyChecks: checks,
    version: "1",
    clock: systemClock,
  });
  await probes.listen();
  t.teardown(() => probes.close());
  const own = Object.values(networkInterfaces()).flatMap((all) => all ?? []);
  const hosts = ["127.0.0.1", ...own.flatMap(({ address }) => (address === "::1" ? ["[::1]"] : []))];
  for (const host of hosts) t.equal((await fetch(`http://${host}:${probes.port}/readyz`)).status, 200, host);
  checks.set("late", () => "not yet");
  checks.set("broken", () => {
    throw new Error("a mistake");
  });
  const answer = await fetch(`http://127.0.0.1:${probes.port}/readyz`);
  t.equal(answer.status, 503);
  t.equal(await answer.text(), "[-] late: not yet\n[-] broken: a mistake\n");
});
