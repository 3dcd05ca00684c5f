// Runs tap's test files in processes of their own, several at once. Not by tap's own command: that loads its record of
// what was loaded into each node process that a test starts, which is a tenth of all the processor time of the tests.
import { spawn } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";

const leaks = new URL("leaks.mjs", import.meta.url).href;

/**
 * @param {readonly string[]} files in the order in which they begin
 * @param {{
 *   output: string, // gets the TAP of all of them
 *   timeout: number, // seconds for each file
 *   places: readonly Record<string, string>[], // as many run at once, each with the environment of its place
 * }} options
 * @returns {Promise<{ passed: number, failed: number, skipped: number, failures: string }>} `failures`: what to show of them
 */
export async function runTestFiles(files, { output, timeout, places }) {
  mkdirSync(dirname(output), { recursive: true });
  writeFileSync(output, "");
  const waiting = [...files];
  const results = [];
  await Promise.all(
    places.map(async (environment) => {
      for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
        const name = relative("build/test", file);
        const started = Date.now();
        const { text, end } = await runFile(file, environment, timeout);
        const seconds = ((Date.now() - started) / 1000).toFixed(1);
        appendFileSync(output, `# Subtest: ${name}\n${text}# ${name}: ${end}, ${seconds} s\n\n`);
        const result = resultOf(name, text, end);
        results.push(result);
        const outcome = `${result.failed === 0 ? "ok    " : "not ok"} ${seconds.padStart(6)} s  ${name}`;
        console.log([outcome, ...result.skips.map((reason) => `          skipped: ${reason}`)].join("\n"));
      }
    }),
  );
  const sum = (count) => results.reduce((total, result) => total + result[count], 0);
  return {
    passed: sum("passed"),
    failed: sum("failed"),
    skipped: sum("skipped"),
    failures: results.flatMap(({ failures }) => failures).join("\n"),
  };
}

/** Resolves with what the file wrote and how it ended. */
function runFile(file, environment, timeout) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ["--enable-source-maps", "--import", leaks, file], {
      stdio: ["ignore", "pipe", "inherit"],
      // tap ends a file itself at its timeout, and tells what it waited for; one that doesn't get to it is ended here
      timeout: (timeout + 30) * 1000,
      killSignal: "SIGKILL",
      env: { ...process.env, ...environment, TAP_TIMEOUT: String(timeout) },
    });
    let text = "";
    child.stdout.setEncoding("utf8").on("data", (chunk) => (text += chunk));
    child.once("error", (error) => resolve({ text, end: error.message }));
    child.once("close", (code, signal) => resolve({ text, end: signal ?? `exit code ${code}` }));
  });
}

function resultOf(name, text, end) {
  // the counts are those of tap's own last line
  const counts = text.match(/^# \{ total: .*\}$/gm)?.at(-1);
  const count = (word) => Number(new RegExp(`\\b${word}: (\\d+)`).exec(counts ?? "")?.[1] ?? 0);
  // a test without any assertion, which tap counts as passed, is one whose failure it could not read
  const empty = [...text.matchAll(/^ *1\.\.0 # no tests found\n *ok (.*)$/gm)].map(
    ([, title]) => `without an assertion: ${title}`,
  );
  const failures = [...empty, ...failuresOf(text)];
  let failed = count("fail") + empty.length;
  if (failed === 0 && (end !== "exit code 0" || counts === undefined)) {
    failed = 1;
    failures.push(`no failed assertion in its output, but it ended with ${end}`);
  }
  return {
    passed: count("pass"),
    failed,
    skipped: count("skip") + count("todo"),
    skips: [...new Set([...text.matchAll(/ # SKIP ?(.*)$/gm)].map(([, reason]) => reason))],
    failures: failed === 0 ? [] : [`${name}:`, ...failures],
  };
}

/** Every `not ok` of a TAP stream with its diagnostics (at most 60 lines of each): a log that is cut keeps its end. */
function failuresOf(text) {
  const found = [];
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
  return found;
}
