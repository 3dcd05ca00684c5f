/**
 * A container like the agent's in a pod, without a cluster: a read-only root file system, the attempt's directories at their
 * paths, user 1000 without privileges. Needs root, and mount namespaces of the kernel.
 */
import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Pod } from "../templates/pod.js";

const user = 1000;

/** $1: an empty directory for the root; $2: the directory of the pod's mounts; $3...: other paths of the machine to mount unchanged. */
const script = `set -eu
# the container must not inherit the environment of the test runner
unset NODE_OPTIONS
new=$1 pod=$2
shift 2
mount -t tmpfs -o mode=755 tmpfs "$new"
bind() { if [ -d "$1" ]; then mkdir -p "$new$2"; else mkdir -p "$(dirname "$new$2")"; : > "$new$2"; fi; mount --bind "$1" "$new$2"; }
for directory in bin lib lib64 sbin; do
  if [ -L "/$directory" ]; then cp -a "/$directory" "$new/$directory"; elif [ -d "/$directory" ]; then bind "/$directory" "/$directory"; fi
done
mkdir -p "$new/etc" "$new/dev/shm" "$new/proc"
for file in alternatives ssl ca-certificates ld.so.cache ld.so.conf ld.so.conf.d nsswitch.conf hosts localtime; do
  [ ! -e "/etc/$file" ] || cp -a "/etc/$file" "$new/etc/$file"
done
printf 'root:x:0:0:root:/root:/bin/bash\\nagent:x:${user}:${user}:agent:/home/agent:/bin/bash\\n' > "$new/etc/passwd"
printf 'root:x:0:\\nagent:x:${user}:\\n' > "$new/etc/group"
for device in null zero full random urandom; do bind "/dev/$device" "/dev/$device"; done
ln -s /proc/self/fd "$new/dev/fd"
mount -t tmpfs -o mode=1777 tmpfs "$new/dev/shm"
mount --rbind /proc "$new/proc"
bind "$pod/workspace" /workspace
bind "$pod/home" /home/agent
bind "$pod/tmp" /tmp
bind "$pod/secrets" /secrets
bind "$pod/files" /task-files
bind "$pod/termination-log" /dev/termination-log
for file in "$@"; do bind "$file" "$file"; done
# the path at which the pod mounts it for Claude Code
[ ! -f "$pod/files/settings.json" ] || bind "$pod/files/settings.json" /etc/claude-code/managed-settings.json
for file in /task-files /secrets; do mount -o remount,bind,ro "$new$file"; done
mount -o remount,ro "$new"
exec chroot "$new" setpriv --reuid=${user} --regid=${user} --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all \\
  sh -c 'cd /workspace && exec bash /task-files/container.sh'
`;

/** Why a container like that of a pod cannot run here; undefined if it can. */
export const noContainer = ((): string | undefined => {
  if (process.getuid?.() !== 0) return "a root file system of its own needs root";
  try {
    execFileSync("unshare", ["--mount", "setpriv", "--version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "unshare or setpriv is missing, or there may be no mount namespaces here";
  }
})();

/** As {@link Pod.start}; ends with its process. `seen`: what of the machine the program needs. */
export function startLikeAPod(
  pod: Pod,
  files: Readonly<Record<string, string>>,
  env: Readonly<Record<string, string>>,
  seen: readonly string[],
): ChildProcess {
  const directory = pod.place(files);
  const noted = join(pod.root, "arguments");
  if (!existsSync(noted)) writeFileSync(noted, "");
  chmodSync(noted, 0o666);
  for (const each of ["workspace", "home", "tmp", "root"]) mkdirSync(join(pod.root, each), { recursive: true });
  const own = ["workspace", "home", "tmp", "secrets", "termination-log"].map((each) => join(pod.root, each));
  execFileSync("chown", ["--recursive", `${user}:${user}`, ...own]);
  const root = join(pod.root, "root");
  const node = dirname(dirname(process.execPath));
  const others = ["/usr", ...(node.startsWith("/usr") ? [] : [node]), pod.programs, noted, ...seen];
  return spawn("unshare", ["--mount", "sh", "-c", script, "sh", root, dirname(directory), ...others], {
    cwd: "/",
    env: {
      PATH: `${pod.programs}:${join(node, "bin")}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin`,
      HOME: "/home/agent",
      ...env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
}
