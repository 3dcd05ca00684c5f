// npm test: everything that can run on this machine, in the order of what fails fastest. Says aloud what can't run.
//
//   npm test                    all of it, with small counts
//   npm run test:full           the same with the long counts (TEST_FULL=1)
//   npm test -- unit queue      only these stages or test files whose path contains a word
//
// Ends with a line for each stage and `N passed, N failed`; writes the same to build/test-summary.json.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const words = process.argv.slice(2).filter((word) => word !== "--full");
const full = process.argv.includes("--full");
const environment = { ...process.env, NODE_ENV: "test", ...(full && { TEST_FULL: "1" }) };
const results = [];
/** What failed, told again at the end. */
const failures = [];

/** Runs a command; resolves with its exit code. */
function run(command, args, extra = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", env: { ...environment, ...extra } });
    child.once("error", () => resolve(127));
    child.once("exit", (code, signal) => resolve(code ?? (signal === null ? 0 : 128)));
  });
}

function report(stage, passed, failed, skipped, seconds) {
  results.push({ stage, passed, failed, skipped, seconds });
}

/** A stage that is one check: it passes or it doesn't. */
async function check(stage, command, args) {
  const started = Date.now();
  console.log(`\n== ${stage}`);
  const ok = (await run(command, args)) === 0;
  report(stage, ok ? 1 : 0, ok ? 0 : 1, 0, (Date.now() - started) / 1000);
  return ok;
}

function testFiles(folder) {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".test.js"))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .sort();
}

/** A stage of tap files. Its counts are those of tap's own last line. */
async function tap(stage, files, jobs, extra = {}) {
  if (files.length === 0) return;
  const started = Date.now();
  console.log(`\n== ${stage}: ${files.length} files`);
  mkdirSync("build", { recursive: true });
  const output = `build/${stage}.tap`;
  const seconds = full ? 7200 : 900;
  const args = [
    "--disable-coverage",
    "--reporter=terse",
    `--output-file=${output}`,
    `--jobs=${jobs}`,
    `--timeout=${seconds}`,
  ];
  const code = await run("npx", ["tap", ...args, ...files], extra);
  const text = readFileSync(output, "utf8");
  const counts = text.match(/^# \{ total: .*\}$/gm)?.at(-1) ?? "";
  const count = (name) => Number(new RegExp(`${name}: (\\d+)`).exec(counts)?.[1] ?? 0);
  // a file that dies has no assertion to show for it; a test without any is one whose failure tap could not read
  const empty = emptyTests(text);
  const failed = (code === 0 ? count("fail") : Math.max(1, count("fail"))) + empty.length;
  if (failed > 0) failures.push({ stage, text: failuresOf(text, empty) });
  report(stage, count("pass"), failed, count("skip") + count("todo"), (Date.now() - started) / 1000);
}

/** Tests that asserted nothing, which tap counts as passed. */
function emptyTests(text) {
  return [...text.matchAll(/^ *1\.\.0 # no tests found\n *ok (.*)$/gm)].map(
    ([, name]) => `without an assertion: ${name}`,
  );
}

/** Every `not ok` of a TAP stream with its diagnostics (at most 60 lines of each): a log that is cut keeps its end. */
function failuresOf(text, empty) {
  const found = [...empty];
  let lines = 0;
  let isDiagnostics = false;
  for (const line of text.split("\n")) {
    if (/^\s*not ok /.test(line)) {
      found.push(line);
      lines = 0;
      isDiagnostics = false;
    } else if (lines === 0 && found.length > 0 && /^\s*---$/.test(line)) {
      isDiagnostics = true;
    } else if (isDiagnostics) {
      if (/^\s*\.\.\.$/.test(line)) isDiagnostics = false;
      else if (lines++ < 60) found.push(line);
    }
  }
  return found.join("\n") || "no failed assertion in its output: a file died";
}

/** Files that need clusters: mostly they wait. What is measured in the long run is measured with nothing beside it. */
const atOnce = full ? 1 : 2;
const wants = (stage) => words.length === 0 || words.includes(stage);
const stages = ["lint", "drift", "unit", "programs", "integration", "e2e"];
const filters = words.filter((word) => !stages.includes(word));
const matching = (files) =>
  filters.length === 0 ? files : files.filter((file) => filters.some((word) => file.includes(word)));
const wantsTests = (stage) => wants(stage) || (filters.length > 0 && !words.some((word) => stages.includes(word)));

if ((await check("types", "npx", ["tsc", "-b"])) && (await check("bundle", process.execPath, ["scripts/bundle.mjs"]))) {
  if (wants("lint")) await check("lint", "npm", ["run", "--silent", "lint"]);
  if (wants("drift")) await check("drift", process.execPath, ["dist/generate/main.js", "--check"]);
  const files = testFiles("build/test");
  const isIntegration = (file) => file.includes("/integration/");
  const isEndToEnd = (file) => file.includes("/e2e/");
  const isOfPrograms = (file) => file.includes("/programs/");
  if (wantsTests("unit")) {
    const isOther = (file) => isIntegration(file) || isEndToEnd(file) || isOfPrograms(file);
    await tap("unit", matching(files.filter((file) => !isOther(file))), 2);
  }
  if (wantsTests("programs")) await tap("programs", matching(files.filter(isOfPrograms)), 2);
  const integration = matching(files.filter(isIntegration));
  if (wantsTests("integration") && integration.length > 0) {
    const { startCluster } = await import("../dist/cluster/index.js");
    // webhook configurations and CRDs belong to a whole cluster: files that run at once must not share one
    const jobs = Math.min(atOnce, integration.length);
    const clusters = [];
    try {
      for (let job = 0; job < jobs; job++) {
        const name = `integration-${process.pid}-${job}`;
        clusters.push(await startCluster({ name, node: "none", progress: console.log }));
      }
      await tap("integration", integration, jobs, { TEST_CLUSTERS: clusters.map(({ name }) => name).join() });
    } finally {
      await Promise.all(clusters.map((cluster) => cluster.stop()));
    }
  }
  if (wantsTests("e2e")) await tap("e2e", matching(files.filter(isEndToEnd)), atOnce);
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
