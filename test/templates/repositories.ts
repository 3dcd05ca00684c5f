/** Bare repositories below a directory, as a git server has them, and what somebody else does with them. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Untouched copies of repositories by their content: most tests start from the same ones, and git takes seven processes for each. */
const created = new Map<string, string>();
let directoryOfCopies: string | undefined;

function copies(): string {
  if (directoryOfCopies !== undefined) return directoryOfCopies;
  const directory = mkdtempSync(join(tmpdir(), "repositories-"));
  process.once("exit", () => rmSync(directory, { recursive: true, force: true }));
  return (directoryOfCopies = directory);
}

export class Repositories {
  constructor(readonly directory: string) {}

  /** A bare repository `owner/name` that may be pushed to, with a first commit of these files; its path. */
  create(slug: string, files: Readonly<Record<string, string>>, branch = "main"): string {
    const bare = join(this.directory, `${slug}.git`);
    mkdirSync(join(bare, ".."), { recursive: true });
    const key = JSON.stringify([files, branch]);
    const same = created.get(key);
    if (same !== undefined) {
      cpSync(same, bare, { recursive: true });
      return bare;
    }
    execFileSync("git", ["init", "--quiet", "--bare", `--initial-branch=${branch}`, bare]);
    execFileSync("git", ["-C", bare, "config", "http.receivepack", "true"]);
    this.#inWorkTree((work) => {
      execFileSync("git", ["init", "--quiet", `--initial-branch=${branch}`, work]);
      push(work, bare, branch, files, "first");
    });
    const copy = join(copies(), `${created.size}.git`);
    cpSync(bare, copy, { recursive: true });
    created.set(key, copy);
    return bare;
  }

  /** Another commit on a branch, as somebody else would push it. */
  commitTo(bare: string, branch: string, files: Readonly<Record<string, string>>): void {
    this.#inWorkTree((work) => {
      execFileSync("git", ["clone", "--quiet", "--branch", branch, bare, work]);
      push(work, bare, branch, files, "from somebody else");
    });
  }

  /** Has the server refuse all pushes to a repository, as it does to a protected branch. */
  protect(bare: string): void {
    const hook = "#!/bin/sh\necho 'GH006: Protected branch update failed'\nexit 1\n";
    writeFileSync(join(bare, "hooks/pre-receive"), hook, { mode: 0o755 });
  }

  /** What git says of a bare repository; empty where it fails. */
  git(bare: string, ...args: string[]): string {
    try {
      return execFileSync("git", ["-C", bare, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "ignore"],
      }).trim();
    } catch {
      return "";
    }
  }

  #inWorkTree(use: (work: string) => void): void {
    const work = mkdtempSync(join(tmpdir(), "work-tree-"));
    try {
      use(work);
    } finally {
      rmSync(work, { recursive: true });
    }
  }
}

function push(
  work: string,
  bare: string,
  branch: string,
  files: Readonly<Record<string, string>>,
  subject: string,
): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(join(work, name, ".."), { recursive: true });
    writeFileSync(join(work, name), text);
  }
  const identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];
  execFileSync("git", ["-C", work, "add", "--all"]);
  execFileSync("git", ["-C", work, ...identity, "commit", "--quiet", "-m", subject]);
  execFileSync("git", ["-C", work, "push", "--quiet", bare, `HEAD:refs/heads/${branch}`]);
}
