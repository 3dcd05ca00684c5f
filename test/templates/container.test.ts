/**
 * container.sh, run for real: git over HTTP (and ssh, where there is a server for it), an API that checks the App's
 * signature, and a stand-in for the agent's program alone.
 */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { eventually } from "../eventually.js";
import { branch, docsBranch, options, publicKey, says, scene, skip, spec, works } from "./scene.js";
import { noSshServer, SshServer } from "./ssh-server.js";

t.test(
  "output and summary repeat no token by its form, and no value from a Secret by its variable",
  options,
  async (t) => {
    const { pod, codeFiles, codeEnvironment } = await scene(t);
    const jwt = "eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiIxMjM0In0.Zm9v-YmFy_aGVsbG8";
    const tokens = [`ghs_1724452_${jwt}`, `github_pat_11ABCDEFG0${"a1_".repeat(20)}`, `ghp_${"x1".repeat(18)}`];
    const environment = {
      ...(await codeEnvironment()),
      ANTHROPIC_API_KEY: "sk-ant-api03-not-a-real-key",
      AWS_SECRET_ACCESS_KEY: "secret/of+aws+0123456789",
      DATABASE_URL: "postgres://app:hunter22@db/app",
      TWO_LINES: "first-line-of-it\nsecond-line-of-it",
      PLAIN: "a-plain-value",
      ORCHESTRATOR_SECRET_VARIABLES: "DATABASE_URL TWO_LINES NOT_SET",
    };
    const said = [
      ...tokens.map((token) => `<${token}>`),
      environment.AWS_SECRET_ACCESS_KEY,
      environment.DATABASE_URL,
      environment.TWO_LINES,
      "a-plain-value",
    ];
    const lines = said.flatMap((text) => text.split("\n"));
    pod.agent(`printf '%s\n' ${lines.map((line) => `'${line}'`).join(" ")}; echo 1 > a.txt`);
    const end = await pod.run(codeFiles(), environment);
    t.equal(end.code, 0, end.output);
    t.match(end.output, "<***>\n<***>\n<***>\n***\n***\n***\n***\na-plain-value\n");
    for (const part of [jwt, "Zm9v", "a1_a1_", "secret/of", "hunter22", "second-line"]) t.notMatch(end.output, part);
  },
);

t.test("a fresh CodeRun becomes a commit on the task's branch and a pull request", options, async (t) => {
  const { pod, github, target, code } = await scene(t);
  pod.watchAll();
  pod.agent(
    `printf '%s\\n' "$prompt" > ${pod.root}/prompt; printf '%s\\n' "$@" > ${pod.root}/options; ls -A > ${pod.root}/seen; ls task >> ${pod.root}/seen\n${works}`,
  );
  const end = await code(spec({ promptModification: "Mind the `edges`.\n$(touch hurt)" }));
  t.equal(end.code, 0, end.output);
  t.equal(
    readFileSync(join(pod.root, "prompt"), "utf8"),
    "Implement the password reset.\n\nMind the `edges`.\n$(touch hurt)\n",
  );
  t.match(readFileSync(join(pod.root, "options"), "utf8"), /--model\nsonnet\n--settings\n.*\/files\/settings\.json\n/);
  const seen = readFileSync(join(pod.root, "seen"), "utf8").split("\n");
  for (const file of [
    "CLAUDE.md",
    ".mcp.json",
    "client-config.json",
    "coding-guidelines.md",
    "task.md",
    "architecture.md",
  ])
    t.ok(seen.includes(file), `the agent finds ${file}`);
  t.equal(
    pod.repositories.git(target, "log", "--format=%an <%ae> %s%n%b", "-1", branch),
    "octocat <octocat@users.noreply.github.com> feat(auth): Password reset\nAdded the reset.",
  );
  t.equal(
    pod.repositories.git(target, "diff", "--name-only", "main", branch),
    "services/auth/reset.ts",
    "only the agent's work is committed",
  );
  t.match(github.pulls, [
    {
      number: 1,
      repository: "acme/auth",
      head: branch,
      base: "main",
      title: "feat(auth): Password reset",
      labels: ["task-7", "service-auth"],
    },
  ]);
  t.match(github.pulls[0]?.body, /Added the reset\.[^]*CodeRun orchestrator\/task-7-auth, run 1/);
  t.same(end.message, {
    summary: "Added the reset.",
    pullRequestUrl: `${github.url}/acme/auth/pull/1`,
    sessionId: "session-1",
  });
});

t.test("a resumed CodeRun continues session, memory, branch and pull request", options, async (t) => {
  const { pod, github, target, code } = await scene(t);
  pod.agent(works);
  t.equal((await code()).code, 0);
  writeFileSync(join(pod.workspace, "target-repo/services/auth/CLAUDE.md"), "what I learnt\n");
  pod.agent(
    `printf '%s\\n' "$@" > ${pod.root}/options; cp CLAUDE.md ${pod.root}/memory; echo more >> reset.ts\n${says("session-1", "More.")}`,
  );
  const end = await code({ number: 2, continueSession: true });
  t.equal(end.code, 0, end.output);
  t.match(readFileSync(join(pod.root, "options"), "utf8"), /--resume\nsession-1\n/);
  t.equal(readFileSync(join(pod.root, "memory"), "utf8"), "what I learnt\n");
  t.equal(pod.repositories.git(target, "rev-list", "--count", `main..${branch}`), "2");
  t.equal(github.pulls.length, 1, "the open pull request is kept");
  t.equal(end.message.pullRequestUrl, `${github.url}/acme/auth/pull/1`);
  pod.agent(`cp CLAUDE.md ${pod.root}/memory\n${says("session-2", "None.")}`);
  t.equal((await code({ number: 3, ...spec({ overwriteMemory: true }) })).code, 0);
  t.match(
    readFileSync(join(pod.root, "memory"), "utf8"),
    /^# Task 7 of auth/,
    "with overwriteMemory it is written anew",
  );
});

t.test("a session that is gone is not the end: a new one is started", options, async (t) => {
  const { pod, code } = await scene(t);
  pod.agent(`case "$*" in *--resume*) echo "No conversation found with session ID: old"; exit 1 ;; esac\n${works}`);
  const end = await code({ number: 2, continueSession: true, sessionId: "old" });
  t.equal(end.code, 0, end.output);
  t.equal(end.message.sessionId, "session-1");
});

t.test("a run that is killed half-way is taken up in the same workspace", options, async (t) => {
  const { pod, github, target, code, codeFiles, codeEnvironment } = await scene(t);
  pod.agent(
    `echo half > half.ts; git add half.ts; git commit -qm "feat(auth): half"; echo uncommitted > open.ts; touch ../../.git/index.lock\n` +
      `echo '{"type":"system","session_id":"session-1"}'; touch ${pod.root}/working; sleep 600`,
  );
  const child = pod.start(codeFiles(), { ...(await codeEnvironment()) });
  const ended = pod.end(child);
  await eventually("the agent works", () => existsSync(join(pod.root, "working")));
  await eventually("its session is noted", () =>
    existsSync(join(pod.workspace, ".orchestrator/task-7-claude.session")),
  );
  child.kill("SIGTERM");
  const { code: stopped, message } = await ended;
  t.equal(stopped, 143);
  t.match(message, { summary: "was stopped", sessionId: "session-1" });
  t.equal(pod.repositories.git(target, "rev-parse", "--verify", branch), "", "nothing was pushed");
  pod.agent(`printf '%s\\n' "$@" > ${pod.root}/options; cat half.ts open.ts > whole.ts\n${says("session-1", "Done.")}`);
  const end = await code({ number: 2, continueSession: true });
  t.equal(end.code, 0, end.output);
  t.match(readFileSync(join(pod.root, "options"), "utf8"), /--resume\nsession-1\n/);
  t.equal(pod.repositories.git(target, "show", `${branch}:services/auth/whole.ts`), "half\nuncommitted");
  t.equal(pod.repositories.git(target, "rev-list", "--count", `main..${branch}`), "2");
  t.equal(github.pulls.length, 1);
});

t.test("a clone that was not finished is made again", options, async (t) => {
  const { pod, code } = await scene(t);
  pod.agent(works);
  t.equal((await code()).code, 0);
  writeFileSync(join(pod.workspace, "target-repo/.git/HEAD"), "");
  const end = await code({ number: 2 });
  t.equal(end.code, 0, end.output);
  t.match(end.output, /is not a clone of .* and is cloned again/);
});

t.test("the run's own files are never committed, in any working directory", options, async (t) => {
  const { pod, target, code } = await scene(t);
  pod.agent(works);
  const workingDirectory = "a b/[c]*\\?\nd\n#e";
  const end = await code(spec({ workingDirectory }));
  t.equal(end.code, 0, end.output);
  t.equal(pod.repositories.git(target, "diff", "--name-only", "-z", "main", branch), `${workingDirectory}/reset.ts\0`);
});

t.test("git without templates of its own, as some images have it, is enough", options, async (t) => {
  const { pod, codeFiles, codeEnvironment } = await scene(t);
  pod.agent(works);
  const end = await pod.run(codeFiles(), { ...(await codeEnvironment()), GIT_TEMPLATE_DIR: "" });
  t.equal(end.code, 0, end.output);
});

t.test("what others pushed to the branch meanwhile is kept, below the agent's work", options, async (t) => {
  const { pod, target, code } = await scene(t);
  pod.agent(works);
  t.equal((await code()).code, 0);
  pod.repositories.commitTo(target, branch, { "review.md": "fine\n" });
  pod.agent(`git -C ../.. log -1 --format=%s > ${pod.root}/tip; echo more > more.ts\n${says("s", "More.")}`);
  t.equal((await code({ number: 2, continueSession: true })).code, 0);
  t.equal(readFileSync(join(pod.root, "tip"), "utf8").trim(), "from somebody else");
  t.equal(pod.repositories.git(target, "rev-list", "--count", `main..${branch}`), "3");
});

t.test("one repository may hold both the documents and the code", options, async (t) => {
  const { pod, github, docs, code } = await scene(t);
  pod.agent(works);
  const both = `${github.url}/acme/platform.git`;
  const end = await code(spec({ repositoryUrl: both, docsRepositoryUrl: both, workingDirectory: "." }));
  t.equal(end.code, 0, end.output);
  t.equal(pod.repositories.git(docs, "diff", "--name-only", "main", branch), "reset.ts");
  t.notOk(existsSync(join(pod.workspace, "docs-repo")));
});

t.test(
  "a CodeRun with the description of its task reads no docs repository, and closes its issue",
  options,
  async (t) => {
    const { pod, github, target, code } = await scene(t);
    pod.agent(
      `printf '%s\\n' "$prompt" > ${pod.root}/prompt; cp task/task.md ${pod.root}/task; ls task > ${pod.root}/seen\n${works}`,
    );
    const taskDescription = "# Reset `passwords`\n\n$(touch hurt) by 'mail'";
    const end = await code({
      ...spec({ taskDescription, docsRepositoryUrl: `${github.url}/acme/nothing.git` }),
      issue: "31",
    });
    t.equal(end.code, 0, end.output);
    t.equal(readFileSync(join(pod.root, "prompt"), "utf8"), "Implement task 7 as task/task.md describes it.\n");
    t.equal(readFileSync(join(pod.root, "task"), "utf8"), `${taskDescription}\n`);
    t.equal(readFileSync(join(pod.root, "seen"), "utf8"), "task.md\n");
    t.equal(pod.repositories.git(target, "diff", "--name-only", "main", branch), "services/auth/reset.ts");
    t.match(github.pulls, [
      { title: "feat(auth): Reset `passwords`", body: /Added the reset\.\n+Closes #31\.\n\n---/ },
    ]);
  },
);

t.test("a variable that is not an issue number closes nothing", options, async (t) => {
  const { pod, github, code } = await scene(t);
  pod.agent(works);
  const end = await code({ issue: "1.\n@acme/all" });
  t.equal(end.code, 0, end.output);
  t.notMatch(github.pulls[0]?.body, /Closes|@acme/);
});

t.test("a CodeRun that changes nothing makes no commit and no pull request", options, async (t) => {
  const { pod, github, target, code } = await scene(t);
  pod.agent(`printf '{"qaStatus":"approved","summary":"x"}' > "$RESULT_FILE"\n${says("session-1", "All is well.")}`);
  const end = await code();
  t.equal(end.code, 0, end.output);
  t.equal(pod.repositories.git(target, "rev-parse", "--verify", branch), "");
  t.same(github.pulls, []);
  t.same(end.message, { summary: "No changes were made. All is well.", sessionId: "session-1", qaStatus: "approved" });
});

t.test(
  "a GitHub App gets its token by a signature, for its own identity and for both repositories",
  options,
  async (t) => {
    const { pod, github, target, code } = await scene(t, "app");
    pod.watchAll();
    pod.agent(
      `printf '%s\\n' "$@" > ${pod.root}/options; git fetch -q origin; git ls-remote ${github.url}/acme/platform.git > ${pod.root}/platform
      git push origin HEAD:refs/heads/by-the-agent 2> ${pod.root}/push && exit 9\n${works}`,
    );
    const end = await code({ agent: { systemPrompt: "You are Rex.\n" } });
    t.equal(end.code, 0, end.output);
    t.match(readFileSync(join(pod.root, "options"), "utf8"), /--append-system-prompt\nYou are Rex\.\n/);
    t.equal(
      pod.repositories.git(target, "log", "-1", "--format=%an <%ae>", branch),
      "acme-rex[bot] <acme-rex[bot]@users.noreply.github.com>",
    );
    t.match(readFileSync(join(pod.root, "platform"), "utf8"), /refs\/heads\/main/, "the agent may read");
    t.match(readFileSync(join(pod.root, "push"), "utf8"), /this agent cannot push; its commits are pushed after it/);
    const reads = { contents: "read", metadata: "read" };
    const writes = { contents: "write", metadata: "read", pull_requests: "write" };
    t.same(github.tokenRequests, [
      { repositories: ["auth", "platform"], permissions: reads },
      { repositories: ["auth"], permissions: writes },
    ]);
    t.same(github.calls.slice(0, 2), [
      "GET /repos/acme/auth/installation",
      "POST /app/installations/4711/access_tokens",
    ]);
    t.equal(github.pulls.length, 1);
  },
);

t.test("the agent's own git may read where its program takes all helpers away, as Gemini does", options, async (t) => {
  const { pod, code } = await scene(t);
  const takesAway = `n=$GIT_CONFIG_COUNT; export "GIT_CONFIG_KEY_$n=credential.helper" "GIT_CONFIG_VALUE_$n=" "GIT_CONFIG_COUNT=$((n + 1))" GIT_ASKPASS=""`;
  pod.agent(`${takesAway}\ngit fetch -q origin main\n${works}`);
  const end = await code();
  t.equal(end.code, 0, end.output);
});

t.test(
  "keys that the agent prints are unreadable in the output, and its files with keys are not committed",
  options,
  async (t) => {
    const { pod, target, code } = await scene(t);
    pod.agent(`echo "my key is $ANTHROPIC_API_KEY and ghp_${"a".repeat(36)}"\n${works}`);
    const end = await code();
    t.equal(end.code, 0, end.output);
    t.match(end.output, /my key is \*\*\* and \*\*\*/);
    pod.agent(`printf -- '-----BEGIN RSA PRIVATE KEY-----\\nx\\n' > key.pem\n${says("s", "x")}`);
    const refused = await code({ number: 2 });
    t.equal(refused.code, 18);
    t.match(
      refused.message.summary,
      /hooks-stop-check-changes\.sh ended with exit code 1: .*key\.pem contains a private key/,
    );
    t.equal(pod.repositories.git(target, "ls-tree", "-r", "--name-only", branch).includes("key.pem"), false);
  },
);

t.test("a DocsRun becomes a branch of its own and a pull request to the branch it came from", options, async (t) => {
  const { pod, github, docs, documents } = await scene(t);
  pod.watchAll();
  pod.agent(
    `printf '%s\\n' "$prompt" > ${pod.root}/prompt; mkdir -p .taskmaster/docs/task-1; echo "# One" > .taskmaster/docs/task-1/task.md\n${says("s", "Wrote one.")}`,
  );
  const end = await documents();
  t.equal(end.code, 0, end.output);
  t.match(readFileSync(join(pod.root, "prompt"), "utf8"), /^Write the documents of every task/);
  const made = pod.repositories.git(docs, "for-each-ref", "--format=%(refname:short)", "refs/heads/docs-generation-*");
  t.equal(made, docsBranch);
  t.equal(
    pod.repositories.git(docs, "diff", "--name-only", "main", made),
    "projects/a/.taskmaster/docs/task-1/task.md",
  );
  t.match(github.pulls, [{ head: made, base: "main", title: "docs: task documents of projects/a" }]);
  const again = await documents({ number: 2 });
  t.equal(again.code, 0, again.output);
  t.equal(github.pulls.length, 1, "another run of the same DocsRun makes no second pull request");
});

t.test(
  "by ssh a key is enough to push; a token beside it opens the pull request",
  { ...options, skip: noSshServer ?? skip },
  async (t) => {
    const { pod, github, target, docs, code } = await scene(t);
    const ssh = await SshServer.start(pod.root);
    t.teardown(() => ssh.stop());
    pod.secret("ssh-privatekey", ssh.privateKey.trimEnd());
    pod.agent(works);
    const urls = spec({ repositoryUrl: `${ssh.url}${target}`, docsRepositoryUrl: `${ssh.url}${docs}` });
    const end = await code(urls);
    t.equal(end.code, 0, end.output);
    t.equal(pod.repositories.git(target, "rev-list", "--count", `main..${branch}`), "1");
    t.match(github.pulls, [{ repository: "acme/auth", head: branch }]);
    rmSync(join(pod.gatewaySecrets, "token"));
    pod.agent(`echo more > more.ts\n${says("s", "More.")}`);
    const alone = await code({ ...urls, number: 2 });
    t.equal(alone.code, 0, alone.output);
    t.match(alone.output, /no token for the API, so no pull request is opened/);
    t.equal(pod.repositories.git(target, "rev-list", "--count", `main..${branch}`), "2");
    writeFileSync(join(pod.gatewaySecrets, "known_hosts"), ssh.knownHost);
    t.equal((await code({ ...urls, number: 3 })).code, 0, "a host that is known is trusted");
    writeFileSync(join(pod.gatewaySecrets, "known_hosts"), "# nobody\n");
    const distrusted = await code({ ...urls, number: 4 });
    t.equal(distrusted.code, 11, "one that isn't is not, where there is a list");
    t.match(distrusted.message.summary, /Host key verification failed/);
    const stranger = join(pod.root, "stranger");
    execFileSync("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", stranger]);
    writeFileSync(join(pod.gatewaySecrets, "known_hosts"), ssh.knownHost);
    pod.secret("ssh-privatekey", readFileSync(stranger, "utf8").trimEnd());
    const refused = await code({ ...urls, number: 5 });
    t.equal(refused.code, 11, "a key that the server doesn't know");
    t.match(refused.message.summary, /Permission denied/);
    pod.secret("ssh-privatekey", "-----BEGIN OPENSSH PRIVATE KEY-----\nnot a key\n");
    const broken = await code({ ...urls, number: 6 });
    t.equal(broken.code, 11);
    t.match(
      broken.message.summary,
      /the SSH key of the Secret github-ssh-octocat is not a private key in OpenSSH or PEM format/,
    );
  },
);

t.test("a key that an agent leaves in the workspace would be found by these tests", options, async (t) => {
  const { pod, codeFiles, codeEnvironment } = await scene(t);
  pod.watchAll();
  pod.agent(
    `cp ${pod.gatewaySecrets}/token kept.txt; printf '%s' "$(cat kept.txt)" | sed -e "s/$(cat kept.txt)/x/"; printf '/kept.txt\\n' >> .gitignore\n${works}`,
  );
  const end = await pod.run(codeFiles(), { ...(await codeEnvironment()) });
  t.match(pod.leaks(end), [/arguments/, /kept\.txt$/]);
});

t.test("a failure says what is wrong, with an exit code of its own", options, (t) => {
  t.test("10: the image has no such program", async (t) => {
    const { pod, code } = await scene(t);
    pod.agent(works);
    const end = await code({ agent: { cli: "no-such-agent" } });
    t.equal(end.code, 10);
    t.match(end.message.summary, /the image has no program no-such-agent/);
  });
  t.test("10: the working directory leads out of the repository", async (t) => {
    const { code } = await scene(t);
    const end = await code(spec({ workingDirectory: "../../elsewhere" }));
    t.equal(end.code, 10);
    t.match(end.message.summary, /is outside the repository/);
  });
  t.test("11: there is no key", async (t) => {
    const { code } = await scene(t);
    const end = await code(spec({ repositoryUrl: "git@localhost:acme/auth.git" }));
    t.equal(end.code, 11);
    t.match(end.message.summary, /github-ssh-octocat must have the key ssh-privatekey/);
  });
  t.test("12: GitHub refuses the App", async (t) => {
    const { github, code } = await scene(t, "app");
    github.app = { id: "1", publicKey };
    const end = await code();
    t.equal(end.code, 12);
    t.match(end.message.summary, /no installation of the App Acme-Rex for acme\/auth \(HTTP 401\): 'Issuer' claim/);
  });
  t.test("11: the token is wrong", async (t) => {
    const { github, code } = await scene(t);
    github.tokens.clear();
    const end = await code();
    t.equal(end.code, 11);
    t.match(end.message.summary, /acme\/auth\.git cannot be fetched: .*Authentication failed/);
  });
  t.test("13: GitHub has no time for the App", async (t) => {
    const { github, code } = await scene(t, "app");
    github.app = undefined;
    github.busy = { status: 403, message: "API rate limit exceeded" };
    const end = await code();
    t.equal(end.code, 13);
    t.match(end.message.summary, /takes no more requests with this key for 60 seconds: API rate limit exceeded/);
  });
  t.test("13: nobody answers", async (t) => {
    const { code } = await scene(t);
    const end = await code(spec({ repositoryUrl: "http://127.0.0.1:9/acme/auth" }));
    t.equal(end.code, 13);
    t.match(end.message.summary, /cannot be fetched: .*cannot be reached/);
  });
  t.test("13: there is no such repository", async (t) => {
    const { github, code } = await scene(t);
    const end = await code(spec({ repositoryUrl: `${github.url}/acme/nothing` }));
    t.equal(end.code, 13);
    t.match(end.message.summary, /acme\/nothing cannot be fetched: .*does not exist/);
  });
  t.test("14: the task has no documents", async (t) => {
    const { code } = await scene(t);
    const end = await code(spec({ taskId: 8 }));
    t.equal(end.code, 14);
    t.match(end.message.summary, /branch main of .*platform\.git has no projects\/a\/\.taskmaster\/docs\/task-8/);
  });
  t.test("15: the branch's two histories don't fit", async (t) => {
    const { pod, target, code } = await scene(t);
    pod.agent(`echo mine > both.txt; git add -A; git commit -qm mine; exit 1`);
    t.equal((await code()).code, 17);
    pod.repositories.git(target, "branch", branch, "main");
    pod.repositories.commitTo(target, branch, { "services/auth/both.txt": "theirs\n" });
    const end = await code({ number: 2, continueSession: true });
    t.equal(end.code, 15);
    t.match(end.message.summary, /has changes on the remote that conflict/);
  });
  t.test("16: a hook before the agent fails", async (t) => {
    const { pod, codeFiles, codeEnvironment } = await scene(t);
    pod.agent(works);
    const files = { ...codeFiles(), "hooks-start-z.sh": "echo not today; exit 3" };
    const end = await pod.run(files, { ...(await codeEnvironment()) });
    t.equal(end.code, 16);
    t.match(end.message.summary, /hooks-start-z\.sh ended with exit code 3: not today/);
  });
  t.test("17: the agent fails", async (t) => {
    const { pod, github, code } = await scene(t);
    pod.agent(`echo half > half.ts\n${says("session-1", "The model is overloaded.")}\nexit 1`);
    const end = await code();
    t.equal(end.code, 17);
    t.same(end.message, { summary: "claude ended with exit code 1: The model is overloaded.", sessionId: "session-1" });
    t.same(github.pulls, []);
  });
  t.test("19: the agent left its branch", async (t) => {
    const { pod, code } = await scene(t);
    pod.agent(`git checkout -qb elsewhere\n${works}`);
    const end = await code();
    t.equal(end.code, 19);
    t.match(end.message.summary, /the agent left branch feature\/task-7-implementation/);
  });
  t.test("20: the branch is protected", async (t) => {
    const { pod, target, github, code } = await scene(t);
    pod.repositories.protect(target);
    pod.agent(works);
    const end = await code();
    t.equal(end.code, 20);
    t.match(end.message.summary, /cannot be pushed: .*GH006: Protected branch update failed/);
    t.same(github.pulls, []);
  });
  t.test("13: the push does not arrive", async (t) => {
    const { pod, github, code } = await scene(t);
    pod.agent(
      `touch ${pod.root}/working; while [ -e ${pod.root}/working ]; do sleep 0.05; done; echo 1 > reset.ts\n${says("s", "x")}`,
    );
    const ended = code();
    await eventually("the agent works", () => existsSync(join(pod.root, "working")));
    await github.stop();
    rmSync(join(pod.root, "working"));
    const end = await ended;
    t.equal(end.code, 13);
    t.match(end.message.summary, /(cannot be pushed|cannot be fetched): .*cannot be reached/);
  });
  t.test("21: the pull request is refused", async (t) => {
    const { pod, target, github, code } = await scene(t);
    github.refusal = { status: 403, message: "Resource not accessible by integration" };
    pod.agent(works);
    const end = await code();
    t.equal(end.code, 21);
    t.match(end.message.summary, /cannot be opened \(HTTP 403\): Resource not accessible/);
    t.ok(pod.repositories.git(target, "rev-parse", "--verify", branch), "the work is pushed all the same");
  });
  t.end();
});

t.test("a quality run is asked for its verdict, which the phase that delivers passes on", options, async (t) => {
  const { pod, github, codeFiles, codeEnvironment } = await scene(t, "app");
  github.openPull(branch);
  const environment = await codeEnvironment({}, { label: "ready-for-qa", requestChanges: true });
  const run = async (verdict: string): Promise<void> => {
    pod.agent(
      `printf '%s\\n' "$prompt" > ${pod.root}/prompt; printf '%s' '${verdict}' > "$RESULT_FILE"\n${says("session-1", "Reviewed.")}`,
    );
    const end = await pod.run(codeFiles({ stage: "quality" }), environment);
    t.equal(end.code, 0, end.output);
  };
  await run('{"qaStatus":"approved"}');
  t.match(readFileSync(join(pod.root, "prompt"), "utf8"), /verdict as JSON to the file that \$RESULT_FILE names/);
  t.match(github.pulls, [{ labels: ["ready-for-qa"] }]);
  t.same(github.reviews, []);
  await run('{"qaStatus":"changes_requested"}');
  t.match(github.reviews, [
    { event: "REQUEST_CHANGES", body: /Reviewed\.\n\n---\nBy CodeRun orchestrator\/task-7-auth/ },
  ]);
  for (const nothing of ["", "no JSON", '{"qaStatus":"$(touch x)"}', '{"qaStatus":7}']) await run(nothing);
  t.equal(github.reviews.length, 1);
  github.reviews.length = 0;
  const target = join(pod.repositories.directory, "acme/auth.git");
  pod.repositories.git(target, "branch", branch, "main");
  await run('{"qaStatus":"changes_requested"}');
  t.equal(github.reviews.length, 1, "the commit that it was given");
  github.reviews.length = 0;
  const other = `git --git-dir=${target} -c user.name=e -c user.email=e@example.com commit-tree -p ${branch} -m later ${branch}^{tree}`;
  pod.agent(
    `git --git-dir=${target} update-ref refs/heads/${branch} "$(${other})"; printf '{"qaStatus":"changes_requested"}' > "$RESULT_FILE"\n${says("session-1", "Reviewed.")}`,
  );
  const overtaken = await pod.run(codeFiles({ stage: "quality" }), environment);
  t.match(overtaken.output, /is at commit [0-9a-f]{40}, which the agent has not seen/);
  t.same(github.reviews, []);
  github.refusal = { status: 422, message: "Review cannot be requested" };
  await run('{"qaStatus":"changes_requested"}');
  t.same(github.reviews, [], "what GitHub refuses does not fail the attempt");
});

t.test("an implementation is not asked for a verdict", options, async (t) => {
  const { pod, code } = await scene(t);
  pod.agent(`printf '%s\\n' "$prompt" > ${pod.root}/prompt\n${works}`);
  await code();
  t.notMatch(readFileSync(join(pod.root, "prompt"), "utf8"), /verdict/);
});
