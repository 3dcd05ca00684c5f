/** Defaults from the git repository that a person stands in. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { currentRepository, hasCredentials, repositoryName, repositoryUrl } from "#src/cli/current-repository.js";
import { codeSpec } from "#src/cli/task/code.js";
import { docsSpec } from "#src/cli/task/docs.js";

process.env.GIT_CONFIG_GLOBAL = "/dev/null";
process.env.GIT_CONFIG_NOSYSTEM = "1";
process.env.GIT_CEILING_DIRECTORIES = "/";

const directory = t.testdir({ repo: {}, plain: {} });
const root = join(directory, "repo");
const git = (...args: string[]): Buffer =>
  execFileSync("git", args, { cwd: root, stdio: ["ignore", "pipe", "ignore"] });
git("init", "-q", "-b", "feature");
git("config", "user.name", "Jane Doe");
git("config", "github.user", "jane");
git("remote", "add", "origin", "https://jane:ghp_secret@github.com/acme/Platform.git");
mkdirSync(join(root, "_projects/trader"), { recursive: true });

t.test("remote, branch, place and login are found, and credentials in the remote are dropped", (t) => {
  const found = currentRepository(join(root, "_projects/trader"));
  t.match(found, {
    url: "https://github.com/acme/Platform.git",
    branch: "feature",
    path: "_projects/trader",
    user: "jane",
  });
  t.equal(currentRepository(root)?.path, ".");
  t.notMatch(JSON.stringify(found), /ghp_secret/);
  t.end();
});

for (const [remote, url] of [
  ["git@github.com:acme/app.git", "git@github.com:acme/app.git"],
  ["https://github.com/acme/app", "https://github.com/acme/app"],
  ["https://token@github.com/acme/app", "https://github.com/acme/app"],
  ["HTTPS://github.com/acme/app", "https://github.com/acme/app"],
  ["ssh://git@host:2222/acme/app.git", "ssh://git@host:2222/acme/app.git"],
  ["ssh://git:password@host/acme/app.git", "ssh://git@host/acme/app.git"],
  ["jane@host:acme/app.git", "ssh://jane@host/acme/app.git"],
  ["/srv/git/app.git", undefined],
  ["file:///srv/git/app.git", undefined],
  ["../app", undefined],
] as const)
  t.test(`the remote ${remote} is ${url ?? "no address for a run"}`, (t) => {
    t.equal(repositoryUrl(remote), url);
    t.end();
  });

t.test("credentials in an address are noticed, and the user of ssh is none", (t) => {
  for (const url of ["https://token@github.com/a/b", "https://a:b@github.com/a/b", "ssh://git:x@host/a"])
    t.ok(hasCredentials(url), url);
  for (const url of ["https://github.com/a/b", "git@github.com:a/b", "ssh://git@host/a", "acme/app"])
    t.notOk(hasCredentials(url), url);
  t.strictSame(["git@github.com:acme/My_App.git", "acme/app", "https://h/x/"].map(repositoryName), [
    "my-app",
    "app",
    "x",
  ]);
  t.end();
});

const output = { output: "table" } as const;

t.test("a CodeRun takes what is not named from the current repository", (t) => {
  const url = "https://github.com/acme/Platform.git";
  t.strictSame(codeSpec(7, output, join(root, "_projects/trader")), {
    ...{ taskId: 7, service: "platform", repositoryUrl: url, docsRepositoryUrl: url, githubUser: "jane" },
    workingDirectory: "_projects/trader",
  });
  t.equal(codeSpec(7, output, root).workingDirectory, ".");
  mkdirSync(join(root, "trader"), { recursive: true });
  t.equal(codeSpec(7, { ...output, service: "trader" }, root).workingDirectory, undefined, "admission: the service");
  t.end();
});

t.test("another repository takes nothing from where a person is but the login", (t) => {
  t.strictSame(
    codeSpec(
      1,
      { ...output, service: "trader", repo: "git@github.com:5dlabs/platform.git", githubUser: "swe-1" },
      root,
    ),
    {
      ...{ taskId: 1, service: "trader", githubUser: "swe-1" },
      repositoryUrl: "git@github.com:5dlabs/platform.git",
      docsRepositoryUrl: "git@github.com:5dlabs/platform.git",
    },
  );
  t.throws(() => docsSpec({ ...output, repo: "acme/other" }, root), { message: /name one with --source-branch$/ });
  t.end();
});

t.test("variables keep commas and signs in their values, and mistakes name the option and no value", (t) => {
  const spec = codeSpec(1, { ...output, env: ["A=b,c=d", "B="], envFromSecrets: ["T:keys:token"] }, root);
  t.strictSame(spec.env, { A: "b,c=d", B: "" });
  t.strictSame(spec.envFromSecrets, [{ name: "T", secretName: "keys", secretKey: "token" }]);
  const refused = (options: object, message: string | RegExp): void => {
    t.throws(() => codeSpec(1, { ...output, ...options }, root), { name: "OperationError", message });
  };
  refused({ env: ["1A=hunter2"] }, '--env "1A": write NAME=value, with a name of letters, digits and _');
  refused({ envFromSecrets: ["a:b"] }, /^--env-from-secrets a:b: write <name>:<secret>:<key>/);
  refused({ repo: "https://x:y@github.com/a/b" }, /^--repo: the URL contains credentials/);
  refused({ githubUser: "a", githubApp: "b" }, /a run works as one of them/);
  t.throws(() => codeSpec(1, output, join(directory, "plain")), { message: /^whom does the agent work as\?/ });
  const user = { ...output, githubUser: "a" };
  t.throws(() => codeSpec(1, user, "/"), {
    message: /no git repository with a remote origin here; name the URL with --repo$/,
  });
  t.end();
});

t.test("a DocsRun is for the current directory and branch", (t) => {
  t.strictSame(docsSpec({ ...output, model: "opus" }, join(root, "_projects/trader")), {
    ...{ repositoryUrl: "https://github.com/acme/Platform.git", githubUser: "jane", model: "opus" },
    ...{ sourceBranch: "feature", workingDirectory: "_projects/trader" },
  });
  t.end();
});
