/**
 * CodeRuns and DocsRuns on real pods and a real git server, by https and ssh, with an API that checks the signatures of Apps.
 * Only the agent's program is a stand-in: agentimage.ts. After each test all that it made is searched for secrets.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import { findCondition } from "#src/api/conditions.js";
import { eventually } from "../eventually.js";
import { hasHttpBackend } from "../templates/githubserver.js";
import { noSshServer } from "../templates/sshserver.js";
import { agentImage, noAgentImage } from "./agentimage.js";
import { GitScene, scriptedAgent } from "./gitscene.js";
import { containerProcess } from "./hostprocesses.js";
import { LeakSearch } from "./leaksearch.js";
import { realCluster, whyNot, type RealCluster } from "./realcluster.js";

const skip = whyNot ?? noAgentImage ?? (hasHttpBackend ? false : "git has no git-http-backend here");
const branch = "feature/task-7-implementation";

let real: RealCluster;
let search: LeakSearch;
t.jobs = 3;
if (skip === false) {
  t.before(async () => {
    real = await realCluster(t);
    const directory = mkdtempSync(join(tmpdir(), "agent-image-"));
    await agentImage(join(directory, "agent.tar"));
    await real.cluster.loadImage(join(directory, "agent.tar"));
    rmSync(directory, { recursive: true });
    await real.configure({ agent: scriptedAgent });
    search = LeakSearch.of(t, real);
  });
}

/** A test beside others, after which nothing confidential may be found. */
function sceneTest(
  title: string,
  body: (t: Test, scene: GitScene) => Promise<void>,
  skipped: string | false = skip,
): void {
  t.test(title, { skip: skipped, buffered: true }, async (t) => {
    const scene = await GitScene.of(t, real);
    await body(t, scene);
    t.same(await search.find(scene.namespace, scene.confidential), [], "nothing confidential can be read");
  });
}

/** Soon enough to wait for. */
const retries = (maxRetries: number): object => ({
  retry: { maxRetries, initialBackoffSeconds: 1, maxBackoffSeconds: 1 },
});

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
    message: "Run 1 succeeded: Did the work of run 1.",
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

sceneTest(
  "a retried CodeRun goes on with its session on the same branch, and keeps its pull request",
  async (t, scene) => {
    const script = [
      `echo "$resumed" > session-$RUN_NUMBER.txt`,
      // the agent's own git has access, too
      `[ "$RUN_NUMBER" != 1 ] || { git add -A; git commit -qm "feat(auth): first half"; git push -q origin HEAD; exit 1; }`,
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
      "cr/task-7",
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
  },
);

const killings: Readonly<
  Record<string, (pod: { readonly name: string; readonly uid: string }, namespace: string) => Promise<void>>
> = {
  "whose pod is deleted": async ({ name }, namespace) => {
    await real.kubectl(["delete", "pod", "-n", namespace, name, "--wait=false"]);
  },
  "whose container is killed": async ({ uid }) => {
    const pid = await eventually("its process is there", () => containerProcess(uid, "/task-files/container.sh"));
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
      await eventually("half is done", async () =>
        (await real.kubectl(["logs", "-n", scene.namespace, metadata.name])).includes("half is done"),
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

sceneTest(
  "a DocsRun of an App becomes a branch of its own and a pull request to the branch it came from",
  async (t, scene) => {
    const script = `mkdir -p .taskmaster/docs/task-9; printf '%s' "$prompt" | head -n 1 > .taskmaster/docs/task-9/task.md`;
    const run = scene.docs(script, await scene.app());
    await real.apply(run);
    const { status } = await real.end(t, run, "Succeeded");
    t.match(status, {
      pullRequestUrl: `${scene.github.url}/acme/platform/pull/1`,
      sessionId: "session-docs-1",
      workCompleted: true,
    });
    const made = scene.git(
      "acme/platform",
      "for-each-ref",
      "--format=%(refname:short)",
      "refs/heads/docs-generation-*",
    );
    t.match(made, /^docs-generation-\d{8}-\d{6}$/);
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
  },
);

sceneTest("two agents work on one service at once, each in a workspace of its own", async (t, scene) => {
  // each waits until the other has said that it is there
  const script = `
    echo "$AGENT_NAME" > "by-$AGENT_NAME.txt"; touch /workspace/only-mine; ls /workspace > "workspace-$AGENT_NAME.txt"
    git push -q origin "HEAD:refs/heads/here-$AGENT_NAME"
    until git ls-remote --exit-code origin "refs/heads/here-$OTHER" > /dev/null; do sleep 0.2; done`;
  const [rex, cleo] = [
    scene.code(script, { ...(await scene.app("Acme-Rex")), taskId: 7, env: { OTHER: "cleo" } }),
    scene.code(script, { ...(await scene.app("Acme-Cleo")), taskId: 8, env: { OTHER: "rex" } }),
  ];
  await Promise.all([real.apply(rex), real.apply(cleo)]);
  await Promise.all([real.end(t, rex, "Succeeded"), real.end(t, cleo, "Succeeded")]);
  for (const [agent, task] of [
    ["rex", 7],
    ["cleo", 8],
  ] as const) {
    const head = `feature/task-${task}-implementation`;
    t.equal(scene.git("acme/auth", "diff", "--name-only", "main", head), `by-${agent}.txt\nworkspace-${agent}.txt`);
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
      words: /acme\/auth\.git can't be fetched: .*Authentication failed/,
    },
    {
      run: scene.code("", { ...app, ...retries(3), taskId: 8 }),
      code: 12,
      words: /no installation of the App Acme-Rex for acme\/auth \(HTTP 401\)/,
    },
  ];
  await Promise.all(refused.map(({ run }) => real.apply(run)));
  for (const { run, code, words } of refused) {
    const { status } = await real.end(t, run, "Failed");
    t.match(status?.message, words);
    t.match(status?.runs, [{ number: 1, outcome: "Failed", exitCode: code }]);
    t.match(findCondition(status?.conditions, "Succeeded"), { status: "False", reason: "TerminalExitCode" });
  }
});

sceneTest("a branch that the server protects is a failure that says so, and ends the run at once", async (t, scene) => {
  scene.repositories.protect(scene.bare("acme/auth"));
  const run = scene.code("echo 1 > reset.ts", { ...(await scene.user()), ...retries(3) });
  await real.apply(run);
  const { status } = await real.end(t, run, "Failed");
  t.match(status?.message, /feature\/task-7-implementation can't be pushed: .*GH006: Protected branch update failed/);
  t.match(status?.runs, [{ number: 1, outcome: "Failed", exitCode: 20 }]);
  t.equal(status?.pullRequestUrl, undefined);
  t.same(scene.github.pulls, []);
});

sceneTest(
  "by ssh a key reads and pushes, and a token beside it opens the pull request",
  async (t, scene) => {
    const user = await scene.user("octocat");
    const server = await scene.ssh(t, "octocat");
    const run = scene.code("echo 1 > reset.ts", {
      ...user,
      repositoryUrl: `${server.url}${scene.bare("acme/auth")}`,
      docsRepositoryUrl: `${server.url}${scene.bare("acme/platform")}`,
      env: { GITHUB_API_URL: scene.github.apiUrl },
    });
    await real.apply(run);
    const { status } = await real.end(t, run, "Succeeded");
    t.equal(status?.pullRequestUrl, `${scene.github.url}/acme/auth/pull/1`);
    t.equal(scene.git("acme/auth", "diff", "--name-only", "main", branch), "reset.ts");
  },
  noSshServer ?? skip,
);

t.test("what an agent tells everybody is found by the search for secrets", { skip, buffered: true }, async (t) => {
  const scene = await GitScene.of(t, real);
  const marker = "harmless-marker-4f1d0c";
  // in pieces: only what the agent says may have it whole
  const script = `m=harmless-; m=$m"marker-4f1d0c"; echo "$m"; echo "$m" > /workspace/note; summary=$m; bash -c 'sleep 1; :' "$m"; echo 1 > reset.ts`;
  const run = scene.code(script, await scene.user());
  await real.apply(run);
  await real.end(t, run, "Succeeded");
  const found = await search.find(scene.namespace, [marker]);
  for (const place of ["CodeRun", "Event", "Pod", "log of a pod", "process arguments", "workspace"])
    t.ok(found.includes(place), place);
  const rendered = scene.code("", { ...(await scene.user("hubot")), taskId: 8, promptModification: marker });
  await real.apply(rendered);
  await eventually("its files are found, and the operator's log", async () =>
    (await search.find(scene.namespace, [marker])).includes("ConfigMap"),
  );
});
