/** `npm run bench -- <suite> [--json FILE] [options]`: measures and prints; with --json also writes the figures as one flat object. */
import { writeFile } from "node:fs/promises";
import { parseArgs } from "node:util";

export type Figures = Record<string, number>;

const suites: Readonly<Record<string, () => Promise<Figures>>> = {
  runtime: async () => (await import("./runtime.js")).runtimeSuite(),
  admission: async () => (await import("./runtime.js")).admissionFigures(),
  client: async () => (await import("./runtime.js")).clientSuite(),
  look: async () => (await import("./look.js")).lookSuite(),
  telemetry: async () => (await import("./telemetry.js")).telemetrySuite(),
  access: async () => (await import("./access.js")).accessSuite(),
  server: async () => (await import("./server.js")).serverSuite(),
  webhooks: async () => (await import("./webhooks.js")).webhooksSuite(),
  start: async () => (await import("./start.js")).startSuite(),
  gateway: async () => (await import("./gateway.js")).gatewaySuite(),
  fairness: async () =>
    (await import("./fairness.js")).fairnessSuite({
      count: Number(values.count),
      concurrency: values.concurrency,
      work: Number(values.work),
      spread: Number(values.spread),
      ...(values.profile !== undefined && { profile: values.profile }),
    }),
  list: async () => (await import("./list.js")).listSuite(),
  runs: async () =>
    (await import("./runs/suite.js")).runsSuite({
      count: Number(values.count),
      rounds: Number(values.rounds),
      finished: Number(values.finished),
      ...(values.profile !== undefined && { profile: values.profile }),
    }),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: "string" },
    // of the suite runs
    count: { type: "string", default: "1000" },
    rounds: { type: "string", default: "3" },
    finished: { type: "string", default: "5000" },
    profile: { type: "string" },
    // of the suite fairness
    concurrency: { type: "string", default: "{ total: 40, namespacePercent: 50 }" },
    work: { type: "string", default: "5000" },
    spread: { type: "string", default: "0.5" },
  },
});
const name = positionals[0] ?? "runtime";
const suite = suites[name];
if (suite === undefined) {
  process.stderr.write(`there is no suite ${name}; there are: ${Object.keys(suites).join(", ")}\n`);
  process.exit(2);
}
const figures = await suite();
process.stdout.write("\n");
for (const [key, value] of Object.entries(figures)) {
  process.stdout.write(`${key.padEnd(44)} ${value >= 100 ? Math.round(value) : Number(value.toPrecision(3))}\n`);
}
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify(figures, null, 2)}\n`);
process.exit();
