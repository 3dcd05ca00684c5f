/** Requests that Schemathesis generates from the document of the REST API: no answer is undocumented, and no one fails. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import t from "tap";
import { cacheDirectory, cached } from "#src/cluster/binaries/cache.js";
import { packageRoot } from "#src/version.js";
import { Caller } from "../server/served-app.js";
import { adminClient, testCluster, testNamespace } from "./cluster.js";
import { startOperator } from "./operator.js";
import { editorToken, startRestServer } from "./rest-server.js";

const folder = join(packageRoot, "tools/schemathesis");
/** Seconds; generated requests end then. */
const budget = process.env.TEST_FULL === "1" ? 300 : 25;

/** Directory with its packages, or the reason why it is unavailable. */
async function installed(): Promise<{ readonly packages: string } | string> {
  const requirements = join(folder, "requirements.txt");
  const digest = createHash("sha256").update(readFileSync(requirements)).digest("hex").slice(0, 12);
  const run = promisify(execFile);
  try {
    const directory = await cached(
      join(cacheDirectory(), "programs", `schemathesis-${digest}`),
      async (draft) => {
        await run("python3", ["-m", "venv", join(draft, "pip")]);
        const target = ["--target", join(draft, "packages"), "--require-hashes", "--requirement", requirements];
        const options = ["--quiet", "--disable-pip-version-check", "--no-input", "--only-binary=:all:"];
        await run(join(draft, "pip/bin/pip"), ["install", ...options, ...target], { timeout: 240_000 });
      },
      (line) => t.comment(line),
    );
    return { packages: join(directory, "packages") };
  } catch (error) {
    const lines = (error instanceof Error ? error.message : String(error)).trim().split("\n");
    return `schemathesis can't be installed: ${lines.at(-1) ?? ""}`;
  }
}

const program = await installed();

t.test(
  "generated requests get no undocumented answer, and none with a fault of the server",
  { skip: typeof program === "string" ? program : false, timeout: (budget + 120) * 1_000 },
  async (t) => {
    if (typeof program === "string") return;
    const cluster = await testCluster(t);
    const client = await adminClient(t, cluster);
    await startOperator(t, cluster);
    const namespace = await testNamespace(t, client);
    const token = await editorToken(t, client, namespace);
    const server = await startRestServer(t, cluster, client, namespace, [
      ...["--rate", "100000", "--burst", "100000"],
      // streams are answers as well, if they end
      ...["--max-stream-age", "0.2"],
    ]);
    const task = {
      id: 1,
      service_name: "auth-service",
      markdown_files: [{ filename: "task.md", content: "# Task\n" }],
    };
    await new Caller(t, server.url(""), token).post("/api/v1/pm/tasks", task);
    const reports = t.testdir({});
    mkdirSync(join(reports, "work"));
    const args = [
      ...["--config-file", join(folder, "schemathesis.toml"), "run", server.url("/openapi.json")],
      ...["--header", `Authorization: Bearer ${token}`, "--no-color", "--seed", process.env.TEST_SEED ?? "1"],
      // one worker: with two, its own caches fail now and then
      ...["--phases", "examples,coverage,fuzzing", "--max-time", String(budget), "--no-shrink"],
      ...[
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
      ],
      ...["--max-examples", process.env.TEST_FULL === "1" ? "50" : "5", "--request-timeout", "10", "--warnings", "off"],
    ];
    const code = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())";
    const { output, failed } = await promisify(execFile)("python3", ["-c", code, ...args], {
      cwd: join(reports, "work"),
      env: { ...process.env, PYTHONPATH: program.packages, PYTHONDONTWRITEBYTECODE: "1" },
      maxBuffer: 16 * 1024 * 1024,
    }).then(
      ({ stdout }) => ({ output: stdout, failed: false }),
      (error: unknown) => ({ output: String((error as { stdout?: string }).stdout ?? error), failed: true }),
    );
    const cases = Number(/(\d+) generated/.exec(output)?.[1] ?? 0);
    t.comment(failed ? output.replaceAll(token, "<token>") : output.slice(output.indexOf("API capabilities")));
    t.notOk(failed, "every answer is documented");
    // a busy machine makes fewer in the time
    t.ok(cases > 20, `${cases} requests were generated`);
    t.notMatch(server.log, /"level":"(warn|error)"/, "the server reports no fault");
  },
);
