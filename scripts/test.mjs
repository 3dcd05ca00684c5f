// npm test: everything that can run on this machine, in the order of what fails fastest. Says aloud what can't run, and how
// long each test file took.
//
//   npm test                    all of it, with small counts
//   npm run test:full           the same with the long counts (TEST_FULL=1)
//   npm test -- unit queue      only these stages or test files whose path contains a word
//
// Ends with a line for each stage and `N passed, N failed`; writes the same to build/test-summary.json.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { runTestFiles } from "./test-files.mjs";

const words = process.argv.slice(2).filter((word) => word !== "--full");
const full = process.argv.includes("--full");
Object.assign(process.env, { NODE_ENV: "test", ...(full && { TEST_FULL: "1" }) });
const results = [];
/** What failed, told again at the end. */
const failures = [];

/** Runs a command; resolves with whether it went well. */
function run(command, args) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit" });
    child.once("error", () => resolve(false));
    child.once("exit", (code) => resolve(code === 0));
  });
}

function report(stage, passed, failed, skipped, seconds) {
  results.push({ stage, passed, failed, skipped, seconds });
}

/** A stage that is one check: it passes or it doesn't. */
async function check(stage, command, args) {
  const started = Date.now();
  console.log(`\n== ${stage}`);
  const ok = await run(command, args);
  report(stage, ok ? 1 : 0, ok ? 0 : 1, 0, (Date.now() - started) / 1000);
  return ok;
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.js"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A stage of test files. */
async function tests(stage, files, places) {
  if (files.length === 0) return;
  const started = Date.now();
  console.log(`\n== ${stage}: ${files.length} files`);
  const result = await runTestFiles(longestFirst(files), {
    output: `build/${stage}.tap`,
    timeout: full ? 7200 : 900,
    places,
  });
  if (result.failed > 0) failures.push({ stage, text: result.failures });
  report(stage, result.passed, result.failed, result.skipped, (Date.now() - started) / 1000);
}

/** What takes longest begins first, so that nothing is waited for alone at the end. */
function longestFirst(files) {
  const rank = (file) => {
    const found = slowest.findIndex((name) => file.endsWith(`/${name}.test.js`));
    return found < 0 ? slowest.length : found;
  };
  return files.toSorted((one, other) => rank(one) - rank(other));
}

/** Files that take longest, in that order. */
const slowest = [
  ...[
    "e2e/repositories",
    "e2e/programs",
    "e2e/life",
    "e2e/install",
    "e2e/many",
    "e2e/taskrun",
    "e2e/troubles",
    "demo",
    "e2e/cluster",
  ],
  ...["leaderelection", "kills", "integration/cluster", "certificates", "regressions", "lives", "rbac", "availability"],
  ...["soak", "integration/runtime", "schema", "stopping", "integration/reflector", "integration/operator"],
  ...["templates/container", "runs/reference", "runs/once", "templates/clis", "runtime/webhook/server"],
];

/** Files that need clusters: mostly they wait. What is measured in the long run is measured with nothing beside it. */
const atOnce = full ? 1 : 3;
const places = (count) => Array.from({ length: count }, () => ({}));
const wants = (stage) => words.length === 0 || words.includes(stage);
const stages = ["lint", "drift", "unit", "programs", "integration", "e2e"];
const filters = words.filter((word) => !stages.includes(word));
const matching = (files) =>
  filters.length === 0 ? files : files.filter((file) => filters.some((word) => file.includes(word)));
const wantsTests = (stage) => wants(stage) || (filters.length > 0 && !words.some((word) => stages.includes(word)));

/** Checks that have one thread. */
async function checks() {
  if (wants("lint")) await check("lint", "npm", ["run", "--silent", "lint"]);
  if (wants("drift")) await check("drift", process.execPath, ["dist/generate/main.js", "--check"]);
}

/** With empty caches this is a build of many minutes on all processors, beside which nothing that keeps time would hold. */
async function clusterPrograms() {
  const { resolveBinaries } = await import("../dist/cluster/binaries/resolve.js");
  const { kubernetesPrograms, nodePrograms } = await import("../dist/cluster/binaries/versions.js");
  try {
    await resolveBinaries([...kubernetesPrograms, ...nodePrograms, "kwok"], { progress: console.log });
  } catch (error) {
    console.error(error); // the tests that need them will say so, too
  }
}

/** Webhook configurations and CRDs belong to a whole cluster: files that run at once must not share one. */
async function integration(files) {
  if (files.length === 0) return;
  const { startCluster } = await import("../dist/cluster/index.js");
  const start = (_, place) =>
    startCluster({ name: `integration-${process.pid}-${place}`, node: "none", progress: console.log });
  const clusters = await Promise.all(Array.from({ length: Math.min(atOnce, files.length) }, start));
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

if ((await check("types", "npx", ["tsc", "-b"])) && (await check("bundle", process.execPath, ["scripts/bundle.mjs"]))) {
  const stageOf = (file) => /\/(programs|integration|e2e)\//.exec(file)?.[1] ?? "unit";
  const files = matching(testFiles("build/test"));
  const filesOf = (stage) => (wantsTests(stage) ? files.filter((file) => stageOf(file) === stage) : []);
  if (["integration", "e2e"].some((stage) => filesOf(stage).length > 0)) await clusterPrograms();
  // those that need no cluster share the processors, of which none may stand idle at the end of a stage
  await Promise.all([
    checks().then(() => tests("programs", filesOf("programs"), places(2))),
    tests("unit", filesOf("unit"), places(2)),
  ]);
  await integration(filesOf("integration"));
  await tests("e2e", filesOf("e2e"), places(atOnce));
}

for (const { stage, text } of failures) console.log(`\n== failed in ${stage}\n${text}`);
console.log("");
for (const { stage, passed, failed, skipped, seconds } of results) {
  const skips = skipped > 0 ? `, ${skipped} skipped` : "";
  console.log(`${stage.padEnd(12)} ${passed} passed, ${failed} failed${skips} (${seconds.toFixed(0)} s)`);
}
const sum = (name) => results.reduce((total, result) => total + result[name], 0);
mkdirSync("build", { recursive: true });
writeFileSync(
  "build/test-summary.json",
  JSON.stringify({ passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped"), results }, null, 2),
);
console.log(`${sum("passed")} passed, ${sum("failed")} failed`);
process.exitCode = sum("failed") === 0 ? 0 : 1;
