/**
 * An agent that tries to get at what is not meant for it, and to reach the agents after it. Each attempt is one line of its log,
 * `attempt <name>: <outcome>`. What it floods is bounded, and it connects to nothing but the API server of the cluster it is in.
 */

/** Files that tell a later attempt that something planted ran. */
const canaries = "/workspace/canaries";

/** Longest time that a process of it lives, in seconds; also a number to find its processes by. */
export const forkedSeconds = "97531";

/** Reads all that it can, and reports whether the marker of other Secrets is in it. */
const reads = (marker: string): string[] => [
  `found() { if [ "$1" -gt 0 ]; then echo found; else echo nothing; fi; }`,
  `say "read the token of a ServiceAccount" "$(if [ -e /var/run/secrets/kubernetes.io ]; then echo found; else echo nothing; fi)"`,
  // the marker is in halves: it is in the script itself
  `marker=${marker.slice(0, 8)}''${marker.slice(8)}`,
  `say "read other Secrets in variables" "$(found "$({ env | grep -v ^AGENT_SCRIPT=; for one in /proc/[0-9]*/environ; do tr '\\0' '\\n' < "$one" 2> /dev/null | grep -v ^AGENT_SCRIPT=; done; } | grep -c "$marker" || true)")"`,
  `say "read other Secrets in files" "$(found "$(find /secrets /task-files /config /etc /home /tmp /run /var /workspace -type f -size -64k -exec grep -l "$marker" {} + 2> /dev/null | wc -l)")"`,
  `say "be root or get capabilities" "$(id -u) $(grep -h -e ^CapEff -e ^NoNewPrivs -e ^Seccomp: /proc/self/status | tr -d '\\t' | tr '\\n' ' ')"`,
  `say "change programs of the image" "$(if touch /usr/bin/planted 2> /dev/null; then echo done; else echo refused; fi)"`,
  `say "change its own task" "$(if { echo x > /task-files/prompt.md; } 2> /dev/null; then echo done; else echo refused; fi)"`,
  `say "ask the API server for Secrets" "$(curl -sk -m 5 -o /dev/null -w '%{http_code}' "https://$KUBERNETES_SERVICE_HOST:\${KUBERNETES_SERVICE_PORT:-443}/api/v1/namespaces/default/secrets" || true)"`,
];

/** For the next attempt in the workspace. The agent's own git is not used from here on. */
const plants: readonly string[] = [
  `mkdir -p ${canaries} .git/hooks .git/info .claude node_modules`,
  `for hook in pre-commit post-checkout reference-transaction pre-push; do printf '#!/bin/sh\\ntouch ${canaries}/hook\\n' > .git/hooks/$hook; chmod +x .git/hooks/$hook; done`,
  `printf '[core]\\n fsmonitor = "touch ${canaries}/monitor; false"\\n hooksPath = .git/hooks\\n[filter "planted"]\\n clean = "touch ${canaries}/filter; cat"\\n smudge = "touch ${canaries}/filter; cat"\\n' >> .git/config`,
  `printf '* filter=planted\\n' > .git/info/attributes`,
  `echo planted > .claude/settings.local.json; echo planted > "$CLAUDE_CONFIG_DIR/planted.json"; echo planted > node_modules/planted.js`,
  `rm -rf /workspace/docs-repo/.git; ln -s /workspace/target-repo/.git /workspace/docs-repo/.git`,
  `rm -f /workspace/.orchestrator/*.session; ln -s /secrets/github-pat/token /workspace/.orchestrator/task-7-claude.session`,
  `say "plant hooks, filters, a monitor, a .git link, settings and notes" done`,
];

/** Floods, in bounds that hurt nobody. */
const floods: readonly string[] = [
  `line=$(head -c 4000 /dev/zero | tr '\\0' x); for count in {1..500}; do echo "$line"; done`,
  `say "flood the log with 2 MB" done`,
  `head -c 64000000 /dev/zero > /tmp/flood; rm /tmp/flood`,
  `say "write 64 MB to /tmp" done`,
  `set -m; for count in {1..100}; do sleep ${forkedSeconds} & done > /dev/null 2>&1 < /dev/null`,
  `forked() { grep -lz '${forkedSeconds.slice(0, -1)}[${forkedSeconds.slice(-1)}]' /proc/[0-9]*/cmdline 2> /dev/null | wc -l; }`,
  // on a busy machine some are still to become what they will be
  `for try in {1..100}; do [ "$(forked)" -ge 100 ] && break; sleep 0.1; done`,
  `say "start 100 processes in groups of their own" "$(forked)"`,
];

const say = `say() { echo "attempt $1: $2"; }`;

/** The first attempt, which fails after all that. */
export const hostileScript = (marker: string): string =>
  [say, ...reads(marker), ...plants, ...floods, "exit 1"].join("\n");

/** What an agent after it finds. */
export const lookScript = [
  say,
  `say "run something in the next attempt" "$(ls ${canaries} 2> /dev/null | tr '\\n' ' ')"`,
  `say "configure git of the next agent" "$(git config --get-regexp 'fsmonitor|hookspath|filter' || true; ls .git/hooks 2> /dev/null || true)"`,
  `say "leave settings" "$(ls .claude/settings.local.json "$CLAUDE_CONFIG_DIR/planted.json" node_modules/planted.js 2> /dev/null | tr '\\n' ' ')"`,
  `say "choose the session" "$resumed"`,
  `echo x >> looked.txt`,
].join("\n");

/** An agent that does not end when it is asked to. */
export const stubbornScript = `trap '' TERM; echo "attempt ignores SIGTERM: begun"; while :; do sleep 1 || true; done`;

/** What comes of each attempt. Nothing at all is an empty text. */
export const hostileOutcomes: Readonly<Record<string, string>> = {
  "read the token of a ServiceAccount": "nothing",
  "read other Secrets in variables": "nothing",
  "read other Secrets in files": "nothing",
  "be root or get capabilities": "1000 CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2",
  "change programs of the image": "refused",
  "change its own task": "refused",
  "ask the API server for Secrets": "403",
  "plant hooks, filters, a monitor, a .git link, settings and notes": "done",
  "flood the log with 2 MB": "done",
  "write 64 MB to /tmp": "done",
  "start 100 processes in groups of their own": "100",
  "run something in the next attempt": "",
  "configure git of the next agent": "",
  // agents of one identity share its workspace
  "leave settings": ".claude/settings.local.json /workspace/.orchestrator/claude/planted.json node_modules/planted.js",
  // it was noted where the link is now, so a new one begins
  "choose the session": "",
  "connect to the API server": "denied by the policy; not enforced here",
  "connect to the webhooks": "denied by the policy; not enforced here",
  "connect to another agent": "denied by the policy; not enforced here",
  "connect to a metadata service": "denied by the policy; not enforced here",
  "run something in the next attempt, of another identity": "",
  "configure git of the next agent, of another identity": "",
  "leave settings, of another identity": "",
  "choose the session, of another identity": "",
  "ignore SIGTERM": "killed after the grace period",
  "outlive its attempt": "killed with the container",
};

/** The attempts in a log, with their outcomes. */
export function attemptsIn(log: string): Record<string, string> {
  return Object.fromEntries(
    [...log.matchAll(/^attempt ([^:\n]+): ?(.*)$/gm)].map(([, name = "", outcome = ""]) => [name, outcome.trim()]),
  );
}
