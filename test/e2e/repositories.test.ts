/**
 * CodeRuns and DocsRuns on real pods and a real git server, over https and ssh, with an API that verifies the signatures of Apps.
 * Only the agent programs are stand-ins (agent-image.ts; programs.test.ts has the real ones). After each test, everything that it
 * created is searched for secrets.
 */
import t from "tap";
import { stringify } from "yaml";
import { CodeRuns } from "#src/api/coderun.js";
import { findCondition } from "#src/api/conditions.js";
import { ConfigMaps, Pods } from "#src/runtime/client/builtin.js";
import { always, Observer } from "../chaos/observer.js";
import { eventually } from "../eventually.js";
import { noSshServer } from "../templates/ssh-server.js";
import { GitScene, taskDocuments } from "./git-scene.js";
import { containerProcess } from "./host-processes.js";
import type { RealCluster } from "./real-cluster.js";
import {
  agentsAtOnce,
  noSceneCluster,
  retries,
  sceneCluster,
  sceneTests,
  systemPrompt,
  type SceneCluster,
} from "./scene-cluster.js";

const skip = noSceneCluster;
const branch = "feature/task-7-implementation";

let scenes: SceneCluster;
let real: RealCluster;
const sceneTest = sceneTests(() => scenes);
t.jobs = 3;
if (skip === false) {
  t.before(async () => {
    scenes = await sceneCluster(t);
    ({ real } = scenes);
  });
}

sceneTest(
  "TaskRuns of two agents for one task become two pull requests; one without a repository works alone",
  async (t, scene) => {
    const { githubUser } = await scene.user();
    const repository = { url: scene.urlOf("acme/auth"), githubUser };
    const work = `printf '%s' "$prompt" > prompt.txt; ls .task/7/run-1 > seen.txt; env > "$WORKDIR/.task/7/env"`;
    const rex = scene.task(work, { agentName: "rex", repository });
    const tess = scene.task(work, { agentName: "tess", repository });
    const call = { type: "tool_use", name: "Edit", input: { file_path: "/workspace/alone/copy.md" } };
    const told = JSON.stringify({ type: "assistant", message: { content: [call] } });
    const wait = `printf '%s\\n' '${told}'; until [ -e /tmp/go ]; do sleep 0.2; done`;
    await scene.app("Acme-Ada");
    // as the App of its agent's profile
    const ada = scene.task(work, { agentName: "ada", repository: { url: repository.url } });
    const alone = scene.task(`cp CLAUDE.md copy.md; test ! -e .git; ${wait}`, { taskId: 8, serviceName: "alone" });
    await real.apply(rex, tess, ada, alone);
    for (const run of [rex, tess, ada]) {
      const agent = run.spec.agentName ?? "";
      const ended = await real.end(t, run, "Succeeded");
      t.match(ended.status, {
        pullRequestUrl: /pull/,
        sessionId: /./,
        runs: [{ jobName: `auth-task-7-${agent}-run-1` }],
      });
      const head = `feature/task-7-auth-${agent}`;
      t.equal(scene.git("acme/auth", "diff", "--name-only", "main", head), "prompt.txt\nseen.txt", "only its work");
      t.match(
        scene.read("acme/auth", head, "prompt.txt"),
        /^Work on task 7 of service auth[^]*Implement the password reset\./,
      );
      t.equal(scene.read("acme/auth", head, "seen.txt"), "metadata.yaml\nprompt.md\ntask.md\n");
      t.match(
        scene.github.pulls.find((pull) => pull.head === head),
        { title: "feat(auth): Password reset", base: "main" },
      );
    }
    t.equal(scene.git("acme/auth", "log", "-1", "--format=%an", "feature/task-7-auth-ada"), "acme-ada[bot]");
    await real.when(
      t,
      alone,
      "its message says what the agent does",
      ({ status }) => status?.message?.endsWith("The agent: Edit: alone/copy.md.") === true,
    );
    const job = ["-n", scene.namespace, "job/alone-task-8-run-1", "-c", "claude-agent"];
    await real.kubectl(["exec", ...job, "--", "touch", "/tmp/go"]);
    const without = await real.end(t, alone, "Succeeded");
    t.equal(without.status?.pullRequestUrl, undefined);
    const { items } = await real.client.list(Pods, { namespace: scene.namespace, labelSelector: "task-id=8" });
    t.same(
      items.flatMap(({ spec }) => spec?.containers.map(({ name }) => name)),
      ["claude-agent"],
    );
  },
);

sceneTest("a fresh CodeRun becomes a commit on the task's branch and a pull request", async (t, scene) => {
  const script = `printf '%s' "$prompt" > prompt.txt; ls task CLAUDE.md > seen.txt; echo 'export {};' > reset.ts; printf '{"qaStatus":"approved"}' > "$RESULT_FILE"`;
  const run = scene.code(script, await scene.user());
  await real.apply(run);
  const { status } = await real.end(t, run, "Succeeded");
  t.match(status, {
    pullRequestUrl: `${scene.github.url}/acme/auth/pull/1`,
    sessionId: "session-7-1",
    qaStatus: "approved",
    workCompleted: true,
    message: "Attempt 1 succeeded: Did the work of run 1.",
  });
  t.equal(
    scene.git("acme/auth", "log", "--format=%an <%ae> %s%n%b", "-1", branch),
    "octocat <octocat@users.noreply.github.com> feat(auth): Password reset 7\nDid the work of run 1.",
  );
  t.equal(scene.git("acme/auth", "diff", "--name-only", "main", branch), "prompt.txt\nreset.ts\nseen.txt");
  t.equal(scene.read("acme/auth", branch, "prompt.txt"), "Implement the password reset 7.");
  t.equal(scene.read("acme/auth", branch, "seen.txt"), "CLAUDE.md\n\ntask:\nprompt.md\ntask.md\n");
  t.match(scene.github.pulls, [
    {
      repository: "acme/auth",
      head: branch,
      base: "main",
      title: "feat(auth): Password reset 7",
      labels: ["task-7", "service-auth"],
    },
  ]);
});

sceneTest("a retried CodeRun resumes its session on the same branch and keeps its pull request", async (t, scene) => {
  const script = [
    `echo "$resumed" > session-$RUN_NUMBER.txt`,
    // git may read in the agent, too
    `[ "$RUN_NUMBER" != 1 ] || { git fetch -q origin; git add -A; git commit -qm "feat(auth): first half"; exit 1; }`,
  ].join("\n");
  const run = scene.code(script, { ...(await scene.user()), ...retries(1), continueSession: true });
  await real.apply(run);
  const second = await real.end(t, run, "Succeeded");
  t.match(second.status?.runs, [
    { number: 1, outcome: "Failed", exitCode: 17 },
    { number: 2, cause: "AutomaticRetry", outcome: "Succeeded" },
  ]);
  t.equal(second.status?.sessionId, "session-7-1");
  t.equal(scene.read("acme/auth", branch, "session-2.txt"), "session-7-1\n");
  await real.kubectl([
    "patch",
    "-n",
    scene.namespace,
    "coderuns.orchestrator.io/task-7",
    "--type=merge",
    "-p",
    '{"spec":{"retryAttempt":2}}',
  ]);
  const third = await real.when(
    t,
    run,
    "has run again",
    ({ status }) => status?.phase === "Succeeded" && status.attempts === 3,
  );
  t.equal(third.status?.pullRequestUrl, second.status?.pullRequestUrl);
  t.equal(scene.read("acme/auth", branch, "session-3.txt"), "session-7-1\n");
  t.equal(scene.git("acme/auth", "rev-list", "--count", `main..${branch}`), "3");
  t.equal(scene.github.pulls.length, 1);
});

const killings: Readonly<
  Record<string, (pod: { readonly name: string; readonly uid: string }, namespace: string) => Promise<void>>
> = {
  "whose pod is deleted": async ({ name }, namespace) => {
    await real.kubectl(["delete", "pod", "-n", namespace, name, "--wait=false"]);
  },
  "whose container is killed": async ({ uid }) => {
    const pid = await eventually("its process is there", () =>
      containerProcess(uid, "/task-files/container.sh\0agent"),
    );
    process.kill(pid, "SIGKILL");
  },
};
for (const [how, kill] of Object.entries(killings)) {
  sceneTest(
    `a CodeRun ${how} half-way is retried in the same workspace, and its work is in the branch`,
    async (t, scene) => {
      const script = `
      if [ ! -e half.ts ]; then
        echo half > half.ts; git add half.ts; git commit -qm "feat(auth): half"
        echo uncommitted > open.ts; touch .git/index.lock
        echo "half is done"; sleep 600
      fi
      cat half.ts open.ts > whole.ts; echo "$resumed" > session.txt`;
      const run = scene.code(script, { ...(await scene.user()), ...retries(1) });
      await real.apply(run);
      const { metadata } = await real.worker(scene.namespace);
      await eventually(
        "half is done",
        async () => (await real.kubectl(["logs", "-n", scene.namespace, metadata.name])).includes("half is done"),
        60_000,
      );
      t.equal(scene.git("acme/auth", "rev-parse", "--verify", branch), "", "nothing is pushed yet");
      await kill(metadata, scene.namespace);
      const { status } = await real.end(t, run, "Succeeded");
      t.match(status?.runs, [
        { number: 1, outcome: "Failed" },
        { number: 2, cause: "AutomaticRetry", outcome: "Succeeded" },
      ]);
      t.equal(scene.read("acme/auth", branch, "whole.ts"), "half\nuncommitted\n");
      t.equal(scene.read("acme/auth", branch, "session.txt"), "session-7-1\n");
      t.equal(
        scene.git("acme/auth", "log", "--format=%s", `main..${branch}`),
        "feat(auth): Password reset 7\nfeat(auth): half",
      );
      t.equal(scene.github.pulls.length, 1);
    },
  );
}

sceneTest("a DocsRun with an App creates a branch and a pull request against its source branch", async (t, scene) => {
  const script = `mkdir -p .taskmaster/docs/task-9; printf '%s' "$prompt" | head -n 1 > .taskmaster/docs/task-9/task.md`;
  const run = scene.docs(script, await scene.app());
  await real.apply(run);
  const { status } = await real.end(t, run, "Succeeded");
  t.match(status, {
    pullRequestUrl: `${scene.github.url}/acme/platform/pull/1`,
    sessionId: "session-docs-1",
    workCompleted: true,
  });
  const made = scene.git("acme/platform", "for-each-ref", "--format=%(refname:short)", "refs/heads/docs-generation-*");
  t.match(made, /^docs-generation-\d{8}-\d{6}-[0-9a-f]{8}$/);
  const written = "projects/a/.taskmaster/docs/task-9/task.md";
  t.equal(scene.git("acme/platform", "diff", "--name-only", "main", made), written);
  t.match(scene.read("acme/platform", made, written), /^Write the documents of every task/);
  t.match(scene.github.pulls, [{ repository: "acme/platform", head: made, base: "main" }]);
  t.equal(
    scene.git("acme/platform", "log", "-1", "--format=%an <%ae>", made),
    "acme-rex[bot] <acme-rex[bot]@users.noreply.github.com>",
  );
  t.same(scene.github.calls.slice(0, 2), [
    "GET /repos/acme/platform/installation",
    "POST /app/installations/4711/access_tokens",
  ]);
});

sceneTest("two agents work on one service at once, each in a workspace of its own", async (t, scene) => {
  // each waits until both are running
  const script = `
    touch "/workspace/mark-of-$AGENT_NAME"
    echo "here is $AGENT_NAME"
    until git ls-remote --exit-code origin refs/heads/both-are-here > /dev/null; do sleep 0.2; done
    ls /workspace > seen.txt`;
  const [rex, cleo] = [
    scene.code(script, { ...(await scene.app("Acme-Rex")), taskId: 7 }),
    scene.code(script, { ...(await scene.app("Acme-Cleo")), taskId: 8 }),
  ];
  await real.apply(rex, cleo);
  const logs = ["logs", "-n", scene.namespace, "-l", "orchestrator.io/owner-uid", "-c", "claude-agent", "--tail=-1"];
  await eventually(
    "both are here",
    async () => [...(await real.kubectl(logs).catch(() => "")).matchAll(/^here is /gm)].length === 2,
    120_000,
  );
  scene.git("acme/auth", "branch", "both-are-here", "main");
  await Promise.all([real.end(t, rex, "Succeeded"), real.end(t, cleo, "Succeeded")]);
  for (const [agent, task] of [
    ["rex", 7],
    ["cleo", 8],
  ] as const) {
    const head = `feature/task-${task}-implementation`;
    t.equal(scene.read("acme/auth", head, "seen.txt"), `docs-repo\nmark-of-${agent}\ntarget-repo\n`);
    t.ok(scene.github.pulls.some((pull) => pull.head === head));
  }
  const claims = await real.kubectl(["get", "pvc", "-n", scene.namespace, "-o", "name"]);
  t.match(claims, /workspace-auth-cleo\n.*workspace-auth-rex/);
});

sceneTest("credentials that the server refuses end the run at once, with what is wrong", async (t, scene) => {
  const user = await scene.user();
  scene.github.tokens.clear();
  const app = await scene.app();
  scene.github.app = { id: "1", publicKey: scene.github.app?.publicKey ?? "" };
  const refused = [
    {
      run: scene.code("", { ...user, ...retries(3), taskId: 7 }),
      code: 11,
      words: /acme\/auth\.git cannot be fetched: .*Authentication failed/,
    },
    {
      run: scene.code("", { ...app, ...retries(3), taskId: 8 }),
      code: 12,
      words: /no installation of the App Acme-Rex for acme\/auth \(HTTP 401\)/,
    },
  ];
  await real.apply(...refused.map(({ run }) => run));
  for (const { run, code, words } of refused) {
    const { status } = await real.end(t, run, "Failed");
    t.match(status?.message, words);
    t.match(status?.runs, [{ number: 1, outcome: "Failed", exitCode: code }]);
    t.match(findCondition(status?.conditions, "Ended"), { status: "True", reason: "TerminalExitCode" });
  }
});

sceneTest("a branch that the server protects is a failure that says so, and ends the run at once", async (t, scene) => {
  scene.repositories.protect(scene.bare("acme/auth"));
  const run = scene.code("echo 1 > reset.ts", { ...(await scene.user()), ...retries(3) });
  await real.apply(run);
  const { status } = await real.end(t, run, "Failed");
  t.match(status?.message, /feature\/task-7-implementation cannot be pushed: .*GH006: Protected branch update failed/);
  t.match(status?.runs, [{ number: 1, outcome: "Failed", exitCode: 20 }]);
  t.equal(status?.pullRequestUrl, undefined);
  t.same(scene.github.pulls, []);
});

sceneTest(
  "an SSH key fetches and pushes, and is not in the agent's container",
  async (t, scene) => {
    const server = await scene.ssh(t, "octocat");
    // what the search has to find, and then what it must not; programs of OpenSSH have the words, too, and are binary
    const search = [
      "printf 'OPENSSH %s KEY' PRIVATE > /tmp/planted",
      "grep -rlIE 'OPENSSH (PRIVATE) KEY' / --exclude-dir=proc --exclude-dir=sys 2> /dev/null || true",
      "find / -name agent.sock 2> /dev/null || true",
    ];
    const run = scene.code(`echo 1 > reset.ts; { ${search.join("; ")}; echo searched; } > keys.txt`, {
      ...{ githubUser: "octocat", runType: "quality" },
      repositoryUrl: `${server.url}${scene.bare("acme/auth")}`,
      docsRepositoryUrl: `${server.url}${scene.bare("acme/platform")}`,
    });
    await real.apply(run);
    const { status } = await real.end(t, run, "Succeeded");
    t.equal(status?.pullRequestUrl, undefined, "without a token, none is opened");
    t.equal(scene.git("acme/auth", "diff", "--name-only", "main", branch), "keys.txt\nreset.ts");
    t.equal(scene.read("acme/auth", branch, "keys.txt"), "/tmp/planted\nsearched\n", "neither the key nor a socket");
  },
  noSshServer ?? skip,
);

sceneTest(
  "an SSH key that the server rejects ends the run at once with the reason",
  async (t, scene) => {
    const server = await scene.ssh(t, "octocat");
    const run = scene.code("echo 1 > reset.ts", {
      ...(await scene.stranger(server)),
      ...retries(3),
      repositoryUrl: `${server.url}${scene.bare("acme/auth")}`,
      docsRepositoryUrl: `${server.url}${scene.bare("acme/platform")}`,
    });
    await real.apply(run);
    const { status } = await real.end(t, run, "Failed");
    t.match(status?.message, /acme\/auth\.git cannot be fetched: .*Permission denied \(publickey/);
    t.equal(status?.runs?.length, 1, "no other run is paid for");
    t.match(status?.runs, [{ number: 1, outcome: "Failed", exitCode: 11 }]);
    t.match(findCondition(status?.conditions, "Ended"), { status: "True", reason: "TerminalExitCode" });
    t.equal(scene.git("acme/auth", "rev-parse", "--verify", branch), "");
  },
  noSshServer ?? skip,
);

/** Where each agent program keeps its state, and where it reads its tools and memory. */
const programs = {
  claude: { state: "CLAUDE_CONFIG_DIR", tools: "/task-files/mcp.json", memory: "CLAUDE.md" },
  codex: { state: "CODEX_HOME", tools: "/workspace/.orchestrator/codex/config.toml", memory: "AGENTS.md" },
  cursor: { state: "CURSOR_CONFIG_DIR", tools: ".cursor/mcp.json", memory: "AGENTS.md" },
  gemini: {
    state: "GEMINI_CLI_HOME",
    tools: "/workspace/.orchestrator/gemini/.gemini/settings.json",
    memory: "GEMINI.md",
  },
  opencode: { state: "XDG_DATA_HOME", tools: "/home/agent/.config/opencode/opencode.json", memory: "AGENTS.md" },
};

/** Users, groups and restrictions of the agent's container. */
const confined = [
  ...["1000 1000 1000 2000", "CapEff:\t0000000000000000", "NoNewPrivs:\t1", "Seccomp:\t2"],
  ...["no keys", "root ro"],
];

sceneTest("each agent program finds its inputs in its pod, and its state in the next pod", async (t, scene) => {
  const app = await scene.app("Acme-Ada");
  const cases = Object.entries(programs).map(([program, places], index) => {
    const { state, tools, memory } = places;
    const script = `
      mkdir -p seen
      printf '%s\\0' "$@" > seen/arguments
      printf '%s' "$prompt" > seen/prompt
      printf '%s\\n' "$HOME" "$${state}" "$PWD" "$(id -u) $(id -g) $(id -G)" > seen/pod
      grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status >> seen/pod
      [ -e /secrets ] || [ -e /gateway ] || echo 'no keys' >> seen/pod
      sed -n 's|^[^ ]* / [^ ]* \\(r[ow]\\)\\b.*|root \\1|p' /proc/mounts >> seen/pod
      for place in /usr /task-files /config/agents /etc/claude-code/managed-settings.json \
        "$HOME" /tmp /workspace "$${state}"; do [ ! -w "$place" ] || echo "$place"; done > seen/writable
      grep -l memory ${tools} > seen/tools; grep -l 'Task ' ${memory} > seen/memory
      [ ! -e "$${state}/kept" ] || echo "$resumed" > seen/kept
      touch "$${state}/kept"`;
    const spec = { taskId: 21 + index, service: program, cliConfig: { cliType: program }, localTools: ["memory"] };
    const run = scene.code(script, { ...app, ...spec, continueSession: true });
    return { program, ...places, run };
  });
  const tasks = cases.map(({ run }) => run.spec.taskId);
  scene.repositories.commitTo(scene.bare("acme/platform"), "main", taskDocuments(scene.project, tasks));
  await real.apply(...cases.map(({ run }) => run));
  await Promise.all(
    cases.map(async ({ program, tools, memory, run }) => {
      const { taskId } = run.spec;
      const seen = (name: string): string =>
        scene.read("acme/auth", `feature/task-${taskId}-implementation`, `seen/${name}`);
      const { status } = await real.end(t, run, "Succeeded");
      t.match(
        status,
        { sessionId: `session-${taskId}-1`, message: "Attempt 1 succeeded: Did the work of run 1." },
        program,
      );
      const state = `/workspace/.orchestrator/${program}`;
      const own = ["/home/agent", state, "/workspace/target-repo"];
      t.same(seen("pod").trim().split("\n"), [...own, ...confined], program);
      t.same(seen("writable").trim().split("\n"), ["/home/agent", "/tmp", "/workspace", state], program);
      t.equal(seen("tools"), `${tools}\n`, program);
      t.equal(seen("memory"), `${memory}\n`, program);
      const [prompt, given] = [`Implement the password reset ${taskId}.`, seen("arguments").split("\0")];
      const option = given.indexOf("--append-system-prompt");
      t.equal(option > 0, program === "claude");
      if (option > 0) t.equal(given[option + 1], systemPrompt.trimEnd());
      t.equal(seen("prompt"), option > 0 ? prompt : `${systemPrompt}\n${prompt}`, program);
    }),
  );
  const codex = cases.find(({ program }) => program === "codex");
  if (codex === undefined) throw new Error("there is no codex");
  const again = ["-p", '{"spec":{"retryAttempt":2}}', "--type=merge"];
  await real.kubectl(["patch", "-n", scene.namespace, `coderuns.orchestrator.io/${codex.run.metadata.name}`, ...again]);
  const isDone = ({ status }: typeof codex.run): boolean => status?.phase === "Succeeded" && status.attempts === 2;
  const { spec, status } = await real.when(t, codex.run, "has run again", isDone);
  t.equal(status?.sessionId, `session-${spec.taskId}-1`);
  const kept = scene.read("acme/auth", `feature/task-${spec.taskId}-implementation`, "seen/kept");
  t.equal(kept, `session-${spec.taskId}-1\n`, "the next attempt finds the state, and resumes the session");
});

sceneTest(
  "templates with an error are denied with its position; valid ones apply from the next attempt",
  async (t, scene) => {
    const user = await scene.user();
    const guidelines = async (text: string): Promise<void> => {
      const templates = {
        apiVersion: "v1",
        kind: "ConfigMap",
        metadata,
        data: { "code_coding-guidelines.md.hbs": text },
      };
      await real.kubectl(["apply", "-f", "-"], stringify(templates));
    };
    const areAccepted = async (): Promise<boolean> =>
      (await real.metrics()).includes('orchestrator_templates_reloads_total{result="accepted"} 1');
    const metadata = { namespace: "orchestrator", name: "agent-templates" };
    t.teardown(() => real.client.delete(ConfigMaps, metadata));
    await t.rejects(guidelines("# Guidelines\n\nOf {{#if spec.service}} {{spec.servise}} {{/if}}.\n"), {
      message: /coding-guidelines\.md\.hbs\]: Invalid value: line 3, column 27: unknown variable "spec\.servise"/,
    });
    const script = "cat coding-guidelines.md > seen.txt";
    const before = scene.code(script, { ...user, taskId: 7 });
    await real.apply(before);
    await real.end(t, before, "Succeeded");
    t.equal(scene.read("acme/auth", branch, "seen.txt"), await rendered(before));
    t.notMatch(scene.read("acme/auth", branch, "seen.txt"), /servise|Of auth/);
    await guidelines("# Guidelines\n\nOf {{spec.service}}.\n");
    await eventually("the templates are accepted", areAccepted);
    const after = scene.code(script, { ...user, taskId: 8 });
    await real.apply(after);
    await real.end(t, after, "Succeeded");
    t.equal(scene.read("acme/auth", "feature/task-8-implementation", "seen.txt"), "# Guidelines\n\nOf auth.\n");

    async function rendered({ metadata: { name, namespace } }: typeof before): Promise<string | undefined> {
      const { data } = await real.client.get(ConfigMaps, { namespace, name: `coderun-7-auth-${name}-run-1-files` });
      return data?.["coding-guidelines.md"];
    }
  },
);

const isFull = process.env.TEST_FULL === "1";
const total = { name: "total", of: () => "all", most: agentsAtOnce };

t.test(
  "many CodeRuns of ten agents never share a workspace at the same time, and all their work is pushed",
  { skip, timeout: 3_600_000 },
  async (t) => {
    const count = isFull ? 200 : 10;
    const services = isFull ? 10 : 1;
    const scene = await GitScene.of(t, real);
    const tasks = Array.from({ length: count }, (_, index) => index + 1);
    scene.repositories.commitTo(scene.bare("acme/platform"), "main", taskDocuments(scene.project, tasks));
    for (let service = 0; service < services; service++)
      scene.repositories.create(`acme/service-${service}`, { "README.md": "# Service\n" });
    // each App has its own workspace in a service, users share one
    const agents = await Promise.all(
      Array.from({ length: 10 }, (_, agent) =>
        agent % 2 === 0 ? scene.app(`Acme-A${agent}`) : scene.user(`user-${agent}`),
      ),
    );
    const observer = await Observer.of(t, real.client, scene.namespace, [...always, total], CodeRuns);
    // a second agent in the workspace would also fail by itself
    const script = `mkdir /workspace/alone; echo "$AGENT_NAME" > "task-$TASK_ID.txt"; sleep 1; rmdir /workspace/alone`;
    const runs = tasks.map((taskId) => {
      const service = `service-${Math.floor((taskId - 1) / 10) % services}`;
      return scene.code(script, {
        ...agents[taskId % 10],
        // the agents of all tests share one limit, and agents of other tests should not wait for so many
        priority: "low",
        taskId,
        service,
        repositoryUrl: scene.urlOf(`acme/${service}`),
      });
    });
    await real.apply(...runs);
    await observer.ended(count, isFull ? 3_000_000 : 400_000);
    const { items: ended } = await real.client.list(CodeRuns, { namespace: scene.namespace });
    t.comment(`${observer.jobs} Jobs; most at once: ${JSON.stringify([...observer.peaks])}`);
    t.same(
      ended
        .filter(({ status }) => status?.phase !== "Succeeded" || status.attempts !== 1)
        .map(({ status }) => status?.message),
      [],
      "each succeeds at once",
    );
    t.equal(observer.jobs, count);
    // the agents of other tests take places, too
    t.ok((observer.peaks.get("total") ?? 0) > agentsAtOnce / 2, "many at once");
    for (const { spec } of runs) {
      const head = `feature/task-${spec.taskId}-implementation`;
      const changed = scene.git(`acme/${spec.service}`, "diff", "--name-only", "main", head);
      t.equal(changed, `task-${spec.taskId}.txt`, head);
    }
    t.equal(scene.github.pulls.length, count);
    t.same(await scenes.search.find(scene.namespace, scene.confidential), [], "nothing confidential can be read");
  },
);
