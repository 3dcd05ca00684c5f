// npm test: everything that can run on this machine. Reports what cannot run and why, and how long each test file took.
//
//   npm test                    all of it, with small counts
//   npm run test:full           the same with the long counts (TEST_FULL=1), one file at a time
//   npm test -- quick           types, lint, generated files and unit tests
//   npm test -- unit queue      only these stages, or test files whose path contains a word
//
// TEST_SEED repeats a run's random choices; each run prints its own. Ends with a line for each stage and
// `N passed, N failed`, and writes the same to build/test-summary.json.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { runTestFiles } from "./test-files.mjs";

const stages = ["lint", "drift", "unit", "programs", "integration", "e2e"];
const given = process.argv.slice(2).filter((word) => word !== "--full");
const words = given.flatMap((word) => (word === "quick" ? ["lint", "drift", "unit"] : [word]));
const isFull = process.argv.includes("--full");
const seed = process.env.TEST_SEED ?? String(Math.floor(Math.random() * 2 ** 31));
Object.assign(process.env, { NODE_ENV: "test", TEST_SEED: seed, ...(isFull && { TEST_FULL: "1" }) });
const results = [];
/** The failures of each stage, repeated at the end. */
const failures = [];

/** Runs a command; resolves to whether it succeeded. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

/** Milliseconds that all processors were busy since boot; 0 where that cannot be read. */
function busyMilliseconds() {
  return cpus().reduce((sum, { times }) => sum + times.user + times.nice + times.sys + times.irq, 0);
}

/** Runs a stage, and records its result, its time and the processors' load meanwhile. */
async function stage(name, work) {
  const started = Date.now();
  const busy = busyMilliseconds();
  const { passed, failed, skipped = 0 } = await work();
  const elapsed = Date.now() - started;
  const load = Math.round((100 * (busyMilliseconds() - busy)) / (elapsed * cpus().length));
  results.push({ stage: name, passed, failed, skipped, seconds: elapsed / 1000, load });
  return failed === 0;
}

/** A stage that is one command. In the background it takes only the time that processors have left. */
function check(name, command, args, isInBackground = false) {
  console.log(`\n== ${name}`);
  const [program, given] = isInBackground ? ["nice", ["-n", "19", command, ...args]] : [command, args];
  return stage(name, async () => ((await run(program, given)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 }));
}

/** A stage of test files. */
async function tests(name, files, places) {
  if (files.length === 0) return;
  console.log(`\n== ${name}: ${files.length} files`);
  await stage(name, async () => {
    const result = await runTestFiles(longestFirst(files), {
      output: `build/${name}.tap`,
      timeout: isFull ? 7200 : 1200,
      places,
    });
    if (result.failed > 0) failures.push({ stage: name, text: result.failures });
    return result;
  });
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.js"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** The longest files first, so that none of them runs alone at the end. */
function longestFirst(files) {
  const rank = (file) => {
    const found = slowest.findIndex((name) => file.endsWith(`/${name}.test.js`));
    return found < 0 ? slowest.length : found;
  };
  return files.toSorted((one, other) => rank(one) - rank(other));
}

/** The files that take longest, in that order. */
const slowest = [
  ...[
    "e2e/repositories",
    "e2e/confinement",
    "e2e/programs",
    "e2e/life",
    "e2e/install",
    "e2e/newcomer",
    "e2e/chart",
    "e2e/many",
  ],
  ...[
    "e2e/taskrun",
    "e2e/plays",
    "e2e/story",
    "e2e/start-problems",
    "e2e/demo",
    "e2e/cluster",
    "leader-election",
    "kills",
    "integration/cluster",
    "integration/alerts",
    "certificates",
    "regressions",
  ],
  ...["integration/operator", "integration/chart", "integration/rbac", "integration/command-line"],
  ...["integration/storm", "integration/argo", "schemathesis"],
  ...["lives", "availability", "soak", "integration/runtime", "schema", "stopping", "integration/reflector"],
  ...["templates/container", "runs/reference", "runs/once", "templates/agent-programs"],
  "runtime/webhook/server",
];

/** Places for files that need clusters, which mostly wait. In the long run, what is measured runs alone. */
const concurrency = isFull ? { integration: 1, e2e: 1 } : { integration: 3, e2e: 3 };
const places = (count) => Array.from({ length: count }, () => ({}));
const wants = (name) => words.length === 0 || words.includes(name);
const filters = words.filter((word) => !stages.includes(word));
const matching = (files) =>
  filters.length === 0 ? files : files.filter((file) => filters.some((word) => file.includes(word)));
const wantsTests = (name) => wants(name) || (filters.length > 0 && !words.some((word) => stages.includes(word)));

/** Checks that use one processor. */
async function checks(isInBackground) {
  if (wants("drift")) await check("drift", process.execPath, ["dist/generate/main.js", "--check"], isInBackground);
  if (wants("lint")) await check("lint", "npm", ["run", "--silent", "lint"], isInBackground);
}

/** With empty caches this builds for many minutes on all processors: nothing that keeps time may run beside it. */
async function clusterPrograms(files) {
  const { resolveBinaries } = await import("../dist/cluster/binaries/resolve.js");
  const { kubernetesPrograms, nodePrograms } = await import("../dist/cluster/binaries/versions.js");
  try {
    await resolveBinaries([...kubernetesPrograms, ...nodePrograms, "kwok"], { progress: console.log });
    if (files.some((file) => file.endsWith("/chart.test.js"))) {
      const { Helm, noHelm } = await import("../build/test/chart/helm.js");
      if (noHelm === false) (await Helm.build(console.log)).close();
    }
    if (files.some((file) => file.endsWith("/plays.test.js") && file.includes("/e2e/"))) {
      const { argoPrograms, noArgo } = await import("../build/test/argo/argo-programs.js");
      if (noArgo === false) await argoPrograms(console.log);
    }
    if (files.some((file) => file.endsWith("/argo/sensor.test.js"))) {
      const { goProgram } = await import("../build/test/go-program.js");
      await goProgram("tools/argo-events", console.log);
    }
  } catch (error) {
    console.error(error); // the tests that need them report it, too
  }
}

/** Webhook configurations and CRDs belong to a whole cluster: files that run at the same time must not share one. */
async function integration(files) {
  if (files.length === 0) return;
  const { startCluster } = await import("../dist/cluster/index.js");
  const start = (_, place) =>
    startCluster({ name: `integration-${process.pid}-${place}`, node: "none", progress: console.log });
  const clusters = await Promise.all(Array.from({ length: Math.min(concurrency.integration, files.length) }, start));
  try {
    await tests(
      "integration",
      files,
      clusters.map(({ name }) => ({ TEST_CLUSTER: name })),
    );
  } finally {
    await Promise.all(clusters.map((cluster) => cluster.stop()));
  }
}

console.log(`random seed: TEST_SEED=${seed}`);
if ((await check("types", "npx", ["tsc", "-b"])) && (await check("bundle", process.execPath, ["scripts/bundle.mjs"]))) {
  const stageOf = (file) => /\/(programs|integration|e2e)\//.exec(file)?.[1] ?? "unit";
  const files = matching(testFiles("build/test"));
  const filesOf = (name) => (wantsTests(name) ? files.filter((file) => stageOf(file) === name) : []);
  const hasClusters = ["integration", "e2e"].some((name) => filesOf(name).length > 0);
  if (hasClusters) await clusterPrograms(files);
  // clusters leave the processors idle at times, in which the checks are made
  const checked = checks(hasClusters);
  await Promise.all([
    tests("programs", filesOf("programs"), places(hasClusters ? 2 : 1)),
    tests("unit", filesOf("unit"), places(2)),
  ]);
  await integration(filesOf("integration"));
  await tests("e2e", filesOf("e2e"), places(concurrency.e2e));
  await checked;
}

for (const { stage: name, text } of failures) console.log(`\n== failed in ${name}\n${text}`);
console.log("");
for (const { stage: name, passed, failed, skipped, seconds, load } of results) {
  const skips = skipped > 0 ? `, ${skipped} skipped` : "";
  console.log(
    `${name.padEnd(12)} ${passed} passed, ${failed} failed${skips} (${seconds.toFixed(0)} s, processors ${load} % busy)`,
  );
}
const sum = (name) => results.reduce((total, result) => total + result[name], 0);
mkdirSync("build", { recursive: true });
writeFileSync(
  "build/test-summary.json",
  JSON.stringify({ passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), results }, null, 2),
);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
