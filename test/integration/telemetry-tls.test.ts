/** Telemetry to a real collector that has a certificate of a private authority, and demands one of its clients. */
import { copyFileSync } from "node:fs";
import { Registry } from "prom-client";
import { trace } from "@opentelemetry/api";
import t, { type Test } from "tap";
import { createPki } from "#src/cluster/pki.js";
import { findGo } from "#src/cluster/binaries/go.js";
import { defaultConfiguration } from "#src/configuration/defaults.js";
import { systemClock } from "#src/runtime/clock.js";
import { silentLogger } from "#src/runtime/logger.js";
import { Telemetry } from "#src/telemetry/telemetry.js";
import { eventually } from "../eventually.js";
import { realCollector, type RealCollector, type Via } from "../telemetry/real-collector.js";

const skip = findGo() === undefined && "Go is not installed";

/** Files of the Secret that both Deployments mount, and what is copied to them. */
type Files = Readonly<Partial<Record<"ca.crt" | "tls.crt" | "tls.key", string>>>;

/** Exports one span and one line. Returns the reasons of failures. */
async function exported(t: Test, collector: RealCollector, via: Via, files: Files, text: string): Promise<string[]> {
  const directory = t.testdir({});
  for (const [name, source] of Object.entries(files)) copyFileSync(source, `${directory}/${name}`);
  const reasons: string[] = [];
  const warn = (fields: object): void => void reasons.push(JSON.stringify(fields));
  const telemetry = new Telemetry({
    ...{ name: "my-operator", version: "1.2.3", logger: { ...silentLogger, warn }, clock: systemClock },
    ...{ environment: {}, directory },
  });
  const { operator } = defaultConfiguration.telemetry;
  await telemetry.apply({ ...operator, endpoint: collector.endpoints[via], protocol: via }, new Registry());
  trace.getTracer("test").startSpan(text).end();
  telemetry.line(JSON.stringify({ level: "info", msg: text }));
  await telemetry.stop();
  return reasons;
}

for (const via of ["grpc", "http"] as const)
  t.test(`over ${via}`, { skip }, async (t) => {
    const pki = await createPki(t.testdir({}), [
      { file: "collector", commonName: "collector", hosts: ["127.0.0.1"] },
      { file: "operator", commonName: "operator" },
    ]);
    const collector = await realCollector(t, pki);
    const client = { "tls.crt": pki.certificate("operator"), "tls.key": pki.key("operator") };
    const arrived = (text: string): boolean =>
      collector.spans(via).some(({ name }) => name === text) && collector.logs(via).some((log) => log.text === text);

    await t.test("with authority and client certificate everything arrives", async (t) => {
      t.same(await exported(t, collector, via, { "ca.crt": pki.ca, ...client }, "complete"), []);
      await eventually("span and line are there", () => arrived("complete"));
    });
    await t.test("without the client certificate nothing does, and the log says that the export fails", async (t) => {
      t.equal((await exported(t, collector, via, { "ca.crt": pki.ca }, "anonymous")).length, 1);
      t.notOk(arrived("anonymous"));
    });
    await t.test("without the private authority nothing is sent", async (t) => {
      t.equal((await exported(t, collector, via, client, "trusting")).length, 1);
      t.notOk(arrived("trusting"));
    });
  });
