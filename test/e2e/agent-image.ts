/**
 * An agent's image like that of images/agent, built from programs of this machine. Only the agent programs are stand-ins: they run the
 * variable AGENT_SCRIPT with bash, in the working directory, with the prompt in `$prompt`, the session to resume in `$resumed`, and
 * their own arguments as arguments.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { hostFile, sharedObjects } from "#src/cluster/images/node-image.js";
import { writeImage, type ImageEntry } from "#src/cluster/images/oci.js";
import { which } from "#src/cluster/process.js";

export const AGENT_IMAGE = "localhost/agent-orchestrator/scripted-agent:latest";

const coreutils = [
  ...[
    "basename",
    "cat",
    "chmod",
    "cp",
    "cut",
    "date",
    "dirname",
    "env",
    "head",
    "id",
    "ln",
    "ls",
    "mkdir",
    "mkfifo",
    "mktemp",
  ],
  ...["mv", "printf", "rm", "rmdir", "sleep", "sort", "stat", "tail", "touch", "tr", "uname", "wc"],
];
const programs = [
  ...["bash", "sh", "curl", "find", "git", "grep", "jq", "sed", "ssh", "ssh-keygen", "tar"],
  ...coreutils,
];

/** Why the image cannot be built here; undefined if it can. */
export const noAgentImage = ((): string | undefined => {
  const missing = programs.filter((program) => which(program) === undefined);
  return missing.length === 0 ? undefined : `not installed: ${missing.join(", ")}`;
})();

/** How agent programs report their session and their last message: jq filters of `$session` and `$summary`. */
const agents: Readonly<Record<string, { readonly begins: string; readonly says: string }>> = {
  claude: {
    begins: '{type: "system", subtype: "init", session_id: $session}',
    says: '{type: "result", is_error: false, session_id: $session, result: $summary}',
  },
  codex: {
    begins: '{type: "thread.started", thread_id: $session}',
    says: '{type: "item.completed", item: {type: "agent_message", text: $summary}}',
  },
  "cursor-agent": {
    begins: '{type: "system", subtype: "init", session_id: $session}',
    says: '{type: "result", subtype: "success", session_id: $session, result: $summary}',
  },
  gemini: {
    begins: '{type: "init", session_id: $session}',
    says: '{type: "message", role: "assistant", content: $summary}',
  },
  opencode: {
    begins: '{type: "step_start", sessionID: $session}',
    says: '{type: "text", sessionID: $session, part: {type: "text", text: $summary}}',
  },
};

const standIn = ({ begins, says }: { readonly begins: string; readonly says: string }): string => `#!/bin/bash
set -eu
prompt=$(cat)
resumed=""
previous=""
for argument in "$@"; do
  case $previous in --resume | --session | resume) resumed=$argument ;; esac
  previous=$argument
done
session=\${resumed:-session-\${TASK_ID:-docs}-$RUN_NUMBER}
jq -cn --arg session "$session" '${begins}'
summary="Did the work of run $RUN_NUMBER."
eval "$AGENT_SCRIPT"
jq -cn --arg session "$session" --arg summary "$summary" '${says}'
`;

/** These programs of this machine with all their dependencies, and the other content of agent images. */
export async function systemEntries(further: readonly string[] = []): Promise<Record<string, ImageEntry>> {
  const gitPrograms = execFileSync("git", ["--exec-path"], { encoding: "utf8" }).trim();
  const files = new Map(
    [...programs, ...further].flatMap((program) => {
      const found = which(program);
      return found === undefined ? [] : [[`/usr/bin/${program}`, found]];
    }),
  );
  for (const name of ["git-remote-http", "git-remote-https"])
    files.set(join(gitPrograms, name), join(gitPrograms, name));
  const openssl = "/etc/ssl/openssl.cnf";
  return {
    ...(await sharedObjects([...files.values()])),
    ...Object.fromEntries([...files].map(([path, source]): [string, ImageEntry] => [path, hostFile(source)])),
    ...(existsSync(openssl) && { [openssl]: hostFile(openssl) }),
    "/bin": { type: "symlink", target: "usr/bin" },
    "/etc/passwd": {
      type: "file",
      content: "root:x:0:0:root:/root:/bin/bash\nagent:x:1000:1000:agent:/home/agent:/bin/bash\n",
    },
    "/etc/group": { type: "file", content: "root:x:0:\nagent:x:1000:\n" },
    "/home/agent": { type: "directory", mode: 0o755, uid: 1000, gid: 1000 },
    "/tmp": { type: "directory", mode: 0o1777 },
  };
}

/** Writes it as an archive. It has Node.js, too, for scripts that look closer than a shell can. */
export async function agentImage(file: string): Promise<void> {
  await writeImage(file, {
    name: AGENT_IMAGE,
    entries: {
      ...(await systemEntries()),
      ...(await sharedObjects([process.execPath])),
      "/usr/local/bin/node": hostFile(process.execPath),
      ...Object.fromEntries(
        Object.entries(agents).map(([name, agent]): [string, ImageEntry] => [
          `/usr/local/bin/${name}`,
          { type: "file", content: standIn(agent), mode: 0o755 },
        ]),
      ),
    },
    environment: { LANG: "C.UTF-8" },
    user: "1000:1000",
    workingDirectory: "/workspace",
  });
}
