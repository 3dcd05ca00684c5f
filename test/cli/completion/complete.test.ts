/** Completion: what may follow a line. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import t, { type Test } from "tap";
import { programWith } from "#src/cli/commands.js";
import { completionText } from "#src/cli/completion/complete.js";
import { completionOf, type LiveNames } from "#src/cli/completion/candidates.js";
import { packageRoot } from "#src/version.js";
import { ApiServer } from "../../operations/api-server.js";
import { RunStore } from "../../operations/run-store.js";
import { serve } from "../../server/served-app.js";
import { writeKubeconfig } from "../kubeconfig.js";

const entry = join(packageRoot, "dist/cli/orchestrator.js");

const live: LiveNames = {
  of: (what, { options }) =>
    what === "run"
      ? Promise.resolve([
          { value: "auth-task-1", description: "TaskRun" },
          { value: options.get("namespace") ?? "none" },
        ])
      : undefined,
};

/** What is offered for a line whose last word is to be completed. */
async function offered(...words: string[]): Promise<string[]> {
  const program = await programWith("orchestrator", words.length > 1 ? words[0] : undefined);
  const text = completionText(await completionOf(program, words, live), words.at(-1) ?? "");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => line.split("\t")[0] ?? "");
}

t.test("commands, options, values and names are offered where they may stand", async (t) => {
  t.strictSame(await offered("ta"), ["task", ":4"]);
  t.strictSame(await offered("task", "re"), ["retry", "resume", ":4"]);
  t.strictSame(await offered("task", "logs", "--ta"), ["--tail", ":4"]);
  t.strictSame(await offered("task", "list", "--kind", ""), ["taskrun", "coderun", "docsrun", ":4"]);
  t.strictSame(await offered("task", "list", "-o", "j"), ["json", "jsonpath=", ":4"]);
  t.strictSame(await offered("task", "wait", "x", "--for=r"), ["--for=running", ":4"]);
  t.strictSame(await offered("task", "get", "a"), ["auth-task-1", ":4"]);
  t.strictSame(await offered("task", "get", "-n", "team", ""), ["auth-task-1", "team", ":4"]);
  t.strictSame(await offered("task", "get", "--namespace=team", ""), ["auth-task-1", "team", ":4"]);
  t.strictSame(await offered("task", "get", "one", ""), [":4"], "a second run is not wanted");
  t.strictSame(await offered("validate", "-f", ""), [":0"], "files");
  t.strictSame(await offered("task", "submit", "-c", ""), [":0"]);
  t.strictSame(await offered("render", "-o", ""), [":16"], "directories");
  t.strictSame(await offered("completion", ""), ["bash", "zsh", "fish", ":4"]);
  t.strictSame(await offered("nothing", "such", ""), [":4"], "an unknown command has none");
});

interface Asked {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Asks a separate process, as shells do. */
async function ask(t: Test, words: string[], environment: NodeJS.ProcessEnv = {}): Promise<Asked> {
  const child = spawn(process.execPath, [entry, "__complete", ...words], { env: { ...process.env, ...environment } });
  let [stdout, stderr] = ["", ""];
  child.stdout.on("data", (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on("data", (chunk: Buffer) => (stderr += chunk.toString()));
  t.teardown(() => child.kill());
  const status = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { status, stdout, stderr };
}

t.test("names come from the cluster, and what fails is silent", async (t) => {
  const server = new ApiServer();
  for (const kind of ["taskruns", "coderuns", "docsruns"])
    server.answers.set(`/apis/orchestrator.io/v1/namespaces/ns/${kind}`, (_, response) => {
      const items = kind === "docsruns" ? [] : [{ metadata: { name: "one" } }, { metadata: { name: kind } }];
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify({ metadata: {}, items }));
    });
  const KUBECONFIG = writeKubeconfig(t, await server.start(t));
  const names = await ask(t, ["task", "get", ""], { KUBECONFIG });
  t.match(names, { status: 0, stderr: "" });
  t.equal(
    names.stdout,
    "taskrun/one\tTaskRun\ntaskruns\tTaskRun\ncoderun/one\tCodeRun\ncoderuns\tCodeRun\n:4\n",
    "what is ambiguous has its kind",
  );
  t.equal((await ask(t, ["task", "get", "coderun/o"], { KUBECONFIG })).stdout, "coderun/one\tCodeRun\n:4\n");
  t.equal((await ask(t, ["task", "get", "--context", ""], { KUBECONFIG })).stdout, "here\n:4\n");
  server.isAway = true;
  t.strictSame(await ask(t, ["task", "get", ""], { KUBECONFIG }), { status: 0, stdout: ":4\n", stderr: "" });
  t.strictSame(await ask(t, ["task", "get", ""], { KUBECONFIG: "/nowhere" }), {
    status: 0,
    stdout: ":4\n",
    stderr: "",
  });
});

t.test("through an orchestrator server, too, and only for commands that work through one", async (t) => {
  const store = new RunStore();
  store.put("taskruns", "one", {});
  store.put("coderuns", "two", {});
  const apiServer = await store.start(t);
  const { url } = await serve(t, apiServer);
  const environment = { KUBECONFIG: "/nowhere", ORCHESTRATOR_TOKEN: "secret" };
  const words = ["task", "get", "-n", "ns"];
  const names = { status: 0, stdout: "one\tTaskRun\ntwo\tCodeRun\n:4\n", stderr: "" };
  t.strictSame(await ask(t, [...words, "--server", url, ""], environment), names);
  t.strictSame(await ask(t, [...words, ""], { ...environment, ORCHESTRATOR_SERVER: url }), names);
  const namespaces = await ask(t, ["task", "get", "--server", url, "-n", ""], environment);
  t.equal(namespaces.stdout, "ns\n:4\n");
  const doctor = await ask(t, ["doctor", "-n", ""], { ...environment, ORCHESTRATOR_SERVER: url });
  t.equal(doctor.stdout, ":4\n", "doctor asks the API server, which is unknown here");
});

t.test("a server that never answers costs two seconds", async (t) => {
  const server = new ApiServer();
  for (const kind of ["taskruns", "coderuns", "docsruns"])
    server.answers.set(`/apis/orchestrator.io/v1/namespaces/ns/${kind}`, () => undefined);
  const KUBECONFIG = writeKubeconfig(t, await server.start(t));
  const before = performance.now();
  t.match(await ask(t, ["task", "get", ""], { KUBECONFIG }), { status: 0, stderr: "" });
  t.ok(performance.now() - before < 5_000, "and not the thirty of a request");
});
