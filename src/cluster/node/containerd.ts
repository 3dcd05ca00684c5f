import { readArchive } from "../images/archive.js";
import { PAUSE_IMAGE } from "../images/busybox.js";
import { SYSTEM_PATH, run } from "../process.js";

/** Imports an image archive with `ctr` in the node's namespaces; returns its output on failure, otherwise undefined. */
export async function importImage(nodePid: number, archive: string): Promise<string | undefined> {
  const { code, output } = await run(
    [
      "nsenter",
      `--target=${nodePid}`,
      "--mount",
      "--net",
      "--pid",
      "--",
      "ctr",
      "--address",
      "/run/containerd/containerd.sock",
      "--namespace",
      "k8s.io",
      "images",
      "import",
      "-",
    ],
    { env: { PATH: SYSTEM_PATH }, input: await readArchive(archive) },
  );
  return code === 0 ? undefined : output.trim();
}

/** The configuration file of containerd (TOML). */
export function containerdConfiguration(cniConfiguration: string, cniBinaries: string): string {
  return `version = 2
root = "/var/lib/containerd"
state = "/run/containerd"
oom_score = 0
disabled_plugins = ["io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.opt", "io.containerd.tracing.processor.v1.otlp"]
[grpc]
  address = "/run/containerd/containerd.sock"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  restrict_oom_score_adj = true
  disable_tcp_service = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniBinaries}"
    conf_dir = "${cniConfiguration}"
`;
}
