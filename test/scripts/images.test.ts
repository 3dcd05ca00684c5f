/** Images: their tags, the commands that build, push and sign them, and what is in the operator's. */
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import t, { type Test } from "tap";
import { parse } from "yaml";
import { packageRoot } from "#src/version.js";

const sha = "0123456789abcdef0123456789abcdef01234567";
const digest = `sha256:${"a".repeat(64)}`;

interface Outcome {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The command lines with which docker and cosign were called. */
  readonly calls: readonly string[];
}

/** Runs a script with programs that only record how they are called. */
function run(t: Test, script: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Outcome {
  const programs = t.testdir({});
  const log = join(programs, "calls");
  for (const name of ["docker", "cosign"]) {
    const answer = `case "$*" in --version) ;; *) echo "${name} $*" >> ${log} ;; esac; case "$*" in *imagetools*) echo ${digest} ;; esac`;
    writeFileSync(join(programs, name), `#!/bin/sh\n${answer}\n`);
    chmodSync(join(programs, name), 0o755);
  }
  const { status, stdout, stderr } = spawnSync(process.execPath, [join("scripts", script), ...args], {
    ...{ cwd: packageRoot, encoding: "utf8" },
    env: { PATH: [programs, process.env.PATH].join(delimiter), ...env },
  });
  const calls = existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : [];
  return { status, stdout, stderr, calls };
}

const tagsIn = (call = ""): string[] => [...call.matchAll(/--tag (\S+)/g)].map(([, name = ""]) => name);

t.test("a build in GitHub Actions gets the tags of its reference, and that of a pull request is not pushed", (t) => {
  const build = (ref: string) =>
    run(t, "image.mjs", ["operator", "--registry", "ghcr.io/example", "--push"], { GITHUB_REF: ref, GITHUB_SHA: sha });
  const main = build("refs/heads/main").calls[0];
  t.same(tagsIn(main), ["ghcr.io/example/orchestrator:latest", "ghcr.io/example/orchestrator:main-0123456789ab"]);
  t.match(main, "--push");
  t.match(main, "--provenance=mode=max");
  t.match(main, `org.opencontainers.image.revision=${sha}`);
  t.same(tagsIn(build("refs/tags/v1.2.3").calls[0]), ["ghcr.io/example/orchestrator:v1.2.3"]);
  const request = build("refs/pull/12/merge").calls[0];
  t.same(tagsIn(request), ["ghcr.io/example/orchestrator:pr-12"]);
  t.notMatch(request, "--push");
  const other = build("refs/heads/other");
  t.same([other.status, other.calls], [1, []]);
  t.match(other.stderr, "refs/heads/other gets no image");
  t.end();
});

t.test("an image on a laptop has the version as its tag, and stays there", (t) => {
  const { version } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as { version: string };
  const { calls } = run(t, "image.mjs", ["operator", "codex"]);
  t.same(calls.map(tagsIn), [[`orchestrator:${version}`], [`agent-codex:${version}`]]);
  t.match(calls[1], "--build-arg PROGRAM=codex");
  t.match(calls[0], "--load");
  t.same(run(t, "image.mjs", ["--dry-run"]).calls, [], "a dry run builds nothing");
  t.end();
});

t.test("mistakes are refused before anything is built", (t) => {
  const mistakes: [args: string[], message: string][] = [
    [["claud"], "claud is no image; images are: operator, claude, codex, gemini, opencode"],
    [["--push"], "--push needs a --registry"],
    [["--tag", "a b"], '"a b" is no tag of an image'],
    [["--platform", "linux/amd64,linux/arm64"], "add --push, or build one --platform"],
    [["--tga", "v1"], "Unknown option '--tga'"],
  ];
  for (const [args, message] of mistakes) {
    const { status, stderr, calls } = run(t, "image.mjs", args);
    t.same([status, calls], [1, []]);
    t.match(stderr, message);
  }
  t.end();
});

t.test("what was pushed is signed by its digest", (t) => {
  const env = { GITHUB_REF: "refs/tags/v1.2.3", GITHUB_SHA: sha };
  const { calls, stdout } = run(t, "image/sign.mjs", ["claude", "--registry", "ghcr.io/example"], env);
  t.match(calls[0], "ghcr.io/example/agent-claude:v1.2.3");
  t.equal(calls[1], `cosign sign --yes --recursive ghcr.io/example/agent-claude@${digest}`);
  t.equal(stdout, `signed ghcr.io/example/agent-claude@${digest}\n`);
  t.end();
});

t.test("the operator's image is a root in which Node.js runs, and no shell is", (t) => {
  const root = t.testdir({});
  const script = join(packageRoot, "images/operator/root.sh");
  t.equal(spawnSync("sh", [script, process.execPath, root]).status, 0);
  const names = readdirSync(root, { recursive: true, encoding: "utf8" }).map((path) => path.split("/").at(-1));
  for (const name of ["node", "passwd", "tmp"]) t.ok(names.includes(name), name);
  for (const name of ["sh", "bash", "apt-get", "npm"]) t.notOk(names.includes(name), name);
  if (process.getuid?.() === 0) {
    const { stdout, stderr } = spawnSync("chroot", [root, "/usr/local/bin/node", "-p", "process.version"], {
      encoding: "utf8",
      env: { PATH: process.env.PATH },
    });
    t.equal(stdout.trim(), process.version, stderr);
  }
  t.end();
});

t.test("the Containerfile copies what the build needs, past its ignore file", (t) => {
  const file = readFileSync(join(packageRoot, "images/operator/Containerfile"), "utf8");
  const ignored = readFileSync(join(packageRoot, "images/operator/Containerfile.dockerignore"), "utf8").split("\n");
  const copied = [...file.matchAll(/^COPY (?!--from)(.*) \S+$/gm)].flatMap(([, paths = ""]) => paths.split(" "));
  t.ok(copied.length > 5);
  for (const path of copied) {
    const name = path.replace(/^\.\//, "");
    t.ok(existsSync(join(packageRoot, name)), `${name} exists`);
    t.ok(ignored.includes(`!${name}`), `${name} is not ignored`);
  }
  t.end();
});

t.test("workflows call scripts that exist", (t) => {
  const folder = join(packageRoot, ".github/workflows");
  const { scripts } = JSON.parse(readFileSync(join(packageRoot, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  const commands = readdirSync(folder).flatMap((name) => {
    const { jobs } = parse(readFileSync(join(folder, name), "utf8")) as {
      jobs: Record<string, { steps?: { run?: string }[] }>;
    };
    return Object.values(jobs).flatMap(({ steps = [] }) => steps.flatMap(({ run: each }) => each ?? []));
  });
  t.ok(commands.includes(".ci/run"));
  for (const command of commands) {
    const [, script] = /^npm run ([\w-]+)/.exec(command) ?? [];
    if (script !== undefined) t.ok(scripts[script], command);
    const [, path] = /^node (scripts\/\S+)/.exec(command) ?? [];
    if (path !== undefined) t.ok(existsSync(join(packageRoot, path)), command);
  }
  t.end();
});

t.test("release notes are the changelog's section of the version", (t) => {
  const none = run(t, "release-notes.mjs", ["v99.0.0"]);
  t.equal(none.status, 1);
  t.match(none.stderr, 'CHANGELOG.md has no section "## 99.0.0"');
  const unreleased = run(t, "release-notes.mjs", ["Unreleased"]);
  t.equal(unreleased.status, 0);
  t.match(unreleased.stdout, /^### Added$/m);
  t.notMatch(unreleased.stdout, /^## /m);
  t.end();
});
