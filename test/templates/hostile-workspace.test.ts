/**
 * What an agent leaves in the workspace for the next one: container.sh runs on it with real git, and nothing of it is run, followed
 * or believed. Each attack is first shown to work on git as it is.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import t from "tap";
import { branch, options, says, scene, spec, works } from "./scene.js";

/** Commands that leave a file say that they ran. */
class Canaries {
  constructor(readonly directory: string) {
    mkdirSync(directory);
  }

  /** A shell command. */
  command(name: string): string {
    return `touch '${join(this.directory, name)}'`;
  }

  get fired(): string[] {
    return readdirSync(this.directory).sort();
  }

  clear(): void {
    for (const name of this.fired) rmSync(join(this.directory, name));
  }
}

function put(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

const identity = ["-c", "user.name=Mallory", "-c", "user.email=mallory@example.com"];

function git(clone: string, ...args: string[]): void {
  execFileSync("git", ["-C", clone, ...identity, ...args], { stdio: "ignore" });
}

interface Attack {
  /** Plants it in a clone. `run` is a shell command that must not run. */
  readonly plant: (clone: string, run: string, root: string) => void;
  /** git arguments that run the command, to show that the attack is one; with what they read. */
  readonly works: readonly string[];
  readonly input?: string;
}

const setting =
  (...pairs: readonly (readonly [string, (run: string, root: string) => string])[]): Attack["plant"] =>
  (clone, run, root) => {
    for (const [key, value] of pairs) git(clone, "config", "--file", join(clone, ".git/config"), key, value(run, root));
  };

const commit = ["commit", "--quiet", "--allow-empty", "-m", "x"];
const everyHook = ["pre-commit", "commit-msg", "post-commit", "post-checkout", "reference-transaction", "pre-push"];

function hooks(directory: string, run: string): void {
  for (const hook of everyHook) put(join(directory, hook), `#!/bin/sh\n${run}\n`, 0o755);
}

const monitor = (run: string): string => `[core]\n fsmonitor = ${JSON.stringify(`${run}; false`)}\n`;
const filter = (run: string): string => `${run}; cat`;

/** What git reads beside the objects, by the names of its documentation. All can be planted at once. */
const attacks: Readonly<Record<string, Attack>> = {
  hooks: { plant: (clone, run) => hooks(join(clone, ".git/hooks"), run), works: commit },
  "core.hooksPath": {
    plant: (clone, run, root) => {
      hooks(join(root, "planted-hooks"), run);
      setting(["core.hooksPath", () => join(root, "planted-hooks")])(clone, run, root);
    },
    works: commit,
  },
  "core.fsmonitor": { plant: setting(["core.fsmonitor", (run) => `${run}; false`]), works: ["status"] },
  filter: {
    plant: (clone, run, root) => {
      put(join(clone, ".git/info/attributes"), "* filter=planted merge=planted diff=planted\n");
      setting(["filter.planted.clean", filter], ["filter.planted.smudge", filter])(clone, run, root);
    },
    works: ["add", "--renormalize", "."],
  },
  "core.attributesFile": {
    plant: (clone, run, root) => {
      put(join(root, "planted-attributes"), "* filter=other\n");
      setting(["core.attributesFile", () => join(root, "planted-attributes")], ["filter.other.clean", filter])(
        clone,
        run,
        root,
      );
    },
    works: ["add", "--renormalize", "."],
  },
  "include.path": {
    plant: (clone, run, root) => {
      put(join(root, "planted-include"), monitor(run));
      setting(["include.path", () => join(root, "planted-include")])(clone, run, root);
    },
    works: ["status"],
  },
  includeIf: {
    plant: (clone, run, root) => {
      put(join(root, "planted-conditional"), monitor(run));
      setting(["includeIf.gitdir:**.path", () => join(root, "planted-conditional")])(clone, run, root);
    },
    works: ["status"],
  },
  "config.worktree": {
    plant: (clone, run, root) => {
      put(join(clone, ".git/config.worktree"), monitor(run));
      setting(["extensions.worktreeConfig", () => "true"], ["core.repositoryFormatVersion", () => "1"])(
        clone,
        run,
        root,
      );
    },
    works: ["status"],
  },
  "core.sshCommand": {
    plant: setting(["core.sshCommand", (run) => `${run}; false`]),
    works: ["ls-remote", "ssh://a/b"],
  },
  "core.gitProxy": {
    plant: (clone, run, root) => {
      put(join(root, "planted-proxy"), `#!/bin/sh\n${run}\n`, 0o755);
      setting(["core.gitProxy", () => join(root, "planted-proxy")])(clone, run, root);
    },
    works: ["ls-remote", "git://127.0.0.1:1/b"],
  },
  "credential.helper": {
    plant: setting(["credential.helper", (run) => `!${run}; true`]),
    works: ["credential", "fill"],
    input: "protocol=https\nhost=git.example.com\n\n",
  },
  "url.insteadOf": {
    plant: setting(
      ["protocol.ext.allow", () => "always"],
      ["url.ext::sh -c planted% .insteadOf", () => "http"],
      ["remote.planted.url", (run) => `ext::sh -c ${run.replaceAll(" ", "% ")}`],
    ),
    works: ["ls-remote", "planted"],
  },
  "remote.pushurl": {
    plant: (clone, run, root) => {
      const bare = join(root, "planted.git");
      if (!existsSync(bare)) execFileSync("git", ["init", "--quiet", "--bare", bare]);
      put(join(bare, "hooks/post-receive"), `#!/bin/sh\n${run}\n`, 0o755);
      setting(["remote.origin.pushurl", () => bare])(clone, run, root);
    },
    works: ["push", "--quiet", "origin", "HEAD:refs/heads/planted"],
  },
  "gpg.program": {
    plant: (clone, run, root) => {
      put(join(root, "planted-gpg"), `#!/bin/sh\n${run}\nexit 1\n`, 0o755);
      setting(["gpg.program", () => join(root, "planted-gpg")], ["commit.gpgSign", () => "true"])(clone, run, root);
    },
    works: commit,
  },
  submodule: {
    plant: (clone, run) => {
      const nested = join(clone, "vendored");
      rmSync(nested, { recursive: true, force: true });
      execFileSync("git", ["init", "--quiet", nested]);
      git(nested, ...commit);
      git(
        clone,
        "-c",
        "core.hooksPath=/dev/null",
        "-c",
        "core.fsmonitor=false",
        "-c",
        "advice.addEmbeddedRepo=false",
        "add",
        "vendored",
      );
      put(join(nested, ".git/config"), monitor(run));
    },
    works: ["add", "--all"],
  },
};

/** An empty home: nothing of the person who runs the tests. */
const environment = { PATH: process.env.PATH ?? "", HOME: "/nonexistent", GIT_TERMINAL_PROMPT: "0" };

t.test(
  "what an agent plants in its clone does not run in the next attempt, nor in the rest of its own",
  options,
  async (t) => {
    const { pod, target, code } = await scene(t);
    const canaries = new Canaries(join(pod.root, "canaries"));
    pod.agent(works);
    t.equal((await code()).code, 0);
    const clone = join(pod.workspace, "target-repo");
    for (const [name, attack] of Object.entries(attacks)) {
      const copy = join(pod.root, "copy");
      cpSync(clone, copy, { recursive: true });
      attack.plant(copy, canaries.command(name), pod.root);
      spawnSync("git", ["-C", copy, ...identity, ...attack.works], { env: environment, input: attack.input ?? "" });
      t.same(canaries.fired, [name], `${name} is an attack on git as it is`);
      canaries.clear();
      rmSync(copy, { recursive: true });
    }

    rmSync(join(pod.root, "planted.git"), { recursive: true });
    const plantAll = (at: string): void => {
      for (const [name, attack] of Object.entries(attacks)) attack.plant(at, canaries.command(name), pod.root);
    };
    plantAll(clone);
    // the agent plants the same again, where the rest of its own attempt would find it, and in its home
    const planted = join(pod.root, "planted");
    cpSync(clone, planted, { recursive: true });
    canaries.clear();
    const home = `[core]\\n hooksPath = ${join(pod.root, "planted-hooks")}\\n fsmonitor = ${canaries.command("home")}`;
    pod.agent(
      [
        `cp ../../.git/config ${pod.root}/config; ls -A ../../.git/hooks ../../.git/info ../../vendored > ${pod.root}/left 2>&1 || true`,
        `echo more >> reset.ts`,
        `cp -r ${planted}/.git/config ${planted}/.git/config.worktree ${planted}/.git/hooks ${planted}/.git/info ../../.git/`,
        `rm -rf ../../vendored; cp -r ${planted}/vendored ../../vendored`,
        `mkdir -p ~/.config/git; printf '${home}\\n' > ~/.gitconfig; printf '* filter=x\\n' > ~/.config/git/attributes`,
        says("session-1", "More."),
      ].join("\n"),
    );
    const end = await code({ number: 2, continueSession: true });
    t.equal(end.code, 0, end.output);
    t.same(canaries.fired, []);
    t.equal(
      readFileSync(join(pod.root, "config"), "utf8")
        .replaceAll(/http:\S+/g, "URL")
        .replaceAll("\t", " "),
      '[core]\n repositoryformatversion = 0\n bare = false\n logallrefupdates = true\n[core]\n filemode = true\n[remote "origin"]\n url = "URL\n fetch = +refs/heads/*:refs/remotes/origin/*\n',
      "the agent finds the configuration of a new clone",
    );
    t.match(
      readFileSync(join(pod.root, "left"), "utf8"),
      /cannot access '\.\.\/\.\.\/\.git\/hooks'[^]*info:\nexclude\n\n[^]*vendored:\n$/,
    );
    t.match(pod.repositories.git(target, "show", `${branch}:services/auth/reset.ts`), "more");
    t.equal(pod.repositories.git(join(pod.root, "planted.git"), "for-each-ref"), "", "nothing is pushed elsewhere");
  },
);

t.test("a repository in the working directory is not taken for the clone", options, async (t) => {
  const { pod, code } = await scene(t);
  const canaries = new Canaries(join(pod.root, "canaries"));
  pod.agent(works);
  t.equal((await code()).code, 0);
  const directory = join(pod.workspace, "target-repo/services/auth");
  for (const name of ["refs", "objects", "tree"]) mkdirSync(join(directory, name));
  put(join(directory, "HEAD"), "ref: refs/heads/main\n");
  put(
    join(directory, "config"),
    `${monitor(canaries.command("bare"))} repositoryformatversion = 0\n bare = false\n worktree = tree\n`,
  );
  spawnSync("git", ["-C", directory, "status"], { env: environment });
  t.same(canaries.fired, ["bare"], "it is an attack on git as it is");
  canaries.clear();
  const end = await code({ number: 2, continueSession: true });
  t.equal(end.code, 10, end.output);
  t.equal(
    end.message.summary,
    "the working directory services/auth is in a repository of its own inside the repository",
  );
  t.same(canaries.fired, []);
});

/** Shapes of a clone that it has to be made anew for: each takes git somewhere else. */
const shapes: Readonly<Record<string, (clone: string, elsewhere: string) => void>> = {
  "a .git file": (clone, elsewhere) => {
    execFileSync("mv", [join(clone, ".git"), elsewhere]);
    put(join(clone, ".git"), `gitdir: ${elsewhere}\n`);
  },
  "a .git link": (clone, elsewhere) => {
    execFileSync("mv", [join(clone, ".git"), elsewhere]);
    symlinkSync(elsewhere, join(clone, ".git"));
  },
  "a link in place of the clone": (clone, elsewhere) => {
    execFileSync("mv", [clone, elsewhere]);
    symlinkSync(elsewhere, clone);
  },
  "a commondir": (clone, elsewhere) => {
    cpSync(join(clone, ".git"), elsewhere, { recursive: true });
    put(join(clone, ".git/commondir"), elsewhere);
  },
  "objects of another repository": (clone, elsewhere) => {
    cpSync(join(clone, ".git/objects"), join(elsewhere, "objects"), { recursive: true });
    put(join(clone, ".git/objects/info/alternates"), join(elsewhere, "objects"));
  },
  "a pipe in .git": (clone) => {
    rmSync(join(clone, ".git/config"));
    execFileSync("sh", ["-c", `mkfifo "$0"`, join(clone, ".git/config")]);
  },
};

t.test("a clone that leads elsewhere is refused and replaced", options, async (t) => {
  const { pod, target, code } = await scene(t);
  const canaries = new Canaries(join(pod.root, "canaries"));
  pod.agent(works);
  t.equal((await code()).code, 0);
  // where git would look for a repository above
  execFileSync("git", ["init", "--quiet", pod.workspace]);
  put(join(pod.workspace, ".git/config"), monitor(canaries.command("above")));
  const names = Object.keys(shapes);
  for (let index = 0; index < names.length; index += 2) {
    const [first = "", second = ""] = names.slice(index, index + 2);
    for (const [name, clone] of [
      [first, "target-repo"],
      [second, "docs-repo"],
    ] as const)
      shapes[name]?.(join(pod.workspace, clone), join(pod.workspace, `elsewhere-${index}-${clone}`));
    const end = await code({ number: index + 2, continueSession: true });
    t.equal(end.code, 0, end.output);
    t.match(end.output, /target-repo is not a clone of \S+ and is cloned again/, first);
    t.match(end.output, /docs-repo is not a clone of \S+ and is cloned again/, second);
  }
  t.same(canaries.fired, []);
  t.equal(pod.repositories.git(target, "rev-list", "--count", `main..${branch}`), "1");
});

t.test("a session noted in the workspace cannot be an option or another file", options, async (t) => {
  const { pod, code } = await scene(t);
  pod.agent(`printf '%s\\n' "$@" > ${pod.root}/options\n${works}`);
  const note = join(pod.workspace, ".orchestrator/task-7-claude.session");
  const begun = async (): Promise<string> => {
    const end = await code({ number: 2, continueSession: true });
    t.equal(end.code, 0, end.output);
    t.equal(end.message.sessionId, "session-1");
    return readFileSync(join(pod.root, "options"), "utf8");
  };
  t.equal((await code()).code, 0);
  writeFileSync(note, "--mcp-config=/workspace/planted.json\n");
  t.notMatch(await begun(), /resume|planted/);
  rmSync(note);
  // its content would become the session in the status of the run
  symlinkSync(join(pod.gatewaySecrets, "token"), note);
  pod.agent(
    `printf '%s\\n' "$@" > ${pod.root}/options; echo '{"session_id":"--planted"}'\necho a >> b.ts\n${says("session-1", "")}`,
  );
  t.notMatch(await begun(), /resume/);
  t.equal(readFileSync(join(pod.gatewaySecrets, "token"), "utf8"), `${pod.confidential[0] ?? ""}\n`, "nor written to");
});

t.test(
  "of another identity's work only commits and uncommitted files are left, no state, settings and ignored files",
  options,
  async (t) => {
    const { pod, code } = await scene(t);
    const elsewhere = join(pod.root, "elsewhere");
    mkdirSync(elsewhere);
    pod.agent(
      [
        `mkdir -p .claude node_modules "$CLAUDE_CONFIG_DIR"; printf 'node_modules\\n' > .gitignore`,
        `echo planted > .claude/settings.local.json; echo planted > node_modules/index.js; echo planted > "$CLAUDE_CONFIG_DIR/settings.json"`,
        `git add .gitignore; git commit -qm ignore; echo planted >> CLAUDE.md`,
        `echo '{"session_id":"session-1"}'; exit 1`,
      ].join("\n"),
    );
    t.equal((await code()).code, 17);
    const look = `ls -A . .claude node_modules "$CLAUDE_CONFIG_DIR" > ${pod.root}/seen 2>&1 || true; cat CLAUDE.md > ${pod.root}/memory; printf '%s\\n' "$@" > ${pod.root}/options`;
    pod.agent(`${look}\necho '{"session_id":"session-1"}'; exit 1`);
    t.equal((await code({ number: 2, continueSession: true })).code, 17);
    const seen = (): string => readFileSync(join(pod.root, "seen"), "utf8");
    for (const kept of [/settings\.local\.json$/m, /index\.js$/m, /settings\.json$/m])
      t.match(seen(), kept, "the same identity goes on with all of it");
    t.match(readFileSync(join(pod.root, "options"), "utf8"), /--resume\nsession-1/);
    t.equal((await code({ number: 3, continueSession: true, ...spec({ githubUser: "mallory" }) })).code, 17);
    t.notMatch(seen(), /settings\.local\.json|index\.js|settings\.json$/m);
    t.match(seen(), /\.gitignore/, "a commit stays");
    t.notMatch(readFileSync(join(pod.root, "options"), "utf8"), /--resume/);
    t.notMatch(readFileSync(join(pod.root, "memory"), "utf8"), /planted/);

    rmSync(join(pod.workspace, ".orchestrator"), { recursive: true });
    symlinkSync(elsewhere, join(pod.workspace, ".orchestrator"));
    t.equal((await code({ number: 4, continueSession: true })).code, 17);
    t.same(readdirSync(elsewhere), [], "a link in place of the state directory is not followed");
  },
);
