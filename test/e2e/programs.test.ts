/**
 * Real agent programs in the pods of real runs: images like those of images/agent, a real git server, and a simulated model API
 * on this machine whose responses the test provides, and which only the gateway of the pod has a key for. Nothing else can be reached. Without TEST_FULL only Claude Code is tested;
 * test/programs tests more of each agent program, in a container like that of a pod.
 */
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { Pods } from "#src/runtime/client/builtin.js";
import { eventually } from "../eventually.js";
import { complaints } from "../programs/complaints.js";
import { installed, type Installed, type ProgramName, programNames } from "../programs/installed.js";
import { type Conversation, ModelServer, type Question } from "../programs/model-server.js";
import type { Program } from "../programs/program.js";
import { programs } from "../programs/programs.js";
import { scripted } from "../programs/scene.js";
import { hasHttpBackend } from "../templates/github-server.js";
import { noAgentImage } from "./agent-image.js";
import { authority, GitScene, gitHosts, sceneCertificate, scriptedAgent } from "./git-scene.js";
import { hostProcesses } from "./host-processes.js";
import { LeakSearch } from "./leak-search.js";
import { programImage, programImageName } from "./program-image.js";
import { realCluster, taskRun, whyNot, type RealCluster } from "./real-cluster.js";

const { claude } = programs;
const branch = "feature/task-7-implementation";
const isFull = process.env.TEST_FULL === "1";
const tried: readonly ProgramName[] = isFull ? programNames : ["claude"];
const fullOnly = "in the full count only (TEST_FULL=1)";

const found = new Map<ProgramName, Installed | string>();
const noPods = whyNot ?? noAgentImage ?? (hasHttpBackend ? undefined : "git has no git-http-backend here");
if (noPods === undefined) for (const name of tried) found.set(name, await installed(name));

function reasonToSkip(name: ProgramName): string | false {
  const program = found.get(name) ?? fullOnly;
  return noPods ?? (typeof program === "string" ? program : false);
}

const systemPrompt = '# Ada\n\nYou are $(Ada), the "first" of all; it\'s so.\n';

/** API keys of the agent programs that do not use Anthropic's. */
const providerApiKeys = Object.fromEntries(
  Object.values(programs).map(({ key: { variable } }) => [
    variable.toLowerCase().replaceAll("_", "-"),
    { secretName: "provider-keys", secretKey: variable, envVar: variable },
  ]),
);

/** The model API, which asks for TLS and a key, and the only proxy, which records what it is asked for and answers nothing. */
let api: ModelServer;
let proxy: ModelServer;
let real: RealCluster;
let search: LeakSearch;
t.jobs = 4;
if (reasonToSkip("claude") === false) {
  t.before(async () => {
    const directory = mkdtempSync(join(tmpdir(), "program-images-"));
    try {
      const [cluster, archives] = await Promise.all([realCluster(t), images(directory)]);
      for (const archive of archives) await cluster.cluster.loadImage(archive);
      real = cluster;
    } finally {
      rmSync(directory, { recursive: true });
    }
    const host = real.cluster.hostAddressForPods ?? "127.0.0.1";
    api = await ModelServer.start(host, (await sceneCertificate(host)).leaf);
    proxy = await ModelServer.start(host);
    t.teardown(() => Promise.all([api.stop(), proxy.stop()]));
    const agent = {
      ...scriptedAgent,
      env: Object.entries(proxy.proxyVariables).map(([name, value]) => ({ name, value })),
      image: programImageName("claude"),
      cliImages: Object.fromEntries(tried.map((name) => [name, programImageName(name)])),
      // limits are those of the default
      resources: { requests: { cpu: "10m", memory: "16Mi" }, limits: { cpu: "2", memory: "4Gi" } },
    };
    const agents = { ada: { githubApp: "Acme-Ada", systemPrompt } };
    const upstream = { baseUrl: api.url, caConfigMapName: authority.configMap };
    const gateway = { upstreams: { anthropic: upstream, openai: upstream, gemini: upstream } };
    const access = { credentials: "gateway", gateway, secrets: { providerApiKeys } };
    await real.configure({ agent, git: gitHosts(real), agents, ...access });
    search = LeakSearch.of(t, real);
  });
}

/** Archives of all tested agent programs, built one after the other, since each is held in memory. */
async function images(directory: string): Promise<string[]> {
  const archives: string[] = [];
  for (const [name, program] of found) {
    if (typeof program === "string") continue;
    const archive = join(directory, `${name}.tar`);
    await programImage(archive, name, program);
    archives.push(archive);
  }
  return archives;
}

/** Time-out in milliseconds for something that an agent program does in seconds on an idle machine. */
const patience = 240_000;

interface Scene {
  readonly git: GitScene;
  readonly model: Conversation;
  /** The key of its provider, which the pod's gateway adds. */
  readonly key: string;
  /** Its requests to the model for the task, without auxiliary ones. */
  readonly questions: () => readonly Question[];
}

/** The usage that a provider of this conversation bills. */
const usedBy = ({ answered }: Conversation): object => ({
  requests: answered,
  inputTokens: 10 * answered,
  outputTokens: 5 * answered,
});

/** A concurrent test, after which no secret may be found anywhere, and no other host may have been contacted. */
function programTest(
  title: string,
  program: Program,
  body: (t: Test, scene: Scene) => Promise<void>,
  skip = reasonToSkip(program.name),
): void {
  t.test(title, { skip, buffered: true }, async (t) => {
    const git = await GitScene.of(t, real);
    const { variable } = program.key;
    const key = variable === "ANTHROPIC_API_KEY" ? git.apiKey : await git.key("provider-keys", variable);
    const model = api.conversation(key);
    const questions = (): Question[] => model.questions.filter(({ tools }) => tools.length > 0);
    await body(t, { git, model, key, questions });
    const allowed = Object.values(programs).flatMap(({ reaches }) => reaches ?? []);
    const strange = [...proxy.hosts].filter((host) => !allowed.some((each) => each.test(host)));
    t.same(strange, [], "no program contacts another host");
    // Claude Code remembers approved keys by their last characters
    const values = [...git.confidential, git.apiKey.slice(-20)];
    t.same(await search.find(git.namespace, values), [], "nothing confidential can be read");
  });
}

/** What the shell of an agent program's tools sees of its pod. */
const lookAround = `{ id -u; echo "$HOME"; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status | tr -d '\\t'; for place in / /usr /etc /task-files "$HOME" /tmp; do [ ! -w "$place" ] || echo "$place"; done; git ls-remote --heads origin | wc -l; tr '\\0' '\\n' < /proc/1/environ | sed -n 's/.*_API_KEY=//p' | sort -u; ls / | grep gateway | wc -l; } > seen.txt`;
const seen = [
  "1000",
  "/home/agent",
  "CapEff:0000000000000000",
  "NoNewPrivs:1",
  "Seccomp:2",
  "/home/agent",
  "/tmp",
  "1",
  // what stands in the place of keys, and no file of the gateway
  "the-gateway-has-the-key",
  "0",
];

for (const name of programNames) {
  const program = programs[name];
  const title = `${name} completes the task of a CodeRun in its pod, and resumes its session in that of the next attempt`;
  programTest(title, program, async (t, { git, model, key, questions }) => {
    model.answer = scripted([program.runs("echo 'export {};' > reset.ts"), program.runs(lookAround)], "Sent by mail.");
    const run = git.codeRun({
      ...(await git.user()),
      cliConfig: { cliType: name, model: program.model },
    });
    await real.apply(run);
    const { status } = await real.end(t, run, "Succeeded");
    t.match(status, {
      pullRequestUrl: `${git.github.url}/acme/auth/pull/1`,
      sessionId: /^[\w-]{20,}$/,
      workCompleted: true,
      message: "Attempt 1 succeeded: Sent by mail.",
    });
    const history = ["log", "--format=%an %s%n%b", `main..${branch}`] as const;
    t.equal(git.git("acme/auth", ...history), "octocat feat(auth): Password reset 7\nSent by mail.");
    t.equal(git.git("acme/auth", "diff", "--name-only", "main", branch), "reset.ts\nseen.txt");
    t.equal(git.read("acme/auth", branch, "reset.ts"), "export {};\n");
    t.same(git.read("acme/auth", branch, "seen.txt").trim().split(/\s*\n/), seen, "its tools work in the pod as it is");
    t.same(complaints(await real.logs(await real.get(run)), program.expected), [], "it complains about nothing");
    t.match(git.github.pulls, [{ head: branch, base: "main", title: "feat(auth): Password reset 7" }]);
    const [question] = questions();
    t.equal(question?.model, program.asks);
    t.equal(question === undefined ? undefined : program.keyOf(question.headers), key);
    t.match(question?.asked.join("\n"), /Implement the password reset 7\./);
    t.match(status?.usage, usedBy(model), "the run's usage is what the provider counted");

    const before = questions().length;
    model.answer = scripted([program.runs("echo 'export const half = 2;' > other.ts")], "Another one.");
    const more = ["-p", '{"spec":{"contextVersion":2}}', "--type=merge"];
    await real.kubectl(["patch", "-n", git.namespace, "coderuns.orchestrator.io/task-7", ...more]);
    const again = await real.when(
      t,
      run,
      "has run again",
      ({ status }) => status?.attempts === 2 && status.phase === "Succeeded",
      patience,
    );
    t.equal(again.status?.sessionId, status?.sessionId);
    t.equal(again.status?.pullRequestUrl, status?.pullRequestUrl);
    const resumed = questions()[before];
    t.ok(resumed?.answered.includes("Sent by mail."), "the model gets its messages from the previous pod");
    t.match(git.read("acme/auth", branch, "other.ts"), "half");
    t.equal(git.git("acme/auth", "rev-list", "--count", `main..${branch}`), "2");
    t.equal(git.github.pulls.length, 1);
    t.match(again.status?.usage, usedBy(model), "and of both attempts together");
  });
}

for (const name of programNames) {
  const program = programs[name];
  const title = `${name} ends within one response of its cap, and continues after a raise`;
  programTest(title, program, async (t, { git, model, questions }) => {
    const step = program.runs("echo step >> steps.txt");
    model.answer = scripted(new Array<typeof step>(50).fill(step), "Never said.");
    const run = git.codeRun({
      ...(await git.user()),
      cliConfig: { cliType: name, model: program.model },
      // each response has 15 tokens
      budget: { maxTokens: 50 },
      retry: { maxRetries: 3, initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
    });
    await real.apply(run);
    const { status } = await real.end(t, run, "Failed");
    t.match(status, { reason: "BudgetExceeded", attempts: 1, usage: usedBy(model) });
    t.equal(model.answered, 4, "60 tokens: the response that reached the cap is the last");

    const before = questions().length;
    model.answer = scripted([], "The rest of it.");
    const raise = { spec: { budget: { maxTokens: 10_000 }, retryAttempt: 2 } };
    const patch = ["-p", JSON.stringify(raise), "--type=merge"];
    await real.kubectl(["patch", "-n", git.namespace, "coderuns.orchestrator.io/task-7", ...patch]);
    const again = await real.when(
      t,
      run,
      "has continued",
      ({ status }) => status?.attempts === 2 && status.phase === "Succeeded",
      patience,
    );
    t.match(again.status?.usage, usedBy(model), "both attempts together");
    t.match(JSON.stringify(questions()[before]?.body), "steps.txt", "the model gets what it did before");
    t.match(git.read("acme/auth", branch, "steps.txt"), /^(step\n)+$/, "whose work is in the branch");
  });
}

programTest(
  "a CodeRun whose pod is deleted while Claude Code works resumes its session in another pod",
  claude,
  async (t, { git, model, questions }) => {
    const waited = `/tmp/${randomBytes(8).toString("hex")}`;
    const write = {
      tool: "Write",
      input: { file_path: "/workspace/target-repo/half.ts", content: "export const half = 1;\n" },
    };
    model.answer = scripted([write, claude.runs(`touch ${waited} && tail -f ${waited}`)], "Never said.");
    const run = git.codeRun({
      ...(await git.app("Acme-Ada")),
      cliConfig: { cliType: "claude", model: claude.model },
      retry: { maxRetries: 1, initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
    });
    await real.apply(run);
    await eventually(
      "its tool runs",
      () => hostProcesses().some(({ commandLine }) => commandLine === `tail\0-f\0${waited}\0`),
      patience,
    );
    t.match(questions()[0]?.system, systemPrompt.trim());
    const before = questions().length;
    model.answer = scripted([], "The rest of it.");
    const { metadata } = await real.worker(git.namespace);
    const started = performance.now();
    await real.kubectl(["delete", "pod", "-n", git.namespace, metadata.name, "--wait=false"]);
    await eventually(
      "the pod is gone",
      async () => {
        const { items } = await real.client.list(Pods, { namespace: git.namespace });
        return items.every(({ metadata: { uid } }) => uid !== metadata.uid);
      },
      patience,
    );
    t.comment(`the pod was gone after ${Math.round(performance.now() - started)} ms`);
    const { status } = await real.end(t, run, "Succeeded");
    t.match(status?.runs, [
      { number: 1, outcome: "Failed" },
      { number: 2, cause: "AutomaticRetry", outcome: "Succeeded" },
    ]);
    const resumed = questions()[before];
    t.match(resumed?.asked.join("\n"), /Implement the password reset 7\.[^]*Implement the password reset 7\./);
    t.match(JSON.stringify(resumed?.body.messages), "half.ts", "the model gets its earlier actions");
    t.equal(git.read("acme/auth", branch, "half.ts"), "export const half = 1;\n", "and its work is in the branch");
  },
);

programTest("Claude Code writes the documents of a DocsRun", claude, async (t, { git, model, questions }) => {
  const written = `${git.project}/.taskmaster/docs/task-9/task.md`;
  const write = { tool: "Write", input: { file_path: `/workspace/docs-repo/${written}`, content: "# Task 9\n" } };
  model.answer = scripted([write], "Documents of task 9.");
  const run = git.docsRun(await git.app("Acme-Ada"));
  await real.apply(run);
  const { status } = await real.end(t, run, "Succeeded");
  t.match(status, { pullRequestUrl: `${git.github.url}/acme/platform/pull/1`, sessionId: /^[\w-]{20,}$/ });
  const head = git.github.pulls[0]?.head ?? "";
  t.equal(git.git("acme/platform", "diff", "--name-only", "main", head), written);
  t.match(questions()[0]?.system, systemPrompt.trim());
  t.match(questions()[0]?.asked.join("\n"), /Write the documents of every task/);
});

programTest(
  "Claude Code completes the task of a TaskRun, whose work becomes a pull request, with an image and a key",
  claude,
  async (t, { git, model, questions }) => {
    model.answer = scripted([claude.runs("echo made > made.txt && cat made.txt")], "All done.");
    const { githubUser } = await git.user();
    const repository = { url: git.urlOf("acme/auth"), githubUser };
    const run = taskRun(git.namespace, { model: claude.model, repository });
    await real.apply(run);
    const { status } = await real.end(t, run, "Succeeded");
    t.match(status, {
      pullRequestUrl: `${git.github.url}/acme/auth/pull/1`,
      sessionId: /^[\w-]{20,}$/,
      message: "Attempt 1 succeeded: All done.",
    });
    const head = "feature/task-1-auth-service-claude-agent-1";
    t.equal(git.git("acme/auth", "diff", "--name-only", "main", head), "made.txt");
    t.equal(questions()[0]?.model, claude.asks);
    t.match(questions()[0]?.asked.join("\n"), /# Task\nDo it\.[^]*# Prompt\nBe quick\./);
    t.match(questions()[1]?.results, [/made/]);
    t.match(status?.usage, usedBy(model), "the run's usage is what the provider counted");
  },
);

programTest(
  "an API key that the model's API rejects is reported in the status",
  claude,
  async (t, { git, model }) => {
    model.answer = () => ({ refuse: { status: 401, message: "that key is not valid" } });
    const run = git.codeRun({ ...(await git.user()), cliConfig: { cliType: "claude", model: claude.model } });
    await real.apply(run);
    const { status } = await real.end(t, run, "Failed");
    t.match(status?.runs, [{ number: 1, outcome: "Failed", exitCode: 17 }]);
    t.match(status?.message, /claude ended with exit code 1: .*(that key is not valid|Invalid API key)/);
  },
  isFull ? reasonToSkip("claude") : fullOnly,
);
