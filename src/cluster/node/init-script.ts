import { join } from "node:path";
import { shellQuote } from "../../shell-quote.js";

/**
 * The script of the first process in a node's namespaces. It mounts tmpfs, which ends with the mount namespace, over the
 * directories whose paths are fixed in containerd, CNI and kubelet, and bind-mounts the programs where those mounts do
 * not hide them. Then it waits forever: a waiting shell also reaps the orphans that shims leave.
 */
export function initScript(options: {
  readonly data: string;
  readonly programs: string;
  /** The file to create when the namespaces are set up. */
  readonly ready: string;
  readonly name: string;
  /** The resolv.conf for image pulls. Default: the host's. */
  readonly resolvConf?: string;
}): string {
  return `set -e
hostname ${options.name}
resolvers=$(readlink -f /etc/resolv.conf)
mkdir -p ${shellQuote(join(options.data, "programs"))}
mount --bind ${shellQuote(options.programs)} ${shellQuote(join(options.data, "programs"))}
for directory in /run /var/lib /var/log; do mount -t tmpfs -o mode=755 tmpfs $directory; done
mkdir -p /run/lock /var/lib/kubelet /var/lib/cni /var/log/pods
${options.resolvConf === undefined ? "" : mountResolvConf(options.resolvConf)}
ip link set lo up
echo 1 > /proc/sys/net/ipv4/ip_forward
touch ${shellQuote(options.ready)}
while :; do sleep 86400 & wait $!; done`;
}

/** The host's file is often a link into /run, over which a tmpfs is mounted by then; elsewhere only an existing file is used. */
const mountResolvConf = (file: string): string => `case "$resolvers" in
  /run/*) mkdir -p "$(dirname "$resolvers")"; : > "$resolvers" ;;
esac
if [ -e "$resolvers" ]; then mount --bind ${shellQuote(file)} "$resolvers"; fi`;
