import { networkInterfaces } from "node:os";
import { Gauge, Registry } from "prom-client";
import t from "tap";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
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
    logger: silentLogger,
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

t.test("metrics that cannot be collected are an error in the log, and say no more to the caller", async (t) => {
  const registry = new Registry();
  const collect = (): never => {
    throw new Error("a broken collector");
  };
  new Gauge({ name: "broken", help: "Broken", registers: [registry], collect });
  const errors: unknown[] = [];
  const probes = new ProbeServer({
    ...{ host: "127.0.0.1", port: 0, registry, healthChecks: new Map(), readyChecks: new Map(), version: "1" },
    clock: systemClock,
    logger: { ...silentLogger, error: ({ err }: object & { err?: unknown }) => void errors.push(err) },
  });
  await probes.listen();
  t.teardown(() => probes.close());
  const answer = await fetch(`http://127.0.0.1:${probes.port}/metrics`);
  t.same([answer.status, await answer.text()], [500, "internal error\n"]);
  t.match(errors, [{ message: "a broken collector" }]);
});
