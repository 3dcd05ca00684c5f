/** Exit codes of the containers of a CodeRun or DocsRun that run its script. This is the only table of them. */

export interface ExitCode {
  readonly code: number;
  /** Name in the shell library, after `EXIT_`; absent for codes that the library does not define. */
  readonly name?: string;
  /** What failed. */
  readonly meaning: string;
  readonly remedy: string;
  /** No automatic retry follows, since another attempt would fail in the same way at the same cost. */
  readonly terminal?: true;
}

export const exitCodes: readonly ExitCode[] = [
  { code: 0, meaning: "nothing; also if the agent changed nothing, so that nothing was pushed", remedy: "" },
  { code: 1, meaning: "the script itself, which is a defect", remedy: "report it with the log" },
  {
    code: 10,
    name: "SETUP",
    meaning:
      "the container: a program, a directory or the workspace is missing, the working directory is outside the repository, or a repository's URL is invalid",
    remedy: "the image, the fields of the run",
    terminal: true,
  },
  {
    code: 11,
    name: "CREDENTIALS",
    meaning:
      "a Secret: it does not exist, lacks the key `ssh-privatekey`, `token`, `app-id` or `private-key`, has an SSH key that cannot be used or a `known_hosts` without the host, or the server rejects its content",
    remedy: "the Secret that the message names",
    terminal: true,
  },
  {
    code: 12,
    name: "APP",
    meaning: "the GitHub App: its key cannot be used, GitHub rejects it, or it is not installed for the repository",
    remedy: "the App's id, key and installation",
    terminal: true,
  },
  {
    code: 13,
    name: "REPOSITORY",
    meaning:
      "access to a repository or the API: no such repository or branch, no network, or GitHub is busy or limits the rate",
    remedy: "the message has the output of git or the answer of GitHub",
  },
  {
    code: 14,
    name: "TASK_FILES",
    meaning: "the task's files: the docs repository has no such branch, or no folder for the task",
    remedy: "`docsBranch`, `docsProjectDirectory`, the task's number",
    terminal: true,
  },
  {
    code: 15,
    name: "BRANCH",
    meaning: "the task's branch: commits in the workspace conflict with those that others pushed",
    remedy: "resolve the conflict on the branch, or delete the branch",
  },
  { code: 16, name: "START_HOOK", meaning: "a hook `hooks-start-*.sh`", remedy: "the hook's output, in the log" },
  {
    code: 17,
    name: "AGENT",
    meaning: "the agent program, whatever its own exit code",
    remedy: "its output, in the log",
  },
  {
    code: 18,
    name: "STOP_HOOK",
    meaning: "a hook `hooks-stop-*.sh`; the work stays in the workspace",
    remedy: "the hook's output, in the log",
  },
  { code: 19, name: "COMMIT", meaning: "the commit, or the agent left its branch", remedy: "the log" },
  {
    code: 20,
    name: "PUSH",
    meaning: "the push was rejected: the branch is protected, or the credentials have no write access",
    remedy: "permissions of the credentials, protection rules of the branch",
    terminal: true,
  },
  {
    code: 21,
    name: "PULL_REQUEST",
    meaning: "the pull request; the branch is pushed",
    remedy: "permissions of the credentials: pull requests, write",
  },
  {
    code: 22,
    name: "REFUSED",
    meaning:
      "the work, which is not pushed: it has a key in it, changes a protected path or too many files, or its commits do not continue the branch",
    remedy: "the message names it; the work is in the workspace",
    terminal: true,
  },
  {
    code: 143,
    name: "STOPPED",
    meaning: "nothing: it was stopped from outside, by the deadline, a cancellation or an eviction",
    remedy: "",
  },
];

/** Codes after which no automatic retry follows, in ascending order. */
export const terminalExitCodes: readonly number[] = exitCodes
  .filter(({ terminal }) => terminal)
  .map(({ code }) => code);
