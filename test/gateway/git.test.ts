/** Repositories through the gateway, with real git and a server that holds tokens to their repositories and permissions. */
import { execFile } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import t, { type Test } from "tap";
import type { CredentialsEntry, VerdictEntry } from "#src/gateway/git/git-entry.js";
import { GitHubServer, hasHttpBackend } from "../templates/github-server.js";
import { Repositories } from "../templates/repositories.js";
import { serveGateway } from "./served-gateway.js";
import { systemClock, type Clock } from "#src/runtime/clock.js";
import { FakeClock } from "#src/runtime/testing/clock.js";

const skip = hasHttpBackend ? false : "git has no git-http-backend here";
const branch = "feature/task-7";
const token = "user-token-0123456789abcdef";
const { privateKey, publicKey } = generateKeyPairSync("rsa", {
  modulusLength: 2048,
  publicKeyEncoding: { type: "spki", format: "pem" },
  privateKeyEncoding: { type: "pkcs1", format: "pem" },
});

interface Ended {
  readonly code: number;
  readonly text: string;
}

async function scene(t: Test, identity: "app" | "token" = "token", clock: Clock = systemClock, verdict?: VerdictEntry) {
  const root = mkdtempSync(join(tmpdir(), "gateway-git-"));
  t.teardown(() => rmSync(root, { recursive: true, force: true }));
  const directory = (name: string): string => {
    mkdirSync(join(root, name), { recursive: true });
    return join(root, name);
  };
  const repositories = new Repositories(directory("repositories"));
  for (const slug of ["acme/auth", "acme/platform", "acme/private", "acme/public"])
    repositories.create(slug, { "README.md": `# ${slug}\n` });
  const github = await GitHubServer.start(repositories.directory);
  t.teardown(() => github.stop());
  github.open.add("acme/public");
  const secret = directory("secret");
  if (identity === "app") {
    github.app = { id: "17", publicKey };
    writeFileSync(join(secret, "GITHUB_APP_ID"), "17\n");
    writeFileSync(join(secret, "GITHUB_APP_PRIVATE_KEY"), privateKey);
  } else {
    github.tokens.add(token);
    writeFileSync(join(secret, "token"), `${token}\n`);
  }
  const credentials: CredentialsEntry = { type: identity, directory: secret, secretName: "github-octocat" };
  const { host } = new URL(github.url);
  github.now = () => clock.now();
  const gateway = await serveGateway(t, undefined, {
    clock,
    git: {
      repositories: [
        {
          url: `${github.url}/acme/auth.git`,
          access: "write",
          branch,
          credentials: "own",
          ...(verdict && { verdict }),
        },
        { url: `${github.url}/acme/platform`, access: "read", credentials: "own" },
      ],
      credentials: { own: credentials },
      hosts: { [host]: { apiUrl: github.apiUrl } },
      writeDirectory: directory("write"),
      variablesDirectory: directory("variables"),
    },
  });
  mkdirSync(join(root, "variables/0/..data"), { recursive: true });
  writeFileSync(join(root, "variables/0/0"), "postgres-password-1\nshort-text\n");
  writeFileSync(join(root, "variables/0/1"), "production\n");
  const capability = readFileSync(join(root, "write/capability"), "utf8");
  const git = (mayWrite: boolean, ...args: string[]): Promise<Ended> =>
    new Promise((resolve) => {
      const settings = [
        `url.${gateway.url}/git/${host}/.insteadOf=http://${host}/`,
        ...(mayWrite ? [`http.${gateway.url}/.extraHeader=x-orchestrator-write: ${capability}`] : []),
        ...["user.name=a", "user.email=a@b.c"],
      ].flatMap((setting) => ["-c", setting]);
      const env = {
        PATH: process.env.PATH,
        HOME: root,
        GIT_TERMINAL_PROMPT: "0",
        GIT_CONFIG_NOSYSTEM: "1",
        LC_ALL: "C",
      };
      execFile("git", [...settings, ...args], { env, cwd: root }, (error, stdout, stderr) =>
        resolve({ code: typeof error?.code === "number" ? error.code : 0, text: stdout + stderr }),
      );
    });
  const clone = join(root, "clone");
  const cloned = async (): Promise<void> => {
    const { code, text } = await git(false, "clone", "--quiet", `${github.url}/acme/auth.git`, clone);
    t.equal(code, 0, text);
    writeFileSync(join(clone, "work.txt"), "x".repeat(3_000_000));
    await git(false, "-C", clone, "add", ".");
    await git(false, "-C", clone, "commit", "--quiet", "-m", "work");
  };
  const call = async (path: string, body: string, shown = capability): Promise<{ status: number; text: string }> => {
    const answer = await fetch(gateway.url + path, {
      method: "POST",
      body,
      headers: { "x-orchestrator-write": shown },
    });
    return { status: answer.status, text: await answer.text() };
  };
  return { root, github, repositories, gateway, git, clone, cloned, call, secret, capability };
}

t.test("git that includes the gateway's file may push, and only the run's branch", { skip }, async (t) => {
  const { root, github, repositories, clone, cloned, git } = await scene(t);
  await cloned();
  const include = ["-c", `include.path=${join(root, "write/gitconfig")}`, "-C", clone, "push", "origin"];
  t.match(await git(false, ...include, "HEAD:refs/heads/main"), { text: /it updates refs\/heads\/main; only feature/ });
  const pushed = await git(false, ...include, `HEAD:refs/heads/${branch}`);
  t.equal(pushed.code, 0, pushed.text);
  t.match(repositories.git(join(repositories.directory, "acme/auth.git"), "log", "-1", "--format=%s", branch), "work");
  t.match(await git(false, "ls-remote", `${github.url}/acme/auth`), { code: 0 });
});

for (const identity of ["token", "app"] as const)
  t.test(
    `with ${identity}: everyone in the pod reads, only the capability writes, and only the run's branch`,
    { skip },
    async (t) => {
      const { root, github, repositories, gateway, git, clone, cloned } = await scene(t, identity);
      await cloned();
      const push = (mayWrite: boolean, ...references: string[]): Promise<Ended> =>
        git(mayWrite, "-C", clone, "push", "origin", ...references);
      t.match(await push(false, `HEAD:refs/heads/${branch}`), {
        code: 128,
        text: /this agent cannot push; its commits are pushed/,
      });
      for (const [references, words] of [
        [["HEAD:refs/heads/main"], /it updates refs\/heads\/main; only feature\/task-7/],
        [["HEAD:refs/tags/v1"], /it updates refs\/tags\/v1/],
        [[":refs/heads/main"], /it deletes refs\/heads\/main/],
        [[`HEAD:refs/heads/${branch}`, "HEAD:refs/heads/other"], /it updates more than one reference/],
      ] as const)
        t.match(await push(true, ...references), { text: words }, references.join(" "));
      const bare = join(repositories.directory, "acme/auth.git");
      t.equal(repositories.git(bare, "for-each-ref", "--format=%(refname)").trim(), "refs/heads/main");
      const pushed = await push(true, `HEAD:refs/heads/${branch}`);
      t.equal(pushed.code, 0, pushed.text);
      t.match(repositories.git(bare, "log", "-1", "--format=%s", branch), "work");

      const docs = await git(true, "clone", "--quiet", `${github.url}/acme/platform`, join(root, "docs"));
      t.equal(docs.code, 0, docs.text);
      t.match(await git(true, "-C", join(root, "docs"), "push", "origin", `HEAD:refs/heads/${branch}`), {
        text: /this run may not write to .*\/acme\/platform/,
      });
      t.match(await git(false, "ls-remote", `${github.url}/acme/private`), {
        code: 128,
        text: /acme\/private does not exist, or may not be read without credentials/,
      });
      t.match(await git(false, "ls-remote", `${github.url}/acme/public`), { code: 0, text: /refs\/heads\/main/ });
      if (identity === "app")
        t.same(github.tokenRequests, [
          { repositories: ["auth", "platform"], permissions: { contents: "read", metadata: "read" } },
          { repositories: ["auth"], permissions: { contents: "write", pull_requests: "write", metadata: "read" } },
        ]);
      const logged = gateway.logged.join("\n");
      for (const each of [token, ...github.issued]) t.notOk(logged.includes(each), "no token is logged");
      const inClone = readdirSync(join(clone, ".git"), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), "latin1"))
        .join("\n");
      for (const each of [token, ...github.issued]) t.notOk(inClone.includes(each), "no token is in the clone");
    },
  );

t.test("a push works 61 minutes after the clone, with a token of its own", { skip }, async (t) => {
  const clock = new FakeClock(Date.now());
  const { github, git, clone, cloned } = await scene(t, "app", clock);
  await cloned();
  await clock.advance(61 * 60_000);
  const [first = ""] = github.issued;
  t.match(await git(true, "-C", clone, "push", "origin", `HEAD:refs/heads/${branch}`), { code: 0 });
  t.match(await git(false, "-C", clone, "fetch", "origin"), { code: 0 });
  t.equal(github.issued.length, 3, "one to read, one to write, and another one to read");
  t.equal(github.issued.lastIndexOf(first), 0);
});

t.test("missing, wrong and insufficient credentials are distinguished", { skip }, async (t) => {
  const { github, git, secret } = await scene(t);
  const { url } = github;
  const read = (): Promise<Ended> => git(false, "ls-remote", `${url}/acme/auth.git`);
  github.tokens.clear();
  t.match(await read(), { text: /Authentication failed: .* does not accept the run's credentials/ });
  rmSync(join(secret, "token"));
  t.match(await read(), { text: /Authentication failed: the Secret github-octocat must have the key token/ });
  writeFileSync(join(secret, "token"), "two\nlines\n");
  t.match(await read(), { text: /must have the key token, on one line/ });
  writeFileSync(join(secret, "token"), token);
  github.tokens.add(token);
  t.match(await read(), { code: 0 }, "a Secret that was corrected counts");
  await github.stop();
  t.match(await read(), { text: /127.0.0.1.* cannot be reached/ });
});

t.test(
  "paths that are not git's protocol, other hosts and bodies that are no push are refused",
  { skip },
  async (t) => {
    const { gateway, github, capability } = await scene(t);
    const { host } = new URL(github.url);
    const get = async (path: string): Promise<number> => (await fetch(gateway.url + path)).status;
    const service = "info/refs?service=git-upload-pack";
    t.equal(await get(`/git/${host}/acme/auth.git/${service}`), 200);
    t.equal(await get(`/git/${host}/acme/auth.git/info/refs`), 403);
    t.equal(await get(`/git/${host}/acme/auth.git/HEAD`), 404);
    t.equal(await get(`/git/${host}/acme/%2e%2e/auth.git/${service}`), 404);
    t.equal(await get(`/git/example.com/acme/auth.git/${service}`), 404);
    t.equal(await get(`/git/${host}/api/repos/acme/auth/pulls`), 404);
    const push = async (body: Buffer, headers: Record<string, string> = {}): Promise<string> => {
      const answer = await fetch(`${gateway.url}/git/${host}/acme/auth.git/git-receive-pack`, {
        ...{ method: "POST", body, headers: { "x-orchestrator-write": capability, ...headers } },
      });
      return `${answer.status} ${await answer.text()}`;
    };
    t.match(await push(Buffer.from("no pack")), /^403 .*it is not git's protocol/);
    t.match(await push(Buffer.from("00")), /^403 .*it ends early/);
    t.match(await push(Buffer.from("0013push-cert x\0abc")), /^403 .*a command other than/);
    t.match(await push(Buffer.from(`fff0${"0".repeat(70_000)}`)), /^403/);
    t.match(await push(Buffer.alloc(10), { "content-encoding": "gzip" }), /^415/);
    t.match(
      await push(Buffer.from("0000"), { "x-orchestrator-write": `${capability}x` }),
      /^403 this agent cannot push/,
    );
  },
);

t.test("a diff is searched for the run's own keys and for known forms, wherever chunks end", { skip }, async (t) => {
  const { call } = await scene(t);
  const diff = (file: string, line: string): string => `--- a/x\n+++ b/${file}\n@@ -1 +1 @@\n+${line}\n`;
  const search = async (text: string): Promise<unknown> => JSON.parse((await call("/delivery/scan", text)).text);
  t.same(await search(diff("a.txt", "nothing to see: short-text, production")), { findings: [] });
  t.same(await search(`-${token}\n`), { findings: [] }, "what is taken away is in the history already");
  const long = "x".repeat(200_000);
  t.same(
    await search(
      diff("own.txt", `${long}${token}${long}`) +
        diff("a/b c.env", `TOKEN=ghp_${"a".repeat(36)}`) +
        diff("key.pem", "-----BEGIN EC PRIVATE KEY-----") +
        diff("db.ts", 'const password = "postgres-password-1"; // short-text, production') +
        diff("aws", `AKIA${"A".repeat(9)}EXAMPLE and AKIA${"A".repeat(16)}`),
    ),
    {
      findings: [
        { path: "own.txt", what: "a key of this run" },
        { path: "a/b c.env", what: "a token of GitHub" },
        { path: "key.pem", what: "a private key" },
        { path: "db.ts", what: "a key of this run" },
        { path: "aws", what: "a key of AWS" },
      ],
    },
  );
  t.match(await call("/delivery/scan", "", "wrong"), { status: 400, text: /only the container that delivers/ });
});

t.test("the pull request is opened for the run's branch alone, without keys in its text", { skip }, async (t) => {
  const { call, github } = await scene(t, "app");
  const request = (change: object = {}): string =>
    JSON.stringify({
      ...{ url: `${github.url}/acme/auth.git`, base: "main", title: "feat: x", body: "Done.", labels: ["task-7"] },
      ...change,
    });
  const opened = await call("/delivery/pull-request", request());
  t.match(JSON.parse(opened.text), { isNew: true, url: /\/acme\/auth\/pull\/1$/ });
  t.match(github.pulls, [{ repository: "acme/auth", head: branch, base: "main", labels: ["task-7"] }]);
  t.match(await call("/delivery/pull-request", request({ url: `${github.url}/acme/platform` })), {
    ...{ status: 400, text: /may not write/ },
  });
  t.match(await call("/delivery/pull-request", "{"), { status: 400, text: /not valid JSON/ });
  t.match(await call("/delivery/pull-request", request({ body: "x".repeat(300_000) })), {
    status: 400,
    text: /exceeds/,
  });
  github.pulls.length = 0;
  const secret = github.issued.at(-1) ?? "";
  await call("/delivery/pull-request", request({ body: `My token is ${secret}.` }));
  t.equal(github.pulls[0]?.body, "My token is ***.");
  github.pulls.length = 0;
  github.refusal = { status: 422, message: "No commits between main and feature/task-7" };
  t.match(await call("/delivery/pull-request", request()), {
    ...{
      status: 422,
      text: /"kind":"pull-request","message":"the pull request cannot be opened \(HTTP 422\): No commits/,
    },
  });
});

t.test("a verdict leads to what the operator allows, once, and to nothing else", { skip }, async (t) => {
  const { github, call } = await scene(t, "app", systemClock, { label: "ready-for-qa", requestChanges: true });
  const verdict = (change: object = {}): string =>
    JSON.stringify({
      ...{ url: `${github.url}/acme/auth.git`, verdict: "approved", body: "Good.", id: "CodeRun a/b, run 1" },
      ...change,
    });
  t.same(JSON.parse((await call("/delivery/verdict", verdict())).text), { done: [], url: "" }, "no pull request");
  github.openPull(branch);
  const first = await call("/delivery/verdict", verdict());
  t.match(JSON.parse(first.text), { done: ["the label ready-for-qa is set"], url: /\/acme\/auth\/pull\/1$/ });
  t.match(github.pulls, [{ labels: ["ready-for-qa"] }]);
  t.same(github.reviews, [], "it may not approve");
  for (const _ of [1, 2])
    t.match(JSON.parse((await call("/delivery/verdict", verdict({ verdict: "changes_requested" }))).text), {
      done: ["changes are requested"],
    });
  t.match(github.reviews, [{ number: 1, event: "REQUEST_CHANGES", body: /^Good\.[^]*<!-- CodeRun a\/b run 1 -->$/ }]);
  t.equal(github.reviews.length, 1);
  t.match(await call("/delivery/verdict", verdict({ url: `${github.url}/acme/platform` })), { status: 400 });
  t.match(await call("/delivery/verdict", verdict({ verdict: 1 })), { status: 400, text: /have to be text/ });
  for (const revisions of ["x", [7]])
    t.match(await call("/delivery/verdict", verdict({ revisions })), {
      status: 400,
      text: /has to be a list of texts/,
    });
  t.match(await call("/delivery/verdict", verdict(), "guessed"), {
    status: 400,
    text: /only the container that delivers/,
  });
});

t.test("the pull request that the run is about is approved at the commit that it has", { skip }, async (t) => {
  const { github, call } = await scene(t, "app", systemClock, { approve: true, pullRequest: 2 });
  const verdict = JSON.stringify({
    ...{ url: `${github.url}/acme/auth.git`, verdict: "Approved", body: "Good.", id: "CodeRun a/b, run 1" },
  });
  github.openPull(branch);
  t.same(JSON.parse((await call("/delivery/verdict", verdict)).text), { done: [], url: "" }, "there is no number 2");
  github.openPull("feature/task-8", { isFork: true });
  t.same(JSON.parse((await call("/delivery/verdict", verdict)).text), { done: [], url: "" }, "it is of a fork");
  github.pulls.pop();
  github.openPull("feature/task-8");
  t.match(JSON.parse((await call("/delivery/verdict", verdict)).text), { done: ["the pull request is approved"] });
  t.match(github.reviews, [{ number: 2, event: "APPROVE", commit_id: "b".repeat(40) }]);
  for (const revisions of [["a".repeat(40)], ["a".repeat(40), "b".repeat(40)]]) {
    github.reviews.length = 0;
    const { done, warning } = JSON.parse(
      (await call("/delivery/verdict", JSON.stringify({ ...JSON.parse(verdict), revisions }))).text,
    ) as { done: string[]; warning?: string };
    t.same(done.length, github.reviews.length);
    t.equal(warning === undefined, revisions.length === 2, "commits that the agent has not seen are not approved");
  }
  t.equal(github.reviews.length, 1);
  github.refusal = { status: 422, message: "Can not approve your own pull request" };
  github.reviews.length = 0;
  t.match(await call("/delivery/verdict", verdict), { status: 422, text: /Can not approve your own pull request/ });
});

t.test("without an entry a verdict leads to nothing", { skip }, async (t) => {
  const { github, call } = await scene(t, "app");
  github.openPull(branch);
  const verdict = { url: `${github.url}/acme/auth.git`, verdict: "approved", body: "Good.", id: "x" };
  t.same(JSON.parse((await call("/delivery/verdict", JSON.stringify(verdict))).text), { done: [], url: "" });
  t.match(github.pulls, [{ labels: [] }]);
});
